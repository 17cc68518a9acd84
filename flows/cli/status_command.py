"""`plainscore status`: show which dates are published."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

PUBLISHED = """
select
    run.as_of_date,
    run.known_on,
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


def status(
    *,
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Show which dates are published: people, scored, checks that warned, and runs.

    One row per as_of_date and known_on, with the figures of its newest run.

    Parameters
    ----------
    data
        The data directory.
    output_format
        How the rows are printed.
    """
    from dashboards.snapshots import open_snapshots
    from flows.cli.row_output import print_rows

    with open_snapshots(data) as snapshots:
        records = snapshots.records(PUBLISHED)
    print_rows(list(records[0]), [tuple(row.values()) for row in records], output_format)
    return 0
