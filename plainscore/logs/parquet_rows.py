"""Parquet files -> the log's columns as delivered, in bounded memory and without trust."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from plainscore.contracts.logs import Log
from plainscore.logs.csv_rows import refuse_columns
from plainscore.logs.landing import FileRefused
from plainscore.logs.masking import mask_value, shorten
from plainscore.logs.parquet_footer import BOMB_BYTES, BOMB_RATIO, Footer, bomb, damaged
from plainscore.logs.text_lines import MAX_LINE_BYTES

SLICE_ROWS = 1_000_000
_SLICE_BYTES = 2**29
_NO_ROWS = {"file_no": pl.Int64, "line": pl.Int64, "reason": pl.String}
_POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


@dataclass(frozen=True)
class ParquetSlice:
    """Up to ``row_count`` rows of one file from ``first_row`` (from 0) on."""

    file_no: int
    path: Path
    first_row: int
    row_count: int
    is_whole: bool


def read_columns(log: Log, path: Path) -> dict[str, pl.DataType]:
    """Return a parquet file's columns with their types.

    Raises FileRefused where the footer cannot be read or a required column is absent.
    """
    try:
        columns = dict(_scan(path).collect_schema())
    except _POLARS_ERRORS as error:
        raise _unreadable(error) from error
    refuse_columns(log, list(columns))
    return columns


def cut(file_no: int, path: Path, footer: Footer) -> list[ParquetSlice]:
    """Cut a file into slices of bounded size."""
    rows = SLICE_ROWS
    if footer.unpacked_bytes > _SLICE_BYTES:
        rows = max(1, min(rows, footer.row_count * _SLICE_BYTES // footer.unpacked_bytes))
    return [
        ParquetSlice(
            file_no, path, first, min(rows, footer.row_count - first), rows >= footer.row_count
        )
        for first in range(0, footer.row_count, rows)
    ]


def read_parquet_rows(
    log: Log, columns: Sequence[str], parts: Sequence[ParquetSlice]
) -> tuple[pl.DataFrame, dict[int, FileRefused]]:
    """Read slices of files that share one schema.

    Parameters
    ----------
    log
        The log they belong to.
    columns
        The files' columns.
    parts
        The slices, whole files read together.

    Returns
    -------
    rows
        ``file_no``, ``line`` (the row's number in its file, from 1), ``reason`` (null but where
        the row is as long as no line of text may be) and those of the log's columns that the
        files have, as delivered.
    refused
        By file number, why a file cannot be read; no rows are returned then.
    """
    known = [name for name in columns if name in log.names]
    refused: dict[int, FileRefused] = {}
    try:
        frames = _collect(known, parts)
    except _POLARS_ERRORS:
        frames = [_collect_alone(known, part, refused) for part in parts]
    if refused:
        return pl.DataFrame(schema=_NO_ROWS), refused
    rows = pl.concat(frames)
    if _text_bytes(rows) > BOMB_BYTES:
        for part, frame in zip(parts, frames, strict=True):
            if _text_bytes(frame) > max(BOMB_BYTES, BOMB_RATIO * part.path.stat().st_size):
                refused[part.file_no] = bomb()
    if refused:
        return pl.DataFrame(schema=_NO_ROWS), refused
    counts = [len(frame) for frame in frames]
    numbers = np.concatenate(
        [part.first_row + 1 + np.arange(count) for part, count in zip(parts, counts, strict=True)]
    )
    rows = rows.with_columns(
        pl.Series("file_no", np.repeat([part.file_no for part in parts], counts), pl.Int64),
        pl.Series("line", numbers, pl.Int64),
        _too_long(rows).alias("reason"),
    )
    return rows, refused


def _collect(known: list[str], parts: Sequence[ParquetSlice]) -> list[pl.DataFrame]:
    """Read slices, one frame each; whole files by one scan, as each scan has a price."""
    if len(parts) > 1 and known and all(part.is_whole for part in parts):
        rows = _scan([part.path for part in parts]).select(known).collect()
        ends = list(accumulate(part.row_count for part in parts))
        if len(rows) == ends[-1]:
            return [
                rows.slice(end - part.row_count, part.row_count)
                for end, part in zip(ends, parts, strict=True)
            ]
    return pl.collect_all(
        [_scan(part.path).select(known).slice(part.first_row, part.row_count) for part in parts]
    )


def _text_bytes(frame: pl.DataFrame) -> int:
    """Return how many bytes all texts have, those counted again that a dictionary holds once."""
    texts = frame.select(pl.selectors.string().str.len_bytes().cast(pl.Int64).sum())
    return sum(size or 0 for size in next(texts.iter_rows(), ()))


def _too_long(rows: pl.DataFrame) -> pl.Series:
    """Return the reason to refuse rows that have more text than a line may have."""
    lengths = rows.select(pl.selectors.string().str.len_bytes())
    reason = pl.Series([None] * len(rows), dtype=pl.String)
    if sum(length or 0 for length in lengths.max().row(0)) <= MAX_LINE_BYTES:
        return reason
    whole = lengths.select(pl.sum_horizontal(pl.all())).to_series()
    return reason.set(whole > MAX_LINE_BYTES, f"row is longer than {MAX_LINE_BYTES} bytes")


def _collect_alone(
    known: list[str], part: ParquetSlice, refused: dict[int, FileRefused]
) -> pl.DataFrame:
    try:
        return _collect(known, [part])[0]
    except _POLARS_ERRORS as error:
        refused[part.file_no] = _unreadable(error)
        return pl.DataFrame()


def _scan(path: Path | list[Path]) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def read_parquet_raw(path: Path, lines: Sequence[int]) -> dict[int, str]:
    """Return rows, by their number, as JSON objects with ``value_hash`` masked.

    Raises FileRefused where a column cannot be read, be it one that no log knows.
    """
    wanted = pl.Series(lines, dtype=pl.Int64)
    try:
        rows = (
            _scan(path)
            .with_row_index("row number", offset=1)
            .filter(pl.col("row number").is_in(wanted.implode()))
            .collect()
        )
    except _POLARS_ERRORS as error:
        raise _unreadable(error) from error
    texts = rows_as_json(rows.drop("row number"))
    return dict(zip(rows["row number"], texts, strict=True))


def rows_as_json(rows: pl.DataFrame) -> list[str]:
    """Return rows as JSON objects; times that Python has no word for as the numbers they are."""
    try:
        return [row_as_json(row) for row in rows.iter_rows(named=True)]
    except (ValueError, OverflowError, LookupError, pl.exceptions.PolarsError):
        numbers = rows.cast({name: _without_times(of) for name, of in rows.schema.items()})
        return [row_as_json(row) for row in numbers.iter_rows(named=True)]


def _without_times(dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.List | pl.Array):
        return pl.List(_without_times(dtype.inner))  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return pl.Struct({of.name: _without_times(of.dtype) for of in dtype.fields})  # type: ignore[arg-type]
    return pl.Int64() if dtype.is_temporal() else dtype


def row_as_json(row: dict[str, Any]) -> str:
    """Return a row as one JSON object, ``value_hash`` masked; times in ISO 8601."""
    return shorten(json.dumps(mask_value(row), ensure_ascii=False, default=_as_json))


def _as_json(value: Any) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def _unreadable(error: BaseException) -> FileRefused:
    first_line = (str(error).splitlines() or [type(error).__name__])[0]
    return damaged(shorten(first_line)[:200])
