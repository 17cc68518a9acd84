"""csv records -> the log's fields as delivered text.

A line in plain form (no quote, no stray carriage return, the right number of commas) is split by
polars; every other record, quoted line breaks included, by the standard library.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from plainscore.contracts.logs import COMMON_FIELDS, Log
from plainscore.logs.landing import FileRefused
from plainscore.logs.text_lines import LINE_COLUMNS, MAX_LINE_BYTES, MAX_RECORD_LINES

MAX_COLUMNS = 10_000
_SHOWN_CHARACTERS = 100

_Line = tuple[int, int, str, str | None]

csv.field_size_limit(MAX_LINE_BYTES + 1)


def read_header(log: Log, first_line: bytes) -> tuple[str, ...]:
    """Return the column names of a csv file's first line.

    Raises
    ------
    FileRefused
        It is no header of this log: see ``refuse_columns``.
    """
    text = first_line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
    if "\0" in text:
        raise FileRefused("has a header that is not UTF-8", "deliver it as UTF-8")
    if "\r" in text:
        raise FileRefused("has a carriage return in its header", "end lines with a line feed")
    try:
        names = tuple(next(csv.reader([text], strict=True), []))
    except csv.Error:
        names = ()
    if len(names) == 1 and not set(";\t|").isdisjoint(text):
        raise FileRefused("has fields that no comma separates", "separate them by commas")
    refuse_columns(log, names)
    return names


def refuse_columns(log: Log, names: Sequence[str]) -> None:
    """Raise FileRefused where the columns of a file cannot be those of ``log``.

    That is: a required one is absent, one stands there twice, or there are more than MAX_COLUMNS.
    """
    refuse_width(len(names))
    absent = [name for name in COMMON_FIELDS if name not in names]
    if absent:
        raise FileRefused(
            f"required column {absent[0]} is absent",
            f"deliver {log.name} with {', '.join(COMMON_FIELDS)} and the log's own fields",
        )
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise repeated_column(repeated[0])


def refuse_width(width: int) -> None:
    """Raise FileRefused where a file has more than MAX_COLUMNS columns."""
    if width > MAX_COLUMNS:
        raise FileRefused(f"has more than {MAX_COLUMNS} columns", "leave out those no log knows")


def repeated_column(name: str) -> FileRefused:
    """Return the refusal of a file that names a column twice."""
    shown = name[:_SHOWN_CHARACTERS]
    return FileRefused(f"column {shown!r} stands there twice", "name each column once")


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
        & ~raw.str.starts_with("\ufeff")  # polars drops it from the first line it is given
        & (raw.str.count_matches(",", literal=True) == len(names) - 1)
    )
    plain = _read_plain(log, names, lines.filter(is_plain))
    if is_plain.all():
        return plain
    return pl.concat([plain, _read_each(log, names, lines.filter(~is_plain))])


def split_record(raw: str) -> list[str] | None:
    """Return the fields of one record's text; None where it is not csv."""
    try:
        return next(csv.reader([line + "\n" for line in raw.split("\n")], strict=True), [])
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
    places = [at for at, name in enumerate(names) if name in log.names]
    found: list[_Line] = []
    known: list[Sequence[str | None]] = []
    nothing = [None] * len(places)
    for file_lines in lines.partition_by("file_no", maintain_order=True):
        rows, start = file_lines.rows(), 0
        while start < len(rows):
            used, record, fields = _read_record(len(names), rows, start)
            start += used
            if record is not None:
                found.append(record)
                known.append([fields[at] for at in places] if fields else nothing)
    read = pl.DataFrame(found, schema=LINE_COLUMNS, orient="row")
    schema = {names[at]: pl.String for at in places}
    return _complete(log, read.hstack(pl.DataFrame(known, schema=schema, orient="row")))


def _read_record(
    width: int, rows: Sequence[_Line], start: int
) -> tuple[int, _Line | None, list[str]]:
    """Read the record that begins at ``start``.

    Returns the number of lines it takes; its first line (with the raw text and the reason to
    refuse it), None for a blank line; and its fields, none where it is refused.
    """
    file_no, line, raw, reason = rows[start]
    if reason is not None:
        return 1, rows[start], []
    if not raw.strip(" \t"):
        return 1, None, []
    reader = csv.reader(_texts(rows, start), strict=True)
    try:
        fields = next(reader)
    except csv.Error:
        return 1, (file_no, line, raw, "line is not csv"), []
    used = reader.line_num
    text = "\n".join(row[2] for row in rows[start : start + used])
    if len(fields) == width:
        return used, (file_no, line, text, None), fields
    fault = "line has too few fields" if len(fields) < width else "line has too many fields"
    return used, (file_no, line, text, fault), []


def _texts(rows: Sequence[_Line], start: int) -> Iterator[str]:
    """Yield the lines that may belong to one record, up to one that cannot be read."""
    for row in rows[start : start + MAX_RECORD_LINES]:
        if row[3] is not None:
            return
        yield row[2] + "\n"
