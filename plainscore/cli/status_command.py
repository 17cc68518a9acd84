"""`plainscore status`: what became of every stage of every date."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.contracts.dates import SnapshotDates
    from plainscore.runs.ledger import Entry, RunAttempt, StageRecord

PUBLISHED = """
select
    run.as_of_date,
    run.known_on,
    run.run,
    counted.runs,
    run.people,
    run.scored,
    run.checks_warned,
    run.skipped_refused_files,
    run.scorecards
from run
inner join (
    select as_of_date, known_on, count(*) as runs
    from run
    group by as_of_date, known_on
) as counted
    on run.as_of_date = counted.as_of_date and run.known_on = counted.known_on
where run.is_live
order by run.as_of_date, run.known_on
"""
FIGURES = (
    "run", "runs", "people", "scored", "checks_warned", "skipped_refused_files", "scorecards",
)  # fmt: skip

Row = dict[str, Any]


def status(
    *,
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Show what became of every stage of every date, and what is published of it.

    One row per as_of_date and known_on: the figures of its newest run, and the stages of the last
    try to publish it, with seconds. A stage that neither ended nor runs was interrupted.

    Parameters
    ----------
    data
        The data directory.
    output_format
        How the rows are printed.
    """
    rows = _rows(data)
    if output_format == "table":
        _print_grid(rows)
        return 0
    from plainscore.cli.row_output import print_rows

    print_rows(list(rows[0]), [tuple(row.values()) for row in rows], output_format)
    return 0


def _rows(data: Path) -> list[Row]:
    """Return one row per (as_of_date, known_on) that is published or was tried."""
    from plainscore.common.lock import writing_since
    from plainscore.runs.ledger import Entry, read_entries

    entries, damaged = read_entries(data)
    for file in damaged:
        print(f"plainscore: {file} cannot be read: its stages are not shown", file=sys.stderr)
    published = _published(data, is_needed=not any(e.unfinished for e in entries.values()))
    tried = {dates for dates, entry in entries.items() if entry.unfinished}
    since = writing_since(data)
    return [
        _row(dates, published.get(dates), entries.get(dates, Entry(dates)), since)
        for dates in sorted({*published, *tried})
    ]


def _published(data: Path, is_needed: bool) -> "dict[SnapshotDates, Row]":
    """Return the figures of what is published; an error where nothing is, if it is needed."""
    from plainscore.contracts.dates import SnapshotDates
    from plainscore.show.reader import CATALOG, open_snapshots

    if not (data / CATALOG).is_file() and not is_needed:
        return {}
    with open_snapshots(data) as snapshots:
        records = snapshots.records(PUBLISHED)
    return {SnapshotDates(row["as_of_date"], row["known_on"]): row for row in records}


def _row(dates: "SnapshotDates", figures: Row | None, entry: "Entry", since: str | None) -> Row:
    attempt = entry.unfinished or entry.published
    stages = [_stage(one, attempt, since) for one in attempt.stages] if attempt else []
    return {
        "as_of_date": dates.as_of_date,
        "known_on": dates.known_on,
        **{name: figures[name] if figures else None for name in FIGURES},
        "began": attempt and attempt.started,
        "run_id": attempt and attempt.run_id,
        "engine": attempt and attempt.engine,
        "seconds": round(sum(stage["seconds"] for stage in stages), 3) if stages else None,
        "stages": stages,
    }


def _stage(record: "StageRecord", attempt: "RunAttempt", since: str | None) -> Row:
    from plainscore.runs.ledger import outcome_now

    return {
        "stage": record.stage,
        "outcome": outcome_now(record, attempt, since),
        "reason": record.reason,
        "rows": record.rows,
        "seconds": record.seconds,
        "peak_memory_bytes": record.peak_memory_bytes,
    }


def _print_grid(rows: list[Row]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from plainscore.cli.row_output import PIPE_WIDTH
    from plainscore.runs.ledger import STAGES

    columns = ("as_of_date", "known_on", *FIGURES[:-1], *STAGES, FIGURES[-1])
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for name in columns:
        is_text = name in ("as_of_date", "known_on", "run", "scorecards")
        head = name if name == "as_of_date" else name.replace("_", "\n")
        table.add_column(head, justify="left" if is_text else "right", vertical="top")
    for row in rows:
        cells = {stage["stage"]: _cell(stage) for stage in row["stages"]}
        table.add_row(*(cells.get(n, "") if n in STAGES else _text(row[n]) for n in columns))
    console = Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)
    console.print(table)
    for row in rows:
        for stage in row["stages"]:
            if stage["outcome"] != "done":
                console.print(Text(_note(row, stage)), soft_wrap=True)


def _cell(stage: Row) -> str:
    if stage["outcome"] != "done":
        return f"✗ {stage['outcome']}" if stage["outcome"] != "running" else "running"
    return f"✓ {stage['seconds']:.1f}"


def _text(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _note(row: Row, stage: Row) -> str:
    """Return what came of a try that published nothing, in one line."""
    shown = f"run {row['run']} stays live" if row["run"] else "nothing is published of it"
    why = f": {stage['reason']}" if stage["reason"] else ""
    return (
        f"{row['as_of_date']}, known on {row['known_on']}: {stage['stage']} {stage['outcome']}"
        f"{why} (began {row['began']}; {shown})"
    )
