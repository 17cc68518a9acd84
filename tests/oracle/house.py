"""Put the oracle's events straight into the tables of the real transforms, and run those."""

from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Table
from plainscore.engines import EngineOptions
from plainscore.engines.duckdb import DuckDBEngine
from tests.oracle.events import Event
from tests.transforms.worked_example import cards, house

BUILT_SCHEMAS = ("raw", "staging", "features", "scores")
POLARS_TYPES = {
    "BIGINT": pl.Int64,
    "VARCHAR": pl.String,
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime("us"),
    "BOOLEAN": pl.Boolean,
}


def on_two_threads(catalog: Catalog, dates: SnapshotDates) -> DuckDBEngine:
    return DuckDBEngine(catalog, dates, EngineOptions(threads=2))


def score_events(
    events: Iterable[Event],
    dates: SnapshotDates,
    folder: Path,
    make_engine: Callable[[Catalog, SnapshotDates], DuckDBEngine] = on_two_threads,
) -> tuple[DuckDBEngine, dict[str, int]]:
    """Return the engine after `scores`, and person_id -> person_key.

    Keys are given in the order in which ids are met, as ingest does. `folder` takes the files.
    """
    keys: dict[str, int] = {}
    rows: dict[str, list[dict[str, object]]] = {}
    for line, event in enumerate(events, start=1):
        rows.setdefault(event.log, []).append(_values(event, line, keys))
    rows["person"] = [{"person_key": key, "person_id": who} for who, key in keys.items()]
    catalog = house()
    engine = make_engine(catalog, dates)
    engine.open_events(
        {log: [_parquet(catalog[f"events.{log}"], of_log, folder)] for log, of_log in rows.items()}
    )
    engine.load_reference(cards())
    for schema in BUILT_SCHEMAS:
        engine.build_schema(schema)
    return engine, keys


def _parquet(table: Table, rows: list[dict[str, object]], folder: Path) -> str:
    path = folder / f"{table.short_name}.parquet"
    schema = {column.name: POLARS_TYPES[column.type] for column in table.columns}
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)
    return str(path)


def _values(event: Event, line: int, keys: dict[str, int]) -> dict[str, object]:
    def key_of(person_id: object) -> int:
        assert isinstance(person_id, str)
        return keys.setdefault(person_id, len(keys))

    fields: dict[str, object] = dict(event.fields)
    for id_name, key_name in (("friend_id", "friend_key"), ("counterparty_id", "counterparty_key")):
        if id_name in fields:
            fields[key_name] = key_of(fields.pop(id_name))
    if "birth_year" in fields and fields["birth_year"] is not None:
        fields["birth_year"] = int(str(fields["birth_year"]))
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
