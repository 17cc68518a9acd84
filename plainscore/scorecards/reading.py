"""Read a scorecard from TOML: pydantic models of the file; errors name file, line and key.

A card may say ``extends = "standard"``: it then holds only what differs from the card of that
name in the same folder (or from the packaged one).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.toml import KeyPath, message_of
from plainscore.scorecards.card import (
    FINEST,
    WHOLE,
    Band,
    Benefit,
    Bin,
    Feature,
    FriendRule,
    Measures,
    NotScoredRule,
    PointsToOdds,
    ReasonRule,
    Scorecard,
    Words,
    measures_of,
    with_special_bins,
    with_special_words,
)
from plainscore.scorecards.card_text import (
    PACKAGED,
    find_scorecard,
    path_of,
    read_card_text,
)
from plainscore.scorecards.person import ASK_FOR_DATA

MILLION = 1_000_000
TESTS = ("at_least", "below", "equals")
MOST_REASONS = 10
FORMER_HASHES = {
    "f3ca6a150b76caf9741aa6d58618335f666146f697148343a936464440f1e1d2": "standard",
    "3f91e626b2deb3030a02ebb1ac7c6aca3a3ec0f1dcbe709e615b807e038a1cde": "reported_b",
    "40492949cbf620a6c99c5268b6980d629402f26e13d6d17e74f350ecde2e5fa0": "standard_2",
}
"""Of packaged cards before 0.3, by their names: they had other words, and the points of today."""
# Factors are columns of published tables, beside these.
KEY_COLUMNS = frozenset(
    {"scorecard", "scorecard_no", "person_key", "person_id", "as_of_date", "known_on"}
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


# ---- the file, as pydantic sees it -------------------------------------------------------------


def _number(value: object) -> Decimal:
    if type(value) is int or (isinstance(value, Decimal) and value.is_finite()):
        return Decimal(value)
    raise PydanticCustomError("number", "write a number")


def _six_decimals(value: Decimal) -> Decimal:
    if value * MILLION != int(value * MILLION):
        raise PydanticCustomError("decimals", "write at most six decimals")
    return value


Text = Annotated[str, Field(min_length=1)]
Points = Annotated[int, Field(ge=0)]
Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Share = Annotated[
    Decimal, BeforeValidator(_number), Field(ge=0, le=1), AfterValidator(_six_decimals),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]  # fmt: skip
Above = Annotated[Number, Field(gt=0), AfterValidator(_six_decimals)]
BinPair = Annotated[tuple[Number, Points], Field(strict=False)]
# What a schema says of keys that go together; `_faults` says it where a card is read.
_ONE_TEST: JsonDict = {"oneOf": [{"required": [test]} for test in TESTS]}
_BY_BINS, _BY_RULE = ("bins", "missing_points"), ("rule", "max_points")
_OF_MISSING = ("missing_reason", "missing_what_to_do")
_OF_PASSING = ("gate", "within")
_BINS_OR_RULE: JsonDict = {
    "oneOf": [
        {"required": [*needed], "properties": dict.fromkeys(others, False)}
        for needed, others in ((_BY_BINS, _BY_RULE), (_BY_RULE, _BY_BINS))
    ]
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FriendsTable(_Part):
    """The neighbour mean: a prior with a weight in friend-months, and how far friends can move."""

    prior: Share = Decimal("0.5")
    prior_weight: Annotated[int, Field(ge=1)] = 12
    max_distance: Share = Decimal("0.15")


class ReasonsTable(_Part):
    """Which reasons a person gets: what points are compared with, and how many there are."""

    method: Literal["maximum", "average", "passing"] = "maximum"
    gate: Points | None = Field(
        default=None, description="Of passing: the lowest score of the others."
    )
    within: Points | None = Field(default=None, description="Of passing: how far above the gate.")
    count: Annotated[int, Field(ge=1, le=MOST_REASONS)] = 4
    one_per_family: bool = True


class NotScoredTable(_Part):
    """A person is scored only where a measure of features.eligibility passes the test."""

    model_config = ConfigDict(json_schema_extra=_ONE_TEST)

    code: Text
    measure: Text
    at_least: Points | None = None
    below: Points | None = None
    equals: bool | None = None
    reason: Text
    what_to_do: Text

    @property
    def given(self) -> list[str]:
        """The tests that the rule has; one, where it is well-formed."""
        return [test for test in TESTS if getattr(self, test) is not None]


class BandTable(_Part):
    """A band of scores from ``at_least`` up to the next band."""

    name: Text
    at_least: Points


class FactorTable(_Part):
    """The most points that the features of a factor give together."""

    max_points: Points


class WordsTable(_Part):
    """What a reason says of values from ``at_least`` to before ``below``."""

    at_least: Number | None = None
    below: Number | None = None
    reason: Text
    what_to_do: Text | None = Field(None, description="The feature's, if left out.")


class SpecialTable(_Part):
    """One value that stands for something else, such as -1 where no file was found."""

    value: Annotated[Number, AfterValidator(_six_decimals)]
    points: Points
    reason: Text
    what_to_do: Text | None = Field(None, description="The feature's, if left out.")


class FeatureTable(_Part):
    """Points of a feature: by bins [at least, points], or by a rule."""

    model_config = ConfigDict(json_schema_extra=_BINS_OR_RULE)

    factor: Text
    direction: Literal["up", "down"]
    bins: Annotated[list[BinPair], Field(min_length=1)] | None = None
    missing_points: Points | None = None
    rule: Literal["neighbour_mean"] | None = None
    max_points: Points | None = None
    reason: Text
    what_to_do: Text
    words: list[WordsTable] = []
    special: list[SpecialTable] = []
    missing_reason: Text | None = Field(None, description="The reason where there is no value.")
    missing_what_to_do: Text | None = None
    family: Text | None = Field(None, description="The feature's own name, if left out.")
    context: Text | None = Field(
        None, description="Where the data come from; the factor's name, if left out."
    )
    can_be_withheld: bool | None = Field(
        None, description="Whether a person can hide the value; if false, missing may earn most."
    )

    @property
    def most(self) -> int:
        of_missing = self.missing_points or 0 if self.can_be_withheld is False else 0
        of_values = (points for _, points in self.bins or ())
        return max(of_missing, *of_values) if self.bins else self.max_points or 0


class BenefitTable(_Part):
    """What opens at a score."""

    name: Text
    min_score: Points
    source: Text
    note: Text
    is_harm_sensitive: bool
    context: Text | None = Field(None, description="The benefit's own name, if left out.")
    accepts: Annotated[list[Text], Field(min_length=1)] | None = Field(
        None, description="Contexts of features whose points may open it; all, if left out."
    )


class PointsToOddsTable(_Part):
    """Good people to a bad one at a score, and how many points double them; `fit` writes it."""

    at_score: Points
    odds: Above
    points_to_double: Above


class CardFile(_Part):
    """A scorecard: every number of the method."""

    name: Text
    version: Text
    title: Text
    base: Points
    most: Points | None = Field(None, description="Base and all points; checked where given.")
    wall: Literal["report", "enforce"] = Field(
        default="report",
        description="Whether accepted contexts alone open harm-sensitive benefits, or it is said "
        "only what they would open.",
    )
    friends: FriendsTable = FriendsTable()
    reasons: ReasonsTable = ReasonsTable()
    absent_logs: Literal["rescale", "missing"] = Field(
        "rescale",
        description="Features whose log brought nothing: left out, the rest scaled to the range; "
        "or kept, with their missing points for everyone.",
    )
    not_scored: list[NotScoredTable] = []
    band: Annotated[list[BandTable], Field(min_length=1)]
    factor: Annotated[dict[str, FactorTable], Field(min_length=1)]
    feature: Annotated[dict[str, FeatureTable], Field(min_length=1)]
    benefit: list[BenefitTable] = []
    points_to_odds: PointsToOddsTable | None = None

    @property
    def highest(self) -> int:
        """The base and all points."""
        return self.base + sum(factor.max_points for factor in self.factor.values())

    @property
    def contexts(self) -> list[str]:
        """The contexts of the features, each once."""
        return list(dict.fromkeys(one.context or one.factor for one in self.feature.values()))


# ---- reading ------------------------------------------------------------------------------------


def read_scorecard(path: Path, method: Method = STANDARD_METHOD) -> Scorecard:
    """Read and validate one card; its features and measures are those of the method's tables.

    Raises ScorecardError (exit code 2), naming file, line and key; also where a packaged card has
    its name and version, but gives other points.
    """
    text = read_card_text(path, method, ())
    try:
        file = CardFile.model_validate(text.values)
    except ValidationError as error:
        fault = error.errors()[0]
        is_unknown = fault["type"] == "extra_forbidden"
        hint = "; see `plainscore scorecard --schema`" if is_unknown else ""
        key = path_of(fault["loc"], text.values)
        raise text.error(key, f"{message_of(fault)}{hint}") from None
    measures = measures_of(method)
    for key, message in _faults(file, measures):
        raise text.error(key, message)
    card = _card(file, measures)
    if not _may_have_its_name(card, path):
        raise text.error(
            ("version",),
            f"is {card.version}, as of the packaged card {card.name}, which gives other points or "
            "bands: give this card another name or version",
        )
    return card


def _may_have_its_name(card: Scorecard, path: Path) -> bool:
    """Return whether no packaged card has the name and version of a card and other points."""
    packaged = PACKAGED / f"{card.name}.toml"
    if not packaged.is_file() or packaged.resolve() == path.resolve():
        return True
    other = read_scorecard(packaged)
    return other.version != card.version or card.gives_same_points(other)


def read_scorecards(
    names_or_paths: Sequence[str], method: Method = STANDARD_METHOD
) -> tuple[Scorecard, ...]:
    """Read the cards of one run, champion first.

    Raises UsageError where two share a name, or differ in who is scored: the friends of a person
    count where they are scored, so cards of one run must agree on who that is.
    """
    if not names_or_paths:
        raise UsageError("a run needs at least one scorecard: set `scorecards`")
    cards = tuple(read_scorecard(find_scorecard(name, method), method) for name in names_or_paths)
    if len({card.name for card in cards}) < len(cards):
        raise UsageError(f"two scorecards share a name: {', '.join(card.name for card in cards)}")
    for card in cards[1:]:
        if card.not_scored != cards[0].not_scored:
            raise UsageError(
                f"scorecards {cards[0].name} and {card.name} differ in [[not_scored]]: "
                "run them one by one, or give them the same rules"
            )
    return cards


def _card(file: CardFile, measures: Measures) -> Scorecard:
    ends = [band.at_least - 1 for band in file.band[1:]] + [file.highest]
    prior, weight, distance = file.friends.model_dump().values()
    odds = file.points_to_odds
    return Scorecard(
        file.name, file.version, file.title, file.base,
        factor_caps=tuple((name, factor.max_points) for name, factor in file.factor.items()),
        features=tuple(
            _feature(name, one, _width(name, measures)) for name, one in file.feature.items()
        ),
        bands=tuple(
            Band(band.name, band.at_least, end) for band, end in zip(file.band, ends, strict=True)
        ),
        not_scored=tuple(
            NotScoredRule(
                rule.code, rule.measure, rule.given[0], getattr(rule, rule.given[0]),
                rule.reason, rule.what_to_do,
            )
            for rule in file.not_scored
        ),
        benefits=tuple(_benefit(one, file.contexts) for one in file.benefit),
        friends=FriendRule(int(prior * MILLION), weight, int(distance * MILLION)),
        reasons=ReasonRule(**file.reasons.model_dump()),
        absent_logs=file.absent_logs,
        wall=file.wall,
        points_to_odds=PointsToOdds(**odds.model_dump()) if odds else None,
    )  # fmt: skip


def _benefit(table: BenefitTable, contexts: Sequence[str]) -> Benefit:
    accepts = tuple(one for one in contexts if table.accepts is None or one in table.accepts)
    said = table.model_dump(exclude={"context", "accepts"})
    return Benefit(**said, context=table.context or table.name, accepts=accepts)


def _width(feature: str, measures: Measures) -> Decimal:
    """Return how wide the bin of a special value of a feature is."""
    return FINEST if measures.column(feature).type == "DOUBLE" else WHOLE


def _feature(name: str, table: FeatureTable, width: Decimal) -> Feature:
    """Return a feature; what it leaves out of a missing value says no more than that it is."""
    missing: tuple[str | None, str | None] = (None, None)
    if not table.rule:
        nothing = f"No value of {name.replace('_', ' ')} is on record"
        missing = (table.missing_reason or nothing, table.missing_what_to_do or ASK_FOR_DATA)
    bins = [Bin(*step) for step in table.bins or ()]
    words = [
        Words(one.at_least, one.below, one.reason, one.what_to_do or table.what_to_do)
        for one in table.words
    ]
    return Feature(
        name, table.factor, table.direction,
        with_special_bins(bins, [(one.value, one.points) for one in table.special], width),
        table.missing_points or 0, table.most, table.reason, table.what_to_do, *missing,
        family=table.family or name,
        context=table.context or table.factor,
        words=with_special_words(
            words,
            [(s.value, s.reason, s.what_to_do or table.what_to_do) for s in table.special],
            width,
        ),
        can_be_withheld=table.can_be_withheld,
    )  # fmt: skip


# ---- what pydantic cannot see: parts that do not fit each other or the method --------------------

Faults = Iterator[tuple[KeyPath, str]]


def _is_column(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in KEY_COLUMNS


def _faults(file: CardFile, measures: Measures) -> Faults:
    for factor in file.factor:
        if not _is_column(factor):
            yield ("factor", factor), "names a column: lower-case letters, digits and underscores"
    known = [*measures.features, *measures.late]
    for name, table in file.feature.items():
        yield from _feature_faults(("feature", name), table, file, name in measures.late)
        if name not in known:
            there_are = ", ".join(known)
            yield ("feature", name), f"is a column of no table of features; there are {there_are}"
        yield from _special_faults(("feature", name), table, _width(name, measures))
    for factor, cap in file.factor.items():
        filled = [one.most for one in file.feature.values() if one.factor == factor]
        if cap.max_points != sum(filled) or not filled:
            yield (
                ("factor", factor, "max_points"),
                f"is {cap.max_points}, but the most points of its features sum to {sum(filled)}",
            )
    yield from _card_faults(file)
    yield from _reasons_faults(file)
    for number, rule in enumerate(file.not_scored):
        yield from _rule_faults(("not_scored", number), rule, measures.eligibility)
    for key, names in (
        ("benefit", [benefit.name for benefit in file.benefit]),
        ("not_scored", [rule.code for rule in file.not_scored]),
        ("band", [band.name for band in file.band]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield (key,), f"names {', '.join(twice)} twice"


def _feature_faults(key: KeyPath, table: FeatureTable, file: CardFile, is_late: bool) -> Faults:
    needed, others = (_BY_RULE, _BY_BINS) if table.rule else (_BY_BINS, _BY_RULE)
    for name in needed:
        if getattr(table, name) is None:
            yield (*key, name), "is missing"
    for name in others:
        if getattr(table, name) is not None:
            yield (*key, name), f"has no meaning beside {needed[0]}; leave it out"
    if is_late and not table.rule:
        yield (*key, "bins"), 'has no meaning here: write rule = "neighbour_mean" and max_points'
    if table.rule and not is_late:
        yield (*key, "rule"), "is for features that are computed from scores; write bins"
    if table.factor not in file.factor:
        yield (*key, "factor"), f"is one of {', '.join(file.factor)}, not {table.factor!r}"
    if not _is_column(table.context or "context"):
        yield (*key, "context"), "is a name of lower-case letters, digits and underscores"
    yield from _bin_faults(key, table)
    yield from _words_faults(key, table)


def _words_faults(key: KeyPath, table: FeatureTable) -> Faults:
    for name in _OF_MISSING if table.rule else ():
        if getattr(table, name) is not None:
            yield (*key, name), "has no meaning beside rule: the neighbour mean always has a value"
    if table.missing_reason in (table.reason, *(one.reason for one in table.words)):
        yield (*key, "missing_reason"), "says of no value what a reason says of a value"
    if not _is_column(table.family or "family"):
        yield (*key, "family"), "is a name of lower-case letters, digits and underscores"
    end: Decimal | None = None
    for number, one in enumerate(table.words):
        place = (*key, "words", number)
        if one.at_least is None and one.below is None:
            yield place, "needs at_least, below or both: the values that it speaks of"
        if one.at_least is not None and one.below is not None and one.at_least >= one.below:
            yield (*place, "below"), f"must be more than at_least, {one.at_least}"
        if number and (end is None or one.at_least is None or one.at_least < end):
            edge = () if one.at_least is None else ("at_least",)
            yield (*place, *edge), "must begin where the words before it end, or later"
        end = one.below


def _special_faults(key: KeyPath, table: FeatureTable, width: Decimal) -> Faults:
    if table.special and not table.bins:
        yield (*key, "special"), "has no meaning beside rule: its value is never a code"
    for number, one in enumerate(table.special):
        place = (*key, "special", number)
        if one.points > table.most:
            yield (*place, "points"), f"pass the feature's most, {table.most}"
        if one.value % width:
            yield (*place, "value"), "must be a whole number, as the feature is"
        if one.value in [other.value for other in table.special[:number]]:
            yield (*place, "value"), f"{one.value} is named twice"


def _bin_faults(key: KeyPath, table: FeatureTable) -> Faults:
    bins = table.bins or []
    if any(low >= high for (low, _), (high, _) in pairwise(bins)):
        yield (*key, "bins"), "must ascend"
    points = [earned for _, earned in bins]
    if points != sorted(points, reverse=table.direction == "down"):
        yield (*key, "bins"), f"points do not go {table.direction}"
    if (table.missing_points or 0) > table.most:
        yield (*key, "missing_points"), f"pass the feature's most, {table.most}"


def _card_faults(file: CardFile) -> Faults:
    most = file.highest
    if file.most not in (None, most):
        yield ("most",), f"is {file.most}, but base and factors sum to {most}"
    ruled = [name for name, one in file.feature.items() if one.rule]
    if len(ruled) > 1:
        yield ("feature", ruled[1], "rule"), f"is given to {ruled[0]} already; one feature has it"
    late = {file.feature[name].factor for name in ruled}
    if not any(one.max_points for name, one in file.factor.items() if name not in late):
        yield ("factor",), "needs points in a factor without a rule: a person's own record"
    edges = [band.at_least for band in file.band]
    if edges != sorted(set(edges)):
        yield ("band",), "lists the bands from the lowest to the highest"
    if edges[0] != file.base or edges[-1] > most:
        yield ("band",), f"starts at the base, {file.base}, and ends by {most}"
    for number, benefit in enumerate(file.benefit):
        if not file.base <= benefit.min_score <= most:
            yield ("benefit", number, "min_score"), f"is no score: {file.base} to {most}"
        for one in benefit.accepts or ():
            if one not in file.contexts:
                yield (
                    ("benefit", number, "accepts"),
                    f"names {one!r}; the contexts of features are {', '.join(file.contexts)}",
                )


def _reasons_faults(file: CardFile) -> Faults:
    table, most = file.reasons, file.highest
    for name in _OF_PASSING:
        is_given = getattr(table, name) is not None
        if table.method == "passing" and not is_given:
            yield (
                ("reasons", name),
                'is missing: method = "passing" compares with those near a gate',
            )
        if table.method != "passing" and is_given:
            yield (
                ("reasons", name),
                f'has no meaning beside method = "{table.method}"; leave it out',
            )
    if table.gate is not None and not file.base <= table.gate <= most:
        yield ("reasons", "gate"), f"is no score: {file.base} to {most}"


def _rule_faults(key: KeyPath, rule: NotScoredTable, kinds: Mapping[str, str]) -> Faults:
    if len(rule.given) != 1:
        yield (*key, "measure"), f"needs exactly one of {', '.join(TESTS)}"
    kind = kinds.get(rule.measure)
    if kind is None:
        yield (*key, "measure"), f"is one of {', '.join(kinds)}, not {rule.measure!r}"
    if (kind == "BOOLEAN") != (rule.given[0] == "equals"):
        yield (*key, rule.given[0]), f"does not fit {rule.measure}, which is {kind}"


# ---- the JSON Schema, for editors ----------------------------------------------------------------

_MERGED_TABLES = (
    "FriendsTable", "ReasonsTable", "FactorTable", "FeatureTable", "PointsToOddsTable",
)  # fmt: skip


def scorecard_schema(method: Method = STANDARD_METHOD) -> dict[str, Any]:
    """Return the JSON Schema of a card of a method, which names its features and measures.

    A card that extends another may leave out what does not differ.
    """
    measures = measures_of(method)
    full = CardFile.model_json_schema()
    full["properties"]["extends"] = {"type": "string"}
    names = [*measures.features, *measures.late]
    full["properties"]["feature"]["propertyNames"] = {"enum": names}
    defs = full.pop("$defs")
    rule = defs["NotScoredTable"]
    rule["properties"]["measure"]["enum"] = list(measures.eligibility)
    flags = [name for name, kind in measures.eligibility.items() if kind == "BOOLEAN"]
    rule["if"] = {"properties": {"measure": {"enum": flags}}}
    rule["then"], rule["else"] = {"required": ["equals"]}, {"properties": {"equals": False}}
    text = json.dumps({key: value for key, value in full.items() if key != "required"})
    for name in _MERGED_TABLES:
        kept = {key: part for key, part in defs[name].items() if key not in ("required", "oneOf")}
        defs[f"Changed{name}"] = kept
        text = text.replace(f'"#/$defs/{name}"', f'"#/$defs/Changed{name}"')
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "plainscore scorecard",
        "if": {"required": ["extends"]},
        "then": json.loads(text),
        "else": full,
        "$defs": defs,
    }
