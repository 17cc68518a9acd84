"""`plainscore plan`: say which dates would run, and why, without doing anything."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.runs.plan import Arrivals, DatePlan


def plan(
    *,
    as_of: date | None = None,
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    every: Literal["day", "week", "month"] = "month",
    known_on: date | None = None,
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Say which dates and stages would run, and why; and which dates late data touches.

    Nothing is read in, written or locked. Without dates: all that are published, each by its
    newest known_on, and the last month end by which anything had arrived.

    Parameters
    ----------
    as_of
        This date only, as `run` would take it.
    from_
        First date of many, as `backfill` would take them.
    to
        Last date.
    every
        day; week, counted from the first date; or month: the last days of the months within.
    known_on
        Count what had arrived by this day; as_of plus arrival_lag_days by default.
    data
        The data directory.
    scorecard
        Packaged card or path of one, champion first; give the flag once for each.
    skip_refused
        Plan as if refused files were to be passed over.
    allow_stopped_feeds
        Plan as if a log without arrivals did not matter.
    output_format
        How the plan is printed.
    """
    from plainscore.runs import schedule
    from plainscore.runs.plan import Planner, look_at_arrivals, with_late_events
    from plainscore.runs.request import SnapshotRequest
    from plainscore.settings import read_settings

    settings = read_settings(data, scorecards=scorecard)
    days = _days(as_of, from_, to, every, known_on)
    arrivals = look_at_arrivals(data)
    planned = schedule.dates(
        data, settings, days=days, known_on=known_on, newest_arrival=arrivals.newest_day
    )
    asked = [one.dates for one in planned]
    planner = Planner(data, settings, arrivals)
    plans = [
        planner.plan(SnapshotRequest(data, dates, settings, skip_refused, allow_stopped_feeds))
        for dates in asked
    ]
    plans = with_late_events(data, plans, arrivals)
    if output_format == "table":
        _print_table(plans, arrivals, data)
    else:
        from plainscore.cli.row_output import print_rows

        rows = [_row(one, arrivals) for one in plans]
        columns = list(rows[0]) if rows else ["as_of_date", "known_on"]
        print_rows(columns, [tuple(row.values()) for row in rows], output_format)
    return 0


def _days(
    as_of: date | None,
    first: date | None,
    last: date | None,
    every: Literal["day", "week", "month"],
    known_on: date | None,
) -> list[date] | None:
    """Return the days that were asked for; None where none were."""
    from plainscore.common.errors import UsageError
    from plainscore.runs.calendar import dates_between

    if as_of is not None and (first or last):
        raise UsageError("--as-of is one date, --from and --to are many: give one or the other")
    if as_of is not None:
        return [as_of]
    if first and last:
        return dates_between(first, last, every)
    if first or last:
        raise UsageError("--from and --to belong together: give both")
    if known_on:
        raise UsageError("--known-on needs a date: give --as-of, or --from and --to")
    return None


def _row(one: "DatePlan", arrivals: "Arrivals") -> dict[str, Any]:
    from plainscore.runs.plan import stages_with_reasons

    return {
        "as_of_date": one.dates.as_of_date,
        "known_on": one.dates.known_on,
        "run": one.run and one.run.name,
        "action": one.action,
        "from_stage": one.first_stage,
        "reasons": [
            {"reason": r.reason, "stage": r.stage, "detail": r.detail} for r in one.reasons
        ],
        "stages": stages_with_reasons(one.reasons) if one.action == "publish" else [],
        "late_events": sum(one.late.values()),
        "late_events_by_log": dict(one.late),
        "files_to_ingest_by_day": _later_files(one.dates.known_on, arrivals) if one.run else {},
    }


def _later_files(known_on: date, arrivals: "Arrivals") -> dict[str, int]:
    """Return arrival day -> files not ingested yet that arrived later than a snapshot knows."""
    days = [str(file.arrived) for file in arrivals.new if file.arrived > known_on]
    return {day: days.count(day) for day in sorted(set(days))}


def _print_table(plans: "Sequence[DatePlan]", arrivals: "Arrivals", data: Path) -> None:
    from plainscore.cli.row_output import print_rows

    columns = ("as_of_date", "known_on", "run", "action", "from", "why", "late_events")
    rows = [
        (
            one.dates.as_of_date,
            one.dates.known_on,
            one.run and one.run.name,
            one.action,
            one.first_stage,
            "; ".join(map(str, one.reasons)) or "current",
            ", ".join(f"{log} {count:,}" for log, count in one.late.items()),
        )
        for one in plans
    ]
    print_rows(columns, rows, "table")
    sys.stdout.write("\n" + "\n".join(_summary(plans, arrivals, data)) + "\n")


def _summary(plans: "Sequence[DatePlan]", arrivals: "Arrivals", data: Path) -> list[str]:
    place = "" if data == Path("data") else f" --data {data}"
    actions = [one.action for one in plans]
    refused = actions.count("refused")
    lines = [f"{actions.count('publish')} of {_count(len(plans), 'date')} would be published"]
    if refused:
        lines[0] += f", {refused} refused"
    if arrivals.new:
        days = [file.arrived for file in arrivals.new]
        lines.append(
            f"{_count(len(days), 'file')} in landing/ not ingested yet, arrived {min(days)} to "
            f"{max(days)}"
        )
        if any(one.run and one.dates.known_on < max(days) for one in plans):
            lines[-1] += "; if they hold late data, that shows once they are ingested"
    late = sum(1 for one in plans if one.late)
    if late:
        lines.append(
            f"late data touches {_count(late, 'published date')}: `plainscore restate{place}` "
            f"publishes anew, as known on {arrivals.newest_ingested_day}, beside the old"
        )
    return lines


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
