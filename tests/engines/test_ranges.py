"""Tables by person are the same, made of everyone at once or of some people after others."""

from pathlib import Path

import pytest

from plainscore.common.standard import STANDARD_CARDS, STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import load_catalog
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


def _made(data_dir: Path) -> dict[str, list[tuple[object, ...]]]:
    with built(CATALOG, DATES, open_store(data_dir), CARDS, upto="staging") as engine:
        return {
            table.name: engine.con.execute(f"from {table.name} order by all").fetchall()
            for table in STAGING
        }


def test_rows_are_those_of_everyone_at_once(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = published_sample(tmp_path_factory)
    whole = _made(data)
    people = len(whole["staging.person"])
    assert people > 100
    for ranges in (2, 7):
        monkeypatch.setattr("plainscore.engines.duckdb.PEOPLE_AT_A_TIME", people // ranges)
        assert _made(data) == whole
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
    for name, sql in (
        ("raw/rate.sql", RATE.replace("select 7", "select cast(7 as bigint)")),
        (
            "staging/rated.sql",
            RATE.replace('key   = ["rate_no"]', 'key   = ["person_key"]\nby_person = true')
            .replace("[columns]", "[columns]\nperson_key = {}")
            .replace(
                "select 7 as rate_no",
                "select distinct profile.person_key, rate.rate_no\n"
                "from raw.profile as profile cross join raw.rate as rate",
            ),
        ),
    ):
        file = tmp_path / "transforms" / name
        file.parent.mkdir(parents=True)
        file.write_text(sql)
    catalog = load_catalog(CARDS, method=Method((*STANDARD_METHOD.layers, tmp_path)))
    data, _ = published_sample(tmp_path_factory)
    monkeypatch.setattr("plainscore.engines.duckdb.PEOPLE_AT_A_TIME", 40)
    with built(catalog, DATES, open_store(data), CARDS) as engine:
        engine.build_needed("staging.rated")
        rated = engine.con.execute("select count(*), sum(rate_no) from staging.rated").fetchall()
    ((people, rates),) = rated
    assert people > 100
    assert rates == 7 * people
