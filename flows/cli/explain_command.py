"""`plainscore explain`: explain one person's score, point by point."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from dashboards.explanation import Explanation

WIDTH = 110


def explain(
    person: str,
    *,
    as_of: str = "latest",
    data: Path = Path("data"),
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
    output_format
        A waterfall for people; one json object; or the points as csv.
    """
    from dashboards.explanation import explain as explain_person
    from dashboards.snapshots import open_snapshots

    with open_snapshots(data) as snapshots:
        explanation = explain_person(snapshots, person, snapshots.day(as_of))
    if output_format == "json":
        text = json.dumps(_as_json(explanation), ensure_ascii=sys.stdout.isatty(), indent=1)
        print(text)
    elif output_format == "csv":
        _print_csv(explanation)
    else:
        _print_waterfall(explanation)
    return 0


def _as_json(explanation: "Explanation") -> dict[str, Any]:
    from flows.cli.row_output import json_value

    values: dict[str, Any] = json_value(asdict(explanation))
    return values


def _print_csv(explanation: "Explanation") -> None:
    from flows.cli.row_output import print_rows

    columns = ("factor", "feature", "value", "unit", "points", "max_points")
    rows = [tuple(getattr(row, name) for name in columns) for row in explanation.points]
    print_rows(columns, rows, "csv")


def _print_waterfall(explanation: "Explanation") -> None:
    from rich.console import Console

    from dashboards.waterfall import waterfall

    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(waterfall(explanation))
