"""`built`: what is open, filled and made when the block begins, and what is gone when it ends."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from plainscore.common.standard import STANDARD_CARDS, STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import load_catalog, rehearse
from plainscore.contracts.contract import ContractError, method_glossary, method_tables
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
from plainscore.engines.duckdb import default_memory
from plainscore.scorecards.reading import read_scorecards

DATES = SnapshotDates(date(2026, 1, 31), date(2026, 1, 31))
CARDS = read_scorecards(("standard",))
CATALOG = load_catalog(CARDS)


def _there(con: duckdb.DuckDBPyConnection) -> set[str]:
    rows = con.execute("select table_schema || '.' || table_name from information_schema.tables")
    return {name for (name,) in rows.fetchall()}


def test_schemas_are_built_up_to_the_named_one_on_empty_events_and_filled_references() -> None:
    with built(CATALOG, DATES, cards=CARDS, upto="features") as engine:
        there = _there(engine.con)
        assert engine.con.execute("select count(*) from reference.card").fetchall() == [(1,)]
    assert {"events.purchase", "raw.purchase", "features.feature_vector"} <= there
    assert not any(name.startswith(("scores.", "audits.")) for name in there)


def test_without_a_schema_nothing_is_built_and_a_target_brings_what_it_is_made_of() -> None:
    with built(CATALOG, DATES, cards=CARDS) as engine:
        before = _there(engine.con)
        engine.build_needed("staging.bill")
        made = _there(engine.con) - before
    assert not any(name.startswith("raw.") for name in before)
    of_bills = {"later_payment", "bill_total", "bill_movement", "usual_bill", "bill"}
    assert made == {"raw.payment", *(f"staging.{name}" for name in of_bills)}


def test_every_packaged_card_runs_on_empty_tables() -> None:
    """What lets a run on packaged cards begin without a rehearsal of its own."""
    names = [Path(n).stem for n in STANDARD_METHOD.files("transforms/scorecards", ".toml")]
    assert len(names) > 5
    for cards in [*((name,) for name in names), STANDARD_CARDS]:
        assert rehearse(load_catalog(read_scorecards(cards))) == []


@pytest.mark.parametrize("name", ["raw.payment", "staging.later_payment", "audits.unused_event"])
def test_a_file_takes_the_place_of_what_is_made_of_any_log(name: str, tmp_path: Path) -> None:
    file = tmp_path / "transforms" / f"{name.replace('.', '/')}.sql"
    file.parent.mkdir(parents=True)
    own = "/*\ntitle = 'Own'\ngrain = 'one row per person'\nkey = ['person_key']\n"
    file.write_text(own + "[columns]\nperson_key = {}\n*/\nselect 1 as person_key\n")
    method = Method((*STANDARD_METHOD.layers, tmp_path))
    tables = method_tables(method, [name.partition(".")[0]], method_glossary(method))
    (table,) = (one for one in tables if one.name == name)
    assert table.title == "Own"


@pytest.mark.parametrize("name", ["raw.payment", "staging.bill"])
def test_a_table_with_other_columns_than_its_contract_promises_is_refused(name: str) -> None:
    with built(CATALOG, DATES, cards=CARDS, options=EngineOptions(threads=1)) as engine:
        engine.build_needed(name)
        table = CATALOG[name]
        kind = "view" if table.schema == "raw" else "table"
        engine.con.execute(f"drop {kind} {name} cascade")
        other = replace(table, sql=f"select *, 1 as another from ({table.sql})")
        with pytest.raises(ContractError, match=rf"{name}: contract has \d+ columns, SQL makes"):
            engine.build(other)


def test_an_error_inside_closes_the_engine_and_removes_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "spill"
    folder.mkdir()
    options = EngineOptions(1, "1GB", folder)
    with (
        pytest.raises(RuntimeError, match="inside"),
        built(CATALOG, DATES, options=options) as engine,
    ):
        raise RuntimeError("inside")
    assert not folder.exists()
    with pytest.raises(duckdb.ConnectionException):
        engine.con.execute("select 1")


D, BEFORE, AFTER = (date(2026, 1, 31), date(2025, 12, 31), date(2026, 2, 1))


def test_a_snapshot_leaves_nothing_out_unless_asked_to() -> None:
    assert SnapshotDates(D, AFTER).parameters["events_until"] == D
    assert SnapshotDates(D, AFTER, BEFORE).parameters["events_until"] == BEFORE


def test_events_cannot_be_cut_after_the_day_of_the_snapshot() -> None:
    with pytest.raises(ValueError, match="2026-02-01, after 2026-01-31"):
        SnapshotDates(D, D, AFTER)


def test_without_a_limit_an_engine_takes_seven_tenths_of_half_the_machine_or_of_4_gb() -> None:
    with duckdb.connect(config={"memory_limit": "4GiB"}) as con:  # 80 % of 5 GiB
        assert default_memory(con) == "1879MB"
    with duckdb.connect(config={"memory_limit": "48GiB"}) as con:
        assert default_memory(con) == "2800MB"
    with duckdb.connect() as con, built(CATALOG, DATES, cards=CARDS) as engine:
        con.execute(f"set memory_limit = '{default_memory(con)}'")
        setting = "select current_setting('memory_limit')"
        assert con.execute(setting).fetchall() == engine.con.execute(setting).fetchall()
