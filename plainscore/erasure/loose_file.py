"""Erase people from a file that the ingest never reads: labels, files it refuses, odd formats."""

import csv
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from plainscore.erasure.cells import cells_that_tell
from plainscore.erasure.names import Names, json_texts
from plainscore.erasure.rewriting import (
    ByHand,
    opened_text,
    put_in_place,
    write_parquet_without,
    write_text_without,
)

_LINES = (".csv", ".ndjson", ".jsonl", ".tsv", ".txt")
_POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError)


def erase_from_loose_file(path: Path, names: Names) -> int:
    """Take every row or line that tells of a person out of a file; return how many went.

    Raises ByHand where it tells of one and is of no kind that has rows, OSError where it cannot
    be read or written.
    """
    name = path.name.lower()
    is_gzipped = name.endswith(".gz")
    if name.endswith(".parquet"):
        gone = _telling_rows(path, names)
        copy = write_parquet_without(path, gone) if gone else None
    elif name.removesuffix(".gz").endswith(_LINES):
        gone = _telling_lines(path, names, is_gzipped)
        copy = write_text_without(path, gone, is_gzipped=is_gzipped) if gone else None
    else:
        if tells_of(path, names):
            raise ByHand("is of no kind that has rows")
        return 0
    if copy is not None:
        put_in_place(copy, path)
    return len(gone)


def tells_of(path: Path, names: Names) -> bool:
    """Tell whether a file's bytes hold an id."""
    content = path.read_bytes()
    return names.may_be_in(content) and names.are_told_by(content.decode("utf-8", "replace"))


def tells_line(line: str, names: Names) -> bool:
    """Tell whether a line tells of anyone, as a value, a csv field or a word of its text."""
    if names.are_told_by(line):
        return True
    try:
        fields = next(csv.reader([line]), [])
    except csv.Error:
        fields = []
    return any(text in names.ids for text in (*fields, *json_texts(line)))


def _telling_rows(path: Path, names: Names) -> dict[int, int]:
    try:
        rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
    except _POLARS_ERRORS as error:
        if tells_of(path, names):
            raise ByHand("cannot be read") from error
        return {}
    told = pl.Series([False] * len(rows), dtype=pl.Boolean)
    for column in rows.iter_columns():
        told |= cells_that_tell(column, names)
    return {number + 1: 1 for number in told.arg_true()}


def _telling_lines(path: Path, names: Names, is_gzipped: bool) -> dict[int, int]:
    try:
        return {
            number: 1
            for number, line in enumerate(_lines(path, is_gzipped), 1)
            if names.may_be_in(line, is_json=True)
            and tells_line(line.decode("utf-8", "replace"), names)
        }
    except (EOFError, OSError) as error:
        if tells_of(path, names):
            raise ByHand("cannot be read to its end") from error
        return {}


def _lines(path: Path, is_gzipped: bool) -> Iterator[bytes]:
    with opened_text(path, is_gzipped) as stream:
        yield from stream
