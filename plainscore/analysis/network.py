"""The network of friends: assortativity of scores against rewired ties.

Fills statistics.score_assortativity. Random draws are a function of
their purpose and of a counter, so the same inputs give the same figures.
"""

import hashlib
import math
from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

REWIRINGS = 20
BURN_IN_SWEEPS = 2
MOST_TIES_REWIRED = 100_000
"""Beyond it a random sample of the ties is rewired, which bounds the cost of a large network."""

# Places by person_id: person_key depends on who arrived first.
_SCORED = """
with scored as (
    select person_key, row_number() over (order by person_id) - 1 as place
    from events.person
    where person_key in (select person_key from scores.own_points)
)
"""
_TIES = f"""{_SCORED}
select least(one.place, other.place) as low, greatest(one.place, other.place) as high
from staging.tie as tie
inner join scored as one on tie.person_key = one.person_key
inner join scored as other on tie.friend_key = other.person_key
where tie.person_key < tie.friend_key
order by all
"""
# The cards of a run agree on who is scored, so every card has the same people.
_POINTS = f"""{_SCORED}
select score.score - card.base as points, own_points.own_points
from scores.score as score
inner join scored on score.person_key = scored.person_key
inner join reference.card as card on score.scorecard = card.scorecard
inner join scores.own_points as own_points
    on score.scorecard = own_points.scorecard and score.person_key = own_points.person_key
where score.scorecard = ?
order by scored.place
"""


def draw(purpose: str, counters: Ints) -> Bits:
    """Return 64 random bits for each counter (at least 0), different for different counters.

    splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014)
    as a hash of its counter. The streams of numpy's own generators may change with a version.
    """
    start = np.frombuffer(hashlib.sha256(purpose.encode()).digest()[:8], dtype="<u8")
    bits = counters.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + start
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return np.asarray(bits)


def shuffled(purpose: str, count: int) -> Ints:
    """Return 0, 1, ..., count - 1 in random order; no two draws are equal, so any sort will do."""
    return np.argsort(draw(purpose, np.arange(count, dtype=np.int64)))


def score_assortativity(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.score_assortativity: friends' scores, and by chance."""
    points: dict[tuple[str, str], Ints] = {}
    cards = con.execute("select distinct scorecard from scores.own_points order by all").fetchall()
    for (card,) in cards:
        columns = con.execute(_POINTS, [card]).fetchnumpy()
        points[card, "all"] = columns["points"].astype(np.int64)
        points[card, "own"] = columns["own_points"].astype(np.int64)
    found = con.execute(_TIES).fetchnumpy()
    ties = np.column_stack((found["low"], found["high"])).astype(np.int64)
    person_count = max(map(len, points.values()), default=0)
    drawn = ties_to_rewire(ties, person_count)
    redrawn: dict[tuple[str, str], list[float | None]] = {key: [] for key in points}
    for sample in rewired(drawn, person_count, REWIRINGS) if len(drawn) else ():
        for key, of_card in points.items():
            redrawn[key].append(assortativity(sample, of_card))
    for key, of_card in points.items():
        of_drawn = assortativity(drawn, of_card)
        chance = [value for value in redrawn[key] if value is not None]
        mean = deviation = distance = None
        if of_drawn is not None and len(chance) > 1:
            mean = math.fsum(chance) / len(chance)
            deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in chance) / (len(chance) - 1))
            distance = (of_drawn - mean) / deviation if deviation else None
        head = *key, len(ties), assortativity(ties, of_card), len(drawn), of_drawn
        yield *head, len(redrawn[key]), mean, deviation, distance


def assortativity(ties: Ints, points: Ints) -> float | None:
    """Return Pearson's correlation of the points at both ends, each tie counted from either end.

    Newman, Phys. Rev. E 67, 026126 (2003). None where there is no tie, or everyone who has one has
    equal points. Whole numbers until the one division.
    """
    ends = points[ties]
    total, squares = int(ends.sum()), int((ends * ends).sum())
    products = 2 * int((ends[:, 0] * ends[:, 1]).sum())
    count = 2 * len(ties)
    spread = count * squares - total * total
    return (count * products - total * total) / spread if spread else None


def ties_to_rewire(ties: Ints, person_count: int, most: int = MOST_TIES_REWIRED) -> Ints:
    """Return all ties, or ``most`` of them: those with the lowest draws."""
    if len(ties) <= most:
        return ties
    draws = draw("ties to rewire", tie_keys(ties, person_count))
    return ties[np.sort(np.argpartition(draws, most)[:most])]


def rewired(ties: Ints, person_count: int, times: int) -> Iterator[Ints]:
    """Yield the ties redrawn ``times`` times; everyone keeps as many ties as before.

    Two ties a-b and c-d become a-d and c-b, unless that ties someone to themselves or twice to
    another (double edge swaps: Maslov and Sneppen, Science 296, 2002). A sweep offers every tie a
    swap. ``ties``: shape (ties, 2), numbers of people from 0 and below ``person_count``, each tie
    once; the order of its rows decides the draws.
    """
    redrawn = ties.copy()
    for sweep in range(BURN_IN_SWEEPS + times):
        _swap_once(redrawn, person_count, sweep)
        if sweep >= BURN_IN_SWEEPS:
            yield redrawn


def tie_keys(ties: Ints, person_count: int) -> Ints:
    """Return one number for each tie, whichever end comes first."""
    one, other = ties[:, 0], ties[:, 1]
    return np.asarray(np.minimum(one, other) * person_count + np.maximum(one, other))


def _swap_once(ties: Ints, person_count: int, sweep: int) -> None:
    """Offer every tie one swap with another; where their number is odd, one is left out."""
    half = len(ties) // 2
    order = shuffled(f"rewiring order {sweep}", len(ties))
    one, other = order[:half], order[half : 2 * half]
    is_turned = draw(f"rewiring turn {sweep}", one) >> np.uint64(63) > 0
    ends, other_ends = ties[one], ties[other]
    other_ends[is_turned] = other_ends[is_turned][:, ::-1]
    crossed = np.column_stack((ends[:, 0], other_ends[:, 1]))
    crossed_back = np.column_stack((other_ends[:, 0], ends[:, 1]))
    # Allowed are ties between two people who are not tied, and that are offered once.
    offered = np.concatenate((crossed, crossed_back))
    keys, present = tie_keys(offered, person_count), np.sort(tie_keys(ties, person_count))
    place = np.minimum(np.searchsorted(present, keys), len(present) - 1)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    is_new = (present[place] != keys) & (counts[inverse] == 1)
    is_allowed = is_new & (offered[:, 0] != offered[:, 1])
    accepted = is_allowed[:half] & is_allowed[half:]
    ties[one[accepted]] = crossed[accepted]
    ties[other[accepted]] = crossed_back[accepted]
