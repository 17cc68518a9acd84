"""What standard_3 lets no one buy: the price list is played on the sample, and holds the law."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import duckdb
import pytest

from plainscore.analysis.gaming import NEW_PERSON, Action, LifeCopy, Replay, read_actions
from plainscore.analysis.prices import FRESH, Deal, choose_people, price_list
from plainscore.common.standard import STANDARD_METHOD
from plainscore.contracts.catalog import load_catalog
from plainscore.contracts.contract import method_glossary, read_table
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.reading import read_scorecards
from tests.campaigns.prices import CARDS, HORIZONS, LIMITS, scored_sample

CARD = "standard_3"
PRICE = STANDARD_METHOD.find("transforms/reference/price.toml")


@pytest.fixture(scope="module")
def sample() -> Iterator[DuckDBEngine]:
    """The scores of the sample by the card that makes points cost what they are worth."""
    with scored_sample(CARD) as (engine, _):
        yield engine


def _people(sample: DuckDBEngine) -> list[str]:
    keys = choose_people(sample)
    sql = "select person_key, person_id from events.person where list_contains(?, person_key)"
    ids = dict(sample.con.execute(sql, [keys]).fetchall())
    return [ids[key] for key in keys]


@pytest.fixture(scope="module")
def rows(sample: DuckDBEngine) -> list[dict[str, Any]]:
    lowest, _, middle, *_ = _people(sample)
    played = [lowest, middle, FRESH]
    return price_list(sample, read_scorecards((CARD,)), played, (89, 179, 181))


def test_a_hundred_points_take_180_days_and_1000_moved(rows: list[dict[str, Any]]) -> None:
    dear = [row for row in rows if (row["points_gained"] or 0) >= 100]
    for row in dear:
        if row["goal"] != "own bills paid":
            assert row["days"] >= 180, row
            assert row["cents"] >= 1_000_00, row


def test_below_90_days_and_100_moved_no_one_gains_more_than_20(rows: list[dict[str, Any]]) -> None:
    cheap = [row for row in rows if row["days"] < 90 and row["goal"] == "most below 100.00"]
    assert len(cheap) == 2
    for row in cheap:
        assert row["cents"] < 100_00
        assert 0 <= row["points_gained"] <= 20, row


def test_a_fresh_identity_below_1000_in_181_days_is_fair_at_most(
    rows: list[dict[str, Any]],
) -> None:
    [fresh] = [
        row for row in rows if row["person_id"] == FRESH and row["goal"] == "most below 1,000.00"
    ]
    assert (fresh["days"], fresh["score_before"]) == (181, None)
    assert fresh["cents"] < 1_000_00
    assert fresh["band"] in ("poor", "fair"), fresh


def test_no_one_is_scored_before_the_account_is_old_enough(rows: list[dict[str, Any]]) -> None:
    assert {row["days"] for row in rows if row["person_id"] == FRESH} == {181}


def declared(card: str) -> list[dict[str, Any]]:
    """Return the rows that reference.price declares of a card."""
    assert PRICE is not None
    table = read_table(PRICE, method_glossary(STANDARD_METHOD))
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    return [row for row in rows if row["scorecard"] == card]


@pytest.mark.parametrize("name", CARDS)
def test_what_is_said_to_buy_points_buys_them(name: str, sample: DuckDBEngine) -> None:
    [card] = read_scorecards((name,))
    with nullcontext((sample, card)) if name == CARD else scored_sample(name) as (engine, _):
        rows, scored = declared(name), choose_people(engine)
        assert {row["version"] for row in rows} == {card.version}
        found = {
            (key, days): read_actions(engine, key, days)
            for key in (*scored, NEW_PERSON)
            for days in {row["within_days"] for row in rows}
        }
        played = [
            (no, LifeCopy(key, actions))
            for no, row in enumerate(rows)
            for key in ([NEW_PERSON] if row["player"] == FRESH else scored)
            if (actions := _chosen(found[key, row["within_days"]], row["acts"]))
        ]
        with Replay(engine, [card], [*scored, NEW_PERSON]) as replay:
            had = {key: sum(of[name].values()) for key, of in replay.published_points().items()}
            points = replay.points([copy for _, copy in played])
    deals: dict[int, list[tuple[int, Deal]]] = {}
    for (no, copy), of in zip(played, points, strict=True):
        deal = Deal(copy.actions, of.get(name))
        deals.setdefault(no, []).append((deal.total - had.get(copy.person_key, 0), deal))
    for no, row in enumerate(rows):
        gained, deal = max(deals[no], key=lambda one: one[0])
        assert gained == row["points_bought"] or row["player"] == FRESH, row
        assert card.base + deal.total == row["score_bought"], row
        assert (deal.deeds, deal.cents) == (row["deed_count"], row["moved_cents"]), row
        assert deal.cents < row["below_cents"]


def _chosen(found: list[Action], names: str) -> tuple[Action, ...]:
    """Return the acts of a row among those open to a person; none where one of them is not."""
    acts = names.split("; ")
    chosen = tuple(one for one in found if one.name in acts)
    return chosen if len(chosen) == len(acts) else ()


def test_no_more_is_bought_than_is_said(rows: list[dict[str, Any]]) -> None:
    said = {(one["player"], one["within_days"], one["below_cents"]): one for one in declared(CARD)}
    for row in rows:
        player = FRESH if row["person_id"] == FRESH else "someone scored"
        if (below := LIMITS.get(row["goal"])) and row["days"] in HORIZONS:
            one = said[player, row["days"], below]
            assert (row["points_gained"] or 0) <= (one["points_bought"] or 0)
            assert row["person_id"] != FRESH or row["score_after"] == one["score_bought"]


def test_another_version_and_a_card_without_some_logs_are_not_measured() -> None:
    catalog = load_catalog(read_scorecards((CARD,)))
    with duckdb.connect() as con:
        con.execute("create schema reference")
        for name in ("reference.card", "reference.price"):
            con.execute(catalog[name].ddl)
        con.execute(
            "insert into reference.card by name "
            "from (values ('a', '1', null), ('b', '2', null), ('c', '1', 'service')) "
            "as card (scorecard, version, without_logs); "
            "insert into reference.price by name "
            "from (values ('a', '1', 1, 20), ('b', '1', 1, 30), ('c', '1', 1, 40)) "
            "as price (scorecard, version, price_no, points_bought)"
        )
        rows = con.execute(
            "select scorecard, price_no, is_measured, points_bought "
            f"from ({catalog['statistics.price'].sql}) order by all"
        ).fetchall()
    assert rows == [("a", 1, True, 20), ("b", 0, False, None), ("c", 0, False, None)]
