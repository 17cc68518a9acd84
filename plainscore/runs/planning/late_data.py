"""Late data: what happened by a published date and arrived after it was published."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from plainscore.common.text import parquet_list
from plainscore.contracts.dates import SnapshotDates
from plainscore.logs.event_store import EventStore
from plainscore.logs.log_fields import LOGS
from plainscore.publish.runs import published_runs

LateEvents = Mapping[SnapshotDates, Mapping[str, int]]


def newest_known(data_dir: Path) -> list[SnapshotDates]:
    """Return every published as_of_date with the newest known_on that is published of it."""
    by_day = {run.dates.as_of_date: run.dates for run in published_runs(data_dir)}
    return [by_day[day] for day in sorted(by_day)]


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
            for as_of_date, known, count in con.execute(_sql(store, log), parameters).fetchall():
                found.setdefault(SnapshotDates(as_of_date, known), {})[log] = count
    return found


def _sql(store: EventStore, log: str) -> str:
    files = parquet_list(map(Path, store.files(log)))
    return f"""
        with arrival as (
            select arrived, event_date, count(*) as events
            from read_parquet({files}, hive_partitioning = false)
            where arrived > ? and arrived <= ?
            group by arrived, event_date
        )
        select snapshot.as_of_date, snapshot.known_on, cast(sum(arrival.events) as bigint)
        from snapshot
        inner join arrival
            on arrival.arrived > snapshot.known_on and arrival.event_date <= snapshot.as_of_date
        group by snapshot.as_of_date, snapshot.known_on
    """
