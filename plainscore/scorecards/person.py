"""A person on a card: what each value earns, what another would earn, how to reach the next band.

Works for any card: any features, factors, base and bands, with or without a neighbour mean and
benefits. ``dashboards/report/card.js`` computes the same points in a browser; a test compares them.
"""

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from itertools import pairwise, zip_longest
from typing import Any, Literal

MILLION = 1_000_000
ASK_FOR_DATA = "Ask which data this needs, and have them added"
"""What a person can do about a missing value where the card says nothing of it."""
_ALMOST_ZERO = 0.001  # "below" an edge as low as this means 0

Value = float | int | None
"""Of a feature; None: missing."""


def is_never(value: Value, definition: str) -> bool:
    """Whether a value is a code, such as 999, which the definition explains by these words."""
    return value is not None and f" {value:g} where that never happened" in definition


@dataclass(frozen=True)
class Advice:
    """What a person can do about a feature, and how long it takes; see transforms/recourse.toml."""

    kind: Literal["done", "monthly", "counted", "halved", "waited"]
    days: int
    act: str
    most: int | None = None
    needs: str | None = None


@dataclass(frozen=True)
class CardFeature:
    """One feature of a card.

    ``bins``: lowest value and points of each bin, from the lowest values up; ``special``: of bins
    that hold one value, a code. The neighbour mean
    has none: it earns ``max_points`` times its value. ``missing_points`` is None for it alone,
    which no scored person lacks. ``least_value`` and ``most_value`` are None where there is no
    bound. ``is_counted``: values are whole numbers.
    """

    feature: str
    factor: str
    unit: str
    direction: str
    max_points: int
    missing_points: int | None
    least_value: float | None
    most_value: float | None
    is_counted: bool
    definition: str
    reason: str
    what_to_do: str
    bins: tuple[tuple[float, int], ...]
    special: tuple[float, ...] = ()
    missing_reason: str | None = None
    missing_what_to_do: str | None = None
    context: str | None = None

    def points(self, value: Value) -> int:
        """Return the points of a value.

        Raises ValueError for a missing value of a feature that is never missing.
        """
        if value is None:
            if self.missing_points is None:
                raise ValueError(f"{self.feature} is never missing of a scored person")
            return self.missing_points
        if not self.bins:
            return int(self.max_points * value + 0.5)
        reached = [points for at_least, points in self.bins if at_least <= value]
        return reached[-1] if reached else self.bins[0][1]

    @property
    def ordinary_bins(self) -> tuple[tuple[float, int], ...]:
        """The bins that a value can be brought to: without those of codes."""
        ordinary = [one for one in self.bins if one[0] not in self.special]
        later = (b for a, b in pairwise(ordinary) if a[1] != b[1])
        return (*ordinary[:1], *later) if self.special else self.bins

    def ranges(self) -> list[tuple[str, int]]:
        """Return ranges of values in words and the points of each, from the lowest values up."""
        bins = self.bins[:1] + tuple(b for a, b in pairwise(self.bins) if a[1] != b[1])
        found: list[tuple[str, int]] = []
        for (edge, points), following in zip_longest(bins, bins[1:]):
            if following is None:
                words = f"{edge:g} or more" if found else "any value"
            else:
                words = (
                    f"{edge:g} to below {following[0]:g}" if found else f"below {following[0]:g}"
                )
            found.append((words, points))
        return found


@dataclass(frozen=True)
class CardBand:
    """Scores from ``at_least`` to ``at_most``, both inclusive."""

    band_no: int
    band: str
    at_least: int
    at_most: int


@dataclass(frozen=True)
class CardBenefit:
    """What opens at ``min_score``.

    ``accepts``: contexts whose points may open it; None where the card names none, as before
    version 0.3. They alone open it where ``is_wall_enforced``, else the score does.
    """

    benefit: str
    min_score: int
    context: str | None = None
    accepts: tuple[str, ...] | None = None
    is_wall_enforced: bool = False

    @property
    def deciding(self) -> tuple[str, ...] | None:
        """The contexts whose points alone decide; None: the score does."""
        return self.accepts if self.is_wall_enforced else None


@dataclass(frozen=True)
class NeighbourMean:
    """The bounded-influence mean of friends' records, and where it earns points.

    See docs/explanation/method.md. A record is the person's points outside ``factor``, in parts per
    million of ``own_points_max``.
    """

    feature: str
    factor: str
    max_points: int
    own_points_max: int
    prior_weight: int
    prior_ppm: int
    max_distance_ppm: int


@dataclass(frozen=True)
class Tie:
    """A friend who counts: contact in months is the weight of their record, in ppm."""

    friend_id: str | None
    tie_days: int | None
    contact_months: int
    friend_ppm: int


@dataclass(frozen=True)
class Card:
    """A scorecard as it was published with a date.

    ``benefits``: in the order in which they open. ``rules``: code of a not-scored rule ->
    ``reason`` and ``what_to_do``. ``advice``: by feature; a feature without
    an entry has no move. ``reason_headings``: by the method that found the reasons;
    ``none``: where there are none. ``left_out``: features that the card does without, because no
    event of the logs ``without_logs`` had arrived; both with a comma between two.
    """

    scorecard: str
    as_of_date: date
    known_on: date
    base: int
    factors: tuple[str, ...]
    features: tuple[CardFeature, ...]
    bands: tuple[CardBand, ...]
    benefits: tuple[CardBenefit, ...]
    rules: Mapping[str, Mapping[str, str]]
    mean: NeighbourMean | None = None
    advice: Mapping[str, Advice] = field(default_factory=dict)
    reason_headings: Mapping[str, str] = field(default_factory=dict)
    without_logs: str | None = None
    left_out: str | None = None

    def feature(self, name: str) -> CardFeature:
        """Return a feature. Raises KeyError where the card has none of that name."""
        return {one.feature: one for one in self.features}[name]

    def score_of(self, points: Mapping[str, int], accepts: Collection[str] | None = None) -> int:
        """Return the score of points by feature; of accepted contexts alone, where some are given.

        Their points are stretched to the range of the card, rounded down.
        """
        if accepts is None:
            return self.base + sum(points.values())
        accepted = [one for one in self.features if one.context in accepts]
        most, of_all = (sum(one.max_points for one in some) for some in (accepted, self.features))
        had = sum(points[one.feature] for one in accepted)
        return self.base + (had * of_all // most if most else 0)

    def as_json(self) -> dict[str, Any]:
        """Return the card for JSON: what a page needs to show any person on it."""
        values = asdict(self)
        del values["advice"]
        return values | {"as_of_date": str(self.as_of_date), "known_on": str(self.known_on)}


@dataclass(frozen=True)
class Act:
    """A feature brought to a goal, such as ``at least 6``, within a number of days."""

    feature: str
    act: str
    days: int
    goal: str
    points_gained: int


@dataclass(frozen=True)
class PersonOnCard:
    """One person's values and points on a card: ``score == base + sum(points.values())``.

    A person who is not scored has values without points, and the code of the rule that says why.
    ``reasons``: rows as published. ``ties``: the friends who count, without the prior.
    """

    card: Card
    person_id: str
    values: Mapping[str, Value]
    points: Mapping[str, int]
    reasons: tuple[Mapping[str, Any], ...] = ()
    not_scored_code: str | None = None
    ties: tuple[Tie, ...] = ()

    @property
    def score(self) -> int | None:
        """The score; None: not scored."""
        return self.card.score_of(self.points) if self.points else None

    @property
    def band(self) -> str | None:
        """The name of the score's band; None: not scored."""
        if (score := self.score) is None:
            return None
        return next(one.band for one in self.card.bands if one.at_least <= score <= one.at_most)

    @property
    def not_scored(self) -> dict[str, str] | None:
        """Code, reason and what to do where the person is not scored; None where they are."""
        code = self.not_scored_code
        return None if code is None else {"code": code, **self.card.rules[code]}

    @property
    def reasons_heading(self) -> str:
        """What the reasons are, in words: what their points are compared with."""
        return self.card.reason_headings[self.reasons[0]["method"] if self.reasons else "none"]

    # --- what is there -------------------------------------------------------------------------

    def point_rows(self) -> list[dict[str, Any]]:
        """Return the features in the order of the card: value, points, and the total after each.

        ``points`` and ``total`` are None of a person who is not scored.
        """
        total, rows = self.card.base, []
        for one in self.card.features:
            points = self.points.get(one.feature)
            total += points or 0
            rows.append({
                "factor": one.factor, "feature": one.feature, "value": self.values[one.feature],
                "unit": one.unit, "points": points, "max_points": one.max_points,
                "total": None if points is None else total,
            })  # fmt: skip
        return rows

    def terms(self) -> list[dict[str, Any]]:
        """Return every term of the neighbour mean: the prior (no ``friend_id``), then the ties.

        ``contribution`` sums to the mean. Empty without a mean on the card, or without a score.
        """
        if self.card.mean is None or not self.points:
            return []
        records = self._records(self.card.mean, self.points)
        weight = sum(tie.contact_months for tie, _ in records)
        return [
            asdict(tie)
            | {
                "weight_share": tie.contact_months / weight,
                "contribution": tie.contact_months * ppm / (1_000_000.0 * weight),
            }
            for tie, ppm in records
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the explanation: what `plainscore explain --format json` prints."""
        card = self.card
        return {
            **self.headline(),
            "score": self.score,
            "band": self.band,
            "base": self.card.base,
            "points": [
                {name: value for name, value in row.items() if name != "total"}
                for row in self.point_rows()
            ],
            "reasons": [dict(row) for row in self.reasons],
            "next_band": self.next_band(),
            "not_scored": self.not_scored,
            "benefits": self.openings(),
            "without_logs": card.without_logs.split(", ") if card.without_logs else [],
            "left_out": card.left_out.split(", ") if card.left_out else [],
        }

    def openings(self) -> list[dict[str, Any]]:
        """Return each benefit: whether it is open, and whether accepted contexts alone open it.

        Empty of a person who is not scored; what is said of contexts is None where the card names
        none.
        """
        return [self.opening(one) for one in self.card.benefits] if self.points else []

    def opening(self, benefit: CardBenefit) -> dict[str, Any]:
        """Return one benefit of a scored person, see `openings`."""
        deciding = self.card.score_of(self.points, benefit.deciding)
        in_context = benefit.accepts and self.card.score_of(self.points, benefit.accepts)
        return {
            "benefit": benefit.benefit,
            "min_score": benefit.min_score,
            "is_open": deciding >= benefit.min_score,
            "points_short": max(benefit.min_score - deciding, 0),
            "context": benefit.context,
            "accepts": benefit.accepts and list(benefit.accepts),
            "is_wall_enforced": benefit.is_wall_enforced,
            "is_open_in_context": in_context and in_context >= benefit.min_score,
            "score_in_context": in_context,
        }

    def headline(self) -> dict[str, str]:
        """Return which person, dates and card a JSON document is about."""
        card = self.card
        return {
            "person_id": self.person_id,
            "as_of_date": str(card.as_of_date),
            "known_on": str(card.known_on),
            "scorecard": card.scorecard,
        }

    # --- what would be -------------------------------------------------------------------------

    def with_(self, **values: Value) -> "PersonOnCard":
        """Return a scored person with other values of some features, all else equal; no reasons.

        A better record of one's own lets better friends count for more, so the neighbour mean
        follows unless it is given; friends' own scores stay. Raises KeyError for a feature that
        the card does not have.
        """
        points = {name: self.card.feature(name).points(value) for name, value in values.items()}
        changed = self._points_with(points)
        then = replace(self, values={**self.values, **values}, points=changed, reasons=())
        mean = self.card.mean
        if mean is None or mean.feature in values:
            return then
        share = sum(term["contribution"] for term in then.terms())
        return replace(then, values={**then.values, mean.feature: share})

    def score_with(self, points: Mapping[str, int], accepts: Collection[str] | None = None) -> int:
        """Return the score if some features had other points; the neighbour mean follows.

        ``accepts``: of these contexts alone, if given.
        """
        return self.card.score_of(self._points_with(points), accepts)

    def next_band(self) -> dict[str, Any] | None:
        """Return the next higher band and the ways that lead there; None: none, or not scored.

        ``ways``: acts to take, and features that only take time, the fastest first. Each takes
        fewer acts than the one before it, and of all ways with as many acts the least time. Empty
        where acts and time alone do not lead there, all else equal.
        """
        score = self.score
        higher = [one for one in self.card.bands if score is not None and one.at_least > score]
        if score is None or not higher:
            return None
        return {
            "band": higher[0].band,
            "at_least": higher[0].at_least,
            "points_missing": higher[0].at_least - score,
            "ways": self.ways_to(higher[0].at_least),
        }

    def next_gate(self) -> dict[str, Any] | None:
        """Return the closed benefit that is fewest points away, and the ways that open it.

        None: every benefit is open, the card has none, or the person is not scored. ``accepts``:
        the contexts whose points alone open it; None: the score does. ``ways``: see `next_band`.
        """
        closed = [one for one in self.openings() if not one["is_open"]]
        nearest = min(closed, key=lambda one: one["points_short"], default=None)
        if nearest is None:
            return None
        accepts = nearest["accepts"] if nearest["is_wall_enforced"] else None
        return {
            "benefit": nearest["benefit"],
            "at_least": nearest["min_score"],
            "accepts": accepts,
            "points_missing": nearest["points_short"],
            "ways": self.ways_to(nearest["min_score"], accepts),
        }

    def ways_to(
        self, at_least: int, accepts: Collection[str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the ways of a scored person to a score, see `next_band`; empty where none do.

        ``accepts``: the score of these contexts alone, if given.
        """
        return list(_Search(self, at_least, accepts).ways())

    def other_results(self, name: str) -> list[dict[str, Any]]:
        """Return what a feature's other values would have made of the score, all else equal.

        ``values`` is a range in words; ranges that earn what the value earned are left out. Empty
        of the neighbour mean and of a person without a score.
        """
        if not self.points:
            return []
        return [
            {"values": words, "points": points, "score_then": self.score_with({name: points})}
            for words, points in self.card.feature(name).ranges()
            if points != self.points[name]
        ]

    def _points_with(self, points: Mapping[str, int]) -> dict[str, int]:
        changed = {**self.points, **points}
        mean = self.card.mean
        if mean is not None and mean.feature not in points:
            changed[mean.feature] += self._mean_points(mean, changed) - self._mean_points_now
        return changed

    @cached_property
    def _mean_points_now(self) -> int:
        assert self.card.mean is not None
        return self._mean_points(self.card.mean, self.points)

    def _records(self, mean: NeighbourMean, points: Mapping[str, int]) -> list[tuple[Tie, int]]:
        """Return the prior and the ties, each with its record as far as it counts, in ppm."""
        features = self.card.features
        own = sum(points[one.feature] for one in features if one.factor != mean.factor)
        own_ppm = own * MILLION // mean.own_points_max
        low, high = own_ppm - mean.max_distance_ppm, own_ppm + mean.max_distance_ppm
        ties = (Tie(None, None, mean.prior_weight, mean.prior_ppm), *self.ties)
        return [(tie, max(min(tie.friend_ppm, high), low)) for tie in ties]

    def _mean_points(self, mean: NeighbourMean, points: Mapping[str, int]) -> int:
        """Return the points of the neighbour mean, rounded half up, in integers."""
        records = self._records(mean, points)
        numerator = sum(tie.contact_months * ppm for tie, ppm in records)
        weight = sum(tie.contact_months for tie, _ in records)
        return (2 * mean.max_points * numerator + MILLION * weight) // (2 * MILLION * weight)


class _Search:
    """The ways of one person to a score.

    Points only grow with the points of features, so the fewest acts are the greatest gains.
    """

    def __init__(
        self, person: PersonOnCard, at_least: int, accepts: Collection[str] | None
    ) -> None:
        self._person, self._at_least = person, at_least
        self._advice, points = person.card.advice, person.points
        self._score_of = cache(
            lambda gains: person.score_with(
                {name: points[name] + gain for name, gain in gains}, accepts
            )
        )

    def ways(self) -> Iterator[dict[str, Any]]:
        """Yield the ways, the fastest first, each with fewer acts than the one before it."""
        steps = [step for one in self._person.card.features for step in self._steps(one)]
        fewest = len(steps) + 1
        for days in sorted({0, *(step.days for step in steps)}):
            acts, waited = self._way([step for step in steps if step.days <= days])
            score = self._score(waited, acts)
            if score >= self._at_least and len(acts) < fewest:
                fewest = len(acts)
                yield {
                    "days": days,
                    "acts": [asdict(step) for step in acts],
                    "waiting": [asdict(step) for step in waited],
                    "score_then": score,
                }

    def _way(self, steps: Sequence[Act]) -> tuple[list[Act], list[Act]]:
        """Return the fewest acts that lead there, and what is waited for; none where none do."""
        best = {step.feature: step for step in steps}  # the greatest gain of a feature comes last
        kinds = {name: self._advice[name].kind for name in best}
        waiting = [step for step in best.values() if kinds[step.feature] == "waited"]
        needs = [self._advice[step.feature].needs for step in waiting]
        ready = [step for step, need in zip(waiting, needs, strict=True) if need not in best]
        acts = [step for step in best.values() if kinds[step.feature] != "waited"]
        acts.sort(key=lambda step: (-step.points_gained, step.days, step.feature))
        enabling = [step for step in acts if step.feature in needs]
        others = [step for step in acts if step.feature not in needs]
        ways: list[tuple[list[Act], list[Act]]] = []
        for waited, first, further in ((ready, [], acts), (waiting, enabling, others)):
            chosen = self._fewest(waited, first, further)
            if chosen is not None:
                ways.append((self._least(waited, chosen, steps), waited))
        return min(ways, key=lambda way: len(way[0]), default=([], []))

    def _fewest(
        self, waited: Sequence[Act], first: list[Act], further: list[Act]
    ) -> list[Act] | None:
        """Return ``first`` and as few of ``further``, in order, as lead there; None: all do not."""

        def leads(count: int) -> bool:
            return self._score(waited, [*first, *further[:count]]) >= self._at_least

        count = bisect_left(range(len(further) + 1), True, key=leads)
        return [*first, *further[:count]] if count <= len(further) else None

    def _least(self, waited: Sequence[Act], chosen: list[Act], steps: Sequence[Act]) -> list[Act]:
        """Return the acts, each going no further than it must."""
        for place, step in enumerate(chosen):
            for smaller in (one for one in steps if one.feature == step.feature):
                tried = [*chosen[:place], smaller, *chosen[place + 1 :]]
                if self._score(waited, tried) >= self._at_least:
                    chosen = tried
                    break
        return chosen

    def _score(self, waited: Sequence[Act], acts: Sequence[Act]) -> int:
        return self._score_of(
            frozenset((one.feature, one.points_gained) for one in (*waited, *acts))
        )

    def _steps(self, feature: CardFeature) -> Iterator[Act]:
        """Yield what can be reached of a feature that has a value, the smallest gain first."""
        name, bins = feature.feature, feature.ordinary_bins
        value, advice = self._person.values[name], self._advice.get(name)
        if advice is None or value is None or not bins:
            return
        is_up = bins[-1][1] > bins[0][1]
        # The edge of a better bin is where it begins, or, falling, where the one above it does.
        edges = bins if is_up else [(upper, points) for (_, points), (upper, _) in pairwise(bins)]
        found = [
            Act(name, advice.act, _days(value, edge, advice), _goal(edge, is_up), gain)
            for edge, points in (edges if is_up else reversed(edges))
            if (gain := points - self._person.points[name]) > 0
            and (advice.most is None or edge <= advice.most)
            and (advice.kind != "halved" or edge > 0)  # 0 is never reached by halving
        ]
        # What is done has its best value in the end: smaller gains take as long.
        yield from found[-1:] if advice.kind == "done" else found


def _goal(edge: float, is_up: bool) -> str:
    if is_up:
        return f"at least {edge:g}"
    return f"below {edge:g}" if edge >= _ALMOST_ZERO else "0"


def _days(value: float, edge: float, advice: Advice) -> int:
    """Return the days within which the edge of a better bin is reached; rounded up to units."""
    if advice.kind == "done":
        return advice.days
    if advice.kind == "halved":
        halvings = 0
        while value >= edge:
            value, halvings = value / 2, halvings + 1
        return advice.days * halvings
    return advice.days * math.ceil(edge if advice.kind == "monthly" else edge - value)
