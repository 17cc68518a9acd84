"""`plainscore query`: run SQL over the published snapshots."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def query(
    sql: str,
    *,
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Run one SQL statement over the published snapshots.

    It can read and nothing else: the catalog is opened read-only, and statements that write
    files or settings (COPY, EXPORT, ATTACH, SET, ...) are not run.

    Parameters
    ----------
    sql
        DuckDB SQL, such as "from score limit 5"; `plainscore shell` lists views and columns.
    data
        The data directory.
    output_format
        table shows the first 200 rows, json (one array) and csv all of them.
    """
    from dashboards.errors import QuestionError
    from dashboards.questions import ask, statements
    from dashboards.snapshots import open_snapshots
    from flows.cli.row_output import print_rows

    with open_snapshots(data) as snapshots:
        asked = statements(sql)
        if len(asked) != 1:
            raise QuestionError(f"one statement at a time, not {len(asked)}: use plainscore shell")
        answer = ask(snapshots.con, asked[0])
        print_rows(answer.columns, answer.rows, output_format)
    return 0
