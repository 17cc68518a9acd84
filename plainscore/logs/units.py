"""Delivered files -> units of work of a few hundred thousand rows, and what a unit holds.

Reading (unpacking, hashing, cutting) is done by one thread in the order of arrival; units are
parsed by several threads and share nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from plainscore.contracts.logs import Log
from plainscore.logs import masking
from plainscore.logs.changes import state_of
from plainscore.logs.csv_rows import read_csv_rows, read_header
from plainscore.logs.json_rows import read_json_rows
from plainscore.logs.landing import FileRefused, LandingFile
from plainscore.logs.parquet_footer import read_footer
from plainscore.logs.parquet_rows import (
    ParquetSlice,
    cut,
    read_columns,
    read_parquet_raw,
    read_parquet_rows,
    rows_as_json,
)
from plainscore.logs.readers import FileFacts
from plainscore.logs.rows import judge_rows
from plainscore.logs.tables import LOGS
from plainscore.logs.text_files import HashedFile
from plainscore.logs.text_lines import TextChunk, join_text, number_lines, read_chunks

_UNIT_TEXT_BYTES = 48 * 2**20
_LEAST_LINE_BYTES = 100
_UNIT_ROWS = 400_000
_MAX_NAMES = 1_000

REFUSED_ROW = {
    "file_no": pl.Int64,
    "line": pl.Int64,
    "arrived": pl.Date,
    "reason": pl.String,
    "raw": pl.String,
}


@dataclass
class Unit:
    """Rows of files that share a log, a format and (csv, parquet) their columns."""

    log: Log
    columns: tuple[str, ...] = ()
    chunks: list[TextChunk] = field(default_factory=list)
    parts: list[ParquetSlice] = field(default_factory=list)
    size: int = 0

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, without the types that parquet files must share too."""
        return [column.partition("\0")[0] for column in self.columns]


@dataclass(frozen=True)
class ParsedUnit:
    """What a unit holds.

    ``rows`` stand for themselves (``rows.judge_rows``), ``refused`` do not (REFUSED_ROW),
    ``unknown`` are (file_no, name) of keys no log knows, ``damaged`` the files that cannot be
    read to their end. ``unit`` and ``delivered`` are what was read, before it was judged.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame
    unknown: list[tuple[int, str]]
    damaged: dict[int, FileRefused]
    unit: Unit
    delivered: pl.DataFrame

    def raw_of(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return the masked text, ``raw``, of the rows at some ``file_no`` and ``line``."""
        if places.is_empty():
            return places.with_columns(raw=pl.lit(None, pl.String))
        near = self.delivered.filter(pl.col("line").is_in(places["line"].implode()))
        found = near.join(places, on=["file_no", "line"], how="semi")
        raw = pl.Series("raw", _masked_raw(self.unit, found), dtype=pl.String)
        return found.select("file_no", "line").with_columns(raw)


class UnitReader:
    """Reads numbered files of one log; ``facts`` and ``refused`` then describe each."""

    def __init__(self, log: str, files: Sequence[tuple[int, LandingFile]]) -> None:
        self._log = LOGS[log]
        self._files = files
        self.facts: dict[int, FileFacts] = {}
        self.refused: dict[int, FileRefused] = {}

    def units(self) -> Iterator[Unit]:
        """Yield the units in order; files that cannot be read are noted and left out."""
        unit = Unit(self._log)
        for file_no, file in self._files:
            self.facts[file_no] = FileFacts()
            try:
                for part in self._parts(file_no, file):
                    if unit.size and (unit.columns != part.columns or fullness(unit) > 1):
                        yield unit
                        unit = Unit(self._log)
                    _join(unit, part)
            except FileRefused as error:
                self.refused[file_no] = error
            except OSError as error:
                self.refused[file_no] = FileRefused(
                    f"cannot be read ({error.strerror})", "run ingest again when it can"
                )
        if unit.size:
            yield unit

    def _parts(self, file_no: int, file: LandingFile) -> Iterator[Unit]:
        before = state_of(file.path)
        with file.path.open("rb") as stream:
            source = HashedFile(stream)
            if file.format == "parquet":
                yield from self._parquet_parts(file_no, file.path)
            else:
                yield from self._text_parts(file_no, file, source)
            while source.read(2**22):
                pass
        if state_of(file.path) != before:
            raise FileRefused(
                "changed while it was read", "run ingest again when no one writes to it"
            )
        facts = self.facts[file_no]
        facts.size, facts.sha256, facts.state = source.size, source.sha256, before

    def _parquet_parts(self, file_no: int, path: Path) -> Iterator[Unit]:
        footer = read_footer(path)
        columns = read_columns(self._log, path)
        for name in columns.keys() - set(self._log.names):
            self.facts[file_no].add_unknown([name])
        signature = tuple(f"{name}\0{dtype}" for name, dtype in columns.items())
        parts = cut(file_no, path, footer)
        weight = footer.unpacked_bytes // _LEAST_LINE_BYTES // max(1, len(parts))
        for part in parts:
            size = max(part.row_count, weight) + 1
            yield Unit(self._log, signature, parts=[part], size=size)

    def _text_parts(self, file_no: int, file: LandingFile, source: HashedFile) -> Iterator[Unit]:
        columns: tuple[str, ...] = ()
        for chunk in read_chunks(file, file_no, source):
            if file.format == "csv" and chunk.first_line == 1:
                columns = read_header(self._log, chunk.text.partition(b"\n")[0])
                for name in set(columns) - set(self._log.names):
                    self.facts[file_no].add_unknown([name])
                chunk = TextChunk(file_no, 2, chunk.text.partition(b"\n")[2])
            if chunk.text:
                size = max(len(chunk.text), _LEAST_LINE_BYTES * chunk.text.count(b"\n"))
                yield Unit(self._log, columns, chunks=[chunk], size=size)
        if file.format == "csv" and not columns:
            read_header(self._log, b"")


def reason_to_refuse(file: LandingFile) -> FileRefused | None:
    """Read a file to its end; return why it is refused, or None where it can be read."""
    reader = UnitReader(file.log, [(0, file)])
    for unit in reader.units():
        if unit.parts:
            reader.refused |= read_parquet_rows(unit.log, unit.column_names, unit.parts)[1]
    return reader.refused.get(0)


def fullness(unit: Unit) -> float:
    """Return how much of a unit's bound it takes; hardly more than 1."""
    return unit.size / (_UNIT_ROWS if unit.parts else _UNIT_TEXT_BYTES)


def _join(unit: Unit, part: Unit) -> None:
    unit.columns = part.columns
    unit.chunks += part.chunks
    unit.parts += part.parts
    unit.size += part.size


def parse_unit(unit: Unit, arrivals: Mapping[int, date]) -> ParsedUnit:
    """Parse a unit and judge every row for itself; ``arrivals`` gives the files' arrival days."""
    unknown: list[tuple[int, str]] = []
    damaged: dict[int, FileRefused] = {}
    if unit.parts:
        raw_rows, damaged = read_parquet_rows(unit.log, unit.column_names, unit.parts)
    elif unit.columns:
        raw_rows = read_csv_rows(unit.log, unit.columns, number_lines(unit.chunks))
    else:
        text = join_text(unit.chunks)
        raw_rows, keys = read_json_rows(unit.log, number_lines(unit.chunks, text), text)
        unknown = keys.rows()
    # In one piece: polars 2.1 panics over frames whose columns are cut at different rows.
    raw_rows = raw_rows.with_columns(_arrival_days(raw_rows, arrivals)).rechunk()
    judged = judge_rows(unit.log, raw_rows)
    if judged["reason"].null_count() == len(judged):
        refused = pl.DataFrame(schema=REFUSED_ROW)
    else:
        is_refused = judged["reason"].is_not_null()
        refused = judged.filter(is_refused).select("file_no", "line", "arrived", "reason")
        raw = _masked_raw(unit, raw_rows.filter(is_refused))
        refused = refused.with_columns(pl.Series("raw", raw, dtype=pl.String))
        judged = judged.filter(~is_refused)
    return ParsedUnit(judged.drop("reason"), refused, unknown, damaged, unit, raw_rows)


def _arrival_days(rows: pl.DataFrame, arrivals: Mapping[int, date]) -> pl.Series:
    """Return the arrival day of every row; files come in runs of rows."""
    runs = rows["file_no"].rle().struct.unnest()
    days = pl.Series([arrivals[file_no] for file_no in runs["value"]], dtype=pl.Date)
    lengths = runs["len"].to_numpy()
    return days.gather(np.repeat(np.arange(len(days)), lengths)).alias("arrived")


def _masked_raw(unit: Unit, refused: pl.DataFrame) -> list[str]:
    if unit.parts:
        return _parquet_raw(unit, refused)
    is_shy = bool(unit.log.hidden)
    if unit.columns:
        shape = masking.csv_shape(unit.columns)
        return [masking.mask_csv(raw, shape, has_identity=is_shy) for raw in refused["raw"]]
    return [masking.mask_json(raw, has_identity=is_shy) for raw in refused["raw"]]


def _parquet_raw(unit: Unit, refused: pl.DataFrame) -> list[str]:
    names = unit.column_names
    if set(names) <= set(refused.columns):
        return rows_as_json(refused.select(names))
    paths = {part.file_no: part.path for part in unit.parts}
    texts: dict[tuple[int, int], str] = {}
    for (file_no,), rows in refused.partition_by("file_no", as_dict=True).items():
        lines = rows["line"].to_list()
        try:
            found = read_parquet_raw(paths[file_no], lines)
        except FileRefused:  # a column that no log knows is damaged: the others are shown
            known = [name for name in names if name in rows.columns]
            found = dict(zip(lines, rows_as_json(rows.select(known)), strict=True))
        texts |= {(file_no, line): found[line] for line in lines}
    return [texts[place] for place in refused.select("file_no", "line").rows()]


# Units of several formats that are judged together, so that a small one costs little.
# What a unit costs apart from its rows is that of some ten thousand rows; where files of two
# formats take turns in a log, its units are smaller than that.

Bundle = list[Unit]


@dataclass(frozen=True)
class ParsedBundle:
    """What the units of a bundle hold, in their order; see ``ParsedUnit``."""

    parts: list[ParsedUnit]
    rows: pl.DataFrame
    refused: pl.DataFrame

    @property
    def unknown(self) -> list[tuple[int, str]]:
        """The (file_no, name) of keys that no log knows."""
        return [name for part in self.parts for name in part.unknown]

    @property
    def damaged(self) -> dict[int, FileRefused]:
        """The files that cannot be read to their end."""
        return {file_no: why for part in self.parts for file_no, why in part.damaged.items()}

    def raw_of(self, places: pl.DataFrame) -> pl.DataFrame:
        """Return the masked text, ``raw``, of the rows at some ``file_no`` and ``line``."""
        return pl.concat([part.raw_of(places) for part in self.parts])


def in_bundles(units: Iterable[Unit]) -> Iterator[Bundle]:
    """Put units together, in their order, as long as they are no more than one full unit."""
    bundle: Bundle = []
    for unit in units:
        if bundle and sum(map(fullness, bundle)) + fullness(unit) > 1:
            yield bundle
            bundle = []
        bundle.append(unit)
    if bundle:
        yield bundle


def parse_bundle(bundle: Bundle, arrivals: Mapping[int, date]) -> ParsedBundle:
    """Parse every unit of a bundle; ``arrivals`` gives the files' arrival days."""
    parts = [parse_unit(unit, arrivals) for unit in bundle]
    # In one piece, for the reason given in parse_unit.
    rows = pl.concat([part.rows for part in parts], rechunk=len(parts) > 1)
    return ParsedBundle(parts, rows, pl.concat([part.refused for part in parts]))
