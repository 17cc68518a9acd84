"""Put the oracle's events straight into the tables of the real transforms, and run those."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.engines import EngineOptions
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.card import Scorecard
from tests.oracle.events import Event
from tests.transforms.worked_example import cards, house

BUILT_SCHEMAS = ("raw", "staging", "features", "scores")
POLARS_TYPES = {
    "BIGINT": pl.Int64, "VARCHAR": pl.String, "DATE": pl.Date, "TIMESTAMP": pl.Datetime("us"),
    "BOOLEAN": pl.Boolean,
}  # fmt: skip
# A field that names a person -> its column in the store.
PERSON_FIELDS = {"friend_id": "friend_key", "counterparty_id": "counterparty_key"}


def on_two_threads(catalog: Catalog, dates: SnapshotDates) -> DuckDBEngine:
    return DuckDBEngine(catalog, dates, EngineOptions(threads=2))


def score_events(
    events: Iterable[Event],
    dates: SnapshotDates,
    folder: Path,
    make_engine: Callable[[Catalog, SnapshotDates], DuckDBEngine] = on_two_threads,
    on_cards: Sequence[Scorecard] = (),
) -> DuckDBEngine:
    """Return the engine after ``scores``; ``folder`` takes the files of events.

    Keys of people are given in the order in which ids are met, as ingest does. ``on_cards``: those
    to score on, if not the default ones.
    """
    keys: dict[str, int] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    for line, event in enumerate(events, start=1):
        rows.setdefault(event.log, []).append(_values(event, line, keys))
    rows["person"] = [{"person_key": key, "person_id": who} for who, key in keys.items()]
    files = {log: folder / f"{log}.parquet" for log in rows}
    scored_on = on_cards or cards()
    catalog = load_catalog(on_cards) if on_cards else house()
    for log, path in files.items():
        columns = catalog[f"events.{log}"].columns
        schema = {column.name: POLARS_TYPES[column.type] for column in columns}
        pl.DataFrame(rows[log], schema=schema, orient="row").write_parquet(path)
    engine = make_engine(catalog, dates)
    engine.open_events({log: [str(path)] for log, path in files.items()})
    engine.load_reference(scored_on)
    for schema in BUILT_SCHEMAS:
        engine.build_schema(schema)
    return engine


def _values(event: Event, line: int, keys: dict[str, int]) -> dict[str, Any]:
    def key_of(person_id: str) -> int:
        return keys.setdefault(person_id, len(keys))

    fields = {
        PERSON_FIELDS.get(name, name): key_of(value) if name in PERSON_FIELDS else value
        for name, value in event.fields.items()
    }
    return fields | {
        "person_key": key_of(event.person_id),
        "event_id": event.event_id,
        "event_time": event.event_time,
        "event_date": event.event_date,
        "event_type": event.event_type,
        "arrived": event.arrived,
        "file_no": 0,
        "line": line,
        "arrived_month": f"{event.arrived:%Y-%m}",
    }
