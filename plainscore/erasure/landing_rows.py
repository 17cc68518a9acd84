"""Which rows of a landing file name a person, by the same reading as the ingest's.

An accepted row names whoever its naming fields hold, whether or not its event defines them, and
whoever a column holds that no log knows. A row that was refused can hold a person anywhere, so it
counts where it holds an id as a word.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from plainscore.contracts.logs import Field, Log
from plainscore.erasure.erased_ids import (
    NAMING_FIELDS,
    ErasedIds,
    cells_that_may_match,
    texts_within,
)
from plainscore.logs.columns import read_column
from plainscore.logs.csv_rows import read_csv_rows
from plainscore.logs.json_rows import read_json_rows
from plainscore.logs.landing import LandingFile
from plainscore.logs.parquet_rows import read_parquet_rows
from plainscore.logs.rows import judge_rows
from plainscore.logs.tables import LOGS
from plainscore.logs.text_lines import number_lines
from plainscore.logs.units import FileFacts, Unit, UnitReader

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


def _with_every_column(log: Log, unit: Unit) -> Log:
    """Let columns be read that the log does not know."""
    names = dict.fromkeys((*NAMING_FIELDS, *unit.column_names))
    extra = tuple(Field(name=n, kind="text") for n in names if n not in (*log.names, *_OWN_COLUMNS))
    return log.model_copy(update={"fields": log.fields + extra})


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
    raw = raw.with_columns(pl.lit(file.arrived).alias("arrived"))
    is_refused = judge_rows(LOGS[file.log], raw)["reason"].is_not_null()
    found = raw.filter(~is_refused & _names_anyone(LOGS[file.log], raw, names))
    refused = raw.filter(is_refused)
    texts = refused["raw"].to_list() if "raw" in raw.columns else _row_texts(file, refused["line"])
    is_named = pl.Series([names.are_words_of(text) for text in texts], dtype=pl.Boolean)
    lines = [*_physical_lines(found), *_physical_lines(refused.filter(is_named))]
    return dict(lines)


def _names_anyone(log: Log, raw: pl.DataFrame, names: ErasedIds) -> pl.Series:
    """Mark the rows in which a field that can name a person names one of these."""
    naming = pl.Series([False] * len(raw), dtype=pl.Boolean)
    for column in raw.drop(_OWN_COLUMNS, strict=False).iter_columns():
        is_of_people = column.name in NAMING_FIELDS
        if is_of_people or column.name not in log.names:
            ids = names.ids if is_of_people else names.distinctive_ids
            naming |= read_column("text", column).values.is_in(ids).fill_null(False)
    if "raw" in raw.columns:
        by_key = [_unknown_key_names(log, one, names) for one in raw["raw"]]
        naming |= pl.Series(by_key, dtype=pl.Boolean)
    return naming


def _unknown_key_names(log: Log, line: str, names: ErasedIds) -> bool:
    """Return whether an unknown key of a JSON line names anyone."""
    if not line.lstrip().startswith("{"):
        return False
    try:
        read = json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    unknown = (value for key, value in read.items() if key not in log.names)
    return any(text in names.distinctive_ids for value in unknown for text in texts_within(value))


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
    texts = {row[0]: _text_of(row[1:]) for row in found.iter_rows()}
    return [texts[line] for line in lines]


def _text_of(cells: Sequence[Any]) -> str:
    shown = (one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in cells)
    return "\n".join(str(one) for one in shown if one is not None)
