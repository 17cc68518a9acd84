"""What became of people after a date, whether or not a snapshot of it is published."""

import shutil
from datetime import timedelta
from pathlib import Path

from flows.evaluation.evaluating import OUTCOME_DAYS
from flows.ingest.event_store import EventStore
from flows.settings import Settings
from flows.steps import SPILL
from transforms.catalog import Catalog
from transforms.dates import SnapshotDates
from transforms.engines.duckdb_engine import DuckDBEngine

Outcome = tuple[str, bool]
"""person_id, and whether a bill due in the 90 days after became 30 or more days late."""


def outcomes_after(
    store: EventStore,
    catalog: Catalog,
    dates: SnapshotDates,
    scored: list[str],
    settings: Settings,
) -> list[Outcome]:
    """Return the outcomes of the scored, by the transform that evaluates published snapshots.

    ``catalog``: that of the evaluation.
    """
    day = dates.as_of_date + timedelta(days=OUTCOME_DAYS)
    spill = settings.temp_directory or store.data_dir.resolve() / f"{SPILL}.outcomes"
    engine = DuckDBEngine(
        catalog,
        SnapshotDates(day, max(day, dates.known_on)),
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        temp_directory=spill,
    )
    try:
        tables = catalog.of_schema("events")
        engine.open_events({t.short_name: store.files(t.short_name) for t in tables})
        _name_the_scored(engine, dates, scored)
        for name in _needed_for(catalog, "outcomes.outcome"):
            engine.build(catalog[name])
        return engine.con.execute(
            "select person_id, is_bad from outcomes.outcome order by person_id"
        ).fetchall()
    finally:
        engine.close()
        if settings.temp_directory is None:
            shutil.rmtree(Path(spill), ignore_errors=True)


def _name_the_scored(engine: DuckDBEngine, dates: SnapshotDates, scored: list[str]) -> None:
    for name in ("outcomes.evaluated", "outcomes.scored_person"):
        engine.con.execute(engine.catalog[name].ddl)
    engine.con.execute(
        "insert into outcomes.evaluated values (?, ?, 'none')", [dates.as_of_date, dates.known_on]
    )
    engine.con.execute("insert into outcomes.scored_person select unnest(?::varchar[])", [scored])


def _needed_for(catalog: Catalog, target: str) -> list[str]:
    """Return the table and, in build order, all that it is made of and has no rows yet."""
    needed = {target}
    for table in reversed(catalog.tables.values()):
        if table.name in needed:
            needed |= table.inputs
    return [t.name for t in catalog.tables.values() if t.name in needed and not t.is_source]
