"""`plainscore explain`: explain one person's score, point by point."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.scorecards.person import PersonOnCard
    from plainscore.show.reader import Snapshots

WIDTH = 110


def explain(
    person: str,
    *,
    as_of: str = "latest",
    data: Path = Path("data"),
    proof: Annotated[bool, Parameter(negative=())] = False,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Explain one person's score, point by point, on the champion scorecard.

    Parameters
    ----------
    person
        The person's id, as the logs write it.
    as_of
        A published date (2026-10-31), a month (2026-10: its last published date), or latest.
    data
        The data directory.
    proof
        Print, as json, a proof of the person's features, points and scores on all scorecards,
        which `plainscore verify --proof FILE` checks without anyone else's rows.
    output_format
        A waterfall for people; one json object; or the points as csv.
    """
    from plainscore.show.person import explain as explain_person
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
        if proof:
            return _print_proof(data, person, snapshots, day)
        explained = explain_person(snapshots, person, day)
    if output_format == "json":
        text = json.dumps(explained.as_json(), ensure_ascii=sys.stdout.isatty(), indent=1)
        print(text)
    elif output_format == "csv":
        _print_csv(explained)
    else:
        _print_waterfall(explained)
    return 0


def _print_proof(data: Path, person: str, snapshots: "Snapshots", day: date) -> int:
    from plainscore.publish.proof import make_proof
    from plainscore.publish.runs import default_runs, published_runs

    known_on, name = snapshots.rows(
        "select known_on, run from dim_date where as_of_date = ?", (day,)
    )[0]
    shown = (day, known_on, name)
    run = next(
        run
        for run in default_runs(published_runs(data))
        if (run.dates.as_of_date, run.dates.known_on, run.name) == shown
    )
    print(json.dumps(make_proof(run, person), ensure_ascii=sys.stdout.isatty(), indent=1))
    return 0


def _print_csv(explained: "PersonOnCard") -> None:
    from plainscore.cli.row_output import print_rows

    columns = ("factor", "feature", "value", "unit", "points", "max_points")
    rows = [[row[name] for name in columns] for row in explained.as_json()["points"]]
    print_rows(columns, rows, "csv")


def _print_waterfall(explained: "PersonOnCard") -> None:
    from rich.console import Console

    from plainscore.show.terminal import waterfall

    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(waterfall(explained))
