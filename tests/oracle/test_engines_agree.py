"""Spark and Sail make of nasty worlds and of the sample what DuckDB makes of them.

Each engine is tested where it is installed: they need environments of their own.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from plainscore.common.errors import UsageError
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Table
from plainscore.engines import EngineName, EngineOptions, require_engine
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.engines.spark import SparkEngine, open_session
from plainscore.publish.sets import read_manifest
from plainscore.runs.ledger import read_entry
from plainscore.runs.pipeline import SnapshotRequest, read_request
from plainscore.runs.run import score_day
from tests.docs.pages import CHECKOUT
from tests.oracle.house import BUILT_SCHEMAS, score_events
from tests.oracle.nasty_worlds import nasty_world
from tests.quick_runs import quick_runs
from tests.transforms.worked_example import house

THREADS = 2


@pytest.fixture(scope="module", params=["sail", "spark"])
def engine_name(request: pytest.FixtureRequest) -> EngineName:
    name: EngineName = request.param
    try:
        require_engine(name, None)
    except UsageError as error:
        pytest.skip(str(error))
    return name


@pytest.mark.parametrize("seed", [2, 5])
def test_every_table_of_a_nasty_world_has_the_same_rows(
    engine_name: EngineName, seed: int, tmp_path: Path
) -> None:
    world = nasty_world(seed)
    dates = SnapshotDates(world.as_of_date, world.known_on)

    def there(its_catalog: Catalog, its_dates: SnapshotDates) -> DuckDBEngine:
        options = EngineOptions(threads=THREADS, engine=engine_name)
        session = open_session(options)
        return SparkEngine(its_catalog, its_dates, session, tmp_path / "made", options)

    here = score_events(world.events, dates, tmp_path)
    made = score_events(world.events, dates, tmp_path, there)
    try:
        tables = [t for schema in BUILT_SCHEMAS for t in house().of_schema(schema)]
        assert [t.name for t in tables if _rows(here, t) != _rows(made, t)] == []
        assert all(_rows(here, house()[name]) for name in ("staging.bill", "scores.reason"))
    finally:
        made.close()
        here.close()


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[SnapshotRequest]:
    with quick_runs():
        shutil.copytree(CHECKOUT / "data" / "sample", tmp_path / "data")
        yield read_request(date(2026, 10, 31), None, tmp_path / "data", threads=THREADS)


def test_no_manifest_shows_which_engine_made_the_sample_but_the_ledger_does(
    engine_name: EngineName, sample: SnapshotRequest
) -> None:
    settings = sample.settings.model_copy(update={"engine": engine_name})
    there = replace(sample, settings=settings, force=True)
    manifests, engines = [], []
    for request in (sample, there):
        manifests.append(read_manifest(score_day(request).run) | {"run": None})
        published = read_entry(request.data_dir, request.dates).published
        engines.append(published and published.engine)
    assert manifests[0] == manifests[1]
    assert engines == ["duckdb", engine_name]
    assert not (sample.data_dir / ".spill").exists()


def _rows(engine: DuckDBEngine, table: Table) -> list[tuple[object, ...]]:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    key = ", ".join(f'"{name}"' for name in table.key)
    return engine.con.execute(f"select {columns} from {table.name} order by {key}").fetchall()
