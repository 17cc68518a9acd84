"""Which cells of a column hold an id, whatever the column's type."""

from typing import Any

import polars as pl

from plainscore.erasure.names import Names


def cells_that_may_tell(column: pl.Series, names: Names) -> pl.Series:
    """Mark quickly the cells that could hold an id; all that are no plain value are marked."""
    if column.dtype == pl.String:
        return column.str.contains_any(list(names.ids)).fill_null(False)
    if _is_plain(column.dtype):
        return column.cast(pl.String).is_in(names.ids).fill_null(False)
    return column.is_not_null()


def cells_that_tell(column: pl.Series, names: Names) -> pl.Series:
    """Mark the cells that are an id, or hold a distinctive one as a word."""
    told = cells_that_may_tell(column, names)
    if _is_plain(column.dtype) or not told.any():
        return told
    places = told.arg_true()
    found = [names.are_told_by(_text_of(cell)) for cell in column.gather(places)]
    return told.scatter(places, found)


def _is_plain(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean


def _text_of(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
