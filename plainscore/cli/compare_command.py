"""`plainscore compare`: tell why everyone's scores changed between two snapshots."""

import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.compare_scorecards import print_comparison
from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.common.errors import LimitPassed, UsageError

if TYPE_CHECKING:
    import duckdb

    from plainscore.show.changes import SnapshotComparison

WIDTH = 130
_ROWS_AT_ONCE = 2_000
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)(%?)")


def compare(
    first: Annotated[str | None, Parameter(name="--from")] = None,
    last: Annotated[str | None, Parameter(name="--to")] = None,
    *,
    known_on: date | None = None,
    known_on_from: date | None = None,
    fail_over: str | None = None,
    scorecards: tuple[str, str] | None = None,
    scorecard: tuple[str, ...] | None = None,
    data: Path = Path("data"),
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Tell why everyone's scores changed: rules, late data, time, new events, to the point.

    Computes the causes where that was not done yet, and keeps them.

    Parameters
    ----------
    first
        The earlier published date, month or latest; by default the one published before --to.
    last
        The later one; latest by default. The same date twice: its restatement against the first.
    known_on
        Which known_on of --to; the newest by default.
    known_on_from
        Which known_on of --from; the newest by default, the oldest where both are one date.
    fail_over
        End with exit code 7 where the scores of those scored in both moved by more points on
        average, up or down (5), or where more people have another score or status (10%).
    scorecards
        Two scorecards of the snapshot --to, one of them its champion: tells instead who would
        stand in another band on the second, and who would gain or lose which benefit, by group.
    scorecard
        Where to find the scorecards of the later snapshot, if not in the settings.
    data
        The data directory.
    limits
        What the command may take of the machine.
    output_format
        The sum of it for people; one row per person as json or csv.
    """
    if scorecards is not None:
        if first or known_on or known_on_from or fail_over or scorecard:
            raise UsageError("--scorecards goes with --to, --data and --format only")
        print_comparison(data, last or "latest", scorecards, output_format)
        return 0

    from plainscore.cli.change_computing import computed_changes
    from plainscore.show.changes import compare as compare_everyone
    from plainscore.show.changes import everyone

    limit = None if fail_over is None else _read_limit(fail_over)
    wanted = (first, last, known_on_from, known_on, scorecard)
    with computed_changes(data, *wanted, limits=limits) as (snapshots, pair):
        comparison = compare_everyone(snapshots, pair)
        if output_format == "table":
            _print_table(comparison)
        else:
            _print_rows(everyone(snapshots, pair), output_format)
    if limit is not None:
        _refuse_over(comparison, *limit)
    return 0


def _read_limit(text: str) -> tuple[float, bool]:
    """Return the limit and whether it is in percent."""
    found = _LIMIT.fullmatch(text)
    if not found:
        raise UsageError(f"--fail-over {text}: write points (5) or a share of people (10%)")
    return float(found[1]), bool(found[2])


def _refuse_over(comparison: "SnapshotComparison", limit: float, is_percent: bool) -> None:
    if is_percent and comparison.moved_percent > limit:
        raise LimitPassed(
            f"{comparison.moved_percent:.2f} % of the people have another score or status, "
            f"more than the limit of {limit:g} %"
        )
    if not is_percent and comparison.mean_absolute_points > limit:
        raise LimitPassed(
            f"scores moved by {comparison.mean_absolute_points:.2f} points on average, "
            f"more than the limit of {limit:g}"
        )


def _print_table(comparison: "SnapshotComparison") -> None:
    from rich.console import Console

    from plainscore.show.terminal import comparison_table

    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(comparison_table(comparison))


def _print_rows(result: "duckdb.DuckDBPyConnection", output_format: Literal["json", "csv"]) -> None:
    from plainscore.cli.row_output import print_rows

    columns = [column[0] for column in result.description or ()]
    print_rows(columns, _fetched(result), output_format)


def _fetched(result: "duckdb.DuckDBPyConnection") -> Iterator[tuple[Any, ...]]:
    while batch := result.fetchmany(_ROWS_AT_ONCE):
        yield from batch
