"""The input of one snapshot: what blocks it, what is unusual about it, what arrived late."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import polars as pl

from plainscore.common.errors import InputRefused
from plainscore.common.text import parquet_list
from plainscore.contracts import SnapshotDates
from plainscore.logs.event_store import EventStore, InputFile
from plainscore.logs.landing import RefusedFile
from plainscore.logs.tables import LOGS
from plainscore.runs.request import SnapshotRequest
from plainscore.settings import Deliveries

SHOWN_FILES = 5
_TRUTH_OF_INVENTED = "landing/_truth/world.json"

FEWEST_DAYS = 7
"""With fewer earlier arrival days nothing counts as usual."""
FEWEST_OF_A_WEEKDAY = 3
DAILY_SHARE = 0.8
"""A log that arrives on so large a share of days should arrive on every day."""
FEWEST_ROWS_TO_MISS = 20
"""A log with fewer rows a day may well have a day without any."""
FEWEST_ROWS = 50
BEYOND_CHANCE = 4
"""Standard deviations of a count that chance alone makes (Poisson)."""
SHOWN_DAYS = 5
WARNED_DAYS = 3
"""For so many days a missing delivery is a warning; after that everybody knows."""

LateEvents = Mapping[SnapshotDates, Mapping[str, int]]


def is_invented_world(data_dir: Path) -> bool:
    """Return whether `plainscore synthesise` wrote the logs of a data directory."""
    return (data_dir / _TRUTH_OF_INVENTED).is_file()


def fingerprint_of_input(inputs: Sequence[InputFile]) -> dict[str, Any]:
    """Return what a manifest says of the input files: how many, and SHA-256 over all of them."""
    return {"file_count": len(inputs), "sha256": hash_of_inputs(inputs)}


def hash_of_inputs(inputs: Sequence[InputFile]) -> str:
    """Return SHA-256 (hex) of the input files, sorted: their names, arrival days and digests."""
    return hashlib.sha256(json.dumps(inputs, default=str).encode()).hexdigest()


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
    """Raise InputRefused if a log had no arrivals for longer than its limit."""
    limits = request.settings.arrival_limit_days.model_dump()
    for log, limit in limits.items():
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


@dataclass(frozen=True)
class _Delivered:
    """What one log brought on one arrival day, over all its files."""

    rows: int
    refused: int


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
    fewer than three. ``ledger``: one row per ingested file, see `plainscore.logs.event_store`.
    """
    first = known_on - timedelta(days=limits.compared_days)
    by_log: dict[str, dict[date, _Delivered]] = {}
    rows = (
        ledger.filter((pl.col("arrived") > first) & (pl.col("arrived") <= known_on))
        .group_by("log", "arrived")
        .agg(pl.col("rows").sum(), pl.col("quarantined").sum())
        .sort("log", "arrived")
    )
    for log, arrived, count, refused in rows.rows():
        by_log.setdefault(log, {})[arrived] = _Delivered(count, refused)
    return [one for log, days in by_log.items() for one in _of_log(log, days, known_on, limits)]


def _of_log(
    log: str, days: Mapping[date, _Delivered], known_on: date, limits: Deliveries
) -> Iterator[DeliveryWarning]:
    newest = max(days)
    earlier = {day: delivered for day, delivered in days.items() if day < newest}
    if len(earlier) < FEWEST_DAYS:
        return
    yield from _missing_days(log, days, known_on)
    alike = [one for day, one in earlier.items() if day.weekday() == newest.weekday()]
    compared = alike if len(alike) >= FEWEST_OF_A_WEEKDAY else list(earlier.values())
    yield from _unusual_volume(log, newest, days[newest], compared, limits)
    yield from _unusual_refusals(log, newest, days[newest], compared, limits)


def _unusual_volume(
    log: str, day: date, now: _Delivered, compared: list[_Delivered], limits: Deliveries
) -> Iterator[DeliveryWarning]:
    usual = median(one.rows for one in compared)
    if usual < FEWEST_ROWS or abs(now.rows - usual) <= BEYOND_CHANCE * sqrt(usual):
        return
    message = f"the {log} log brought {now.rows:,} rows on {day}, usual are {usual:,.0f}"
    if limits.refuse_below is not None and now.rows < limits.refuse_below * usual:
        yield DeliveryWarning(log, message, is_too_thin=True)
    elif now.rows < limits.warn_below * usual or now.rows > limits.warn_above * usual:
        yield DeliveryWarning(log, message)


def _unusual_refusals(
    log: str, day: date, now: _Delivered, compared: list[_Delivered], limits: Deliveries
) -> Iterator[DeliveryWarning]:
    share, usual = _refused_share([now]), _refused_share(compared)
    if share > limits.warn_refused and now.refused > 2 * usual * now.rows + BEYOND_CHANCE:
        message = f"{share:.1%} of the {log} rows of {day} were refused, usual are {usual:.1%}"
        yield DeliveryWarning(log, message)


def _missing_days(
    log: str, days: Mapping[date, _Delivered], known_on: date
) -> Iterator[DeliveryWarning]:
    """Warn of days without a delivery, of a log that arrives daily."""
    first = min(days)
    expected = [first + timedelta(days=n) for n in range((known_on - first).days + 1)]
    missing = [day for day in expected if day not in days]
    is_recent = bool(missing) and (known_on - missing[-1]).days < WARNED_DAYS
    usual = median(one.rows for one in days.values())
    if not is_recent or len(days) < DAILY_SHARE * len(expected) or usual < FEWEST_ROWS_TO_MISS:
        return
    shown = ", ".join(map(str, missing[-SHOWN_DAYS:]))
    more = f" and {len(missing) - SHOWN_DAYS} days before" if len(missing) > SHOWN_DAYS else ""
    yield DeliveryWarning(log, f"the {log} log brought nothing on {shown}{more}")


def _refused_share(delivered: list[_Delivered]) -> float:
    rows = sum(one.rows for one in delivered)
    return sum(one.refused for one in delivered) / rows if rows else 0.0


# What arrived late


def late_events(
    store: EventStore, snapshots: Sequence[SnapshotDates], known_on: date | None = None
) -> LateEvents:
    """Return snapshot -> log -> number of late events, of the snapshots and logs that have any.

    Late are events that happened on or before as_of_date and arrived after known_on; those that
    arrived after the ``known_on`` given here are left out. Reads two columns of the store.
    """
    found: dict[SnapshotDates, dict[str, int]] = {}
    logs = [log for log in LOGS if store.files(log)]
    if not snapshots or not logs:
        return found
    with duckdb.connect() as con:
        con.execute("create table snapshot (as_of_date date, known_on date)")
        con.executemany(
            "insert into snapshot values (?, ?)", [(s.as_of_date, s.known_on) for s in snapshots]
        )
        parameters = [min(s.known_on for s in snapshots), known_on or date.max]
        for log in logs:
            rows = con.execute(_LATE.format(parquet_list(store.files(log))), parameters).fetchall()
            for as_of_date, known, count in rows:
                found.setdefault(SnapshotDates(as_of_date, known), {})[log] = count
    return found


_LATE = """
with arrival as (
    select arrived, event_date, count(*) as events
    from read_parquet({}, hive_partitioning = false)
    where arrived > ? and arrived <= ?
    group by arrived, event_date
)
select snapshot.as_of_date, snapshot.known_on, cast(sum(arrival.events) as bigint)
from snapshot
inner join arrival
    on arrival.arrived > snapshot.known_on and arrival.event_date <= snapshot.as_of_date
group by snapshot.as_of_date, snapshot.known_on
"""
