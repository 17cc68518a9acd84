"""Compute one state between two snapshots, as far as changes are told by it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from plainscore.checks.results import refuse_if_critical
from plainscore.checks.verdicts import check_assertions
from plainscore.common.files import translating_write_errors
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.dates import SnapshotDates
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.engines.options import EngineOptions
from plainscore.logs.event_store import EventStore
from plainscore.publish.staging import table_file, write_sorted
from plainscore.scorecards.card import Scorecard

KEPT_TABLES = ("published.score", "published.points")


@dataclass(frozen=True)
class Workshop:
    """What states are computed with: the champion's catalog alone, over one event store."""

    champion: Scorecard
    catalog: Catalog
    store: EventStore
    options: EngineOptions

    def engine(
        self, dates: SnapshotDates, cards: Sequence[Scorecard] = ()
    ) -> AbstractContextManager[DuckDBEngine]:
        """Open an engine whose schema ``events`` reads the store."""
        return built(self.catalog, dates, self.store, cards, options=self.options)


def compute_state(workshop: Workshop, dates: SnapshotDates, folder: Path) -> None:
    """Write scores and points of the champion card at some dates under ``folder``.

    Raises ChecksRefused where a law across tables is broken.
    """
    with workshop.engine(dates, [workshop.champion]) as engine:
        for stage in workshop.catalog.schemas_upto("scores"):
            engine.build_schema(stage)
            refuse_if_critical(
                check_assertions(
                    engine.con, engine.catalog.of_schema(stage), stage, dates.parameters
                )
            )
        for name in KEPT_TABLES:
            table = workshop.catalog[name]
            engine.build(table)
            file = table_file(folder, table.short_name)
            with translating_write_errors(folder):
                file.parent.mkdir(parents=True)
                write_sorted(engine.con, table, file)


def has_late_data(workshop: Workshop, before: SnapshotDates, after: SnapshotDates) -> bool:
    """Tell whether events of days up to ``before`` arrived between the two known_on."""
    first, last = sorted((before.known_on, after.known_on))
    if first == last:
        return False
    with workshop.engine(before) as engine:
        return any(_arrived(engine, log, [first, last, before.as_of_date]) for log in _logs(engine))


def _logs(engine: DuckDBEngine) -> Sequence[str]:
    return [table.short_name for table in engine.catalog.of_schema("raw")]


def _arrived(engine: DuckDBEngine, log: str, days: Sequence[object]) -> bool:
    sql = (
        f"select 1 from events.{log} where arrived > ? and arrived <= ? and event_date <= ? limit 1"
    )
    return bool(engine.con.execute(sql, list(days)).fetchall())


StateFolders = Mapping[str, Path]
"""state -> the folder that holds its tables"""
