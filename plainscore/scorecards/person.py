"""A person on a card: what each value earns, what another would earn, how to reach the next band.

Works for any card: any features, factors, base and bands, with or without a neighbour mean and
benefits. ``dashboards/report/card.js`` computes the same points in a browser; a test compares them.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any, Literal

MILLION = 1_000_000
LOSSES = 4
"""As many losses are named as reasons are published."""

_ALMOST_ZERO = 0.001  # "below" an edge as low as this means 0

Value = float | int | None
"""Of a feature; None: missing."""


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

    ``bins``: lowest value and points of each bin, from the lowest values up. The neighbour mean
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


@dataclass(frozen=True)
class CardBand:
    """Scores from ``at_least`` to ``at_most``, both inclusive."""

    band_no: int
    band: str
    at_least: int
    at_most: int


@dataclass(frozen=True)
class NeighbourMean:
    """The bounded-influence mean of friends' records (docs/method.md) and where it earns points.

    A record is the person's points outside ``factor``, in parts per million of ``own_points_max``.
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

    ``benefits``: name and lowest score, in the order in which they open. ``rules``: code of a
    not-scored rule -> ``reason`` and ``what_to_do``. ``advice``: by feature; a feature without
    an entry has no move.
    """

    scorecard: str
    as_of_date: date
    known_on: date
    base: int
    factors: tuple[str, ...]
    features: tuple[CardFeature, ...]
    bands: tuple[CardBand, ...]
    benefits: tuple[tuple[str, int], ...]
    rules: Mapping[str, Mapping[str, str]]
    mean: NeighbourMean | None = None
    advice: Mapping[str, Advice] = field(default_factory=dict)

    def feature(self, name: str) -> CardFeature:
        """Return a feature. Raises KeyError where the card has none of that name."""
        for one in self.features:
            if one.feature == name:
                return one
        raise KeyError(name)

    def points(self, feature: str, value: Value) -> int:
        """Return the points that a value of a feature earns; raises as `CardFeature.points`."""
        return self.feature(feature).points(value)

    def band(self, score: int) -> CardBand:
        """Return the band of a score."""
        return next(one for one in self.bands if one.at_least <= score <= one.at_most)

    def band_above(self, score: int) -> CardBand | None:
        """Return the next higher band; None above the highest."""
        return next((one for one in self.bands if one.at_least > score), None)

    def open_benefits(self, score: int) -> list[str]:
        """Return the benefits that a score opens."""
        return [name for name, min_score in self.benefits if min_score <= score]

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
class Way:
    """What reaches a band within ``days``: acts to take, and features that only take time."""

    days: int
    acts: tuple[Act, ...]
    waiting: tuple[Act, ...]
    score_then: int


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
        return self.card.base + sum(self.points.values()) if self.points else None

    @property
    def band(self) -> str | None:
        """The name of the score's band; None: not scored."""
        return None if self.score is None else self.card.band(self.score).band

    @property
    def not_scored(self) -> dict[str, str] | None:
        """Code, reason and what to do where the person is not scored; None where they are."""
        code = self.not_scored_code
        return None if code is None else {"code": code, **self.card.rules[code]}

    # --- what is there -------------------------------------------------------------------------

    def waterfall(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield each factor with its features: value, points and the total after each.

        ``points`` and ``total`` are None of a person who is not scored.
        """
        total = self.card.base
        for factor, features in groupby(self.card.features, key=lambda one: one.factor):
            rows = []
            for one in features:
                points = self.points.get(one.feature)
                total += points or 0
                rows.append({
                    "feature": one.feature, "value": self.values[one.feature], "unit": one.unit,
                    "points": points, "max_points": one.max_points,
                    "total": None if points is None else total,
                })  # fmt: skip
            yield factor, rows

    def losses(self) -> tuple[dict[str, Any], ...]:
        """Return the features that lost most points, ties in the order of the card."""
        lost = [(one, one.max_points - self.points.get(one.feature, 0)) for one in self.features]
        ranked = sorted((-points, no) for no, (_, points) in enumerate(lost) if points)[:LOSSES]
        found = [lost[no] for _, no in ranked] if self.points else []
        return tuple(
            {
                "rank": rank, "code": one.feature, "value": self.values[one.feature],
                "points": self.points[one.feature], "max_points": one.max_points,
                "points_lost": points, "reason": one.reason, "what_to_do": one.what_to_do,
            }
            for rank, (one, points) in enumerate(found, start=1)
        )  # fmt: skip

    @property
    def features(self) -> tuple[CardFeature, ...]:
        """The features of the card."""
        return self.card.features

    def terms(self) -> list[dict[str, Any]]:
        """Return every term of the neighbour mean: the prior (no ``friend_id``), then the ties.

        ``contribution`` sums to the mean. Empty without a mean on the card, or without a score.
        """
        mean = self.card.mean
        if mean is None or not self.points:
            return []
        ties = (Tie(None, None, mean.prior_weight, mean.prior_ppm), *self.ties)
        weight = sum(tie.contact_months for tie in ties)
        low, high = self._reach(mean, self._own_points(self.points))
        return [
            asdict(tie)
            | {
                "weight_share": tie.contact_months / weight,
                "contribution": tie.contact_months
                * max(min(tie.friend_ppm, high), low)
                / (1_000_000.0 * weight),
            }
            for tie in ties
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the explanation: what `plainscore explain --format json` prints."""
        score, card = self.score, self.card
        return {
            "person_id": self.person_id,
            "as_of_date": str(card.as_of_date),
            "known_on": str(card.known_on),
            "scorecard": card.scorecard,
            "score": score,
            "band": self.band,
            "base": card.base,
            "points": [
                {
                    "factor": one.factor, "feature": one.feature,
                    "value": self.values[one.feature], "unit": one.unit,
                    "points": self.points.get(one.feature), "max_points": one.max_points,
                }
                for one in card.features
            ],
            "reasons": [dict(row) for row in self.reasons],
            "next_band": self.next_band(),
            "not_scored": self.not_scored,
        }  # fmt: skip

    # --- what would be -------------------------------------------------------------------------

    def with_(self, **values: Value) -> "PersonOnCard":
        """Return a scored person with other values of some features, all else equal.

        A better record of one's own lets better friends count for more, so the neighbour mean
        follows unless it is given; friends' own scores stay. Raises KeyError for a feature that
        the card does not have.
        """
        points = {name: self.card.points(name, value) for name, value in values.items()}
        changed = self._points_with(points)
        then = replace(self, values={**self.values, **values}, points=changed)
        mean = self.card.mean
        if mean is not None and mean.feature not in values:
            share = sum(term["contribution"] for term in then.terms())
            then = replace(then, values={**then.values, mean.feature: share})
        return replace(then, reasons=then.losses())

    def score_with(self, points: Mapping[str, int]) -> int:
        """Return the score if some features had other points; the neighbour mean follows."""
        return self.card.base + sum(self._points_with(points).values())

    def next_band(self) -> dict[str, Any] | None:
        """Return the next higher band and the ways that lead there; None: none, or not scored."""
        if self.score is None or (band := self.card.band_above(self.score)) is None:
            return None
        return {
            "band": band.band,
            "at_least": band.at_least,
            "points_missing": band.at_least - self.score,
            "ways": [asdict(way) for way in self.moves()],
        }

    def moves(self) -> tuple[Way, ...]:
        """Return the ways to the next band by acts and time, the fastest first.

        Each takes fewer acts than the one before it, and of all ways with as many acts the least
        time. Empty where acts and time alone do not lead there, all else equal.
        """
        if self.score is None or (band := self.card.band_above(self.score)) is None:
            return ()
        return tuple(_Search(self, band.at_least).ways())

    def _points_with(self, points: Mapping[str, int]) -> dict[str, int]:
        changed = {**self.points, **points}
        mean = self.card.mean
        if mean is not None and mean.feature not in points:
            before, after = (self._mean_points(mean, one) for one in (self.points, changed))
            changed[mean.feature] += after - before
        return changed

    def _own_points(self, points: Mapping[str, int]) -> int:
        social = self.card.mean.factor if self.card.mean else None
        return sum(points[one.feature] for one in self.features if one.factor != social)

    def _mean_points(self, mean: NeighbourMean, points: Mapping[str, int]) -> int:
        """Return the points of the neighbour mean, rounded half up, in integers."""
        low, high = self._reach(mean, self._own_points(points))
        terms = [(mean.prior_weight, mean.prior_ppm)]
        terms += [(tie.contact_months, tie.friend_ppm) for tie in self.ties]
        numerator = sum(weight * max(min(ppm, high), low) for weight, ppm in terms)
        weight = sum(weight for weight, _ in terms)
        return (2 * mean.max_points * numerator + MILLION * weight) // (2 * MILLION * weight)

    @staticmethod
    def _reach(mean: NeighbourMean, own_points: int) -> tuple[int, int]:
        """Return between which records, in ppm, friends count at so many points of one's own."""
        own_ppm = own_points * MILLION // mean.own_points_max
        return own_ppm - mean.max_distance_ppm, own_ppm + mean.max_distance_ppm


class _Search:
    """The ways of one person to a score.

    Points only grow with the points of features, so the fewest acts are the greatest gains.
    """

    def __init__(self, person: PersonOnCard, at_least: int) -> None:
        self._person, self._at_least = person, at_least
        self._advice = person.card.advice
        self._score_of = cache(self._uncached_score)

    def ways(self) -> Iterator[Way]:
        """Yield the ways, the fastest first, each with fewer acts than the one before it."""
        steps = [
            step
            for one in self._person.features
            if one.feature in self._advice
            for step in self._steps(one, self._advice[one.feature])
        ]
        fewest = len(steps) + 1
        for days in sorted({0, *(step.days for step in steps)}):
            way = self._way([step for step in steps if step.days <= days], days)
            if way is not None and len(way.acts) < fewest:
                fewest = len(way.acts)
                yield way

    def _way(self, steps: Sequence[Act], days: int) -> Way | None:
        """Return the way with the fewest acts among steps that are done in time."""
        best = {step.feature: step for step in steps}  # the greatest gain of a feature comes last
        waiting = [step for step in best.values() if self._kind(step) == "waited"]
        needed = {step.feature: self._advice[step.feature].needs for step in waiting}
        ready = [step for step in waiting if needed[step.feature] not in best]
        acts = [step for step in best.values() if self._kind(step) != "waited"]
        acts.sort(key=lambda step: (-step.points_gained, step.days, step.feature))
        enablers = [step for step in acts if step.feature in needed.values()]
        ways = [
            way
            for waited, first in ((ready, []), (waiting, enablers))
            if (way := self._with_fewest_acts(waited, first, acts, steps, days)) is not None
        ]
        return min(ways, key=lambda way: len(way.acts), default=None)

    def _with_fewest_acts(
        self,
        waiting: Sequence[Act],
        first: Sequence[Act],
        acts: Sequence[Act],
        steps: Sequence[Act],
        days: int,
    ) -> Way | None:
        """Return a way with the acts ``first`` and as few others as lead there."""
        others = [step for step in acts if step not in first]
        for count in range(len(others) + 1):
            chosen = [*first, *others[:count]]
            if self._score([*waiting, *chosen]) >= self._at_least:
                for place, step in enumerate(chosen):  # each goes no further than it must
                    for smaller in (one for one in steps if one.feature == step.feature):
                        tried = [*chosen[:place], smaller, *chosen[place + 1 :]]
                        if self._score([*waiting, *tried]) >= self._at_least:
                            chosen = tried
                            break
                return Way(days, tuple(chosen), tuple(waiting), self._score([*waiting, *chosen]))
        return None

    def _kind(self, step: Act) -> str:
        return self._advice[step.feature].kind

    def _score(self, steps: Iterable[Act]) -> int:
        return self._score_of(frozenset((step.feature, step.points_gained) for step in steps))

    def _uncached_score(self, gains: frozenset[tuple[str, int]]) -> int:
        points = self._person.points
        return self._person.score_with({name: points[name] + gain for name, gain in gains})

    def _steps(self, feature: CardFeature, advice: Advice) -> Iterator[Act]:
        """Yield what can be reached of a feature that has a value, the smallest gain first."""
        value = self._person.values[feature.feature]
        if value is None or not feature.bins:
            return
        edges = [at_least for at_least, _ in feature.bins]
        bins = list(zip(edges, [*edges[1:], None], (one[1] for one in feature.bins), strict=True))
        is_up = bins[-1][2] > bins[0][2]
        found: list[Act] = []
        for at_least, below, points in bins if is_up else reversed(bins):
            edge = at_least if is_up else below
            gain = points - self._person.points[feature.feature]
            if gain <= 0 or edge is None or (advice.most is not None and edge > advice.most):
                continue
            if advice.kind == "halved" and edge <= 0:
                continue  # never reached by halving
            days = _days(value, edge, advice)
            found.append(Act(feature.feature, advice.act, days, _goal(edge, is_up), gain))
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
