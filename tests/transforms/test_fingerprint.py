"""What changed, and from which stage on: the hashes of the stages say it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from plainscore.contracts.catalog import (
    APART,
    SCHEMAS,
    SOURCES,
    WHOLE_CARDS_FROM,
    Catalog,
    load_catalog,
    stage_hashes,
)
from plainscore.contracts.contract import Table
from plainscore.scorecards.card import Scorecard
from tests.transforms.worked_example import cards, house

CARDS, TABLES = cards(), house()
STAGES = [schema for schema in SCHEMAS if schema not in (*SOURCES, *APART)]


def changed_stages(tables: Catalog, changed: tuple[Scorecard, ...], part: str) -> list[str]:
    before, after = stage_hashes(TABLES, CARDS, {}), stage_hashes(tables, changed, {})
    return [
        stage for stage in STAGES if getattr(before[stage], part) != getattr(after[stage], part)
    ]


def with_longer_sql(name: str) -> Catalog:
    def lengthen(table: Table) -> Table:
        return replace(table, sql=table.sql + " -- so") if table.name == name else table

    written, compiled = ([*map(lengthen, some)] for some in (TABLES.written, TABLES.compiled))
    return Catalog(written, TABLES.glossary, compiled)


@pytest.mark.parametrize(
    ("name", "part", "first"),
    [
        ("events.payment", "code", "raw"),
        ("staging.bill", "code", "staging"),
        ("scores.friend_reliability", "code", "scores"),
        ("scores.own_points", "scorecards", "scores"),
    ],
)
def test_a_changed_table_changes_its_stage_and_all_that_follow(
    name: str, part: str, first: str
) -> None:
    changed = changed_stages(with_longer_sql(name), CARDS, part)
    assert changed == STAGES[STAGES.index(first) :]


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda card: replace(card, title="Another"), "scores"),
        (lambda card: replace(card, not_scored=card.not_scored[1:]), "features"),
    ],
)
def test_a_changed_scorecard_leaves_the_code_alone(
    change: Callable[[Scorecard], Scorecard], first: str
) -> None:
    after = (change(CARDS[0]), *CARDS[1:])
    tables = load_catalog(after)
    assert changed_stages(tables, after, "code") == []
    assert changed_stages(tables, after, "scorecards") == STAGES[STAGES.index(first) :]


def test_before_the_scores_nothing_reads_a_card_but_what_is_compiled_from_it() -> None:
    early = STAGES[: STAGES.index(WHOLE_CARDS_FROM)]
    read = {
        name
        for table in TABLES.tables.values()
        if table.schema in early
        for name in table.inputs
        if name.startswith("reference.")
    }
    assert read == {"reference.decay_weight", "reference.materiality"}
