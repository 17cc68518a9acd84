"""What a scorecard is: plain values, read-only once they are read; and what a card can name.

A special value of a feature is a code, with points and words of its own: data of others has several
kinds of missing, such as -1 where no file was found, 999 where it never was. It becomes a bin of
its own among the others, as narrow as values of the column can be, so that whatever reads bins
reads it, too.

Where whole logs are absent, a card does without their features, by name. The points of the others
are scaled to the range of the card, in whole points: every score still is the base and the sum of
its points, and every bin can be read in the published tables.
"""

import hashlib
import json
import math
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache, cached_property
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts.contract import Column, Table, method_glossary, method_tables

ELIGIBILITY = "features.eligibility"


@dataclass(frozen=True)
class Bin:
    """From ``at_least`` up to the next bin's, a value earns ``points``.

    ``is_special``: the bin of one value that stands for something else, such as a code.
    """

    at_least: Decimal
    points: int
    is_special: bool = False


@dataclass(frozen=True)
class Words:
    """What a reason says of values from ``at_least`` to before ``below``; None: no such bound."""

    at_least: Decimal | None
    below: Decimal | None
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class Feature:
    """One line of the card.

    ``bins`` is empty for a late feature, the neighbour mean: its points are ``max_points`` times
    its value, rounded half up; it is never missing, so it has no words for that. ``reason`` and
    ``what_to_do`` are of a value that no entry of ``words`` covers. ``context``: where its data
    come from, such as finance or shopping. ``can_be_withheld``: whether a person can bring it about
    that the value is missing; None where the card does not say.
    """

    name: str
    factor: str
    direction: str
    bins: tuple[Bin, ...]
    missing_points: int
    max_points: int
    reason: str
    what_to_do: str
    missing_reason: str | None
    missing_what_to_do: str | None
    family: str
    context: str
    words: tuple[Words, ...] = ()
    can_be_withheld: bool | None = None


@dataclass(frozen=True)
class ReasonRule:
    """Which reasons a person gets: what points are compared with, how many, how different.

    ``method``: ``maximum`` compares with a feature's most points, ``average`` with the mean of
    everyone scored, ``passing`` with the mean of those who score from ``gate`` to ``gate +
    within``. ``one_per_family``: of the features of a family the one that loses most.
    """

    method: str = "maximum"
    gate: int | None = None
    within: int | None = None
    count: int = 4
    one_per_family: bool = True


@dataclass(frozen=True)
class NotScoredRule:
    """A person is scored only where ``measure`` is at_least / below / equals the given value."""

    code: str
    measure: str
    test: str
    value: int | bool
    reason: str
    what_to_do: str


@dataclass(frozen=True)
class Band:
    """Scores from ``at_least`` to ``at_most``, both inclusive."""

    name: str
    at_least: int
    at_most: int


@dataclass(frozen=True)
class Benefit:
    """What opens at ``min_score``.

    ``context``: where it belongs, such as hiring. ``accepts``: the contexts whose points may open
    it, in the card's order; of all of them nothing is walled off.
    """

    name: str
    min_score: int
    source: str
    note: str
    is_harm_sensitive: bool
    context: str
    accepts: tuple[str, ...]


@dataclass(frozen=True)
class FriendRule:
    """Parameters of the bounded-influence neighbour mean (see method.md), in ppm."""

    prior_ppm: int
    prior_weight: int
    max_distance_ppm: int


@dataclass(frozen=True)
class PointsToOdds:
    """The odds of a score: ``odds`` good people to a bad one at ``at_score``.

    They double with every ``points_to_double`` points.
    """

    at_score: int
    odds: Decimal
    points_to_double: Decimal

    @classmethod
    def rounded(cls, at_score: int, odds: float, points_to_double: float) -> "PointsToOdds":
        """Return them with as many decimals as a card may have."""
        return cls(at_score, *(Decimal(f"{one:.6f}") for one in (odds, points_to_double)))

    def doublings(self, score: int) -> float:
        """Return how often odds of 1 have to double for the odds of a score."""
        return math.log2(self.odds) + (score - self.at_score) / float(self.points_to_double)

    def score_of(self, doublings: float) -> float:
        """Return the score of odds; not rounded, and beyond any scale."""
        return self.at_score + (doublings - math.log2(self.odds)) * float(self.points_to_double)

    def expected_ppm(self, score: int) -> int:
        """Return the bad people that are expected of a million with a score.

        Rounded half up from fifty decimal digits, so that every machine rounds alike.
        """
        exact = Context(prec=50)
        steps = exact.divide(Decimal(score - self.at_score), self.points_to_double)
        odds = exact.multiply(self.odds, exact.power(Decimal(2), steps))
        share = exact.divide(Decimal(1_000_000), exact.add(Decimal(1), odds))
        return int(share.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True)
class Scorecard:
    """A whole card; ``features`` in the card's order, bands from the lowest.

    ``absent_logs`` says what becomes of features whose log brought nothing: ``rescale`` leaves
    them out, ``missing`` gives everyone their missing points. ``declared``: the card as it is
    written, where this one does without the features of ``without_logs``.
    ``wall``: ``report`` says beside each benefit what accepted contexts alone would open;
    ``enforce`` lets them alone open harm-sensitive benefits. ``points_to_odds``: of a card that was
    fitted to outcomes.
    """

    name: str
    version: str
    title: str
    base: int
    factor_caps: tuple[tuple[str, int], ...]
    features: tuple[Feature, ...]
    bands: tuple[Band, ...]
    not_scored: tuple[NotScoredRule, ...]
    benefits: tuple[Benefit, ...]
    friends: FriendRule
    reasons: ReasonRule = ReasonRule()
    absent_logs: str = "rescale"
    without_logs: tuple[str, ...] = ()
    declared: "Scorecard | None" = None
    wall: str = "report"
    points_to_odds: PointsToOdds | None = None

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of every value of the card as it is written, its layout apart."""
        text = json.dumps(self.as_written, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def as_written(self) -> dict[str, Any]:
        """Every value of the card, also of features that this one does without.

        What a card may leave unsaid stands in it where it is said.
        """
        values = asdict(self.declared or self)
        del values["declared"], values["without_logs"]
        for one in values["features"]:
            if one["can_be_withheld"] is None:
                del one["can_be_withheld"]
        if values["points_to_odds"] is None:
            del values["points_to_odds"]
        return values

    @property
    def left_out(self) -> tuple[str, ...]:
        """Features of the card as it is written that this one does without."""
        kept = {feature.name for feature in self.features}
        written = self.declared.features if self.declared else ()
        return tuple(feature.name for feature in written if feature.name not in kept)

    def gives_same_points(self, other: "Scorecard") -> bool:
        """Return whether every person has the same points and band on another card."""
        return self._points == other._points

    @property
    def _points(self) -> tuple[object, ...]:
        features = [
            (one.name, one.factor, one.bins, one.missing_points, one.max_points)
            for one in self.features
        ]
        return (
            self.base, self.factor_caps, features, self.bands, self.friends, self.absent_logs,
        )  # fmt: skip

    @property
    def max_score(self) -> int:
        return self.base + sum(cap for _, cap in self.factor_caps)

    @property
    def late_feature(self) -> Feature | None:
        """The feature that is computed from everyone's own points; a card may do without one."""
        return next((feature for feature in self.features if not feature.bins), None)

    @property
    def late_factor(self) -> str | None:
        """The factor of the late feature. Its points are not part of a person's own record."""
        return self.late_feature.factor if self.late_feature else None

    @property
    def own_points_max(self) -> int:
        """Most points that a person can have without the factor of the late feature."""
        return sum(cap for factor, cap in self.factor_caps if factor != self.late_factor)

    @property
    def friend_points_max(self) -> int:
        return self.late_feature.max_points if self.late_feature else 0

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts of the features, each once."""
        return tuple(dict.fromkeys(feature.context for feature in self.features))

    def is_walled(self, benefit: Benefit) -> bool:
        """Return whether a benefit does not accept every context that features have."""
        return not set(self.contexts) <= set(benefit.accepts)

    def is_wall_enforced(self, benefit: Benefit) -> bool:
        """Return whether points of accepted contexts alone open a benefit."""
        is_enforced = self.wall == "enforce" and benefit.is_harm_sensitive
        return is_enforced and self.is_walled(benefit)

    def features_in(self, contexts: Iterable[str]) -> list[Feature]:
        """Return the features whose data come from some contexts."""
        accepted = set(contexts)
        return [feature for feature in self.features if feature.context in accepted]

    def feature(self, name: str) -> Feature | None:
        return next((feature for feature in self.features if feature.name == name), None)

    def reason_group(self, feature: Feature) -> str:
        """Return the family of a feature, or its own name where families may repeat."""
        return feature.family if self.reasons.one_per_family else feature.name

    def features_of(self, factor: str) -> Iterator[Feature]:
        return (feature for feature in self.features if feature.factor == factor)


@dataclass(frozen=True)
class Measures:
    """Columns that a card can name.

    ``homes``: feature -> its table in the schema ``features``. ``features``: feature -> column.
    ``late``: feature -> the table of the schema ``scores`` that computes it from own points.
    ``eligibility``: measure -> type.
    """

    homes: Mapping[str, str]
    features: Mapping[str, Column]
    late: Mapping[str, Table]
    eligibility: Mapping[str, str]

    def column(self, feature: str) -> Column:
        """Return the column of a feature, late or not; KeyError where there is none."""
        return (
            self.late[feature].column(feature) if feature in self.late else self.features[feature]
        )


def measures_among(tables: Iterable[Table]) -> Measures:
    """Return what a card can name, from hand-written tables: everything but keys."""
    homes: dict[str, str] = {}
    features: dict[str, Column] = {}
    late: dict[str, Table] = {}
    eligibility: dict[str, str] = {}
    for table in tables:
        own = [column for column in table.columns if column.name not in table.key]
        if table.name == ELIGIBILITY:
            eligibility = {column.name: column.type for column in own}
        elif table.schema == "features":
            features |= {column.name: column for column in own}
            homes |= {column.name: table.name for column in own}
        elif table.late_feature:
            late[table.late_feature] = table
    return Measures(homes, features, late, eligibility)


@cache
def measures_of(method: Method) -> Measures:
    """Return what a card of a method can name."""
    return measures_among(method_tables(method, ("features", "scores"), method_glossary(method)))


# Special values


WHOLE, FINEST = Decimal(1), Decimal("0.000001")
"""How wide the bin of a special value is, of whole numbers and of others."""


def with_special_bins(
    bins: Sequence[Bin], special: Iterable[tuple[Decimal, int]], width: Decimal
) -> tuple[Bin, ...]:
    """Return bins in which each special value has a bin of its own.

    ``bins``: from the lowest values up. ``special``: (value, points). ``width``: of the column,
    WHOLE or FINEST. A value beside a special one earns what it earned before.
    """
    found = list(bins)
    for value, points in sorted(special):
        if value <= found[0].at_least:  # lower values keep the points of the first bin
            found.insert(0, replace(found[0], at_least=value - width))
        before = [one for one in found if one.at_least <= value][-1]
        end = value + width
        if all(one.at_least != end for one in found):
            found.append(replace(before, at_least=end, is_special=False))
        found = [one for one in found if one.at_least != value]
        found.append(Bin(value, points, is_special=True))
        found.sort(key=lambda one: one.at_least)
    return tuple(found)


def with_special_words(
    words: Iterable[Words], special: Iterable[tuple[Decimal, str, str]], width: Decimal
) -> tuple[Words, ...]:
    """Return words in which each special value has its own; ranges around it keep theirs.

    ``words``: ranges that do not overlap. ``special``: (value, reason, what to do).
    """
    found = list(words)
    for value, reason, what_to_do in special:
        own = Words(value, value + width, reason, what_to_do)
        found = [part for one in found for part in _around(one, own)] + [own]
    return tuple(sorted(found, key=lambda one: (one.at_least is not None, one.at_least or 0)))


def _around(words: Words, own: Words) -> Iterator[Words]:
    """Yield the parts of a range that lie below and above the range of a special value."""
    assert own.at_least is not None and own.below is not None, "it is one value"  # noqa: PT018
    below = own.at_least if words.below is None else min(words.below, own.at_least)
    at_least = own.below if words.at_least is None else max(words.at_least, own.below)
    if words.at_least is None or words.at_least < below:
        yield replace(words, below=below)
    if words.below is None or at_least < words.below:
        yield replace(words, at_least=at_least)


# Absent logs


FEATURES_BY_LOG = "transforms/features_by_log.toml"


def read_missing(method: Method = STANDARD_METHOD) -> dict[str, list[str]]:
    """Return log, log.event_type or log.field -> the features that have no value without it."""
    read = _read(method)
    parts = {name: one for name, one in read.items() if isinstance(one, list)}
    return {**parts, **read.get("event_types", {}), **read.get("fields", {})}


def _read(method: Method) -> dict[str, Any]:
    """Return the lists of a method, which may have none."""
    file = method.find(FEATURES_BY_LOG)
    return {} if file is None else tomllib.loads(file.read_text("utf-8"))


def log_of_features(method: Method = STANDARD_METHOD) -> dict[str, str]:
    """Return feature -> the log without which it says nothing, of those that the method lists."""
    read = _read(method)
    lists = [read, read.get("says_nothing", {})]
    return {
        feature: log
        for by_log in lists
        for log, features in by_log.items()
        if isinstance(features, list)
        for feature in features
    }


def without_features(card: Scorecard, absent: Mapping[str, str]) -> Scorecard:
    """Return a card without features whose log is absent, the others scaled to its range.

    Scaled points have no known odds.

    ``absent``: feature -> its log. A card that has none of them, or that keeps them with their
    missing points, is returned as it is. Raises UsageError where no feature of a person's own
    record would be left.
    """
    kept = [feature for feature in card.features if feature.name not in absent]
    if card.absent_logs != "rescale" or len(kept) == len(card.features):
        return card
    own = [one for one in kept if one.factor != card.late_factor]
    if not any(one.max_points for one in own):
        logs = ", ".join(sorted({absent[f.name] for f in card.features if f.name in absent}))
        raise UsageError(
            f"scorecard {card.name}: none of its points are left without the logs {logs}, of "
            'which no event has arrived: deliver one of them, or set absent_logs = "missing"'
        )
    most = _shared_out(card.max_score - card.base, [feature.max_points for feature in kept])
    features = tuple(_scaled(one, points) for one, points in zip(kept, most, strict=True))
    caps = {
        factor: sum(feature.max_points for feature in features if feature.factor == factor)
        for factor, _ in card.factor_caps
        if any(feature.factor == factor for feature in features)
    }
    absent_logs = sorted({absent[name] for name in absent if card.feature(name)})
    return replace(
        card, features=features, factor_caps=tuple(caps.items()), without_logs=tuple(absent_logs),
        declared=card, points_to_odds=None,
    )  # fmt: skip


def _shared_out(total: int, weights: Collection[int]) -> list[int]:
    """Return whole parts of a total in proportion to weights, by largest remainder, then order."""
    parts = [divmod(total * weight, sum(weights)) for weight in weights]
    left = total - sum(whole for whole, _ in parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: -parts[place][1])
    more = set(by_remainder[:left])
    return [whole + (place in more) for place, (whole, _) in enumerate(parts)]


def _scaled(feature: Feature, most: int) -> Feature:
    """Return a feature with other most points, its bins in proportion, half points up."""

    def points(before: int) -> int:
        if feature.max_points == 0:
            return 0
        return (2 * before * most + feature.max_points) // (2 * feature.max_points)

    bins = tuple(replace(one, points=points(one.points)) for one in feature.bins)
    return replace(
        feature, bins=bins, max_points=most, missing_points=points(feature.missing_points)
    )
