"""`plainscore why`: tell why one person's score changed between two snapshots."""

import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits

if TYPE_CHECKING:
    from plainscore.show.changes import Why

WIDTH = 130


def why(
    person: str,
    *,
    first: Annotated[str | None, Parameter(name="--from")] = None,
    last: Annotated[str | None, Parameter(name="--to")] = None,
    known_on: date | None = None,
    known_on_from: date | None = None,
    scorecard: tuple[str, ...] | None = None,
    data: Path = Path("data"),
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Tell why one person's score changed: rules, late data, time, new events, to the point.

    Computes the causes for everyone where that was not done yet, and keeps them.

    Parameters
    ----------
    person
        The person's id, as the logs write it.
    first
        The earlier published date, month or latest; by default the one published before --to.
    last
        The later one; latest by default. The same date twice: its restatement against the first.
    known_on
        Which known_on of --to; the newest by default.
    known_on_from
        Which known_on of --from; the newest by default, the oldest where both are one date.
    scorecard
        Where to find the scorecards of the later snapshot, if not in the settings.
    data
        The data directory.
    limits
        What the command may take of the machine.
    output_format
        A table for people; one json object; or the features as csv.
    """
    from plainscore.cli.change_computing import computed_changes
    from plainscore.show.changes import why as tell_why

    wanted = (first, last, known_on_from, known_on, scorecard, person)
    with computed_changes(data, *wanted, limits=limits) as (snapshots, pair):
        told = tell_why(snapshots, person, pair)
    if output_format == "json":
        print(json.dumps(_as_json(told), ensure_ascii=sys.stdout.isatty(), indent=1))
    elif output_format == "csv":
        _print_csv(told)
    else:
        _print_table(told)
    return 0


def _as_json(told: "Why") -> dict[str, Any]:
    from plainscore.cli.row_output import json_value

    values: dict[str, Any] = json_value(asdict(told))
    before, after = values.pop("pair").values()
    return {"person_id": values.pop("person_id"), "before": before, "after": after, **values}


def _print_csv(told: "Why") -> None:
    from plainscore.cli.row_output import print_rows
    from plainscore.show.changes import CAUSES

    first = ("factor", "feature", "value_before", "value_after", "points_before")
    columns = (*first, *(f"{cause}_change" for cause in CAUSES), "points_after")
    rows = [
        (
            *(getattr(row, name) for name in first),
            *(row.causes[cause] for cause in CAUSES),
            row.points_after,
        )
        for row in told.features
    ]
    print_rows(columns, rows, "csv")


def _print_table(told: "Why") -> None:
    from rich.console import Console

    from plainscore.show.terminal import why_table

    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(why_table(told))
