"""The only module that prints: results as tables for people, as json or csv for programs."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from plainscore.common.errors import UsageError
from plainscore.common.text import printable, say
from plainscore.show.reader import ResultTable, render_page

if TYPE_CHECKING:
    from rich.console import RenderableType

    from plainscore.logs.landing import RefusedFile

OutputFormat = Literal["table", "json", "csv"]
SHOWN_ROWS = 200
SHOWN_NOTES = 20
WIDEST = 10_000
# A number, also as it is formatted; an id such as 0001 is none.
_NUMBER = re.compile(r"([+-]?(0|[1-9]\d{0,2}(,\d{3})*)(\.\d+)?%?)?")
MANY_COLUMNS = 14  # from here on they stand closer


def table_of(records: Sequence[Any], columns: Iterable[str] = ()) -> ResultTable:
    """Return records as a table; without names of columns every column of dicts."""
    names = tuple(columns) or tuple(records[0] if records else ())
    cells = [one.__getitem__ if isinstance(one, dict) else partial(getattr, one) for one in records]
    return ResultTable(names, [tuple(map(cell, names)) for cell in cells])


def emit(
    output_format: OutputFormat,
    table: ResultTable | None = None,
    *,
    document: Any = None,
    objects: Iterable[Any] | None = None,
    shown: Iterable[Any] | None = None,
) -> None:
    """Print a result on standard output.

    ``table``: rows for csv, and for json and people where nothing else is given; ``document``: one
    indented object of json; ``objects``: several, one a line; ``shown``: what people see.
    """
    if output_format == "table":
        show(*([table] if shown is None else shown))
    elif output_format == "csv":
        assert table is not None, "a command that offers csv has rows"
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.columns)
        for row in table.rows:
            cells = [
                json.dumps(cell, ensure_ascii=False) if isinstance(cell, list | dict) else cell
                for cell in map(json_value, row)
            ]
            writer.writerow([_terminal_safe(c) if isinstance(c, str) else c for c in cells])
    elif document is not None:
        print(_json_text(document, indent=1))
    elif objects is not None:
        for one in objects:
            print(_json_text(one))
    elif table is not None:
        separator, names = "[", _distinct(table.columns)
        for row in table.rows:
            sys.stdout.write(f"{separator}{_json_text(dict(zip(names, row, strict=True)))}")
            separator = ",\n"
        sys.stdout.write("[]\n" if separator == "[" else "]\n")


def filled(template: str, **values: Any) -> str:
    """Return a text of dashboards/terminal."""
    return render_page(template, **values).rstrip("\n")


def show(*parts: Any) -> None:
    """Print texts, tables and renderables of rich, one below another."""
    for part in parts:
        if isinstance(part, str):
            print(_terminal_safe(part))
        elif isinstance(part, ResultTable):
            _show_table(part)
        else:
            _print(part)


def write_text(text: str, file: Path | None) -> None:
    """Print a text, or write it to a file and say so; UsageError where that is impossible."""
    if file is None:
        print(text, end="")
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--write {file}: {error.strerror}") from error
    print(f"wrote {file}", file=sys.stderr)


def note(message: str, level: Literal["info", "warning", "error"] = "warning") -> None:
    """Print a message on stderr, as JSON where the settings say so."""
    say(printable(message, keep="\n"), level)


def note_refused(refused: "Iterable[RefusedFile]", warnings: Iterable[str] = ()) -> None:
    """Print refused files and warnings on stderr, the first of each kind."""
    for lines in ([f"refused {one}" for one in refused], [f"warning: {one}" for one in warnings]):
        for line in lines[:SHOWN_NOTES]:
            note(printable(line))
        if len(lines) > SHOWN_NOTES:
            note(f"... and {len(lines) - SHOWN_NOTES} more like these")


def note_missing_charts() -> None:
    """Say on stderr how pages come to have charts, where what draws them is missing."""
    from plainscore.show.packages import chart_scripts

    if chart_scripts() is None:
        note(
            "pages have tables alone and no charts: install npm (Debian: apt-get install npm) "
            f"and run `{sys.executable} -m plainscore.show.packages`"
        )


def ask(question: str) -> bool:
    """Ask a person at a terminal; True where there is none to ask."""
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return True
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextmanager
def progress_bar(task: str) -> Iterator[Callable[..., None] | None]:
    """Show how much is done on a terminal: yields a function of (name, done, total), or None."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        bars: dict[str, Any] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in bars:
                bars[name] = bar.add_task(f"{task}: {name}" if name else task, total=total)
            bar.update(bars[name], completed=done, total=total)

        yield advance


def json_value(value: Any) -> Any:
    """Return a value as JSON has it; dates as ISO texts, NaN and infinity as null."""
    if isinstance(value, dict):
        return {str(name): json_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(inner) for inner in value]
    if is_dataclass(value) and not isinstance(value, type):
        return json_value(asdict(value))
    if isinstance(value, Decimal | float):
        return float(value) if isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _json_text(value: Any, indent: int | None = None) -> str:
    # JSON escapes control characters; a terminal must not get direction marks either, and an
    # encoding other than UTF-8 has not every character.
    is_plain = sys.stdout.isatty() or (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    return json.dumps(json_value(value), ensure_ascii=is_plain, indent=indent)


def _distinct(columns: Sequence[str]) -> list[str]:
    """Return the names, numbered where one repeats: a JSON object has a key once."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names or (name != column and name in columns):
            name, number = f"{column}_{number}", number + 1
        names.append(name)
    return names


def _terminal_safe(text: str) -> str:
    """Return ``text`` as it is for a file or pipe, without control characters for a terminal."""
    return printable(text, keep="\n") if sys.stdout.isatty() else text


def _print(part: "RenderableType") -> None:
    """Print what rich renders; in a file or pipe whole, and without blanks at the ends of lines."""
    from rich.console import Console

    if sys.stdout.isatty():
        Console().print(part)
        return
    console = Console(width=WIDEST)
    with console.capture() as captured:
        console.print(part)
    print("\n".join(line.rstrip() for line in captured.get().split("\n")), end="")


def _show_table(table: ResultTable) -> None:
    from rich.table import Table as RichTable
    from rich.text import Text

    rows = iter(table.rows)
    first = list(islice(rows, SHOWN_ROWS))
    is_wide = len(table.columns) > MANY_COLUMNS
    shown = RichTable(box=None, pad_edge=False, header_style="bold", collapse_padding=is_wide)
    for place, name in enumerate(table.columns):
        cells = [row[place] for row in first]
        is_number = all(
            isinstance(one, int | float | None) or _NUMBER.fullmatch(str(one)) for one in cells
        )
        side: Literal["left", "right"] = "right" if is_number else "left"
        shown.add_column(Text(printable(name, keep="\n")), justify=side, overflow="fold")
    for row in first:
        shown.add_row(*(Text(_table_cell(value)) for value in row))
    if table.title:
        _print(Text(f"\n{printable(table.title)}"))
    _print(shown)
    if more := sum(1 for _ in rows):
        counts = f"{SHOWN_ROWS + more:,} rows, the first {SHOWN_ROWS} shown"
        _print(Text(f"{counts}; --format csv prints them all", style="dim"))


def _table_cell(value: Any) -> str:
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return "" if value is None else printable(shown)
