"""What became of people after a date: by the transforms, from the event store."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from plainscore.contracts.catalog import Catalog
from plainscore.contracts.dates import SnapshotDates
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.engines.options import EngineOptions
from plainscore.logs.event_store import EventStore

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
    options: EngineOptions,
) -> Iterator[DuckDBEngine]:
    """Yield an engine with ``outcomes.outcome`` and, of the other schemas, only what it reads.

    ``catalog``: that of the evaluation; ``snapshot``: the clocks and the run that is evaluated;
    ``scored``: SQL, and its parameters, that gives the person_id of everyone scored.
    """
    dates, run_name = snapshot
    with built(catalog, outcome_dates(dates), store, options=options) as engine:
        for name in ("outcomes.evaluated", "outcomes.scored_person"):
            engine.con.execute(catalog[name].ddl)
        evaluated = [dates.as_of_date, dates.known_on, run_name]
        engine.con.execute("insert into outcomes.evaluated values (?, ?, ?)", evaluated)
        sql, parameters = scored
        engine.con.execute(f"insert into outcomes.scored_person {sql}", list(parameters))
        engine.build_needed(OUTCOME)
        yield engine
