"""Compile the scorecards of a run to transforms: contract and SELECT, as if written by hand.

The text that ``plainscore scorecard --sql`` prints is the text that runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.common.text import text_literal
from plainscore.contracts.contract import Glossary, Table
from plainscore.scorecards.card import Measures, Scorecard, measures_among
from plainscore.scorecards.points import KEYS, PointsCompiler, each_once, points_case, zero_points

SNAPSHOT_KEYS = ("person_id", "as_of_date", "known_on")
CARD_KEYS = ("scorecard", "scorecard_no")
ATTRIBUTES = ("region", "gender", "age_band")
ATTEMPT = "audits.attempt"
GROUPS = "audits.person_group"
_JOIN_POINTS = """
    inner join scores.points as points
        on attempt.scorecard = points.scorecard and attempt.person_key = points.person_key"""
_FEATURE_TOTAL_COLUMNS: Mapping[str, Any] = {
    "scorecard": {},
    "attribute": {"in": list(ATTRIBUTES)},
    "group_name": {},
    "feature": {"type": "VARCHAR", "doc": "Name of the feature."},
    "scored_count": {},
    "points_total": {
        "type": "BIGINT",
        "unit": "points",
        "min": 0,
        "doc": "Points for the feature of all scored people of the group together.",
    },
}
_ATTEMPT_COLUMNS: Mapping[str, Any] = {
    "scorecard": {},
    "attack_no": {},
    "person_key": {},
    "friend_points": {
        "type": "BIGINT",
        "unit": "points",
        "min": 0,
        "doc": "Points of friend_reliability after the attack.",
    },
    "social_points": {
        "type": "BIGINT",
        "unit": "points",
        "min": 0,
        "doc": "Points of the social factor after the attack.",
    },
}


def compile_scorecards(
    cards: Sequence[Scorecard], written: Sequence[Table], glossary: Glossary
) -> list[Table]:
    """Return the tables that the cards decide.

    ``written``: the hand-written tables of the method. Raises UsageError where a card names a
    feature or a measure that none of them has.
    """
    measures = measures_among(written)
    for card in cards:
        _refuse_unknown(card, measures)
    compiler = _Compiler(cards, measures, glossary)
    points, factor = compiler.points(), compiler.factor()
    attempt = next((table for table in written if table.name == ATTEMPT), None)
    return [
        compiler.scoring_status(),
        compiler.feature_vector(),
        compiler.own_points(),
        points,
        factor,
        compiler.score(),
        compiler.reason(),
        *([compiler.feature_total()] if any(table.name == GROUPS for table in written) else []),
        *([compiler.attempt_points(attempt)] if attempt else []),
        compiler.published_features(),
        compiler.published_by_card(points),
        compiler.published_by_card(factor),
    ]


def _refuse_unknown(card: Scorecard, measures: Measures) -> None:
    for what, named, known in (
        ("feature", [f.name for f in card.features], {*measures.features, *measures.late}),
        ("measure", [rule.measure for rule in card.not_scored], {*measures.eligibility}),
    ):
        unknown = sorted(set(named) - known)
        if unknown:
            raise UsageError(
                f"scorecard {card.name}: no table of the method has the {what} {unknown[0]}; "
                f"there are {', '.join(sorted(known))}"
            )


class _Compiler(PointsCompiler):
    """Adds what is counted of the points, and what is published of them."""

    def feature_total(self) -> Table:
        """Return the sums of points of every feature over every group: what a gap is split by.

        Each attribute is grouped by alone: on 1,000,000 people and two cards, three times two keys
        and 32 sums took DuckDB 0.4 s of processor time, once all four keys together 4 s.
        """
        totals = "\n    union all\n".join(self._totals(attribute) for attribute in ATTRIBUTES)
        cases = "\n".join(f"        when '{name}' then total.{name}" for name in self._names)
        sql = f"""with

total as (
{totals}
)

select
    total.scorecard,
    total.attribute,
    total.group_name,
    feature.feature,
    cast(total.scored_count as bigint) as scored_count,
    case feature.feature
{cases}
    end as points_total
from total
inner join reference.feature as feature on total.scorecard = feature.scorecard"""
        return self._table(
            "audits.feature_total", "Points of each feature over each group",
            "one row per scorecard, group with anyone scored, and feature",
            ["scorecard", "attribute", "group_name", "feature"], _FEATURE_TOTAL_COLUMNS, sql,
        )  # fmt: skip

    def _totals(self, attribute: str) -> str:
        sums = ",\n".join(
            f"        cast(sum(points.{name}) as bigint) as {name}" for name in self._names
        )
        return f"""    select
        points.scorecard,
        '{attribute}' as attribute,
        person_group.{attribute} as group_name,
        count(*) as scored_count,
{sums}
    from scores.points as points
    inner join audits.person_group as person_group
        on points.person_key = person_group.person_key
    group by points.scorecard, person_group.{attribute}"""

    def attempt_points(self, attempt: Table) -> Table:
        """Return the points that people would have after an attack, by the bins of each card.

        ``attempt`` has the features as the attack leaves them; those of the late feature's factor
        that it does not have keep their points.
        """
        shown = {column.name for column in attempt.columns}
        names = [
            name
            for name in self._names
            if name not in self._measures.late
            and any(self._is_social(no, name) for no in self._places)
        ]

        def of_card(no: int) -> str:
            cells = []
            for name in names:
                if not self._is_social(no, name):
                    cells.append(zero_points(name))
                elif name in shown:
                    cells.append(points_case(self._by_name[no][name], 8, "attempt."))
                else:
                    cells.append(f"points.{name}")
            most = self._cards[no].friend_points_max
            columns = "".join(f",\n        {cell}" for cell in cells)
            join = _JOIN_POINTS if any(cell.startswith("points.") for cell in cells) else ""
            return f"""    select
        attempt.scorecard,
        attempt.attack_no,
        attempt.person_key,
        (2 * {most} * attempt.numerator + 1000000 * attempt.denominator)
        // (2000000 * attempt.denominator) as friend_points{columns}
    from audits.attempt as attempt{join}
    where attempt.scorecard = {text_literal(self._cards[no].name)}"""

        sql = f"""with

binned as (
{self._union(of_card)}
)

select
    scorecard,
    attack_no,
    person_key,
    friend_points,
    {" + ".join(["friend_points", *names])} as social_points
from binned"""
        return self._table(
            "audits.attempt_points", "Social points as an attack would leave them",
            "one row per scorecard, attack and attacker", ["scorecard", "attack_no", "person_key"],
            _ATTEMPT_COLUMNS, sql,
        )  # fmt: skip

    def published_features(self) -> Table:
        """Return every person's features, the champion's first, then what no card uses.

        Only a late feature depends on a card, so it is the champion's.
        """
        names = each_once([*self._names, *self._measures.homes, *self._measures.late])
        columns = ",\n".join(f"    {self._home(name)}.{name}" for name in names)
        joins = "".join(
            f"""
left join {table.name} as {table.short_name}
    on
        feature_vector.person_key = {table.short_name}.person_key
        and {table.short_name}.scorecard = {text_literal(self._cards[0].name)}"""
            for table in self._measures.late.values()
        )
        sql = f"""select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
{columns}
from features.feature_vector as feature_vector
inner join events.person as person on feature_vector.person_key = person.person_key{joins}"""
        own = [
            replace(self._measures.column(name), nullable=True)
            if name in self._measures.late
            else self._measures.column(name)
            for name in names
        ]
        return self._table(
            "published.features", "Features", "one row per person, scored or not", ["person_id"],
            {name: {} for name in SNAPSHOT_KEYS}, sql, own,
        )  # fmt: skip

    def published_by_card(self, source: Table) -> Table:
        """Return published.<name> of a table of ``scores`` of one row per scorecard and person."""
        measures = [column for column in source.columns if column.name not in KEYS]
        columns = ",\n".join(f"    {source.short_name}.{column.name}" for column in measures)
        sql = f"""select
    person.person_id,
    cast($as_of_date as date) as as_of_date,
    cast($known_on as date) as known_on,
    {source.short_name}.scorecard,
    card.scorecard_no,
{columns}
from {source.name} as {source.short_name}
inner join events.person as person on {source.short_name}.person_key = person.person_key
inner join reference.card as card on {source.short_name}.scorecard = card.scorecard"""
        return self._table(
            f"published.{source.short_name}", source.title,
            "one row per scored person and scorecard", ["person_id", "scorecard_no"],
            {name: {} for name in (*SNAPSHOT_KEYS, *CARD_KEYS)}, sql, measures,
        )  # fmt: skip
