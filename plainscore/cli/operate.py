"""Commands that operate a schedule: what would run, what ran, servers, limits and alerts."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from plainscore.cli import options as opt
from plainscore.cli.output import emit, filled, note, note_refused, show, table_of
from plainscore.common.errors import LimitPassed, UsageError
from plainscore.runs.calendar import Every, dates_between
from plainscore.settings import read_settings
from plainscore.show import reader
from plainscore.show.reader import ResultTable

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
SHORT_FIGURES = ("run", "people", "scored", "checks_warned")
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
    from plainscore.runs.pipeline import SnapshotRequest
    from plainscore.runs.plan import (
        Planner,
        look_at_arrivals,
        stages_with_reasons,
        with_late_events,
    )

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
    new_days = sorted(file.arrived for file in arrivals.new)
    rows = [
        {
            "as_of_date": one.dates.as_of_date,
            "known_on": one.dates.known_on,
            "run": one.run and one.run.name,
            "action": one.action,
            "from_stage": one.first_stage,
            "reasons": one.reasons,
            "stages": stages_with_reasons(one.reasons) if one.action == "publish" else [],
            "late_events": sum(one.late.values()),
            "late_events_by_log": dict(one.late),
            # Files not ingested yet that arrived later than the snapshot knows.
            "files_to_ingest_by_day": Counter(
                str(day) for day in new_days if one.run and day > one.dates.known_on
            ),
        }
        for one in plans
    ]
    cells = [
        {
            **row,
            "from": row["from_stage"],
            "why": "; ".join(map(str, one.reasons)) or "current",
            "late_events": ", ".join(f"{log} {count:,}" for log, count in one.late.items()),
        }
        for row, one in zip(rows, plans, strict=True)
    ]
    summary = filled(
        "terminal/plan.txt",
        plans=plans,
        actions=Counter(one.action for one in plans),
        days=new_days,
        newest=arrivals.newest_ingested_day,
        place="" if data == opt.DATA else f" --data {data}",
    )
    table = table_of(rows, () if rows else ("as_of_date", "known_on"))
    emit(output_format, table, shown=[table_of(cells, PLAN_COLUMNS), "", summary])
    note_refused([], arrivals.warnings)


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


def status(
    *,
    stages: bool = False,
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> None:
    """Show what is published of every date, and how the last attempt to publish it ended.

    One row per as_of_date and known_on: the figures of its newest run, and the outcome of the last
    attempt. A stage that neither ended nor runs was interrupted.

    Args:
        stages: Show each stage with its seconds, files left out and scorecards too.
    """
    from plainscore.common.lock import writing_since
    from plainscore.contracts import SnapshotDates
    from plainscore.runs.ledger import STAGES, Entry, outcome_now, read_entries

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
    rows: list[reader.Row] = []
    for dates in sorted({*published, *unfinished}):
        entry = entries.get(dates, Entry(dates))
        attempt = entry.unfinished or entry.published
        steps = [
            {
                "stage": one.stage,
                "outcome": outcome_now(one, attempt, since),
                **{name: getattr(one, name) for name in STAGE_FIGURES},
            }
            for one in (attempt.stages if attempt else [])
            if attempt
        ]
        rows.append({
            "as_of_date": dates.as_of_date,
            "known_on": dates.known_on,
            **{name: published.get(dates, {}).get(name) for name in FIGURES},
            "began": attempt and attempt.started,
            "run_id": attempt and attempt.run_id,
            "engine": attempt and attempt.engine,
            "seconds": round(sum(one["seconds"] for one in steps), 3) if steps else None,
            "stages": steps,
        })  # fmt: skip
    wanted = (*FIGURES[:-1], *STAGES, FIGURES[-1]) if stages else (*SHORT_FIGURES, "outcome")
    names = ("as_of_date", "known_on", *wanted)
    heads = [name if name == "as_of_date" else name.replace("_", "\n") for name in names]
    cells = [
        row
        | {one["stage"]: _stage_cell(one) for one in row["stages"]}
        | {"outcome": _outcome_cell(row)}
        for row in rows
    ]
    table = ResultTable(heads, [[row.get(name) for name in names] for row in cells])
    troubles = filled("terminal/status.txt", rows=rows)
    emit(output_format, table_of(rows), shown=[table, *filter(None, [troubles])])


def _outcome_cell(row: reader.Row) -> str:
    """Return how an attempt ended: its seconds, or the first stage that is not done."""
    for stage in row["stages"]:
        if stage["outcome"] == "running":
            return f"{stage['stage']} running"
        if stage["outcome"] != "done":
            return f"✗ {stage['stage']} {stage['outcome']}"
    return "" if row["seconds"] is None else f"✓ {row['seconds']:.1f} s"


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
