"""`plainscore query`: run SQL over the published snapshots."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from plainscore.common.errors import InputRefused, UsageError

if TYPE_CHECKING:
    from plainscore.show.reader import Snapshots


def query(
    sql: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    *,
    file: Path | None = None,
    data: Path = Path("data"),
    output_format: Annotated[
        Literal["table", "json", "csv", "parquet"], Parameter(name="--format")
    ] = "table",
) -> int:
    """Run one SQL statement over the published snapshots.

    It can read and nothing else: the catalog is opened read-only, and statements that write
    files or settings (COPY, EXPORT, ATTACH, SET, ...) are not run.

    Parameters
    ----------
    sql
        DuckDB SQL, such as "from score limit 5"; `plainscore shell` lists views and columns.
    file
        A file that holds the statement instead, such as one of queries/.
    data
        The data directory.
    output_format
        table shows the first 200 rows, json (one array), csv and parquet (into a file or pipe)
        all of them.
    """
    from plainscore.cli.row_output import print_rows
    from plainscore.common.errors import QuestionError
    from plainscore.show.reader import open_snapshots, statements
    from plainscore.show.reader import query as run_query

    text = _text(sql, file)
    with open_snapshots(data) as snapshots:
        asked = statements(text)
        if len(asked) != 1:
            raise QuestionError(f"one statement at a time, not {len(asked)}: use plainscore shell")
        if output_format == "parquet":
            _print_parquet(snapshots, asked[0])
            return 0
        answer = run_query(snapshots.con, asked[0])
        print_rows(answer.columns, answer.rows, output_format)
    return 0


def _text(sql: str | None, file: Path | None) -> str:
    """Return the statement of the command line or of the file: one of them is to be given."""
    if (sql is None) == (file is None):
        raise UsageError("give either a statement or --file with a file that holds it")
    if file is None:
        return str(sql)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputRefused(f"{file} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputRefused(f"{file} is no text in UTF-8 ({error})") from error


def _print_parquet(snapshots: "Snapshots", statement: str) -> None:
    from plainscore.show.reader import write_parquet

    if sys.stdout.isatty():
        raise UsageError("parquet is not for a terminal: add > answer.parquet")
    with tempfile.TemporaryDirectory(prefix="plainscore-") as folder:
        file = Path(folder) / "answer.parquet"
        write_parquet(snapshots.con, statement, file)
        with file.open("rb") as answer:
            shutil.copyfileobj(answer, sys.stdout.buffer)
