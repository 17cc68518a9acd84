"""One batch: whole arrival days of one log, read, judged and written into the store's files.

Nothing here commits; a batch in which a file turns out to be unreadable is thrown away.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from flows.ingest import seen_ids
from flows.ingest.identity import (
    CONFLICT,
    DUPLICATE,
    PLACE,
    Verdicts,
    judge_shared_ids,
)
from flows.ingest.landing import LandingFile
from flows.ingest.ledger import Counts, apply_counts, new_entries
from flows.ingest.refusals import FileRefused
from flows.ingest.set_aside import SetAside
from flows.ingest.tables import stored_name
from flows.ingest.units import FileFacts, ParsedUnit, UnitReader, parse_unit
from flows.ingest.writer import StoreWriter

PIECE_ROWS = 1_500_000


class Batch:
    """Numbered files of one log on their way into the store."""

    def __init__(
        self,
        writer: StoreWriter,
        landing: Path,
        log: str,
        files: Mapping[int, LandingFile],
        threads: int,
    ) -> None:
        self._writer = writer
        self._log = log
        self._files = files
        self._threads = threads
        self._reader = UnitReader(log, list(files.items()))
        self._counts = Counts()
        self._paths = _paths(writer.ledger, files)
        self._set_aside = SetAside(writer, landing, log, files, self._reader.facts, threads)
        self._displaced = pl.DataFrame(schema={"file_no": pl.Int64, "line": pl.Int64})

    @property
    def facts(self) -> Mapping[int, FileFacts]:
        """What reading told about each file."""
        return self._reader.facts

    def write(self) -> dict[int, FileRefused]:
        """Write all files of the batch into the store.

        Returns the files that cannot be read, by number. Unless that is empty, the batch is
        incomplete and must be discarded.
        """
        pending: list[pl.DataFrame] = []
        for parsed in self._parsed_units():
            self._note(parsed)
            if self._reader.refused:
                continue
            pending.append(parsed.rows)
            if sum(map(len, pending)) >= PIECE_ROWS:
                self._take(pl.concat(pending))
                pending = []
        if not self._reader.refused:
            if pending:
                self._take(pl.concat(pending))
            self._finish()
        return self._reader.refused

    def _parsed_units(self) -> Iterator[ParsedUnit]:
        arrivals = {file_no: file.arrived for file_no, file in self._files.items()}
        with ThreadPoolExecutor(self._threads) as pool:
            waiting: deque[Future[ParsedUnit]] = deque()
            for unit in self._reader.units():
                waiting.append(pool.submit(parse_unit, unit, arrivals))
                if len(waiting) > self._threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _note(self, parsed: ParsedUnit) -> None:
        self._reader.refused |= parsed.damaged
        for file_no, name in parsed.unknown:
            self._reader.facts[file_no].add_unknown(name)
        self._counts.add(parsed.rows, rows=1)
        self._counts.add(parsed.refused, rows=1, quarantined=1)
        if not self._reader.refused:
            self._set_aside.add_refused(parsed.refused)

    def _take(self, rows: pl.DataFrame) -> None:
        """Judge rows that stand for themselves against all others, and write the accepted."""
        rows = self._writer.keys.put_keys(self._log, rows)
        rows = rows.rename({name: stored_name(name) for name in rows.columns})
        is_shared, codes = self._find_shared(rows)
        accepted = rows
        if is_shared.any():
            verdicts = self._judge(rows.filter(is_shared), codes)
            accepted = pl.concat([rows.filter(~is_shared), verdicts.accepted])
            self._put_aside(verdicts)
        self._counts.add(accepted, accepted=1)
        self._writer.tables[self._log].add(accepted, ["person_key"])
        self._writer.seen(self._log).add(seen_ids.number_ids(accepted))

    def _find_shared(self, rows: pl.DataFrame) -> tuple[pl.Series, set[int]]:
        """Mark the rows whose event_id may stand elsewhere too, and say in which months."""
        hashes = seen_ids.hash_ids(rows["event_id"])
        in_order = seen_ids.sort_numbers(hashes)
        twice = in_order[1:][in_order[1:] == in_order[:-1]]
        before, codes = self._writer.seen(self._log).find(in_order)
        shared = np.unique(np.concatenate([twice, before]))
        if not len(shared):
            return pl.Series(np.zeros(len(rows), dtype=bool)), codes
        at = np.minimum(np.searchsorted(shared, hashes), len(shared) - 1)
        return pl.Series(shared[at] == hashes), codes

    def _judge(self, shared: pl.DataFrame, codes: set[int]) -> Verdicts:
        ids = shared.select("event_id").unique()
        stored = _read_ids(self._writer.files_of_months(self._log, codes), ids, shared.schema)
        stored = stored.join(self._displaced, on=PLACE, how="anti")
        return judge_shared_ids(self._log, shared, stored, self._paths)

    def _put_aside(self, verdicts: Verdicts) -> None:
        for verdict, count in ((DUPLICATE, "duplicates"), (CONFLICT, "quarantined")):
            self._counts.add(verdicts.repeats.filter(pl.col("verdict") == verdict), **{count: 1})
        self._set_aside.add_repeats(verdicts.repeats)
        if len(verdicts.displaced):
            self._counts.add(verdicts.displaced, accepted=-1)
            self._displaced = pl.concat([self._displaced, verdicts.displaced.select(PLACE)])
            gone = verdicts.displaced.select(*PLACE, "arrived")
            self._writer.tables[self._log].remove_rows(gone)
            self._judge_repeats_anew(verdicts)

    def _judge_repeats_anew(self, verdicts: Verdicts) -> None:
        """Compare earlier repeats of displaced rows with the row that is now the first."""
        changed = self._set_aside.judge_anew(verdicts)
        steps = {DUPLICATE: 1, CONFLICT: -1}
        for verdict, step in steps.items():
            rows = changed.filter(pl.col("verdict") == verdict)
            self._counts.add(rows, duplicates=step, quarantined=-step)

    def _finish(self) -> None:
        self._set_aside.write()
        entries = new_entries(self._files, self._reader.facts)
        ledger = pl.concat([self._writer.ledger, entries])
        self._writer.ledger = apply_counts(ledger, self._counts)


def _paths(ledger: pl.DataFrame, files: Mapping[int, LandingFile]) -> pl.DataFrame:
    fresh = pl.DataFrame(
        {"file_no": list(files), "file": [file.file for file in files.values()]},
        schema={"file_no": pl.Int64, "file": pl.String},
    )
    return pl.concat([ledger.select("file_no", "file"), fresh])


def _read_ids(files: Sequence[Path], ids: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Read the accepted rows with some event ids."""
    if not files:
        return pl.DataFrame(schema=schema)
    scan = pl.scan_parquet(list(files), glob=False, hive_partitioning=False)
    return scan.select(list(schema)).join(ids.lazy(), on="event_id", how="semi").collect()
