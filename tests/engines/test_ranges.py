"""Tables by person are the same, made of everyone at once or of some people after others."""

from pathlib import Path

import pytest

from plainscore.common.standard import STANDARD_CARDS, STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.contracts.contract import ContractError
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import tables_by_person
from plainscore.scorecards.reading import read_scorecards
from plainscore.store.event_store import open_store
from tests.made_once import SAMPLE_DAY, published_sample

DATES = SnapshotDates(SAMPLE_DAY, SAMPLE_DAY)
CARDS = read_scorecards(STANDARD_CARDS)
CATALOG = load_catalog(CARDS)
STAGING = CATALOG.of_schema("staging")
OF_EVERYONE = {"staging.contact", "staging.tie", "staging.identity_conflict"}


def _made(data_dir: Path, options: EngineOptions) -> dict[str, list[tuple[object, ...]]]:
    store = open_store(data_dir)
    with built(CATALOG, DATES, store, CARDS, upto="staging", options=options) as engine:
        return {
            table.name: engine.con.execute(f"from {table.name} order by all").fetchall()
            for table in STAGING
        }


def test_rows_are_those_of_everyone_at_once(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = published_sample(tmp_path_factory)
    whole = _made(data, EngineOptions())
    people = len(whole["staging.person"])
    assert people > 100
    for ranges in (2, 7):
        monkeypatch.setattr("plainscore.engines.duckdb.PEOPLE_AT_A_TIME", people // ranges)
        for folder in (None, tmp_path / "tables"):
            assert _made(data, EngineOptions(temp_directory=folder)) == whole
        with built(CATALOG, DATES, open_store(data), CARDS) as engine:
            engine.build_needed("staging.bill")
            bills = engine.con.execute("from staging.bill order by all").fetchall()
        assert bills == whole["staging.bill"]


def test_what_joins_people_is_made_of_everyone_and_so_is_what_is_made_of_it() -> None:
    names = {table.name for table in tables_by_person(STAGING)}
    assert names == {table.name for table in STAGING} - OF_EVERYONE
    without_bills = [table for table in STAGING if table.name != "staging.bill"]
    lost = names - {table.name for table in tables_by_person(without_bills)}
    assert lost == {
        f"staging.{one}" for one in ("bill", "credit_bill", "repaid_month", "credit_record")
    }


def _project(folder: Path, files: dict[str, str]) -> Catalog:
    for name, sql in files.items():
        file = folder / "transforms" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sql)
    return load_catalog(CARDS, method=Method((*STANDARD_METHOD.layers, folder)))


RATE = """/*
title = "A rate that is of no one"
grain = "one row"
key   = ["rate_no"]

[columns]
rate_no = { type = "BIGINT", doc = "Its number." }
*/
select 7 as rate_no
"""


def test_a_raw_table_of_no_one_is_whole_in_every_range(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated = RATE.replace('key   = ["rate_no"]', 'key   = ["person_key"]\nby_person = true')
    rated = rated.replace("[columns]", "[columns]\nperson_key = {}").replace(
        "select 7 as rate_no",
        "select distinct profile.person_key, rate.rate_no\n"
        "from raw.profile as profile cross join raw.rate as rate",
    )
    rate = RATE.replace("select 7", "select cast(7 as bigint)")
    catalog = _project(tmp_path, {"raw/rate.sql": rate, "staging/rated.sql": rated})
    data, _ = published_sample(tmp_path_factory)
    monkeypatch.setattr("plainscore.engines.duckdb.PEOPLE_AT_A_TIME", 40)
    with built(catalog, DATES, open_store(data), CARDS) as engine:
        engine.build_needed("staging.rated")
        counted = engine.con.execute("select count(*), sum(rate_no) from staging.rated")
        ((people, rates),) = counted.fetchall()
    assert people > 100
    assert rates == 7 * people


CROWD = """/*
title = "How many people there are, to each of them"
grain = "one row per person"
key   = ["person_key"]
by_person = true

[columns]
person_key   = {}
people_count = { type = "BIGINT", unit = "people", doc = "Everyone." }
*/
select
    person_key,
    count(*) over () as people_count
from staging.person
"""


def test_a_table_of_everyone_that_calls_itself_by_person_is_refused(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = _project(tmp_path, {"staging/crowd.sql": CROWD})
    data, _ = published_sample(tmp_path_factory)
    monkeypatch.setattr("plainscore.engines.duckdb.PEOPLE_AT_A_TIME", 40)
    said = "staging.crowd is not by person.* person_key 0 "
    with (
        built(catalog, DATES, open_store(data), CARDS) as engine,
        pytest.raises(ContractError, match=said),
    ):
        engine.build_needed("staging.crowd")


def test_a_table_by_person_has_the_key_of_the_person(tmp_path: Path) -> None:
    rate = RATE.replace('key   = ["rate_no"]', 'key   = ["rate_no"]\nby_person = true')
    with pytest.raises(ContractError, match="staging.rate: a table by person has the column"):
        _project(tmp_path, {"staging/rate.sql": rate})
