"""The network of friends: assortativity of scores against rewired ties, and rings.

Fills statistics.score_assortativity and statistics.ring_member. Random draws are a function of
their purpose and of a counter, so the same inputs give the same figures. Rings and stars are what
ties alone point to: no label, no score, no points. SQL finds the ties, in audits.burst_tie and
audits.star, connected components make groups of them, and whole numbers decide whether a group is
more than the times of the graph make likely.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from plainscore.common.errors import PlainscoreError
from plainscore.engines.duckdb import insert_rows

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


# Rings and stars


RING_TABLES = ("audits.burst_tie", "audits.spoke", "audits.star")
"""The tables that rings are made of; what they read is built before them."""

_PEOPLE = """
select person_key, row_number() over (order by person_id) - 1 as place
from events.person
where person_key in (
    select low_key from audits.burst_tie union select high_key from audits.burst_tie
    union select hub_key from audits.star
    union select spoke_key from audits.spoke where hub_key in (select hub_key from audits.star)
)
"""
_BURST = f"""
with person as ({_PEOPLE})
select least(low.place, high.place), greatest(low.place, high.place), tie.tie_days,
    tie.window_days
from audits.burst_tie as tie
inner join person as low on tie.low_key = low.person_key
inner join person as high on tie.high_key = high.person_key
order by all
"""
# The sides of each triangle of burst ties, as places in the rows of _BURST.
_TRIANGLES = f"""
with person as ({_PEOPLE}),
tie as (
    select
        tie.low_key,
        tie.high_key,
        row_number() over (
            order by least(low.place, high.place), greatest(low.place, high.place)
        ) - 1 as tie_no
    from audits.burst_tie as tie
    inner join person as low on tie.low_key = low.person_key
    inner join person as high on tie.high_key = high.person_key
)
select one.tie_no as one, other.tie_no as other, third.tie_no as third
from audits.triangle_side as side
inner join tie as one on side.low_key = one.low_key and side.high_key = one.high_key
inner join tie as other on side.low_key = other.low_key and side.third_key = other.high_key
inner join tie as third on side.high_key = third.low_key and side.third_key = third.high_key
where side.third_key > side.high_key
"""
_STAR = f"""
with person as ({_PEOPLE})
select hub.place, spoke.place, tie.tie_days, star.window_days
from audits.spoke as tie
inner join audits.star as star on tie.hub_key = star.hub_key
inner join person as hub on tie.hub_key = hub.person_key
inner join person as spoke on tie.spoke_key = spoke.person_key
inner join staging.tie as live
    on tie.hub_key = live.person_key and tie.spoke_key = live.friend_key
cross join reference.ring_rule as rule
where tie.is_new
qualify
    live.contact_months * 1000000
    >= rule.spoke_contact_ppm
    * quantile_disc(live.contact_months, 0.5) over (partition by tie.hub_key)
order by all
"""
# Ties of each group within it and out of it, and of the whole graph: all, and of its time.
_COUNTS = """
with begun as (
    select tie_days, count(*) // 2 as tie_count
    from staging.tie
    where contact_months > 0
    group by tie_days
),
graph as (
    select
        span.group_no,
        (select sum(tie_count) from begun) as all_count,
        sum(begun.tie_count) as time_count
    from ring_span as span
    inner join begun on begun.tie_days between span.youngest_days and span.oldest_days
    group by span.group_no
),
side as (
    select
        mine.group_no,
        other.person_key is not null as is_inside,
        tie.tie_days between span.youngest_days and span.oldest_days as is_in_time
    from ring_person as mine
    inner join ring_span as span on mine.group_no = span.group_no
    inner join staging.tie as tie on mine.person_key = tie.person_key and tie.contact_months > 0
    left join ring_person as other
        on tie.friend_key = other.person_key and mine.group_no = other.group_no
)
select
    side.group_no,
    count(*) filter (where is_inside) // 2,
    count(*) filter (where is_inside and is_in_time) // 2,
    count(*) filter (where not is_inside),
    count(*) filter (where not is_inside and is_in_time),
    any_value(graph.time_count)::bigint,
    any_value(graph.all_count)::bigint
from side
inner join graph on side.group_no = graph.group_no
group by side.group_no
"""
_STARS = """
select hub_key, spoke_count, expected_milli, closed_count, closed_expected_milli
from audits.star
"""


class Ring(NamedTuple):
    """A ring or a star: its people by the order of person_id, and its evidence."""

    kind: str
    people: tuple[int, ...]
    hub: int | None
    window_days: int
    youngest_days: int
    oldest_days: int
    ties: int
    expected_ties: Fraction
    outside: int | None = None
    expected_outside: Fraction | None = None
    spoke_ties: int | None = None
    expected_spoke_ties: Fraction | None = None


class Rule(NamedTuple):
    """What a ring has to be, see reference.ring_rule."""

    times_expected: int
    outside_ppm: int
    density_ppm: int
    complete_ppm: int
    lonely_ppm: int
    loose_ppm: int
    class_ppm: int
    class_milli: int
    core_ppm: int
    fewest_people: int


class Counts(NamedTuple):
    """Ties in contact of a group, and of the graph: all, and those of the group's time."""

    inside: int
    inside_in_time: int
    outside: int
    outside_in_time: int
    graph_in_time: int
    graph: int

    @property
    def time_share(self) -> Fraction:
        return Fraction(self.graph_in_time, self.graph)

    @property
    def expected_inside(self) -> Fraction:
        return self.inside * self.time_share

    @property
    def expected_outside(self) -> Fraction:
        return self.outside * self.time_share


def ring_member(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    """Yield the rows of statistics.ring_member, the largest ring first."""
    keys, rings = find_rings(con)
    for ring_no, one in enumerate(rings, start=1):
        evidence = (
            one.kind, one.window_days, one.ties, float(one.expected_ties),
            one.outside, _float(one.expected_outside), one.spoke_ties,
            _float(one.expected_spoke_ties), one.youngest_days, one.oldest_days,
        )  # fmt: skip
        for place in one.people:
            yield ring_no, keys[place], place == one.hub, *evidence


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def find_rings(con: duckdb.DuckDBPyConnection) -> tuple[dict[int, int], list[Ring]]:
    """Return place -> person_key, and the rings and stars, the largest first.

    A person is in one at most: in the largest of their rings, else in a star.
    """
    found = con.execute(
        "select times_expected, outside_ppm, density_ppm, complete_ppm, lonely_ppm, loose_ppm, "
        "class_ppm, class_milli, core_ppm, fewest_people from reference.ring_rule"
    ).fetchone()
    if found is None:
        raise PlainscoreError("reference.ring_rule has no row: load the reference tables first")
    rule = Rule(*found)
    keys = {place: person_key for person_key, place in con.execute(_PEOPLE).fetchall()}
    taken: set[int] = set()
    rings = []
    for one in sorted(_rings(con, rule, keys), key=_rank):
        people = tuple(place for place in one.people if place not in taken)
        if len(people) >= rule.fewest_people:
            rings.append(one._replace(people=people))
            taken.update(people)
    rings += _stars(con, rule, keys, taken)
    return keys, sorted(rings, key=_rank)


def _rank(one: Ring) -> tuple[int, tuple[int, ...]]:
    return -len(one.people), one.people


def _rings(con: duckdb.DuckDBPyConnection, rule: Rule, keys: dict[int, int]) -> list[Ring]:
    ties = _rows(con, _BURST)
    sides = con.execute(_TRIANGLES).fetchnumpy()
    groups = groups_of_ties(len(ties), np.column_stack([sides[name] for name in sides]))
    of_group = [ties[group] for group in groups]
    people = [tuple(np.unique(one[:, :2]).tolist()) for one in of_group]
    spans = [core_span(one[:, 2], rule.core_ppm) for one in of_group]
    counts = _counts(con, people, spans, keys)
    return [
        Ring(
            "ring", who, None, int(one[:, 3].max()), *span, count.inside_in_time,
            count.expected_inside, count.outside_in_time, count.expected_outside,
        )
        for who, one, span, count in zip(people, of_group, spans, counts, strict=True)
        if is_ring(len(who), count, rule)
    ]  # fmt: skip


def is_ring(people: int, count: Counts, rule: Rule) -> bool:
    """Return whether people know each other since one time, at which they met no more others.

    Who joins a school or a firm meets others besides, who joins a ring meets its members: ties to
    others of its time are not beyond the expected by more than two deviations (their square root);
    of people who lead no other life, not beyond that and a part of their own ties. Its own ties of
    its time are ``times_expected`` times what the times of the graph make likely, or more.
    Where nearly all of its pairs have one, or its people lead no other life, that is enough. Looser
    groups may be classes: they have fewer by ``class_milli`` than a class has.
    """
    pairs, own = people * (people - 1) // 2, count.inside_in_time
    if people < rule.fewest_people or own < rule.times_expected * count.expected_inside:
        return False
    is_lonely = count.outside * 1_000_000 <= count.inside * rule.lonely_ppm
    allowed = Fraction(rule.outside_ppm * own, 1_000_000) if is_lonely else 0
    beyond = count.outside_in_time - count.expected_outside - allowed
    if beyond > 0 and beyond * beyond > 4 * count.expected_outside:
        return False
    if own * 1_000_000 >= pairs * (rule.density_ppm if is_lonely else rule.complete_ppm):
        return True
    of_class = count.expected_outside + Fraction(rule.class_ppm * own, 1_000_000)
    fewer = of_class - count.outside_in_time
    is_loose = own * 1_000_000 >= pairs * rule.loose_ppm
    return is_loose and fewer > 0 and (1000 * fewer) ** 2 >= rule.class_milli**2 * of_class


def _stars(
    con: duckdb.DuckDBPyConnection, rule: Rule, keys: dict[int, int], taken: set[int]
) -> list[Ring]:
    """Return a star for each hub that is in no ring; a spoke of several is in the largest."""
    evidence = {hub_key: rest for hub_key, *rest in con.execute(_STARS).fetchall()}
    ties = _rows(con, _STAR)
    of_hub = {hub: ties[ties[:, 0] == hub] for hub in np.unique(ties[:, 0]).tolist()}
    hubs = sorted(set(of_hub) - taken, key=lambda hub: (-len(of_hub[hub]), hub))
    taken = taken | set(hubs)
    stars = []
    for hub in hubs:
        spokes = [place for place in of_hub[hub][:, 1].tolist() if place not in taken]
        taken.update(spokes)
        spoke_count, expected, closed, expected_closed = evidence[keys[hub]]
        if len(spokes) + 1 >= rule.fewest_people:
            star = Ring(
                "star", tuple(sorted([hub, *spokes])), hub, *_span(of_hub[hub]), spoke_count,
                Fraction(expected, 1000), spoke_ties=closed,
                expected_spoke_ties=Fraction(expected_closed, 1000),
            )  # fmt: skip
            stars.append(star)
    return stars


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> Ints:
    return np.array(con.execute(query).fetchall(), dtype=np.int64).reshape(-1, 4)


def _span(ties: Ints) -> tuple[int, int, int]:
    """Return the longest window, and the ages of the youngest and the oldest tie."""
    return int(ties[:, 3].max()), int(ties[:, 2].min()), int(ties[:, 2].max())


def core_span(days: Ints, core_ppm: int) -> tuple[int, int]:
    """Return the ends of the shortest time in which so much of the ties began; the newest of such.

    A tie by chance, months before or after, does not make the time of a group longer.
    """
    ages = np.sort(days)
    rest = len(ages) * (1_000_000 - core_ppm) // 1_000_000
    youngest = int(np.argmin(ages[len(ages) - rest - 1 :] - ages[: rest + 1]))
    return int(ages[youngest]), int(ages[len(ages) - rest - 1 + youngest])


def _counts(
    con: duckdb.DuckDBPyConnection,
    people: Sequence[Sequence[int]],
    spans: Sequence[tuple[int, int]],
    keys: dict[int, int],
) -> list[Counts]:
    """Return what is counted of each group, in their order."""
    con.execute("create or replace temp table ring_person (group_no bigint, person_key bigint)")
    con.execute(
        "create or replace temp table ring_span "
        "(group_no bigint, youngest_days bigint, oldest_days bigint)"
    )
    insert_rows(con, "ring_span", [(number, *span) for number, span in enumerate(spans)])
    members = [(number, keys[place]) for number, one in enumerate(people) for place in one]
    insert_rows(con, "ring_person", members)
    found = {number: Counts(*rest) for number, *rest in con.execute(_COUNTS).fetchall()}
    return [found[number] for number in range(len(people))]


def groups_of_ties(tie_count: int, triangles: Ints) -> list[Ints]:
    """Return groups of ties that hang together by triangles, the numbers of each in order.

    Two groups may share a person or, without being one, lie side by side: a tie between them holds
    only where it is in triangles with the ties of both (Palla and others, "Uncovering the
    overlapping community structure of complex networks in nature and society", Nature 435, 2005).
    ``triangles``: shape (triangles, 3), the numbers of their ties, in any order.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other = triangles[:, [0, 0]].ravel(), triangles[:, [1, 2]].ravel()
    links = coo_array((np.ones(len(one)), (one, other)), shape=(tie_count, tie_count))
    labels = connected_components(links, directed=False)[1]
    order = np.argsort(labels, kind="stable")
    edges = np.flatnonzero(np.diff(labels[order])) + 1
    return [group for group in np.split(order, edges) if len(group) >= 3]
