"""Rows that are not accepted: kept in quarantine, or as repeats of a row that is.

Repeats keep their parsed content, because a file that arrives later in an older arrival day may
turn out to hold the first row of their event_id; they are then compared with that one.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from plainscore.logs import masking
from plainscore.logs.changes import FileState, state_of
from plainscore.logs.csv_rows import read_csv_rows, read_header
from plainscore.logs.identity import CONFLICT, CONFLICT_REASON, PLACE, Verdicts, compare
from plainscore.logs.landing import FileRefused, LandingFile, file_at
from plainscore.logs.parquet_rows import read_parquet_raw, row_as_json
from plainscore.logs.readers import FileFacts
from plainscore.logs.tables import LOGS, MONTH, content_columns, stored_tables
from plainscore.logs.text_files import HashedFile
from plainscore.logs.text_lines import TextChunk, decode_line, number_lines, read_chunks
from plainscore.logs.units import REFUSED_ROW, ParsedBundle
from plainscore.logs.writer import StoreWriter

# Fetch the text of rows again from the file they came in.


def fetch_raw(
    file: LandingFile, digest: str | FileState | None, lines: Sequence[int]
) -> dict[int, str]:
    """Return the masked text of some rows by line number.

    Empty where the file is gone or no longer the one with this digest: its SHA-256, or the state
    in which it was read a moment ago. None while it is still being read for the first time; that
    reading finds out whether it changes.
    """
    try:
        if file.format == "parquet" and digest == state_of(file.path):
            return read_parquet_raw(file.path, lines)
        with file.path.open("rb") as stream:
            source = HashedFile(stream)
            found = {}
            if file.format != "parquet":
                found = _text_raw(file, source, lines)
            while source.read(2**22):
                pass
        if digest not in (None, source.sha256, state_of(file.path)):
            return {}
        return read_parquet_raw(file.path, lines) if file.format == "parquet" else found
    except (OSError, FileRefused, PolarsError):
        return {}


def _text_raw(file: LandingFile, source: HashedFile, lines: Sequence[int]) -> dict[int, str]:
    wanted, is_shy = set(lines), bool(LOGS[file.log].hidden)
    names: tuple[str, ...] = ()
    shape = masking.csv_shape(names)
    found: dict[int, str] = {}
    for chunk in read_chunks(file, 0, source):
        if file.format == "csv" and chunk.first_line == 1:
            header, _, text = chunk.text.partition(b"\n")
            names = read_header(LOGS[file.log], header)
            shape = masking.csv_shape(names)
            chunk = TextChunk(0, 2, text)
        here = wanted.intersection(_numbers(chunk))
        if not here:
            continue
        if file.format == "csv" and b'"' in chunk.text:
            texts = _record_texts(file, names, chunk)
        else:
            texts = _line_texts(chunk)
        for line in here:
            raw = texts[line]
            found[line] = (
                masking.mask_csv(raw, shape, has_identity=is_shy)
                if names
                else masking.mask_json(raw, has_identity=is_shy)
            )
    return found


def _numbers(chunk: TextChunk) -> range:
    return range(chunk.first_line, chunk.first_line + chunk.text.count(b"\n"))


def _line_texts(chunk: TextChunk) -> dict[int, str]:
    texts = chunk.text.split(b"\n")
    return {line: decode_line(text)[0] for line, text in zip(_numbers(chunk), texts, strict=False)}


def _record_texts(file: LandingFile, names: tuple[str, ...], chunk: TextChunk) -> dict[int, str]:
    rows = read_csv_rows(LOGS[file.log], names, number_lines([chunk]))
    return dict(rows.select("line", "raw").iter_rows())


_FLUSH_ROWS = 500_000
_NO_TEXT = pl.lit(None, pl.String)


class RepeatedRows:
    """The rows that a batch of one log sets aside."""

    def __init__(
        self,
        writer: StoreWriter,
        landing: Path,
        log: str,
        files: Mapping[int, LandingFile],
        facts: Mapping[int, FileFacts],
        threads: int,
    ) -> None:
        self._writer = writer
        self._landing = landing
        self._log = log
        self._files = files
        self._facts = facts
        self._threads = threads
        self._refused: list[pl.DataFrame] = []
        self._repeats: list[pl.DataFrame] = []

    def add_refused(self, refused: pl.DataFrame) -> None:
        """Keep rows that were refused for themselves (``units.REFUSED_ROW``)."""
        self._refused.append(refused)
        if sum(map(len, self._refused)) > _FLUSH_ROWS:
            self.write()

    def add_repeats(self, repeats: pl.DataFrame, parsed: ParsedBundle | None = None) -> None:
        """Keep repeats in the log's stored columns with their ``verdict``.

        The text of those that came in ``parsed`` is taken from there: fetching it again from the
        files was a second reading of nearly all of them.
        """
        if parsed is None:
            repeats = repeats.with_columns(raw=_NO_TEXT)
        else:
            conflicts = repeats.filter(pl.col("verdict") == CONFLICT).select(PLACE)
            repeats = repeats.join(parsed.raw_of(conflicts), on=PLACE, how="left")
        self._repeats.append(repeats)
        if sum(map(len, self._repeats)) > _FLUSH_ROWS:
            self.write()

    def resolve_again(self, verdicts: Verdicts) -> pl.DataFrame:
        """Compare stored repeats of displaced rows with the rows that are now the first.

        Returns the repeats whose verdict changed, with the new one.
        """
        files = self._writer.tables["repeat"].files()
        if not files:
            return stored_tables()["repeat"].empty()
        ids = verdicts.displaced.select("event_id")
        known = (
            pl.scan_parquet(files, glob=False, hive_partitioning=False)
            .filter(pl.col("log") == self._log)
            .join(ids.lazy(), on="event_id", how="semi")
            .collect()
        )
        new = compare(self._log, known.drop("verdict"), verdicts.firsts)
        before = known.select(*PLACE, pl.col("verdict").alias("verdict before"))
        changed = new.join(before, on=PLACE).filter(pl.col("verdict") != pl.col("verdict before"))
        changed = changed.drop("verdict before")
        gone = changed.select(*PLACE, "arrived")
        self._writer.tables["repeat"].remove_rows(gone)
        self._writer.tables["quarantine"].remove_rows(gone)
        self.add_repeats(changed)
        return changed

    def write(self) -> None:
        """Write what was set aside so far into the store's files."""
        refused = pl.concat([pl.DataFrame(schema=REFUSED_ROW), *self._refused])
        empty = stored_tables()["repeat"].empty().drop(MONTH).with_columns(raw=_NO_TEXT)
        repeats = pl.concat([empty, *map(self._complete, self._repeats)])
        self._refused, self._repeats = [], []
        self._writer.tables["repeat"].add(repeats.drop("raw"), ["log", "event_id", *PLACE])
        conflicts = self._with_raw(repeats.filter(pl.col("verdict") == CONFLICT))
        rows = pl.concat([refused, conflicts])
        paths = {file_no: file.file for file_no, file in self._files.items()}
        paths |= dict(self._writer.ledger.select("file_no", "file").iter_rows())
        quarantine = rows.with_columns(
            pl.lit(self._log).alias("log"),
            pl.col("file_no").replace_strict(paths, return_dtype=pl.String).alias("file")
            if len(rows)
            else pl.lit(None, pl.String).alias("file"),
        )
        self._writer.tables["quarantine"].add(quarantine, PLACE)

    def _complete(self, repeats: pl.DataFrame) -> pl.DataFrame:
        """Add the columns of other logs, in the order of the table."""
        table = stored_tables()["repeat"]
        rows = repeats.with_columns(pl.lit(self._log).alias("log"))
        return rows.select(
            pl.col(name) if name in rows.columns else pl.lit(None, dtype).alias(name)
            for name, dtype in table.schema.items()
            if name != MONTH
        ).with_columns(rows["raw"])

    def _with_raw(self, conflicts: pl.DataFrame) -> pl.DataFrame:
        """Turn conflicts into refused rows; texts that are lacking are fetched from their files."""
        parts = conflicts.filter(pl.col("raw").is_null()).partition_by("file_no")
        with ThreadPoolExecutor(self._threads) as pool:
            raws = list(pool.map(self._raw_of, parts))
        fetched = [
            part.with_columns(pl.Series("raw", raw, dtype=pl.String))
            for part, raw in zip(parts, raws, strict=True)
        ]
        complete = pl.concat([conflicts.filter(pl.col("raw").is_not_null()), *fetched])
        return complete.with_columns(reason=pl.lit(CONFLICT_REASON)).select(list(REFUSED_ROW))

    def _raw_of(self, rows: pl.DataFrame) -> list[str]:
        """Return the texts of rows of one file."""
        file, digest = self._origin(rows["file_no"][0])
        found = fetch_raw(file, digest, rows["line"].to_list())
        return [found.get(row["line"]) or self._rebuilt(row) for row in rows.to_dicts()]

    def _origin(self, file_no: int) -> tuple[LandingFile, str | FileState | None]:
        if file_no in self._files:
            return self._files[file_no], self._facts[file_no].state
        entry = self._writer.ledger.filter(pl.col("file_no") == file_no).row(0, named=True)
        arrived: date = entry["arrived"]
        return file_at(self._landing, entry["file"], arrived), entry["sha256"]

    def _rebuilt(self, row: dict[str, object]) -> str:
        """Write a row as JSON from its stored content, where its file is gone."""
        content = {name: row[name] for name in ("event_id", *content_columns(self._log))}
        for name in [name for name in content if name.endswith("_key")]:
            key = content.pop(name)
            if key is not None:
                content[name.removesuffix("_key") + "_id"] = self._writer.keys.id_of(key)
        return row_as_json({name: value for name, value in content.items() if value is not None})
