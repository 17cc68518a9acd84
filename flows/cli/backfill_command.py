"""`plainscore backfill`: publish the snapshots of many dates."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from flows.backfill import BackfillOutcome


def backfill(
    *,
    from_: Annotated[date, Parameter(name="--from")],
    to: date,
    every: Literal["day", "week", "month"] = "month",
    data: Path = Path("data"),
    scorecard: tuple[str, ...] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    plain: bool = False,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Publish the snapshots of many dates, both ends inclusive, in one process.

    Dates that are published and current are left as they are. A date that is refused does not
    stop the rest: the command then ends with exit code 6 and names it.

    Parameters
    ----------
    from_
        First date.
    to
        Last date.
    every
        day; week, counted from the first date; or month: the last days of the months within.
    data
        The data directory.
    scorecard
        Packaged card or path of one, champion first; give the flag once for each.
    skip_refused
        Publish although refused files stand in the way; the manifests say so.
    allow_stopped_feeds
        Publish although a log had no arrivals for longer than its limit.
    force
        Publish further runs although nothing changed.
    threads
        Threads of the engine; all processors by default.
    memory_limit
        Memory of the engine, such as 3GB.
    plain
        Do the same steps without Prefect: no run history, and a quicker start.
    output_format
        How the outcome is printed.
    """
    from flows.backfill import dates_between

    dates = dates_between(from_, to, every)
    wishes: dict[str, Any] = {
        "scorecards": scorecard,
        "skip_refused": skip_refused,
        "allow_stopped_feeds": allow_stopped_feeds,
        "force": force,
        "threads": threads,
        "memory_limit": memory_limit,
    }
    if plain:
        outcome = _backfill_plainly(dates, data, wishes)
    else:
        outcome = _backfill_under_prefect(from_, to, every, data, wishes)
    _print(outcome, output_format)
    return _exit_code(outcome)


def _backfill_plainly(dates: list[date], data: Path, wishes: dict[str, Any]) -> "BackfillOutcome":
    from flows.backfill import backfill
    from flows.lock import writer_lock
    from flows.progress import step_progress
    from flows.request import read_request
    from flows.score_day import score_day

    requests = [read_request(as_of_date, None, data, **wishes) for as_of_date in dates]
    purpose = f"backfill {dates[0]} to {dates[-1]}"
    with writer_lock(data, purpose), step_progress() as do:
        return backfill(requests, lambda request: score_day(request, do))


def _backfill_under_prefect(
    first: date,
    last: date,
    every: Literal["day", "week", "month"],
    data: Path,
    wishes: dict[str, Any],
) -> "BackfillOutcome":
    from flows.cli.prefect_start import prepare_prefect
    from flows.lock import writer_lock

    with writer_lock(data, f"backfill {first} to {last}", lend=True):
        prepare_prefect()
        from flows.prefect_flows import backfill_flow

        outcome: BackfillOutcome = backfill_flow(first, last, every, data, **wishes)
    return outcome


def _exit_code(outcome: "BackfillOutcome") -> int:
    from transforms.errors import PartlyDone

    return PartlyDone.exit_code if outcome.refused else 0


def _print(outcome: "BackfillOutcome", output_format: str) -> None:
    rows = [
        {
            "as_of_date": str(done.run.dates.as_of_date),
            "known_on": str(done.run.dates.known_on),
            "run": done.run.name,
            "outcome": "published" if done.is_new else "current",
        }
        for done in outcome.done
    ]
    rows += [
        {"as_of_date": str(day), "outcome": "refused", "reason": reason}
        for day, reason in outcome.refused.items()
    ]
    for row in sorted(rows, key=lambda row: row["as_of_date"]):
        if output_format == "json":
            print(json.dumps(row, ensure_ascii=False))
        else:
            print("  ".join(row.values()))
