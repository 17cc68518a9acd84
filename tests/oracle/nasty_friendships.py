"""Plots for the friendship log: ties that come, go and come back; contacts at edges of months."""

from collections.abc import Sequence

from tests.oracle.nasty_writer import NOON, WorldWriter

AGE_EDGES = (0, 90, 365, 200)


def befriend(w: WorldWriter, one: str, other: str, ago: int) -> None:
    """`one` adds `other`."""
    w.happen("friendship", "added", one, ago, friend_id=other)


def part(w: WorldWriter, one: str, other: str, ago: int) -> None:
    """`one` removes `other`."""
    w.happen("friendship", "removed", one, ago, friend_id=other)


def reach_out(w: WorldWriter, one: str, other: str, ago: int) -> None:
    """`one` contacts `other`."""
    w.happen("friendship", "contact", one, ago, friend_id=other)


def talk(w: WorldWriter, one: str, other: str, months: int) -> None:
    """Contact both ways in that many of the last 12 months, at the first or last day of each."""
    for month in w.rng.sample(range(12), months):
        reach_out(w, one, other, 30 * month + w.rng.choice((0, 29)))
        reach_out(w, other, one, 30 * month + w.rng.choice((0, 29)))


def friend_of(w: WorldWriter, one: str, other: str, months: int, age: int) -> None:
    """A plain tie with so many two-way months."""
    befriend(w, one, other, age)
    talk(w, one, other, months)


def chaotic_tie(w: WorldWriter, one: str, other: str) -> None:
    """Up to 6 events of a tie from both sides, some at one instant, and stray contacts."""
    for event_id in w.tied_ids(w.rng.randint(1, 6)):
        sides = [one, other]
        w.rng.shuffle(sides)
        w.happen(
            "friendship",
            w.rng.choice(("added", "added", "removed")),
            sides[0],
            max(-1, w.near(0, 90, 90, 365)),
            clock=NOON if w.chance(0.6) else None,
            event_id=event_id,
            friend_id=sides[1],
        )
    for _ in range(w.rng.randint(0, 8)):
        reach_out(w, one, other, max(-1, w.near(0, 30, 60, 360)))
        if w.chance(0.7):
            reach_out(w, other, one, max(-1, w.near(0, 30, 60, 360)))


def gone_and_back(w: WorldWriter, one: str, other: str) -> None:
    """Added, added again by the other side, removed by the other side, and perhaps re-added."""
    befriend(w, one, other, 700)
    befriend(w, other, one, 650)
    part(w, other, one, 300)
    if w.chance(0.6):
        befriend(w, one, other, w.near(90))
    talk(w, one, other, w.rng.choice((2, 3, 12)))


def round_table(w: WorldWriter, people: Sequence[str]) -> None:
    """One person with k equal friends: shares of exactly 1/2, 1/4 or 1, sums of 6, 18, 36, 60."""
    host, *guests = people
    friends, months = w.rng.choice(((1, 6), (2, 3), (3, 6), (4, 3), (3, 12), (5, 12), (6, 11)))
    for guest in guests[:friends]:
        friend_of(w, host, guest, months, w.near(*AGE_EDGES))
    if w.chance(0.5):
        befriend(w, host, "no one at all", 50)


def hub(w: WorldWriter, centre: str, people: Sequence[str]) -> None:
    """Everyone is tied to the centre; half of them talk to it."""
    for person_id in people:
        if person_id != centre:
            months = w.rng.choice((0, 0, 1, 2, 3))
            friend_of(w, person_id, centre, months, w.near(*AGE_EDGES))


def tangle(w: WorldWriter, people: Sequence[str]) -> None:
    """The friendships of the whole world."""
    crowd = list(people)
    hub(w, crowd[0], crowd[: len(crowd) // 2])
    for _ in range(len(crowd) // 3):
        round_table(w, w.rng.sample(crowd, min(7, len(crowd))))
    for _ in range(len(crowd)):
        one, other = w.rng.sample(crowd, 2)
        plot = w.rng.choice((chaotic_tie, gone_and_back))
        plot(w, one, other)
    for _ in range(len(crowd) // 4):
        one = w.rng.choice(crowd)
        befriend(w, one, f"no one {w.rng.randint(1, 3)}", w.near(0, 90))
        reach_out(w, one, "no one 1", 3)
