"""The same people under several rules, month by month: the whole way on one page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from plainscore.analysis.drift.stability import shorrocks_index
from plainscore.analysis.gaming import built_scores
from plainscore.analysis.planted import LABELS, measure_planted
from plainscore.analysis.quality.outcomes import OUTCOME, built_outcomes, outcome_dates
from plainscore.analysis.societies.mobility import Move, Placed, moves, up_and_down
from plainscore.analysis.societies.month import (
    access_rows,
    assortativities,
    band_rows,
    build_audits,
    gap_rows,
    outcome_figures,
    placed_people,
    score_figures,
)
from plainscore.analysis.societies.planted import gains_by_society
from plainscore.analysis.societies.rules import add_derived_rules, titles
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.contracts.dates import SnapshotDates
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs.event_store import EventStore
from plainscore.runs.doing import Do, plainly
from plainscore.runs.inputs import is_invented_world
from plainscore.runs.request import snapshot_dates
from plainscore.runs.spill import engine_options
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings

Record = dict[str, Any]
Outcome = tuple[str, bool]
"""person_id, and whether a bill due in the 90 days after became 30 or more days late."""
TABLES = ("figures", "bands", "gaps", "benefits", "four_fifths", "planted")
"""Of what every month has rows: one per society, or more as their columns say."""


@dataclass
class Comparison:
    """What the months have in common, and what grows with each of them."""

    store: EventStore
    cards: tuple[Scorecard, ...]
    settings: Settings
    outcome_catalog: Catalog
    newest_arrival: date
    labels: Path | None
    tables: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in TABLES})
    moved: dict[tuple[str, int, int], int] = field(default_factory=dict)
    before: dict[str, Placed] = field(default_factory=dict)

    @property
    def bases(self) -> dict[str, int]:
        """Name -> base of every society."""
        own = {card.name: card.base for card in self.cards}
        return {name: own.get(name, self.cards[0].base) for name in titles(self.cards)}


def compare_societies(
    store: EventStore, months: Sequence[date], settings: Settings, do: Do = plainly
) -> Record:
    """Return the record that the page and the JSON are made of; nothing is published.

    ``settings.scorecards``: the cards to compare, first the one that the derived rules vary.
    """
    cards = read_scorecards(settings.scorecards)
    societies = titles(cards)
    labels = store.data_dir / "landing" / "_truth"
    has_labels = all((labels / name).is_file() for name in LABELS)
    comparison = Comparison(
        store,
        cards,
        settings,
        load_catalog(group="outcomes"),
        max(store.ledger()["arrived"].to_list()),
        labels if has_labels else None,
    )
    for month in months:
        do(score_month, comparison, snapshot_dates(month, None, settings, today=month))
    return {
        "months": [str(month) for month in months],
        "societies": [{"society": name, "title": title} for name, title in societies.items()],
        "is_invented": is_invented_world(store.data_dir),
        **comparison.tables,
        "moves": [
            {"society": society, "from_band_no": old, "to_band_no": new, "people": people}
            for (society, old, new), people in sorted(comparison.moved.items())
        ],
    }


def score_month(comparison: Comparison, dates: SnapshotDates) -> None:
    """Add the figures of one month, of every society."""
    store, cards, settings = comparison.store, comparison.cards, comparison.settings
    with built_scores(store.data_dir, dates, settings) as engine:
        add_derived_rules(engine, cards)
        build_audits(engine)
        _add(comparison, dates, "figures", _figures(comparison, engine, dates))
        _add(comparison, dates, "bands", list(band_rows(engine)))
        _add(comparison, dates, "gaps", list(gap_rows(engine)))
        benefits, flags = access_rows(engine)
        _add(comparison, dates, "benefits", benefits)
        _add(comparison, dates, "four_fifths", flags)
        if comparison.labels is not None:
            planted = measure_planted(engine, comparison.labels)
            _add(comparison, dates, "planted", gains_by_society(planted, cards))


def _figures(comparison: Comparison, engine: DuckDBEngine, dates: SnapshotDates) -> list[Record]:
    placed, friends = placed_people(engine, comparison.bases), assortativities(engine)
    outcomes = outcome_figures(engine, _outcomes(comparison, engine, dates))
    champion = comparison.cards[0].name
    rows = []
    for row in score_figures(engine, comparison.bases):
        society = row["society"]
        moved = moves(comparison.before[society], placed[society]) if comparison.before else []
        _count_moves(comparison, society, moved)
        higher, lower = up_and_down(moves(placed[champion], placed[society]))
        rows.append(
            row
            | friends.get(society, {})
            | {"mobility": shorrocks_index(moved), "band_up": higher, "band_down": lower}
            | outcomes.get(society, {})
        )
    comparison.before = placed
    return rows


def _count_moves(comparison: Comparison, society: str, moved: list[Move]) -> None:
    for old, new, people in moved:
        key = society, old, new
        comparison.moved[key] = comparison.moved.get(key, 0) + people


def _outcomes(comparison: Comparison, engine: DuckDBEngine, dates: SnapshotDates) -> list[Outcome]:
    """Return what became of the scored; nothing while it is not known."""
    if comparison.newest_arrival < outcome_dates(dates).as_of_date:
        return []
    store = comparison.store
    scored = engine.con.execute(
        "select person_id from features.scoring_status inner join events.person using (person_key) "
        "where is_scored"
    ).fetchall()
    given = ("select unnest(?::varchar[])", [[person_id for (person_id,) in scored]])
    options = engine_options(store.data_dir, comparison.settings, ".outcomes")
    with built_outcomes(store, comparison.outcome_catalog, (dates, "none"), given, options) as seen:
        return seen.con.execute(
            f"select person_id, is_bad from {OUTCOME} order by person_id"
        ).fetchall()


def _add(comparison: Comparison, dates: SnapshotDates, table: str, rows: Sequence[Record]) -> None:
    """Keep a month's rows, society by society in the order of the page."""
    order = list(titles(comparison.cards))
    comparison.tables[table] += [
        {"as_of_date": str(dates.as_of_date), **row}
        for row in sorted(rows, key=lambda row: order.index(row["society"]))
    ]
