"""The input of one snapshot: what blocks it, what is unusual about it, what arrived late."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import median
from typing import Any

import duckdb
import polars as pl

from plainscore.common.errors import InputRefused
from plainscore.common.text import read_parquet
from plainscore.contracts import SnapshotDates
from plainscore.contracts.logs import BEFORE, EXCESS, ORPHAN, REPEATED, WITHOUT, read_logs
from plainscore.logs.landing import RefusedFile
from plainscore.publish.runs import Run
from plainscore.runs.pipeline import SnapshotRequest
from plainscore.settings import Deliveries
from plainscore.store.event_store import EventStore, InputFile

SHOWN_FILES = 5

# With fewer earlier arrival days nothing is usual; a weekday needs so many of its own.
FEWEST_DAYS, FEWEST_OF_A_WEEKDAY = 7, 3
# A log that arrives on so large a share of days, with so many rows, should arrive on every day.
DAILY_SHARE, FEWEST_ROWS_TO_MISS = 0.8, 20
# Chance alone makes standard deviations of a count (Poisson), and much of few rows.
BEYOND_CHANCE, FEWEST_ROWS = 4, 50
# A missing day is a warning for so many days; after that everybody knows.
WARNED_DAYS, SHOWN_DAYS = 3, 5


def fingerprint_of_input(inputs: Sequence[InputFile]) -> dict[str, Any]:
    """Return what a manifest says of the input files, sorted: how many, and SHA-256 over all.

    The hash covers their names, arrival days and digests.
    """
    digest = hashlib.sha256(json.dumps(inputs, default=str).encode()).hexdigest()
    return {"file_count": len(inputs), "sha256": digest}


# What blocks a snapshot


def blocking_refusals(refused: Sequence[RefusedFile], known_on: date) -> list[RefusedFile]:
    """Return the refused files that a snapshot would lack; those without a day always count."""
    return [one for one in refused if one.arrived is None or one.arrived <= known_on]


def refused_files_message(blocking: Sequence[RefusedFile], known_on: date) -> str:
    """Return the error message for refused files that block publication."""
    shown = "\n".join(f"  {refused}" for refused in blocking[:SHOWN_FILES])
    left = len(blocking) - SHOWN_FILES
    more = f"\n  and {left} more" if left > 0 else ""
    return (
        f"nothing was published: files or folders refused in landing/, arrived by {known_on}: "
        f"{len(blocking)}; fix them, or leave them out with --skip-refused\n{shown}{more}"
    )


def nothing_known_message(dates: SnapshotDates, first_arrival: date | None) -> str:
    """Return the error message for dates by which nothing had arrived.

    ``first_arrival``: the first arrival day of the store, None if it is empty.
    """
    message = f"no event is known {dates}: nothing had arrived by then"
    if first_arrival is None:
        return f"{message}; landing/ holds no events"
    return (
        f"{message}, the first files arrived on {first_arrival}; to count history that was "
        f"loaded later, give --known-on {max(first_arrival, dates.as_of_date)}"
    )


def refuse_stopped_feeds(request: SnapshotRequest, inputs: Sequence[InputFile]) -> None:
    """Raise InputRefused if a log had no arrivals for longer than its limit, unless allowed."""
    if request.allow_stopped_feeds:
        return
    for log, limit in request.settings.arrival_limit_days:
        if limit is None:
            continue
        newest = max((arrived for name, _, arrived, _ in inputs if name == log), default=None)
        if newest is None or request.dates.known_on - newest > timedelta(days=limit):
            since = f"since {newest}" if newest else "at all"
            raise InputRefused(
                f"the {log} log had no arrivals {since}, longer than its limit of {limit} days: "
                "fix the feed, or go on with --allow-stopped-feeds"
            )


# What is unusual about the latest delivery


@dataclass(frozen=True)
class DeliveryWarning:
    """Something unusual about a log; ``is_too_thin``: so few rows that a snapshot is refused."""

    log: str
    message: str
    is_too_thin: bool = False


def check_deliveries(request: SnapshotRequest, ledger: pl.DataFrame) -> list[str]:
    """Return warnings about what had arrived by known_on.

    Raises InputRefused if a log brought so few rows that the settings refuse a snapshot, unless
    the request allows it.
    """
    found = delivery_warnings(ledger, request.dates.known_on, request.settings.deliveries)
    thin = [one.message for one in found if one.is_too_thin]
    if thin and not request.allow_stopped_feeds:
        raise InputRefused(
            f"{'; '.join(thin)}: ask the sender, or go on with --allow-stopped-feeds "
            "(deliveries.refuse_below)"
        )
    return [one.message for one in found]


def delivery_warnings(
    ledger: pl.DataFrame, known_on: date, limits: Deliveries
) -> list[DeliveryWarning]:
    """Return what is unusual about each log's last arrival day up to ``known_on``.

    It is compared with the same weekday of the days before, or with all of them if there are
    fewer than three. ``ledger``: one row per ingested file, see `plainscore.store.event_store`.
    """
    first = known_on - timedelta(days=limits.compared_days)
    days = (
        ledger.filter((pl.col("arrived") > first) & (pl.col("arrived") <= known_on))
        .group_by("log", "arrived")
        .agg(pl.col("rows", "quarantined").sum())
        .sort("log", "arrived")
    )
    by_log = days.partition_by("log", maintain_order=True)
    return [warning for own in by_log for warning in _of_log(own, known_on, limits)]


def _of_log(days: pl.DataFrame, known_on: date, limits: Deliveries) -> Iterator[DeliveryWarning]:
    earlier, (log, day, rows, refused) = days.head(-1), days.row(-1)
    if len(earlier) < FEWEST_DAYS:
        return
    missing = _missing_days(days, known_on)
    if missing:
        shown = ", ".join(map(str, missing[-SHOWN_DAYS:]))
        more = f" and {len(missing) - SHOWN_DAYS} days before" if len(missing) > SHOWN_DAYS else ""
        yield DeliveryWarning(log, f"the {log} log brought nothing on {shown}{more}")
    alike = earlier.filter(pl.col("arrived").dt.weekday() == day.isoweekday())
    compared = alike if len(alike) >= FEWEST_OF_A_WEEKDAY else earlier
    usual = median(compared["rows"])
    if usual >= FEWEST_ROWS and abs(rows - usual) > BEYOND_CHANCE * sqrt(usual):
        message = f"the {log} log brought {rows:,} rows on {day}, usual are {usual:,.0f}"
        is_too_thin = limits.refuse_below is not None and rows < limits.refuse_below * usual
        is_usual = limits.warn_below * usual <= rows <= limits.warn_above * usual
        if is_too_thin or not is_usual:
            yield DeliveryWarning(log, message, is_too_thin)
    share, usual = _refused_share(days.tail(1)), _refused_share(compared)
    if share > limits.warn_refused and refused > 2 * usual * rows + BEYOND_CHANCE:
        message = f"{share:.1%} of the {log} rows of {day} were refused, usual are {usual:.1%}"
        yield DeliveryWarning(log, message)


def _refused_share(days: pl.DataFrame) -> float:
    rows, refused = days.select(pl.col("rows", "quarantined").sum()).row(0)
    return refused / rows if rows else 0.0


def _missing_days(days: pl.DataFrame, known_on: date) -> list[date]:
    """Return the days without a delivery, of a log that arrives daily, if any is recent."""
    arrived = days["arrived"].to_list()
    span = (known_on - arrived[0]).days + 1
    expected = [arrived[0] + timedelta(days=n) for n in range(span)]
    missing = sorted({*expected} - {*arrived})
    is_recent = bool(missing) and (known_on - missing[-1]).days < WARNED_DAYS
    is_daily = len(days) >= DAILY_SHARE * span and median(days["rows"]) >= FEWEST_ROWS_TO_MISS
    return missing if is_recent and is_daily else []


# What counts in part, or not at all


def unused_events(store: EventStore, run: Run) -> Iterator[str]:
    """Yield a line for each row of the view ``unused_event`` of a run, with the first place.

    A run that an earlier version published has none.
    """
    if not run.file("unused_event").is_file():
        return
    places = dict(store.ledger().select("file_no", "file").iter_rows())
    with duckdb.connect() as con:
        rows = con.execute(f"from {run.source('unused_event')} order by all").fetchall()
        for _, _, log, kind, reason, is_used, events, people, first in rows:
            files = store.files(log)
            found = con.execute(
                f"select file_no, line from {read_parquet(files)} where event_id = ?", [first]
            ).fetchall() if files else []  # fmt: skip
            place = f", such as {places[found[0][0]]}:{found[0][1]}" if found else ""
            of = "person" if people == 1 else "people"
            used = "counts in part" if reason == EXCESS else "counts in full"
            counts = used if is_used else "counts in no feature"
            yield (
                f"{log}: {kind}, {events:,} of {people:,} {of}: {_UNUSED[reason]}; {counts}{place}"
            )


_UNUSED = {
    REPEATED: "an earlier event has the id",
    ORPHAN: "what it refers to is not known",
    EXCESS: "more than is left of purchases there",
    BEFORE: "dated before the account was opened",
    WITHOUT: "the person opened no account",
}


# What arrived late


def late_events(
    store: EventStore, snapshots: Sequence[SnapshotDates], known_on: date | None = None
) -> Mapping[SnapshotDates, Mapping[str, int]]:
    """Return snapshot -> log -> number of late events, of the snapshots and logs that have any.

    Late are events that happened on or before as_of_date and arrived after known_on; those that
    arrived after the ``known_on`` given here are left out. Reads two columns of the store.
    """
    found: dict[SnapshotDates, dict[str, int]] = {}
    own = [log for log in read_logs() if log in store.logs]
    logs = {log: store.files(log) for log in dict.fromkeys([*own, *store.logs])}
    if not snapshots or not logs:
        return found
    with duckdb.connect() as con:
        con.execute("create table snapshot (as_of_date date, known_on date)")
        con.executemany(
            "insert into snapshot values (?, ?)", [(s.as_of_date, s.known_on) for s in snapshots]
        )
        parameters = [min(s.known_on for s in snapshots), known_on or date.max]
        for log, files in logs.items():
            rows = con.execute(_LATE.format(read_parquet(files)), parameters).fetchall()
            for *dates, count in rows:
                found.setdefault(SnapshotDates(*dates), {})[log] = count
    return found


_LATE = """
with arrival as (
    select arrived, event_date, count(*) as events
    from {}
    where arrived > ? and arrived <= ?
    group by arrived, event_date
)
select snapshot.as_of_date, snapshot.known_on, cast(sum(arrival.events) as bigint)
from snapshot
inner join arrival
    on arrival.arrived > snapshot.known_on and arrival.event_date <= snapshot.as_of_date
group by snapshot.as_of_date, snapshot.known_on
"""
