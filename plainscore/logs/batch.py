"""One batch: whole arrival days of one log, read, judged and written into the store's files.

Nothing here commits; a batch in which a file turns out to be unreadable is thrown away.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from plainscore.logs import seen_ids
from plainscore.logs.bundles import Bundle, ParsedBundle, in_bundles, parse_bundle
from plainscore.logs.identity import (
    CONFLICT,
    DUPLICATE,
    PLACE,
    Verdicts,
    judge_shared_ids,
)
from plainscore.logs.landing import LandingFile
from plainscore.logs.ledger import Counts, apply_counts, new_entries
from plainscore.logs.pending import Pending
from plainscore.logs.refusals import FileRefused
from plainscore.logs.set_aside import SetAside
from plainscore.logs.tables import stored_name
from plainscore.logs.units import FileFacts, UnitReader
from plainscore.logs.writer import StoreWriter

PIECE_ROWS = 1_500_000


@dataclass(frozen=True)
class ReadyBundle:
    """A parsed bundle with all that can be known of its rows before their turn has come.

    ``numbers`` are those of ``seen_ids.number_ids``, ``in_order`` the same sorted.
    """

    parsed: ParsedBundle
    keys: dict[str, pl.Series]
    numbers: seen_ids.Numbers
    in_order: seen_ids.Numbers


class Batch:
    """Numbered files of one log on their way into the store.

    ``bundles`` are read in one thread, made ``ready`` in several, and taken in their order by the
    one that changes the store.
    """

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
        self._arrivals = {file_no: file.arrived for file_no, file in files.items()}
        self._pending = Pending(writer.tables[log], writer.behind, PIECE_ROWS)
        self._reader = UnitReader(log, list(files.items()))
        self._counts = Counts()
        self._set_aside = SetAside(writer, landing, log, files, self._reader.facts, threads)
        self._displaced = pl.DataFrame(schema={"file_no": pl.Int64, "line": pl.Int64})

    @property
    def log(self) -> str:
        """The log of all its files."""
        return self._log

    @property
    def files(self) -> Mapping[int, LandingFile]:
        """The files by number."""
        return self._files

    @property
    def facts(self) -> Mapping[int, FileFacts]:
        """What reading told about each file."""
        return self._reader.facts

    @property
    def refused(self) -> Mapping[int, FileRefused]:
        """The files that cannot be read: unless there are none, the batch must be discarded."""
        return self._reader.refused

    @cached_property
    def _paths(self) -> pl.DataFrame:
        """``file_no`` and ``file`` of what was ingested before and of the batch itself."""
        return _paths(self._writer.ledger, self._files)

    def bundles(self) -> Iterator[Bundle]:
        """Read the files."""
        return in_bundles(self._reader.units())

    def make_ready(self, bundle: Bundle) -> ReadyBundle:
        """Parse a bundle and look up what may be looked up out of turn."""
        parsed = parse_bundle(bundle, self._arrivals)
        keys = self._writer.keys.find_keys(self._log, parsed.rows)
        numbers = seen_ids.number_ids(parsed.rows)
        return ReadyBundle(parsed, keys, numbers, seen_ids.sort_numbers(numbers))

    def take(self, ready: ReadyBundle) -> None:
        """Account for a bundle's rows and keep the accepted."""
        self._note(ready.parsed)
        if not self._reader.refused:
            self._take(ready)

    def finish(self) -> None:
        """Have the last rows written behind, and enter the files into the ledger."""
        self._pending.begin_to_write()
        self._set_aside.write()
        entries = new_entries(self._files, self._reader.facts)
        ledger = pl.concat([self._writer.ledger, entries])
        self._writer.ledger = apply_counts(ledger, self._counts)

    def _note(self, parsed: ParsedBundle) -> None:
        self._reader.refused |= parsed.damaged
        for file_no, name in parsed.unknown:
            self._reader.facts[file_no].add_unknown(name)
        self._counts.add(parsed.rows, rows=1)
        self._counts.add(parsed.refused, rows=1, quarantined=1)
        if not self._reader.refused:
            self._set_aside.add_refused(parsed.refused)

    def _take(self, ready: ReadyBundle) -> None:
        """Judge rows that stand for themselves against all others, and keep the accepted."""
        rows = self._writer.keys.put_keys(self._log, ready.parsed.rows, ready.keys)
        rows = rows.rename({name: stored_name(name) for name in rows.columns})
        numbers, in_order = ready.numbers, ready.in_order
        hashes = seen_ids.without_month(in_order)
        twice = hashes[1:][hashes[1:] == hashes[:-1]]
        before, codes = self._writer.seen(self._log).find(hashes)
        shared = np.unique(np.concatenate([twice, before]))
        if len(shared):
            is_shared = _is_in(seen_ids.without_month(numbers), shared)
            suspects = rows.filter(is_shared)
            known = self._read_known(suspects, before, codes)
            verdicts = judge_shared_ids(self._log, suspects, known, self._paths)
            rows = pl.concat([rows.filter(~is_shared), verdicts.accepted])
            alone = in_order[~_is_in(hashes, shared).to_numpy()]
            first = seen_ids.sort_numbers(seen_ids.number_ids(verdicts.accepted))
            in_order = seen_ids.merge(alone, first)
            self._put_aside(verdicts, ready.parsed)
        self._counts.add(rows, accepted=1)
        self._writer.seen(self._log).add(in_order)
        self._pending.add(rows, in_order)

    def _read_known(
        self, suspects: pl.DataFrame, before: seen_ids.Numbers, codes: set[int]
    ) -> pl.DataFrame:
        """Read the accepted rows that have the event id of a suspect, but for those displaced.

        ``before`` are the hashes that were seen, ``codes`` the months in which they were. What
        arrived a moment ago is repeated most, so the files are searched for the rest alone.
        """
        ids = suspects.select("event_id").unique()
        ids = ids.filter(_is_in(seen_ids.hash_ids(ids["event_id"]), before))
        known = pl.concat([suspects.clear(), *self._pending.find(ids, before)])
        ids = ids.join(known, on="event_id", how="anti")
        if ids.is_empty():
            return known
        self._pending.wait()
        files = self._writer.files_of_months(self._log, codes)
        stored = _read_ids(files, ids, suspects.schema)
        return pl.concat([known, stored.join(self._displaced, on=PLACE, how="anti")])

    def _put_aside(self, verdicts: Verdicts, parsed: ParsedBundle) -> None:
        for verdict, count in ((DUPLICATE, "duplicates"), (CONFLICT, "quarantined")):
            self._counts.add(verdicts.repeats.filter(pl.col("verdict") == verdict), **{count: 1})
        self._set_aside.add_repeats(verdicts.repeats, parsed)
        if len(verdicts.displaced):
            self._counts.add(verdicts.displaced, accepted=-1)
            self._displaced = pl.concat([self._displaced, verdicts.displaced.select(PLACE)])
            gone = verdicts.displaced.select(*PLACE, "arrived")
            self._pending.wait()
            self._writer.tables[self._log].remove_rows(gone)
            self._judge_repeats_anew(verdicts)

    def _judge_repeats_anew(self, verdicts: Verdicts) -> None:
        """Compare earlier repeats of displaced rows with the row that is now the first."""
        changed = self._set_aside.judge_anew(verdicts)
        steps = {DUPLICATE: 1, CONFLICT: -1}
        for verdict, step in steps.items():
            rows = changed.filter(pl.col("verdict") == verdict)
            self._counts.add(rows, duplicates=step, quarantined=-step)


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


def _is_in(numbers: seen_ids.Numbers, few: seen_ids.Numbers) -> pl.Series:
    """Tell which numbers are among a few: 15 ns for each, where a binary search took 100."""
    return pl.Series(numbers, dtype=pl.UInt64).is_in(pl.Series(few, dtype=pl.UInt64).implode())
