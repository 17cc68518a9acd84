"""csv records -> the log's fields as delivered text.

A line in plain form (no quote, no stray carriage return, the right number of commas) is split by
polars; every other record, quoted line breaks included, by the standard library.
"""

import csv
from collections.abc import Iterator, Sequence

import polars as pl

from flows.ingest.log_fields import COMMON_FIELDS, Log
from flows.ingest.refusals import FileRefused
from flows.ingest.text_lines import LINE_COLUMNS, MAX_LINE_BYTES, MAX_RECORD_LINES

_Line = tuple[int, int, str, str | None]

csv.field_size_limit(MAX_LINE_BYTES + 1)


def read_header(log: Log, first_line: bytes) -> tuple[str, ...]:
    """Return the column names of a csv file's first line.

    Raises
    ------
    FileRefused
        A required column is absent, or a name stands there twice.
    """
    text = first_line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
    try:
        names = tuple(next(csv.reader([text], strict=True), []))
    except csv.Error:
        names = ()
    refuse_columns(log, names)
    return names


def refuse_columns(log: Log, names: Sequence[str]) -> None:
    """Raise FileRefused where the columns of a file cannot be those of ``log``."""
    absent = [name for name in COMMON_FIELDS if name not in names]
    if absent:
        raise FileRefused(
            f"required column {absent[0]} is absent",
            f"deliver {log.name} with {', '.join(COMMON_FIELDS)} and the log's own fields",
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FileRefused(f"column {repeated[0]!r} stands there twice", "name each column once")


def read_csv_rows(log: Log, names: tuple[str, ...], lines: pl.DataFrame) -> pl.DataFrame:
    """Read csv lines of files that share one header.

    Parameters
    ----------
    log
        The log they belong to.
    names
        The header.
    lines
        ``text_lines.LINE_COLUMNS`` without the header lines, in order; no record is cut.

    Returns
    -------
    ``lines`` (a record that spans lines: its first line, ``raw`` the whole) with the log's fields
    as String; ``reason`` filled where a record cannot be read; blank lines left out.
    """
    raw = lines["raw"]
    if raw.str.contains('"', literal=True).any():
        return _read_each(log, names, lines)
    is_plain = (
        lines["reason"].is_null()
        & ~raw.str.contains("\r", literal=True)
        & (raw.str.count_matches(",", literal=True) == len(names) - 1)
    )
    plain = _read_plain(log, names, lines.filter(is_plain))
    if is_plain.all():
        return plain
    return pl.concat([plain, _read_each(log, names, lines.filter(~is_plain))])


def split_record(raw: str) -> list[str] | None:
    """Return the fields of one record's text; None where it is not csv."""
    try:
        return next(csv.reader(raw.splitlines(keepends=True), strict=True), [])
    except csv.Error:
        return None


def _read_plain(log: Log, names: tuple[str, ...], lines: pl.DataFrame) -> pl.DataFrame:
    known = [name for name in log.names if name in names]
    if lines.is_empty():
        fields = pl.DataFrame(schema=dict.fromkeys(known, pl.String))
    else:
        fields = pl.read_csv(
            lines["raw"].str.join("\n")[0].encode(),
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            quote_char=None,
        ).select(known)
    return _complete(log, lines.hstack(fields))


def _complete(log: Log, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the log's fields that the file does not have, and put all in one order."""
    absent = [pl.lit(None, pl.String).alias(name) for name in log.names if name not in rows.columns]
    return rows.with_columns(absent).select(*LINE_COLUMNS, *log.names)


def _read_each(log: Log, names: tuple[str, ...], lines: pl.DataFrame) -> pl.DataFrame:
    """Read records one by one."""
    found: list[_Line] = []
    fields: list[Sequence[str | None]] = []
    for file_lines in lines.partition_by("file_no", maintain_order=True):
        rows, start = file_lines.rows(), 0
        while start < len(rows):
            used, record = _read_record(len(names), rows, start)
            start += used
            if record is not None:
                found.append(record[0])
                fields.append(record[1])
    read = pl.DataFrame(found, schema=LINE_COLUMNS, orient="row")
    columns = zip(*fields, strict=True) if fields else [()] * len(names)
    known = [
        pl.Series(name, column, dtype=pl.String)
        for name, column in zip(names, columns, strict=True)
        if name in log.names
    ]
    return _complete(log, read.hstack(known))


def _read_record(
    width: int, rows: Sequence[_Line], start: int
) -> tuple[int, tuple[_Line, Sequence[str | None]] | None]:
    """Read the record that begins at ``start``.

    Returns the number of lines it takes, and its first line (with the raw text and the reason to
    refuse it) with its fields; None instead of these for a blank line.
    """
    file_no, line, raw, reason = rows[start]
    nothing: list[str | None] = [None] * width
    if reason is not None:
        return 1, (rows[start], nothing)
    if not raw.strip(" \t"):
        return 1, None
    reader = csv.reader(_texts(rows, start), strict=True)
    try:
        fields = next(reader)
    except csv.Error:
        return 1, ((file_no, line, raw, "line is not csv"), nothing)
    used = reader.line_num
    text = "\n".join(row[2] for row in rows[start : start + used])
    if len(fields) == width:
        return used, ((file_no, line, text, None), fields)
    fault = "line has too few fields" if len(fields) < width else "line has too many fields"
    return used, ((file_no, line, text, fault), nothing)


def _texts(rows: Sequence[_Line], start: int) -> Iterator[str]:
    """Yield the lines that may belong to one record, up to one that cannot be read."""
    for row in rows[start : start + MAX_RECORD_LINES]:
        if row[3] is not None:
            return
        yield row[2] + "\n"
