"""Commands that operate a schedule: what would run, what ran, servers, limits and alerts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plainscore.cli import options as opt
from plainscore.cli.output import emit, note, show, table_of
from plainscore.common.errors import LimitPassed, UsageError
from plainscore.runs.calendar import Every, dates_between
from plainscore.settings import read_settings
from plainscore.show import reader
from plainscore.show.reader import ResultTable

if TYPE_CHECKING:
    from plainscore.contracts import SnapshotDates
    from plainscore.runs.ledger import Entry
    from plainscore.runs.plan import Arrivals, DatePlan

WATCH_COLUMNS = ("kind", "message", "figure", "limit")
PLAN_COLUMNS = ("as_of_date", "known_on", "run", "action", "from", "why", "late_events")
RUNS = """
select *, count(*) over (partition by as_of_date, known_on) as runs
from run
qualify is_live
"""
FIGURES = (
    "run", "runs", "people", "scored", "checks_warned", "skipped_refused_files", "scorecards",
)  # fmt: skip
STAGE_FIGURES = ("reason", "rows", "seconds", "peak_memory_bytes")


def plan(
    *,
    as_of: date | None = None,
    from_: opt.FirstDay = None,
    to: opt.LastDay = None,
    every: opt.EveryOption = "month",
    known_on: opt.KnownOn = None,
    scorecard: opt.Cards = None,
    skip_refused: opt.Flag = False,
    allow_stopped_feeds: opt.Flag = False,
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> None:
    """Show which dates and stages would run, and why; and which dates late data touches.

    Without dates: all that are published, and the last month end by which anything had arrived.

    Args:
        as_of: This date only, as `run` would take it.
        skip_refused: Plan as if refused files were to be skipped.
        allow_stopped_feeds: Plan as if a log without arrivals did not matter.
    """
    from plainscore.runs import schedule
    from plainscore.runs.plan import Planner, look_at_arrivals, with_late_events
    from plainscore.runs.request import SnapshotRequest

    settings = read_settings(data, scorecards=scorecard)
    days = _days(as_of, from_, to, every, known_on)
    arrivals = look_at_arrivals(data)
    planner = Planner(data, settings, arrivals)
    if days is not None:
        planned = schedule.dates_of(days, known_on, settings)
    else:
        planned = schedule.published_dates(data, settings, arrivals.newest_day)
    plans = [
        planner.plan(SnapshotRequest(data, dates, settings, skip_refused, allow_stopped_feeds))
        for dates in planned
    ]
    plans = with_late_events(data, plans, arrivals)
    rows = [_plan_row(one, arrivals) for one in plans]
    table = table_of(rows, () if rows else ("as_of_date", "known_on"))
    emit(output_format, table, shown=_plan_parts(plans, arrivals, data))


def _days(
    as_of: date | None, first: date | None, last: date | None, every: Every, known_on: date | None
) -> list[date] | None:
    """Return the requested days; None where none were requested."""
    if as_of is not None and (first or last):
        raise UsageError("--as-of is one date, --from and --to are many: give one or the other")
    if (first is None) != (last is None):
        raise UsageError("--from and --to belong together: give both")
    if known_on and not (as_of or first):
        raise UsageError("--known-on needs a date: give --as-of, or --from and --to")
    if first and last:
        return dates_between(first, last, every)
    return None if as_of is None else [as_of]


def _plan_row(one: "DatePlan", arrivals: "Arrivals") -> dict[str, Any]:
    from plainscore.runs.plan import stages_with_reasons

    # Files not ingested yet that arrived later than the snapshot knows.
    days = sorted(file.arrived for file in arrivals.new if file.arrived > one.dates.known_on)
    reasons = [
        {name: getattr(reason, name) for name in ("reason", "stage", "detail")}
        for reason in one.reasons
    ]
    return {
        "as_of_date": one.dates.as_of_date,
        "known_on": one.dates.known_on,
        "run": one.run and one.run.name,
        "action": one.action,
        "from_stage": one.first_stage,
        "reasons": reasons,
        "stages": stages_with_reasons(one.reasons) if one.action == "publish" else [],
        "late_events": sum(one.late.values()),
        "late_events_by_log": dict(one.late),
        "files_to_ingest_by_day": dict(Counter(map(str, days))) if one.run else {},
    }


def _plan_parts(plans: "Sequence[DatePlan]", arrivals: "Arrivals", data: Path) -> Iterator[Any]:
    rows = [
        (
            *(one.dates.as_of_date, one.dates.known_on, one.run and one.run.name),
            *(one.action, one.first_stage, "; ".join(map(str, one.reasons)) or "current"),
            ", ".join(f"{log} {count:,}" for log, count in one.late.items()),
        )
        for one in plans
    ]
    yield ResultTable(PLAN_COLUMNS, rows)
    actions = Counter(one.action for one in plans)
    refused = f", {actions['refused']} refused" if actions["refused"] else ""
    dates = _count(len(plans), "date")
    yield f"\n{actions['publish']} of {dates} would be published{refused}"
    if arrivals.new:
        days = [file.arrived for file in arrivals.new]
        files, arrived = _count(len(days), "file"), f"{min(days)} to {max(days)}"
        line = f"{files} in landing/ not ingested yet, arrived {arrived}"
        if any(one.run and one.dates.known_on < max(days) for one in plans):
            line += "; if they hold late data, that shows once they are ingested"
        yield line
    if late := sum(1 for one in plans if one.late):
        place = "" if data == opt.DATA else f" --data {data}"
        yield (
            f"late data touches {_count(late, 'published date')}: `plainscore restate{place}` "
            f"publishes again, as known on {arrivals.newest_ingested_day}, beside the old"
        )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def status(*, data: opt.DataDir = opt.DATA, output_format: opt.Format = "table") -> None:
    """Show the outcome of every stage of every date, and what is published of it.

    One row per as_of_date and known_on: the figures of its newest run, and the stages of the last
    attempt to publish it, with seconds. A stage that neither ended nor runs was interrupted.
    """
    from plainscore.common.lock import writing_since
    from plainscore.contracts import SnapshotDates
    from plainscore.runs.ledger import Entry, read_entries

    entries, damaged = read_entries(data)
    for file in damaged:
        note(f"{file} cannot be read: its stages are not shown")
    unfinished = {dates for dates, entry in entries.items() if entry.unfinished}
    runs: list[reader.Row] = []
    if (data / reader.CATALOG).is_file() or not unfinished:  # else an error where nothing is
        with reader.open_snapshots(data) as snapshots:
            runs = snapshots.records(RUNS)
    published = {SnapshotDates(row["as_of_date"], row["known_on"]): row for row in runs}
    since = writing_since(data)
    rows = [
        _status_row(dates, published.get(dates, {}), entries.get(dates, Entry(dates)), since)
        for dates in sorted({*published, *unfinished})
    ]
    emit(output_format, table_of(rows), shown=_status_parts(rows))


def _status_row(
    dates: "SnapshotDates", figures: reader.Row, entry: "Entry", since: str | None
) -> dict[str, Any]:
    """Return what is published or was attempted of one (as_of_date, known_on)."""
    from plainscore.runs.ledger import outcome_now

    attempt = entry.unfinished or entry.published
    stages = [
        {
            "stage": one.stage,
            "outcome": outcome_now(one, of, since),
            **{name: getattr(one, name) for name in STAGE_FIGURES},
        }
        for of in ([attempt] if attempt else [])
        for one in of.stages
    ]
    return {
        "as_of_date": dates.as_of_date,
        "known_on": dates.known_on,
        **{name: figures.get(name) for name in FIGURES},
        "began": attempt and attempt.started,
        "run_id": attempt and attempt.run_id,
        "engine": attempt and attempt.engine,
        "seconds": round(sum(one["seconds"] for one in stages), 3) if stages else None,
        "stages": stages,
    }


def _status_parts(rows: Sequence[dict[str, Any]]) -> Iterator[Any]:
    from plainscore.runs.ledger import STAGES

    names = ("as_of_date", "known_on", *FIGURES[:-1], *STAGES, FIGURES[-1])
    heads = [name if name == "as_of_date" else name.replace("_", "\n") for name in names]
    cells = [{**row, **{one["stage"]: _stage_cell(one) for one in row["stages"]}} for row in rows]
    yield ResultTable(heads, [[row.get(name) for name in names] for row in cells])
    for row in rows:
        shown = f"run {row['run']} stays live" if row["run"] else "nothing is published of it"
        for stage in row["stages"]:
            if stage["outcome"] != "done":
                why = f": {stage['reason']}" if stage["reason"] else ""
                yield (
                    f"{row['as_of_date']}, known on {row['known_on']}: {stage['stage']} "
                    f"{stage['outcome']}{why} (began {row['began']}; {shown})"
                )


def _stage_cell(stage: dict[str, Any]) -> str:
    if stage["outcome"] != "done":
        return f"✗ {stage['outcome']}" if stage["outcome"] != "running" else "running"
    return f"✓ {stage['seconds']:.1f}"


def serve(*, file: Path = Path("prefect.yaml"), port: int = 4200) -> None:
    """Run what prefect.yaml schedules when it is due, until Ctrl-C or SIGTERM.

    Uses the Prefect server that PREFECT_API_URL or the profile names, or starts its own.

    Args:
        file: The file that declares the deployments and their schedules.
        port: Port of the own server and its pages.
    """
    from plainscore.flows.server import set_defaults

    set_defaults(is_quiet=False)
    from plainscore.flows.serving import serve_file

    serve_file(file, port)


def watch(
    *,
    max_age_days: int = 2,
    max_psi: float = 0.25,
    over_days: int = 28,
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.Format = "table",
) -> int:
    """Report a stale snapshot and a score that drifted; exit code 7 for either.

    Args:
        max_age_days: Days from the newest published date to today (UTC) that are allowed.
        max_psi: PSI of the score that is allowed.
        over_days: Compare with the last snapshot at least this many days before the newest.
    """
    from plainscore.runs.upkeep import find_drift, find_stale

    settings = read_settings(data, **limits.overrides)
    found = [find_stale(data, datetime.now(UTC).date(), max_age_days)]
    if (data / "snapshots").is_dir():
        with opt.writing(data, "watch"):
            found.append(find_drift(data, over_days, max_psi, settings))
    findings = [one for one in found if one is not None]
    if findings or output_format != "table":
        emit(output_format, table_of(findings, WATCH_COLUMNS))
    return LimitPassed.exit_code if findings else 0


def alert(
    *, webhook: str | None = None, block: str | None = None, silent_hours: float = 26
) -> None:
    """Have Prefect report refused and failed runs, stale snapshots, drift, and silence.

    Makes two automations on the Prefect server that PREFECT_API_URL or the profile names.

    Args:
        webhook: Address to which subject and text are posted as JSON.
        block: Notification block saved in Prefect, such as slack-webhook/operators.
        silent_hours: Also alert when nothing was published for this many hours.
    """
    from plainscore.flows.server import set_defaults

    if (webhook is None) == (block is None):
        raise UsageError("give one of --webhook and --block")
    set_defaults()
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        raise UsageError("no Prefect server is set: PREFECT_API_URL=http://127.0.0.1:4200/api")
    from plainscore.flows.alerting import alert_by, saved_block, webhook_block

    saved = webhook_block(webhook) if webhook is not None else saved_block(str(block))
    show(*alert_by(saved, silent_hours))
