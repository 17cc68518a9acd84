"""`built`: what is open, filled and made when the block begins, and what is gone when it ends."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import load_catalog
from plainscore.engines import EngineOptions
from plainscore.engines.build import built
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
    assert made == {"raw.payment", "staging.bill", "staging.usual_bill"} | (
        made & {"staging.payee"}
    )


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
