"""How many of those who attack are found in a ring or star, and how many others.

``python -m tests.campaigns.rings --seeds 21 22 23 24`` prints two tables: what is found
of each attack, made in a burst of 45 days and with every tie moved by a day drawn evenly from 0
to 180; and how many who attack no one are in a ring, in graphs with innocent bursts. One minute.
The rows of reference.ring_rule were chosen on seeds 1 to 20 and 101 to 110.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from plainscore.synthetic.planted import ATTACK_KINDS
from tests.studies.tie_graphs import (
    TieGraph,
    club_joiners,
    invented_world,
    messaging,
    preferential,
    rings_in,
    school_classes,
)

SPREADS = (0, 180)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23, 24])
    asked = parser.parse_args()
    measure_attacks(asked.people, asked.seeds)
    print()
    measure_bursts(asked.people, asked.seeds)


def measure_attacks(people: int, seeds: Sequence[int]) -> None:
    """Print the share of each attack's people that is found, and of all that is found, theirs."""
    print("| attack | in 45 days | spread over 180 days |\n|---|---|---|")
    found, others, there = Counter[tuple[str, int]](), Counter[int](), Counter[str]()
    for seed in seeds:
        for spread in SPREADS:
            graph = invented_world(people, seed, spread)
            in_rings = {person for one in rings_in(graph) for person in one.people}
            for kind in ATTACK_KINDS:
                found[kind, spread] += len(in_rings & graph.attackers[kind])
            others[spread] += len(in_rings - graph.everyone_attacking)
        there.update({kind: len(of_kind) for kind, of_kind in graph.attackers.items()})
        there["no attack"] += people - len(graph.everyone_attacking)
    rows = [
        (kind, [_share(found[kind, spread], there[kind]) for spread in SPREADS])
        for kind in ATTACK_KINDS
    ]
    everyone = {spread: sum(found[kind, spread] for kind in ATTACK_KINDS) for spread in SPREADS}
    attackers = sum(there[kind] for kind in ATTACK_KINDS)
    rows += [
        ("all: recall", [_share(everyone[spread], attackers) for spread in SPREADS]),
        ("all: precision", [_share(everyone[s], everyone[s] + others[s]) for s in SPREADS]),
        ("no attack", [_share(others[spread], there["no attack"]) for spread in SPREADS]),
    ]
    for name, shares in rows:
        print(f"| {name} | {' | '.join(shares)} |")


def measure_bursts(people: int, seeds: Sequence[int]) -> None:
    """Print how many innocent people, and how many of those in innocent bursts, are in a ring."""
    print("| graph | people | of them in a ring | in innocent bursts | of them in a ring |")
    print("|---|---|---|---|---|")
    for name, make in _graphs(people):
        counts = Counter[str]()
        for seed in seeds:
            graph = make(seed)
            innocent = set(range(graph.people)) - graph.everyone_attacking
            in_rings = {person for one in rings_in(graph) for person in one.people}
            counts["people"] += len(innocent)
            counts["found"] += len(innocent & in_rings)
            counts["bursts"] += len(innocent & graph.bursts)
            counts["found bursts"] += len(innocent & graph.bursts & in_rings)
        everyone = f"{counts['people']:,} | {_share(counts['found'], counts['people'])}"
        bursting = f"{counts['bursts']:,} | {_share(counts['found bursts'], counts['bursts'])}"
        print(f"| {name} | {everyone} | {bursting} |")


def _graphs(people: int) -> Iterator[tuple[str, Callable[[int], TieGraph]]]:
    def world(seed: int) -> TieGraph:
        return invented_world(people, seed)

    yield "the invented world: classes and clubs", world
    yield "and more people who join a club", lambda seed: club_joiners(world(seed), seed)
    yield (
        "and more classes, each from a day of its own",
        lambda seed: school_classes(world(seed), seed, is_one_start=False),
    )
    yield (
        "and more classes, all from one day",
        lambda seed: school_classes(world(seed), seed, is_one_start=True),
    )
    yield "messages: all ties in a few weeks", messaging
    yield "preferential attachment, a third joins in three weeks", preferential


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}, {100 * part / whole:.2f} %" if whole else "-"


if __name__ == "__main__":
    main()
