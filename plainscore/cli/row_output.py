"""Rows on standard output: as a table for people, or as json or csv for programs."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from math import isfinite
from typing import Any, Literal, TextIO

Format = Literal["table", "json", "csv"]
Row = Sequence[Any]
SHOWN_ROWS = 200
PIPE_WIDTH = 160


def print_rows(columns: Sequence[str], rows: Iterable[Row], output_format: Format) -> None:
    """Print rows; a table shows the first 200 and says so, json is one array, csv has a head."""
    if output_format == "json":
        _print_json(columns, rows)
    elif output_format == "csv":
        _print_csv(columns, rows)
    else:
        _print_table(columns, rows)


def json_value(value: Any) -> Any:
    """Return a value of DuckDB's as JSON has it; dates as ISO texts, NaN and infinity as null."""
    if isinstance(value, dict):
        return {str(name): json_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(inner) for inner in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def terminal_safe(text: str, out: TextIO) -> str:
    """Return ``text`` as it is for a file or pipe, without control characters for a terminal."""
    from plainscore.common.text import printable

    return printable(text) if out.isatty() else text


def _print_json(columns: Sequence[str], rows: Iterable[Row]) -> None:
    separator, names = "[", _distinct(columns)
    for row in rows:
        values = dict(zip(names, map(json_value, row), strict=True))
        # JSON escapes control characters; direction marks are left to the terminal's care.
        line = json.dumps(values, ensure_ascii=sys.stdout.isatty())
        sys.stdout.write(f"{separator}{line}")
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[" else "]\n")


def _distinct(columns: Sequence[str]) -> list[str]:
    """Return the names with a number after each that stood before: an object has a key once."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names or (name != column and name in columns):
            name, number = f"{column}_{number}", number + 1
        names.append(name)
    return names


def _print_csv(columns: Sequence[str], rows: Iterable[Row]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = (value if value is None else _csv_cell(value) for value in row)
        writer.writerow(list(cells))


def _csv_cell(value: Any) -> Any:
    cell = json_value(value)
    if isinstance(cell, list | dict):
        cell = json.dumps(cell, ensure_ascii=False)
    return terminal_safe(cell, sys.stdout) if isinstance(cell, str) else cell


def _print_table(columns: Sequence[str], rows: Iterable[Row]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from plainscore.common.text import printable

    iterator = iter(rows)
    shown = list(islice(iterator, SHOWN_ROWS))
    numeric = [
        all(isinstance(row[i], int | float | None) for row in shown) for i in range(len(columns))
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, is_number in zip(columns, numeric, strict=True):
        table.add_column(Text(printable(name)), justify="right" if is_number else "left")
    for row in shown:
        table.add_row(*(Text(printable(_table_cell(value))) for value in row))
    console = Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)
    console.print(table)
    more = sum(1 for _ in iterator)
    if more:
        note = f"{SHOWN_ROWS + more:,} rows, the first {SHOWN_ROWS} shown"
        console.print(Text(f"{note}; --format csv prints them all", style="dim"))


def _table_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
