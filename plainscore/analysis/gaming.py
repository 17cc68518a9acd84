"""A published society built anew, so that studies can change it and see what becomes of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from plainscore.analysis.adversary.acts import acts_of
from plainscore.analysis.adversary.attackers import choose_attackers, read_means
from plainscore.analysis.adversary.replay import NAIVE, Replay
from plainscore.analysis.adversary.search import search, try_alone
from plainscore.analysis.statistics import fill_statistic
from plainscore.common.errors import UsageError
from plainscore.contracts.dates import SnapshotDates
from plainscore.contracts.house import build_catalog
from plainscore.engines.build import built
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs.event_store import open_store
from plainscore.runs.spill import engine_options
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings


@contextmanager
def built_society(
    data_dir: Path, dates: SnapshotDates, settings: Settings
) -> Iterator[DuckDBEngine]:
    """Yield an engine with everything up to the scores, and the rings, of the set scorecards.

    Nothing is written but what spills, and nothing is published.
    """
    cards = read_scorecards(settings.scorecards)
    catalog = build_catalog(cards)
    options = engine_options(data_dir, settings, ".gaming")
    with built(
        catalog, dates, open_store(data_dir), cards, upto="scores", options=options
    ) as engine:
        engine.build(catalog["audits.burst_tie"])
        fill_statistic(engine.con, catalog["statistics.ring_member"])
        yield engine


FoundRow = tuple[str, str, int, str, int, int, int, int, str]
"""scorecard, person_id, step, act, deeds, cents, points gained, score after, points by feature."""


def find_cheap_points(
    engine: DuckDBEngine,
    cards: Sequence[Scorecard],
    people: Sequence[str],
    months: int,
    most_deeds: int | None,
) -> list[FoundRow]:
    """Return what an adversary finds; ``most_deeds`` None: what every act gains alone.

    Raises UsageError where someone in ``people`` is not scored.
    """
    keys = [_scored_key(engine, who) for who in people] or choose_attackers(engine)
    replay = Replay(engine, cards, keys)
    acts = {key: acts_of(read_means(engine, key, months)) for key in keys}
    names = [*(card.name for card in cards), NAIVE]
    if most_deeds is None:
        found = try_alone(replay, acts, names)
    else:
        found = search(replay, acts, names, most_deeds)
    ids = dict(engine.con.execute("select person_key, person_id from events.person").fetchall())
    base = {card.name: card.base for card in cards} | {NAIVE: cards[0].base}
    return [
        (
            find.scorecard,
            ids[find.person_key],
            find.step,
            find.act,
            find.deeds,
            find.cents,
            find.points_gained,
            base[find.scorecard] + find.points_after,
            ", ".join(f"{name} {points:+}" for name, points in find.by_feature.items()),
        )
        for find in found
    ]


def _scored_key(engine: DuckDBEngine, person_id: str) -> int:
    rows = engine.con.execute(
        "select person.person_key from events.person as person "
        "inner join features.scoring_status as status on person.person_key = status.person_key "
        "where person.person_id = ? and status.is_scored",
        [person_id],
    ).fetchall()
    if not rows:
        raise UsageError(f"{person_id} is not scored {engine.dates}: play someone who is")
    return int(rows[0][0])
