"""Parquet files -> the log's columns as delivered, in bounded memory and without trust."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from flows.ingest.csv_rows import refuse_columns
from flows.ingest.log_fields import Log
from flows.ingest.masking import mask_value, shorten
from flows.ingest.refusals import FileRefused

SLICE_ROWS = 1_000_000
_SMALL_BYTES = 2**20
_BOMB_BYTES, _BOMB_RATIO = 2**28, 250
_NO_ROWS = {"file_no": pl.Int64, "line": pl.Int64, "reason": pl.String}
_POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


@dataclass(frozen=True)
class ParquetSlice:
    """Up to ``row_count`` rows of one file from ``first_row`` (from 0) on."""

    file_no: int
    path: Path
    first_row: int
    row_count: int


def read_columns(log: Log, path: Path) -> dict[str, pl.DataType]:
    """Return a parquet file's columns with their types.

    Raises FileRefused where the footer cannot be read or a required column is absent.
    """
    try:
        columns = dict(_scan(path).collect_schema())
    except _POLARS_ERRORS as error:
        raise _damaged(error) from error
    refuse_columns(log, list(columns))
    return columns


def cut(file_no: int, path: Path, size: int) -> list[ParquetSlice]:
    """Cut a file of ``size`` bytes into slices of bounded size.

    Raises FileRefused where its footer claims more rows than such a file can hold.
    """
    if size <= _SMALL_BYTES:  # not worth a look at the footer: reading it will tell
        return [ParquetSlice(file_no, path, 0, SLICE_ROWS + 1)]
    try:
        row_count = int(_scan(path).select(pl.len()).collect().item())
    except _POLARS_ERRORS as error:
        raise _damaged(error) from error
    if row_count > max(SLICE_ROWS, size):
        raise _too_many_rows()
    return [
        ParquetSlice(file_no, path, first, min(SLICE_ROWS, row_count - first))
        for first in range(0, row_count, SLICE_ROWS)
    ]


def _too_many_rows() -> FileRefused:
    # Rows that have an id each take more than a byte each, however well they are packed.
    return FileRefused("claims to hold more rows than it has bytes", "deliver the whole file again")


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
        ``file_no``, ``line`` (the row's number in its file, from 1), ``reason`` (null) and those
        of the log's columns that the files have, as delivered.
    damaged
        By file number, why a file cannot be read; no rows are returned then.
    """
    known = [name for name in columns if name in log.names]
    damaged: dict[int, FileRefused] = {}
    try:
        frames = _collect(known, parts)
    except _POLARS_ERRORS:
        frames = [_collect_alone(known, part, damaged) for part in parts]
    for part, frame in zip(parts, frames, strict=True):
        if len(frame) > SLICE_ROWS:
            damaged[part.file_no] = _too_many_rows()
        elif _text_bytes(frame) > max(_BOMB_BYTES, _BOMB_RATIO * part.path.stat().st_size):
            damaged[part.file_no] = FileRefused(
                f"unpacks to more than {_BOMB_RATIO} times its size",
                "deliver it without texts that long",
            )
    if damaged:
        return pl.DataFrame(schema=_NO_ROWS), damaged
    counts = [len(frame) for frame in frames]
    numbers = np.concatenate(
        [part.first_row + 1 + np.arange(count) for part, count in zip(parts, counts, strict=True)]
    )
    rows = pl.concat(frames).with_columns(
        pl.Series("file_no", np.repeat([part.file_no for part in parts], counts), pl.Int64),
        pl.Series("line", numbers, pl.Int64),
        pl.lit(None, pl.String).alias("reason"),
    )
    return rows, damaged


def _collect(known: list[str], parts: Sequence[ParquetSlice]) -> list[pl.DataFrame]:
    return pl.collect_all(
        [_scan(part.path).select(known).slice(part.first_row, part.row_count) for part in parts]
    )


def _text_bytes(frame: pl.DataFrame) -> int:
    """Return how many bytes all texts have, those counted again that a dictionary holds once."""
    texts = frame.select(pl.selectors.string().str.len_bytes().cast(pl.Int64).sum())
    return sum(size or 0 for size in next(texts.iter_rows(), ()))


def _collect_alone(
    known: list[str], part: ParquetSlice, damaged: dict[int, FileRefused]
) -> pl.DataFrame:
    try:
        return _collect(known, [part])[0]
    except _POLARS_ERRORS as error:
        damaged[part.file_no] = _damaged(error)
        return _scan(part.path).select(known).clear().collect()


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def read_parquet_raw(path: Path, lines: Sequence[int]) -> dict[int, str]:
    """Return rows, by their number, as JSON objects with ``value_hash`` masked."""
    wanted = pl.Series(lines, dtype=pl.Int64)
    rows = (
        _scan(path)
        .with_row_index("row number", offset=1)
        .filter(pl.col("row number").is_in(wanted.implode()))
        .collect()
    )
    return {row.pop("row number"): row_as_json(row) for row in rows.iter_rows(named=True)}


def row_as_json(row: dict[str, Any]) -> str:
    """Return a row as one JSON object, ``value_hash`` masked; times in ISO 8601."""
    return shorten(json.dumps(mask_value(row), ensure_ascii=False, default=_as_json))


def _as_json(value: Any) -> str:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)


def _damaged(error: BaseException) -> FileRefused:
    first_line = (str(error).splitlines() or [type(error).__name__])[0]
    return FileRefused(
        f"is no readable parquet file ({shorten(first_line)[:200]})", "deliver the whole file again"
    )
