"""Commands that run: publish snapshots of dates."""

from collections import Counter
from datetime import UTC, date, datetime

from plainscore.cli import options as opt
from plainscore.cli import output as out
from plainscore.cli.ingest import account
from plainscore.cli.options import publish
from plainscore.cli.output import emit, note, note_refused, show
from plainscore.common.errors import UsageError
from plainscore.contracts import SnapshotDates
from plainscore.publish.publication import report_file
from plainscore.publish.sets import read_manifest
from plainscore.runs import calendar, schedule
from plainscore.runs.inputs import unused_events
from plainscore.runs.pipeline import read_request
from plainscore.runs.plan import is_all_current, look_at_arrivals
from plainscore.runs.run import score_day, why_no_one_is_scored
from plainscore.runs.schedule import DatesOutcome
from plainscore.store.event_store import open_store

CURRENT, PUBLISHED, FAILED = "current", "published", "failed"


def run(
    *,
    as_of: date | calendar.RelativeDate,
    known_on: opt.KnownOn = None,
    scorecard: opt.Cards = None,
    force: opt.Force = False,
    data: opt.DataDir = opt.DATA,
    publishing: opt.Publishing = opt.AS_USUAL,
    output_format: opt.TableOrJson = "table",
) -> None:
    """Ingest what is new under DATA/landing and publish the snapshot of one date.

    A snapshot that is published and current is left as it is.

    Args:
        as_of: Count what happened until the end of this day (UTC); last-day is the last one that is
            over, less arrival_lag_days, last-month-end the last month end on or before it.
    """
    opt.require_data(data)
    overrides = {"scorecards": scorecard, "force": force, **publishing.overrides}
    request = read_request(as_of, known_on, data, **overrides)
    outcome = publish(
        request,
        f"run {request.dates.as_of_date}",
        publishing.no_prefect or is_all_current(request, [request.dates]),
        lambda observers: score_day(request, observers=observers),
        "score_day",
        date_count=1,
        as_of_date=request.dates.as_of_date,
        known_on=request.dates.known_on,
        **overrides,
    )
    report = report_file(data, request.dates.as_of_date)
    facts = outcome.facts() | ({"report": str(report)} if report.is_file() else {})
    lines = [f"{label:<11}{text}" for label, text in facts.items()]
    lines += [f"unused     {line}" for line in outcome.report.unused_lines()]
    lines += [f"unused     {line}" for line in unused_events(open_store(data), outcome.run)]
    manifest = {"is_new": outcome.is_new, **read_manifest(outcome.run)}
    ingested = account(outcome.report) if outcome.report.files else []
    emit(output_format, objects=[manifest], shown=[*lines, *ingested])
    for warning in outcome.report.warnings if output_format == "table" else ():
        note(warning)
    if why := why_no_one_is_scored(outcome.run):
        note(why)


def backfill(
    *,
    from_: opt.FirstDay = None,
    to: opt.LastDay = None,
    every: opt.EveryOption = "month",
    dates: opt.OneFile = None,
    known_on: opt.KnownOn = None,
    scorecard: opt.Cards = None,
    force: opt.Force = False,
    data: opt.DataDir = opt.DATA,
    publishing: opt.Publishing = opt.AS_USUAL,
    output_format: opt.TableOrJson = "table",
) -> int:
    """Publish the snapshots of many dates, both ends inclusive, in one process.

    Exit code 6: dates failed, which are named; the rest is done. History that was loaded at once
    needs --known-on.

    Args:
        dates: Text file with the dates, one a line, instead of --from and --to.
    """
    if dates is not None and from_ is None and to is None:
        days = calendar.read_dates(dates)
    elif dates is not None or from_ is None or to is None:
        raise UsageError("give --from and --to, or a file of dates with --dates")
    else:
        days = calendar.dates_between(from_, to, every)
    opt.require_data(data)
    overrides = {"scorecards": scorecard, "force": force, **publishing.overrides}
    request = read_request(days[0], known_on, data, **overrides)
    planned = schedule.dates_of(days, known_on, request.settings)
    outcome = publish(
        request,
        f"backfill {days[0]} to {days[-1]}",
        publishing.no_prefect or is_all_current(request, planned),
        lambda observers: schedule.publish_in_process([planned], request, observers),
        "backfill",
        date_count=len(planned),
        days=days,
        known_on=known_on,
        **overrides,
    )
    return emit_outcomes(outcome, output_format)


def daily(
    *,
    as_of: date | calendar.RelativeDate = "last-day",
    data: opt.DataDir = opt.DATA,
    publishing: opt.Publishing = opt.AS_USUAL,
    output_format: opt.TableOrJson = "table",
) -> int:
    """Ingest what has arrived, publish every missing date, restate what late data touches.

    Missing are the last day and days without a snapshot, up to [daily] catch_up_days back. Late
    data makes another snapshot of what [daily] restate says. Reports unusual deliveries.

    Args:
        as_of: The last day (UTC); last-day is the last one that is over, less arrival_lag_days.
    """
    opt.require_data(data)
    request = read_request(as_of, None, data, **publishing.overrides)
    last_day = request.dates.as_of_date
    rounds = schedule.daily_rounds(data, request.settings, last_day)
    outcome = publish(
        request,
        f"daily {last_day}",
        publishing.no_prefect,
        lambda observers: schedule.publish_in_process(rounds, request, observers),
        "daily",
        last_day=as_of,
        **publishing.overrides,
    )
    return emit_outcomes(outcome, output_format)


def restate(
    *,
    from_: opt.FirstDay = None,
    to: opt.LastDay = None,
    known_on: date | calendar.RelativeDate | None = None,
    scorecard: opt.Cards = None,
    data: opt.DataDir = opt.DATA,
    publishing: opt.Publishing = opt.AS_USUAL,
    output_format: opt.TableOrJson = "table",
) -> int:
    """Publish every published date that late data touches again, with a later known_on.

    The older snapshot stays as it is; the plain views show the later one. `plan` lists the dates.

    Args:
        known_on: Count what had arrived by this day; last-day is yesterday (UTC). The newest
            arrival day by default.
    """
    today = datetime.now(UTC).date()
    within = calendar.DateRange(
        from_, to, None if known_on is None else calendar.resolve_date(known_on, today)
    )
    overrides = {"scorecards": scorecard, **publishing.overrides}
    opt.require_data(data)
    request = read_request("last-day", None, data, **overrides)
    rounds = schedule.restatement(data, within)
    outcome = publish(
        request,
        "restate",
        # Without late data no Prefect server need be started.
        publishing.no_prefect
        or not (look_at_arrivals(data).new or schedule.stale_dates(data, within)),
        lambda observers: schedule.publish_in_process(rounds, request, observers),
        "restate",
        **{**vars(within), **overrides},
    )
    if not (outcome.done or outcome.failed or output_format == "json"):
        show("nothing to restate: no late data touches a published date")
        return 0
    return emit_outcomes(outcome, output_format)


def emit_outcomes(outcome: DatesOutcome, output_format: out.OutputFormat) -> int:
    """Print one line per date, on stderr what failed, and return the exit code."""
    found: dict[SnapshotDates, dict[str, str]] = {
        done.run.dates: {"outcome": PUBLISHED if done.is_new else CURRENT, "run": done.run.name}
        for done in outcome.done
    }
    found |= {dates: {"outcome": FAILED, "reason": why} for dates, why in outcome.failed.items()}
    rows = [
        {"as_of_date": str(dates.as_of_date), "known_on": str(dates.known_on), **became}
        for dates, became in sorted(found.items())
    ]
    lines = ["  ".join(row[name] for name in row if name != "reason") for row in rows]
    counts = Counter(row["outcome"] for row in rows)
    sums = ", ".join(f"{counts[w]} {w}" for w in (PUBLISHED, CURRENT, FAILED) if counts[w])
    if counts[CURRENT] == len(rows):
        sums = f"nothing to do: all {len(rows)} are published and current"
    unused = (line for done in outcome.done[:1] for line in done.report.unused_lines())
    emit(output_format, objects=rows, shown=[*lines, sums, *unused])
    for done in outcome.done[:1]:
        note_refused(done.report.refused, done.report.warnings)
    if outcome.failed:
        failed = "".join(
            f"\n  {dates.as_of_date}: " + "\n    ".join(reason.splitlines())
            for dates, reason in outcome.failed.items()
        )
        note(f"{len(outcome.failed)} of {len(rows)} dates failed:{failed}", "error")
        note("the rest is done; fix that and run it again", "error")
    return outcome.exit_code
