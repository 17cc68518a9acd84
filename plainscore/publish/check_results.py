"""The outcomes of a run's checks, written as a table beside what they judged."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from plainscore.common.text import file_literal
from plainscore.contracts.contract import Column, Table
from plainscore.contracts.dates import SnapshotDates

CheckRow = tuple[str, str, str, str, str, int, str | None]
"""stage, table_name, check_name, level, outcome, failed_count, examples"""

PASSED, FAILED, WARNED, ERROR = "passed", "failed", "warned", "error"

CHECK_RESULT = Table(
    name="published.check_result",
    title="Outcomes of the checks of a run",
    grain="one row per stage, table and check",
    key=("stage", "table_name", "check_name"),
    columns=(
        Column("as_of_date", "DATE", "What happened until the end of this day (UTC) counts."),
        Column("known_on", "DATE", "What had arrived on or before this day counts."),
        Column("stage", "VARCHAR", "The stage after which it was checked."),
        Column("table_name", "VARCHAR", "The table that was checked, with its schema."),
        Column("check_name", "VARCHAR", "What was checked."),
        Column("level", "VARCHAR", "Whether a failure stops the run.", among=("fail", "warn")),
        Column("outcome", "VARCHAR", "How it ended.", among=(PASSED, FAILED, WARNED, ERROR)),
        Column("failed_count", "BIGINT", "Rows that failed.", "rows", minimum=0),
        Column("examples", "VARCHAR", "Some of the rows that failed, as JSON.", nullable=True),
    ),
)


def write_check_results(rows: Sequence[CheckRow], dates: SnapshotDates, file: Path) -> None:
    """Write the rows, sorted by key, as a Parquet file of the columns of CHECK_RESULT."""
    columns = ", ".join(f"{column.name} {column.type}" for column in CHECK_RESULT.columns)
    file.parent.mkdir()
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(f"create table check_result ({columns})")
        if rows:
            # Column by column: row by row, a thousand of them take a second.
            lists = ", ".join("unnest(?)" for _ in CHECK_RESULT.columns)
            dated = [(dates.as_of_date, dates.known_on, *row) for row in rows]
            cells = [list(column) for column in zip(*dated, strict=True)]
            con.execute(f"insert into check_result select {lists}", cells)
        con.execute(
            f"copy (from check_result order by {', '.join(CHECK_RESULT.key)}) "
            f"to {file_literal(file)} (format parquet, compression zstd)"
        )
