"""Which rows of a landing file name a person, by the same reading as the ingest's.

An accepted row names whoever its naming fields hold, whether or not its event defines them, and
whoever a column holds that no log knows. So does a refused row; one that names no one at all can
hold a person anywhere, so it counts where it holds an id as a word.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from plainscore.contracts.logs import Field, Log
from plainscore.erasure.erased_ids import (
    NAMING_FIELDS,
    ErasedIds,
    cells_that_may_match,
    csv_fields,
    name_anyone,
    people_in,
    read_fields,
)
from plainscore.logs.columns import read_column
from plainscore.logs.csv_rows import read_csv_rows
from plainscore.logs.json_rows import read_json_rows
from plainscore.logs.landing import LandingFile, list_landing
from plainscore.logs.parquet_rows import read_parquet_rows
from plainscore.logs.readers import FileFacts
from plainscore.logs.rows import judge_rows
from plainscore.logs.tables import LOGS
from plainscore.logs.text_lines import number_lines
from plainscore.logs.units import Unit, UnitReader

_OWN_COLUMNS = ("file_no", "line", "arrived", "reason", "raw")


@dataclass(frozen=True)
class NamingRows:
    """The rows of one file that name a person: row's line -> how many physical lines it takes."""

    facts: FileFacts
    spans: dict[int, int]


def find_naming_rows(file: LandingFile, names: ErasedIds) -> NamingRows:
    """Return the rows of a landing file that name a person.

    Raises FileRefused where the ingest could not read the file either.
    """
    reader = UnitReader(file.log, [(0, file)])
    spans: dict[int, int] = {}
    for unit in reader.units():
        log = _with_every_column(LOGS[file.log], unit)
        read = _read_parquet if unit.parts else _read_text
        raw = read(log, unit, names, reader)
        if raw is not None and len(raw):
            spans |= _spans_of(raw, file, names)
    if reader.refused:
        raise reader.refused[0]
    return NamingRows(reader.facts[0], spans)


def people_in_landing(landing: Path, names: ErasedIds) -> set[str]:
    """Return those of some ids that a row of a log's file names, refused or not."""
    found: set[str] = set()
    for file in list_landing(landing).files if landing.is_dir() else []:
        reader = UnitReader(file.log, [(0, file)])
        for unit in reader.units():
            log = _with_every_column(LOGS[file.log], unit)
            raw = (_read_parquet if unit.parts else _read_text)(log, unit, names, reader)
            if raw is None or raw.is_empty():
                continue
            for name in set(NAMING_FIELDS) & set(raw.columns):
                found.update(read_column("text", raw[name]).values.drop_nulls())
            if not unit.parts:
                for line in raw["raw"]:
                    found |= people_in(read_fields(line, unit.column_names))
    return found & set(names.ids)


def _with_every_column(log: Log, unit: Unit) -> Log:
    """Let columns be read that the log does not know."""
    names = dict.fromkeys((*NAMING_FIELDS, *unit.column_names))
    extra = tuple(Field(name=n, kind="text") for n in names if n not in (*log.names, *_OWN_COLUMNS))
    return Log.model_validate({**log.model_dump(), "fields": log.fields + extra})


def _read_text(log: Log, unit: Unit, names: ErasedIds, _reader: UnitReader) -> pl.DataFrame | None:
    """Read the lines that can name a person; all of a csv whose records may span lines."""
    is_json = not unit.columns
    chunks = [chunk for chunk in unit.chunks if names.may_be_in(chunk.text, is_json=is_json)]
    if not chunks:
        return None
    lines = number_lines(chunks)
    is_quoted = any(b'"' in chunk.text for chunk in chunks)
    if is_json or not is_quoted:
        may_name = [names.may_be_in(raw.encode(), is_json=is_json) for raw in lines["raw"]]
        lines = lines.filter(pl.Series(may_name, dtype=pl.Boolean))
    if lines.is_empty():
        return None
    if is_json:
        return read_json_rows(log, lines, "\n".join(lines["raw"]).encode())[0]
    return read_csv_rows(log, unit.columns, lines)


def _read_parquet(
    log: Log, unit: Unit, names: ErasedIds, reader: UnitReader
) -> pl.DataFrame | None:
    """Read the rows that can name a person."""
    rows, damaged = read_parquet_rows(log, unit.column_names, unit.parts)
    reader.refused |= damaged
    may_name = pl.Series([False] * len(rows), dtype=pl.Boolean)
    for column in rows.drop(_OWN_COLUMNS, strict=False).iter_columns():
        may_name |= cells_that_may_match(column, names)
    return rows.filter(may_name)


def _spans_of(raw: pl.DataFrame, file: LandingFile, names: ErasedIds) -> dict[int, int]:
    log = LOGS[file.log]
    raw = raw.with_columns(pl.lit(file.arrived).alias("arrived"))
    is_refused = judge_rows(log, raw)["reason"].is_not_null()
    found = raw.filter(~is_refused & _names_anyone(log, raw, names))
    refused = raw.filter(is_refused)
    texts = refused["raw"].to_list() if "raw" in raw.columns else _row_texts(file, refused["line"])
    columns = columns_of(file.path)
    named = [refused_row_names(text, columns, log.names, names) for text in texts]
    is_named = pl.Series(named, dtype=pl.Boolean)
    lines = [*_physical_lines(found), *_physical_lines(refused.filter(is_named))]
    return dict(lines)


def columns_of(path: Path) -> list[str]:
    """Return the names in the header of a csv file; none of another file, or where it is gone."""
    if not path.name.removesuffix(".gz").endswith(".csv"):
        return []
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            header = stream.readline(2**20).decode("utf-8-sig", "replace")
    except (OSError, EOFError):
        return []
    return csv_fields(header.rstrip("\r\n"))


def refused_row_names(
    raw: str, columns: Sequence[str], known: Sequence[str], names: ErasedIds
) -> bool:
    """Return whether a refused row is of one of the people.

    One whose fields name no one at all counts where it holds an id as a word.
    """
    fields = read_fields(raw, columns)
    if people_in(fields):
        return name_anyone(fields, known, names)
    return names.are_words_of(raw)


def _names_anyone(log: Log, raw: pl.DataFrame, names: ErasedIds) -> pl.Series:
    """Mark the rows in which a field that can name a person names one of these."""
    naming = pl.Series([False] * len(raw), dtype=pl.Boolean)
    for column in raw.drop(_OWN_COLUMNS, strict=False).iter_columns():
        is_of_people = column.name in NAMING_FIELDS
        if is_of_people or column.name not in log.names:
            ids = names.ids if is_of_people else names.distinctive_ids
            naming |= read_column("text", column).values.is_in(ids).fill_null(False)
    if "raw" in raw.columns:
        named = [
            one.lstrip().startswith("{") and name_anyone(read_fields(one), log.names, names)
            for one in raw["raw"]
        ]
        naming |= pl.Series(named, dtype=pl.Boolean)
    return naming


def _physical_lines(rows: pl.DataFrame) -> Iterator[tuple[int, int]]:
    if "raw" not in rows.columns:
        yield from ((line, 1) for line in rows["line"])
        return
    for line, raw in rows.select("line", "raw").iter_rows():
        yield line, raw.count("\n") + 1


def _row_texts(file: LandingFile, lines: pl.Series) -> list[str]:
    """Return the cells of parquet rows, one text per row."""
    if lines.is_empty():
        return []
    found = (
        pl.scan_parquet(file.path, glob=False, hive_partitioning=False)
        .with_row_index("row number", offset=1)
        .filter(pl.col("row number").is_in(lines.implode()))
        .collect()
    )
    texts = {
        row["row number"]: json.dumps({name: _text_of(cell) for name, cell in row.items()})
        for row in found.iter_rows(named=True)
    }
    return [texts[line] for line in lines]


def _text_of(cell: Any) -> str | None:
    shown = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell
    return None if shown is None else str(shown)
