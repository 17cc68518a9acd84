"""Groups of people who are held together by pairs: connected components, in a fixed order."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

FEWEST_IN_A_RING = 4
"""Two triangles on every tie take four people; what is smaller is the edge of something else."""


def find_rings(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the rings that pairs of ids make: the largest first, equals by their first id.

    Members are sorted; ids are compared as UTF-8 bytes. Neither the order of the pairs nor that of
    their ends matters.
    """
    leader: dict[str, str] = {}
    for one, other in pairs:
        leader[_leader_of(leader, one)] = _leader_of(leader, other)
    followers: defaultdict[str, list[str]] = defaultdict(list)
    for person in leader:
        followers[_leader_of(leader, person)].append(person)
    rings = [sorted(ring, key=str.encode) for ring in followers.values()]
    return sorted((ring for ring in rings if len(ring) >= FEWEST_IN_A_RING), key=_place)


def _place(ring: Sequence[str]) -> tuple[int, bytes]:
    return -len(ring), ring[0].encode()


def _leader_of(leader: dict[str, str], person: str) -> str:
    """Return who stands for the person's ring, and halve the way there."""
    at = leader.setdefault(person, person)
    while leader[at] != at:
        leader[at] = leader[leader[at]]
        at = leader[at]
    return at
