"""Graphs of ties with dates, with labels of who attacks: what rings are looked for in.

Each is a function of its seed. Nothing here is a log: a graph is put into staging.tie as it is.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plainscore.analysis.network import RING_TABLES, Ring, find_rings
from plainscore.contracts import SnapshotDates
from plainscore.engines import EngineOptions
from plainscore.engines.duckdb import DuckDBEngine, insert_rows
from plainscore.synthetic.planted import ATTACK_KINDS
from plainscore.synthetic.shape import USUAL, Shape
from plainscore.synthetic.world import WorldSettings, build_world
from tests.transforms.worked_example import cards, house

Ints = npt.NDArray[np.int64]
D = date(2026, 10, 31)


@dataclass(frozen=True)
class TieGraph:
    """Ties in contact: both ends, age in days, months of contact; who attacks, by kind.

    ``bursts``: people without ill intent who made many ties at once.
    """

    people: int
    low: Ints
    high: Ints
    days: Ints
    months: Ints
    attackers: dict[str, set[int]]
    bursts: frozenset[int] = frozenset()

    @property
    def everyone_attacking(self) -> set[int]:
        return set().union(*self.attackers.values())

    def with_ties(self, pairs: Ints, days: Ints, bursts: set[int]) -> "TieGraph":
        """Return the graph with more ties in contact, of people without ill intent."""
        low, high = pairs.min(axis=1), pairs.max(axis=1)
        codes = np.concatenate([self.low << 32 | self.high, low << 32 | high])
        # The last of each pair counts, as if they had met once more.
        _, last = np.unique(codes[::-1], return_index=True)
        kept = np.sort(len(codes) - 1 - last)
        ages = np.concatenate([self.days, days])[kept]
        months = np.concatenate([self.months, np.minimum(12, days // 30 + 1)])[kept]
        chosen = codes[kept]
        bursting = self.bursts | bursts
        return TieGraph(
            self.people, chosen >> 32, chosen & 0xFFFFFFFF, ages, months, self.attackers, bursting
        )


def invented_world(people: int, seed: int, spread_days: int = 0, shape: Shape = USUAL) -> TieGraph:
    """Return the live ties of an invented world; planted ones moved later by up to some days."""
    settings = WorldSettings(people, date(2024, 11, 1), D, seed, Path(), shape=shape)
    world = build_world(settings)
    ties, last = world.ties, settings.last_day
    chance = np.random.default_rng(seed)
    is_planted = ties["attack"] >= 0
    moved = chance.integers(0, spread_days + 1, len(ties)) * is_planted
    since = np.where(ties["again"] <= last, ties["again"], ties["added"] + moved)
    is_live = (since <= last) & ((ties["ended"] > last) | (ties["again"] <= last))
    days = (last - since)[is_live]
    # Of each month in touch, 72 % have an answer.
    touch = ties["closeness"][is_live] / 1_000_000 * 0.72
    months = chance.binomial(np.minimum(12, days // 30), touch)
    played = {kind: set() for kind in ATTACK_KINDS}  # type: dict[str, set[int]]
    for kind, person in zip(world.attacks["kind"], world.attacks["person"], strict=True):
        played[ATTACK_KINDS[kind]].add(int(person))
    bursts = frozenset(world.bursts["person"].tolist())
    low, high = ties["low"][is_live], ties["high"][is_live]
    return TieGraph(people, low, high, days, months, played, bursts)


def _graph(people: int, pairs: list[tuple[int, int]], days: list[int]) -> TieGraph:
    empty = np.zeros(0, dtype=np.int64)
    graph = TieGraph(people, empty, empty, empty, empty, {})
    return graph.with_ties(np.array(pairs, dtype=np.int64), np.array(days, dtype=np.int64), set())


def messaging(seed: int, people: int = 1_900, ties: int = 14_000) -> TieGraph:
    """Return a network that nearly everyone joined in six weeks, and in which ties came at once.

    Like a measured one of students' messages: heavy tail, half of the ties of friends of friends.
    """
    chance = np.random.default_rng(seed)
    joined = np.sort(np.minimum(chance.exponential(18, people), 180).astype(int))
    weight = chance.pareto(1.3, people) + 0.3
    friends: list[list[int]] = [[] for _ in range(people)]
    pairs, days = [], []
    while len(pairs) < ties:
        one = int(chance.choice(people, p=weight / weight.sum()))
        if friends[one] and chance.random() < 0.5:
            middle = friends[one][chance.integers(len(friends[one]))]
            other = friends[middle][chance.integers(len(friends[middle]))]
        else:
            other = int(chance.choice(people, p=weight / weight.sum()))
        if one != other and other not in friends[one]:
            friends[one].append(other)
            friends[other].append(one)
            pairs.append((one, other))
            begun = max(joined[one], joined[other]) + int(min(chance.exponential(12), 100))
            days.append(300 - min(begun, 299))
    return _graph(people, pairs, days)


def preferential(seed: int, people: int = 6_000, ties_each: int = 14) -> TieGraph:
    """Return a network grown over three years by who has friends, with a wave: a third joins in
    three weeks."""
    chance = np.random.default_rng(seed)
    ends = list(range(ties_each))
    pairs, days = [], []
    wave = range(people // 2, people // 2 + people // 3)
    for one in range(ties_each, people):
        before_wave = 1_100 - 700 * min(one, wave.start) // wave.start
        in_wave = 21 * max(0, min(one, wave.stop) - wave.start) // len(wave)
        after_wave = 379 * max(0, one - wave.stop) // (people - wave.stop)
        joined = before_wave - in_wave - after_wave
        count = int(chance.integers(4, 2 * ties_each - 4))
        for other in {ends[chance.integers(len(ends))] for _ in range(count)}:
            pairs.append((one, other))
            days.append(max(0, joined - int(chance.exponential(10))))
            ends += [one, other]
    return _graph(people, pairs, days)


def school_classes(
    graph: TieGraph, seed: int, *, is_one_start: bool, share: float = 0.3
) -> TieGraph:
    """Return a graph in which part of the people also entered a class: cliques within a fortnight.

    In the same fortnight each of a class of 24 also met some six of other classes or of none.
    """
    chance = np.random.default_rng(seed)
    pupils = chance.permutation(graph.people)[: int(share * graph.people) // 24 * 24]
    pairs, days = [], []
    for one in pupils.reshape(-1, 24):
        start = 400 if is_one_start else int(chance.integers(100, 900))
        among = [(a, b) for n, a in enumerate(one) for b in one[:n] if chance.random() < 0.9]
        across = [
            (a, b)
            for a in one
            for b in chance.integers(0, graph.people, chance.integers(3, 10))
            if b not in one
        ]
        pairs += among + across
        days += (start - chance.integers(0, 15, len(among) + len(across))).tolist()
    return graph.with_ties(np.array(pairs), np.array(days), set(pupils.tolist()))


def club_joiners(graph: TieGraph, seed: int, share: float = 0.05) -> TieGraph:
    """Return a graph in which part of the people joined a club: ties to most of 12 to 40 friends.

    The members know each other for long; several join a club in the same half year.
    """
    chance = np.random.default_rng(seed)
    order = chance.permutation(graph.people)
    joiners = int(share * graph.people)
    pairs, days, bursting = [], [], set()
    taken = joiners
    waiting = order[:joiners].tolist()
    while waiting and taken < graph.people:
        size, joining = int(chance.integers(12, 41)), int(chance.integers(1, 4))
        members = order[taken : taken + size].tolist()
        taken += size
        for n, one in enumerate(members):
            known = [b for b in members[:n] if chance.random() < 0.7]
            pairs += [(one, b) for b in known]
            days += chance.integers(500, 2_000, len(known)).tolist()
        for one in waiting[-joining:]:
            known = [b for b in members if chance.random() < 0.8]
            pairs += [(one, b) for b in known]
            days += (int(chance.integers(30, 400)) - chance.integers(0, 15, len(known))).tolist()
            members.append(one)
            bursting.add(one)
        del waiting[-joining:]
    return graph.with_ties(np.array(pairs), np.array(days), bursting)


def rings_in(graph: TieGraph) -> list[Ring]:
    """Return the rings and stars that are found in a graph; people are their numbers."""
    engine = DuckDBEngine(house(), SnapshotDates(D, D), EngineOptions(threads=1))
    try:
        engine.load_reference(cards())
        con, catalog = engine.con, engine.catalog
        for name in ("staging.tie", "events.person"):
            con.execute(catalog[name].ddl)
        con.execute(
            "insert into events.person select range, printf('%09d', range) from range(?)",
            [graph.people],
        )
        columns = [one.tolist() for one in (graph.low, graph.high, graph.days, graph.months)]
        insert_rows(con, "staging.tie", list(zip(*columns, strict=True)))
        con.execute(
            "insert into staging.tie select friend_key, person_key, tie_days, contact_months "
            "from staging.tie"
        )
        needed = set().union(*(catalog.upstream(name) for name in RING_TABLES))
        for table in catalog.of_schema("audits"):
            if table.name in needed:
                engine.build(table)
        keys, rings = find_rings(con)
        return [
            one._replace(
                people=tuple(keys[place] for place in one.people),
                hub=None if one.hub is None else keys[one.hub],
            )
            for one in rings
        ]
    finally:
        engine.close()
