"""What became of people after a date: by the transforms, from the event store."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from plainscore.contracts.catalog import Catalog
from plainscore.contracts.dates import SnapshotDates
from plainscore.engines.duckdb_engine import DuckDBEngine
from plainscore.logs.event_store import EventStore
from plainscore.settings import Settings

OUTCOME_DAYS = 120
OUTCOME = "outcomes.outcome"


def outcome_dates(dates: SnapshotDates) -> SnapshotDates:
    """Return the clocks by which the outcomes of a snapshot are seen."""
    day = dates.as_of_date + timedelta(days=OUTCOME_DAYS)
    return SnapshotDates(day, max(day, dates.known_on))


@contextmanager
def built_outcomes(
    store: EventStore,
    catalog: Catalog,
    snapshot: tuple[SnapshotDates, str],
    scored: tuple[str, Sequence[Any]],
    settings: Settings,
    spill: Path,
) -> Iterator[DuckDBEngine]:
    """Yield an engine with ``outcomes.outcome`` and, of the other schemas, only what it reads.

    ``catalog``: that of the evaluation; ``snapshot``: the clocks and the run that is evaluated;
    ``scored``: SQL, and its parameters, that gives the person_id of everyone scored. ``spill``: a
    folder to spill into, which goes in the end.
    """
    dates, run_name = snapshot
    engine = DuckDBEngine(
        catalog,
        outcome_dates(dates),
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        temp_directory=spill,
    )
    try:
        tables = catalog.of_schema("events")
        engine.open_events({t.short_name: store.files(t.short_name) for t in tables})
        for name in ("outcomes.evaluated", "outcomes.scored_person"):
            engine.con.execute(catalog[name].ddl)
        evaluated = [dates.as_of_date, dates.known_on, run_name]
        engine.con.execute("insert into outcomes.evaluated values (?, ?, ?)", evaluated)
        sql, parameters = scored
        engine.con.execute(f"insert into outcomes.scored_person {sql}", list(parameters))
        for name in _needed_for(catalog, OUTCOME):
            engine.build(catalog[name])
        yield engine
    finally:
        engine.close()
        shutil.rmtree(spill, ignore_errors=True)


def _needed_for(catalog: Catalog, target: str) -> list[str]:
    """Return the table and, in build order, all that it is made of and has no rows yet."""
    needed = {target}
    for table in reversed(catalog.tables.values()):
        if table.name in needed:
            needed |= table.inputs
    return [t.name for t in catalog.tables.values() if t.name in needed and not t.is_source]
