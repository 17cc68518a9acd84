"""Compile the scorecards of a run to transforms: contract and SELECT, as if written by hand.

What a card decides (bins, points, rules) becomes one CASE per feature. The text that
``plainscore scorecard --sql`` prints is the text that runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from plainscore.common.errors import UsageError
from plainscore.contracts.contract import Column, Glossary, Table, parse_contract
from plainscore.scorecards.attempts import attempt_points
from plainscore.scorecards.card import (
    FACTORS,
    NEIGHBOUR_MEAN,
    SOCIAL_FACTOR,
    Feature,
    NotScoredRule,
    Scorecard,
)
from plainscore.scorecards.feature_totals import feature_total_table
from plainscore.scorecards.published import published_by_card, published_features
from plainscore.scorecards.reasons import reason_table

KEYS = ("scorecard", "person_key")


def compile_scorecards(
    cards: Sequence[Scorecard], features: Sequence[Table], glossary: Glossary
) -> list[Table]:
    """Return the tables that the cards decide.

    ``features`` are the hand-written tables of the schema ``features``. Raises UsageError where
    a card does not cover exactly the features that these tables have.
    """
    homes = _homes(features)
    for card in cards:
        _refuse_other_features(card, cards[0], {*homes, NEIGHBOUR_MEAN})
    points, factor = _points(cards, glossary), _factor(cards, glossary)
    return [
        _scoring_status(cards[0].not_scored, glossary),
        _feature_vector(cards[0], homes, glossary),
        _own_points(cards, glossary),
        points,
        factor,
        reason_table(cards, glossary),
        feature_total_table(cards, glossary),
        attempt_points(cards, points_case, glossary),
        published_features(cards[0], glossary),
        published_by_card(points, glossary),
        published_by_card(factor, glossary),
    ]


def _homes(features: Sequence[Table]) -> Mapping[str, str]:
    """Return feature -> the table that has it; eligibility measures are no features."""
    return {
        column.name: table.name
        for table in features
        if table.name != "features.eligibility"
        for column in table.columns
        if column.name != "person_key"
    }


def _refuse_other_features(card: Scorecard, champion: Scorecard, known: set[str]) -> None:
    named = {feature.name for feature in card.features}
    for wrong, what in ((named - known, "unknown"), (known - named, "missing")):
        if wrong:
            raise UsageError(f"scorecard {card.name}: {what} features {', '.join(sorted(wrong))}")
    if {f.name for f in card.features_of(SOCIAL_FACTOR)} != {
        f.name for f in champion.features_of(SOCIAL_FACTOR)
    }:
        raise UsageError(
            f"scorecards {champion.name} and {card.name} differ in the features of "
            f"{SOCIAL_FACTOR}: run them one by one"
        )


def _scoring_status(rules: Sequence[NotScoredRule], glossary: Glossary) -> Table:
    cases = "\n".join(f"        when {_fails(rule)} then '{rule.code}'" for rule in rules)
    code = f"case\n{cases}\n    end" if rules else "cast(null as varchar)"
    sql = f"""with

judged as (
    select
        person_key,
        {_indented(code, 4)} as not_scored_code
    from features.eligibility
)

select
    person_key,
    not_scored_code,
    not_scored_code is null as is_scored
from judged"""
    head = {
        "title": "Who is scored",
        "grain": "one row per person",
        "key": ["person_key"],
        "columns": {
            "person_key": {},
            "not_scored_code": {},
            "is_scored": {"type": "BOOLEAN", "doc": "Whether the person is scored."},
        },
    }
    return parse_contract("features.scoring_status", head, glossary, sql)


def _fails(rule: NotScoredRule) -> str:
    match rule.test:
        case "at_least":
            failing = f"{rule.measure} < {rule.value}"
        case "below":
            failing = f"{rule.measure} >= {rule.value}"
        case _:
            failing = f"not {rule.measure}" if rule.value else rule.measure
    return f"{rule.measure} is null or {failing}"


def _feature_vector(card: Scorecard, homes: Mapping[str, str], glossary: Glossary) -> Table:
    names = [feature.name for feature in card.features if feature.name != NEIGHBOUR_MEAN]
    tables = sorted(set(homes.values()))
    first = tables[0].partition(".")[2]
    columns = ",\n".join(f"    {homes[name].partition('.')[2]}.{name}" for name in names)
    joins = "\n".join(
        f"inner join {table} as {table.partition('.')[2]}\n"
        f"    on {first}.person_key = {table.partition('.')[2]}.person_key"
        for table in tables[1:]
    )
    sql = f"""select
    {first}.person_key,
{columns}
from {tables[0]} as {first}
{joins}"""
    head = {
        "title": "All features side by side, but for friend_reliability",
        "grain": "one row per person",
        "key": ["person_key"],
        "columns": {"person_key": {}, **{name: {} for name in names}},
    }
    return parse_contract("features.feature_vector", head, glossary, sql)


def _own_points(cards: Sequence[Scorecard], glossary: Glossary) -> Table:
    own = [feature.name for feature in cards[0].features if feature.factor != SOCIAL_FACTOR]

    def of_card(card: Scorecard) -> str:
        by_name = {feature.name: feature for feature in card.features}
        points = ",\n".join(f"        {points_case(by_name[name], 8)}" for name in own)
        return f"""    select
        '{card.name}' as scorecard,
        feature_vector.person_key,
{points}
    from features.feature_vector as feature_vector
    inner join features.scoring_status as scoring_status
        on feature_vector.person_key = scoring_status.person_key
    where scoring_status.is_scored"""

    columns = ",\n".join(f"    {name}" for name in own)
    total = "\n    + ".join(own)
    sql = f"""with

binned as (
{_union(cards, of_card)}
)

select
    scorecard,
    person_key,
{columns},
    cast(
    {total}
    as bigint) as own_points
from binned"""
    total_column = Column("own_points", "BIGINT", "Points without the social factor.", "points", 0)
    return _points_table(
        "scores.own_points", "Points of the features that are the person's own",
        [*_point_columns(cards, own), total_column], sql, glossary,
    )  # fmt: skip


def _points(cards: Sequence[Scorecard], glossary: Glossary) -> Table:
    names = [feature.name for feature in cards[0].features]

    def of_card(card: Scorecard) -> str:
        by_name = {feature.name: feature for feature in card.features}
        columns = ",\n".join(f"    {_point_column(by_name[name])}" for name in names)
        return f"""select
    own_points.scorecard,
    own_points.person_key,
{columns}
from scores.own_points as own_points
inner join features.feature_vector as feature_vector
    on own_points.person_key = feature_vector.person_key
inner join scores.friend_reliability as friend_reliability
    on
        own_points.person_key = friend_reliability.person_key
        and own_points.scorecard = friend_reliability.scorecard
where own_points.scorecard = '{card.name}'"""

    return _points_table(
        "scores.points", "Points of all features",
        _point_columns(cards, names), _union(cards, of_card), glossary,
    )  # fmt: skip


def _point_column(feature: Feature) -> str:
    if feature.factor != SOCIAL_FACTOR:
        return f"own_points.{feature.name}"
    if feature.name == NEIGHBOUR_MEAN:
        return f"cast(friend_reliability.friend_points as integer) as {feature.name}"
    return points_case(feature, 4)


def _factor(cards: Sequence[Scorecard], glossary: Glossary) -> Table:
    def of_card(card: Scorecard) -> str:
        sums = ",\n".join(
            "    "
            + "\n    + ".join(feature.name for feature in card.features_of(factor))
            + f" as {factor}"
            for factor in FACTORS
        )
        return f"""select
    scorecard,
    person_key,
{sums}
from scores.points
where scorecard = '{card.name}'"""

    caps = [dict(card.factor_caps) for card in cards]
    columns = [
        Column(
            factor, "INTEGER", f"Points of the factor {factor.replace('_', ' ')}.", "points",
            0, max(cap[factor] for cap in caps),
        )
        for factor in FACTORS
    ]  # fmt: skip
    return _points_table(
        "scores.factor", "Points of the five factors", columns, _union(cards, of_card), glossary
    )


def points_case(feature: Feature, indent: int) -> str:
    """Return the CASE that turns a feature's value into its points, aliased to its name."""
    steps = [f"when {feature.name} is null then {feature.missing_points}"]
    steps += [
        f"when {feature.name} < {upper.at_least} then {lower.points}"
        for lower, upper in pairwise(feature.bins)
    ]
    margin = " " * (indent + 4)
    body = "\n".join(f"{margin}{step}" for step in [*steps, f"else {feature.bins[-1].points}"])
    return f"cast(case\n{body}\n{' ' * indent}end as integer) as {feature.name}"


def _points_table(
    name: str, title: str, columns: Sequence[Column], sql: str, glossary: Glossary
) -> Table:
    head = {
        "title": title,
        "grain": "one row per scorecard and scored person",
        "key": list(KEYS),
        "columns": {key: {} for key in KEYS},
    }
    table = parse_contract(name, head, glossary, sql)
    return replace(table, columns=(*table.columns, *columns))


def _point_columns(cards: Sequence[Scorecard], names: Sequence[str]) -> list[Column]:
    most: dict[str, int] = {}
    for feature in chain.from_iterable(card.features for card in cards):
        most[feature.name] = max(most.get(feature.name, 0), feature.max_points)
    return [
        Column(name, "INTEGER", f"Points for {name}.", "points", 0, most[name]) for name in names
    ]


def _union(cards: Sequence[Scorecard], of_card: Callable[[Scorecard], str]) -> str:
    return "\nunion all\n".join(of_card(card) for card in cards)


def _indented(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)
