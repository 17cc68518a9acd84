"""Build the tables of a snapshot on one engine: the only place that starts one."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.engines import EngineOptions
from plainscore.engines.duckdb import DEFAULT_OPTIONS, DuckDBEngine
from plainscore.scorecards.card import Scorecard


class EventFiles(Protocol):
    """Where the events are; the event store is one."""

    def files(self, table: str) -> Sequence[str]:
        """Return the absolute paths of the Parquet files of ``events.<table>``; may be none."""


@contextmanager
def built(
    catalog: Catalog,
    dates: SnapshotDates,
    store: EventFiles | None = None,
    cards: Sequence[Scorecard] = (),
    *,
    upto: str | None = None,
    options: EngineOptions = DEFAULT_OPTIONS,
) -> Iterator[DuckDBEngine]:
    """Yield an engine with events open, reference tables loaded and schemas built.

    ``store``: where the schema ``events`` reads from; None: its tables are empty.
    ``cards``: what fills the schema ``reference``; none: it stays empty.
    ``upto``: the last schema to build, e.g. ``"scores"``; None builds nothing, and the caller goes
    on with `DuckDBEngine.build_schema`, `DuckDBEngine.build_needed` or `DuckDBEngine.build`.

    At the end the engine is closed and ``options.temp_directory`` is removed, whatever happened.
    Raises UsageError where the engine is not installed, duckdb.Error where a transform fails.

    >>> with built(catalog, dates, open_store(data), cards, upto="scores") as engine:
    ...     engine.con.sql("from scores.score")
    """
    with ExitStack() as end:
        if options.temp_directory is not None:
            end.callback(shutil.rmtree, options.temp_directory, ignore_errors=True)
        engine = start_engine(catalog, dates, options)
        end.callback(engine.close)
        names = [table.short_name for table in catalog.of_schema("events")]
        engine.open_events({name: store.files(name) for name in names} if store else {})
        if cards:
            engine.load_reference(cards)
        for schema in catalog.schemas_upto(upto) if upto else ():
            engine.build_schema(schema)
        yield engine


def start_engine(catalog: Catalog, dates: SnapshotDates, options: EngineOptions) -> DuckDBEngine:
    """Return the engine that the options name; the caller closes it. Most want `built`."""
    if options.engine == "duckdb":
        return DuckDBEngine(catalog, dates, options)
    from plainscore.engines.spark import SparkEngine, open_session

    session = open_session(options)
    # A name of its own: what a killed run left on a cluster may still be writing for a moment.
    folder = (options.temp_directory or Path.cwd()) / f"tables-{uuid4()}"
    return SparkEngine(catalog, dates, session, folder, options)
