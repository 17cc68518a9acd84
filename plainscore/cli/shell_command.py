"""`plainscore shell`: type SQL over the published snapshots, or pipe it in."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.cli.row_output import Format

WRONG = 2
LEAVING = (".quit", ".exit", "quit", "exit")
WORDS = ("help", *LEAVING)
HELP = """SQL ends with a semicolon. Only reading is possible.
.tables        list views and macros
.schema VIEW   list the columns of a view
.help          this
.quit          leave (also Ctrl-D)"""
MACROS = (
    "select function_name as name, comment from duckdb_functions() "
    "where function_type = 'table_macro' and not internal"
)
VIEWS = "select view_name as name, comment from duckdb_views() where not internal"


def shell(
    *,
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Type SQL over the published snapshots; reads from a pipe as well.

    Every statement sees what is published by then. Only reading is possible. `.tables` lists
    the views, `.schema VIEW` its columns, `.quit` leaves; Tab completes names.

    Parameters
    ----------
    data
        The data directory.
    output_format
        How answers are printed.
    """
    is_typed = sys.stdin.isatty()
    if is_typed:
        _prepare_typing(data)
        print("plainscore shell: .help lists what you can do, Ctrl-D leaves", file=sys.stderr)
    any_wrong = False
    for entry in _entries(sys.stdin.readline if not is_typed else _typed_line):
        if entry.rstrip(";") in LEAVING:
            break
        any_wrong |= not _answer(entry, data, output_format)
    return WRONG if any_wrong and not is_typed else 0


def _entries(read_line: Callable[[], str]) -> Iterator[str]:
    """Yield dot commands, and SQL up to a line that ends with a semicolon, or the end."""
    pending = ""
    while line := read_line():
        is_word = line.strip().rstrip(";") in WORDS
        if not pending and (is_word or line.startswith(".")):
            yield line.strip()
            continue
        pending += line
        if pending.rstrip().endswith(";"):
            yield pending
            pending = ""
        elif not pending.strip():
            pending = ""
    if pending.strip():
        yield pending


def _typed_line() -> str:
    """Return a typed line; the empty text at the end of typing, a line feed on Ctrl-C."""
    try:
        return input("plainscore> ") + "\n"
    except EOFError:
        print()
        return ""
    except KeyboardInterrupt:
        print()
        return "\n"


def _answer(entry: str, data: Path, output_format: "Format") -> bool:
    """Answer one entry; return whether it could be answered."""
    from plainscore.cli.row_output import print_rows
    from plainscore.common.errors import PublishedFileError, QuestionError
    from plainscore.common.text import printable
    from plainscore.show.reader import open_snapshots, query, statements

    try:
        if entry.rstrip(";") in (".help", "help"):
            print(HELP)
            return True
        with open_snapshots(data) as snapshots:
            for statement in statements(_as_sql(entry)):
                answer = query(snapshots.con, statement)
                print_rows(answer.columns, answer.rows, output_format)
    except (PublishedFileError, QuestionError) as error:
        lines = [printable(line) for line in str(error).splitlines()]
        print("\n".join(lines), file=sys.stderr)
        return False
    return True


def _as_sql(entry: str) -> str:
    """Return the SQL that a dot command stands for; other entries are SQL already."""
    from plainscore.common.errors import QuestionError

    command, *arguments = entry.split() if entry.startswith(".") else [entry]
    if command == ".tables" and not arguments:
        return f"{VIEWS} union all {MACROS} order by name"
    if command == ".schema" and len(arguments) == 1:
        name = arguments[0].replace("'", "''")
        return (
            "select column_name, data_type, comment from duckdb_columns() "
            f"where table_name = '{name}' and not internal order by column_index"
        )
    if command.startswith("."):
        raise QuestionError(f"{entry} is not known; .help lists what is")
    return entry


def _prepare_typing(data: Path) -> None:
    """Keep a history of what is typed, and complete names of views, macros and columns."""
    import atexit
    import readline

    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        found = snapshots.rows(
            f"select name from ({VIEWS} union all {MACROS}) "
            "union select column_name from duckdb_columns() where not internal order by name"
        )
    names = [name for (name,) in found]

    def complete(beginning: str, number: int) -> str | None:
        fitting = [name for name in names if name.startswith(beginning)]
        return fitting[number] if number < len(fitting) else None

    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    history = state / "plainscore" / "history"
    try:
        history.parent.mkdir(parents=True, exist_ok=True)
        history.touch(mode=0o600)
        readline.read_history_file(history)
    except OSError:
        # A home that cannot be written has no history; the shell works without.
        return
    atexit.register(readline.write_history_file, history)
