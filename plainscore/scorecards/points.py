"""Compile what a card decides about points: who is scored, points, factors, scores, reasons.

What a card decides (bins, points, rules) becomes one CASE per feature. Cards of one run may differ
in their features and factors: what a card does not have gives 0 points on it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from plainscore.common.text import text_literal
from plainscore.contracts.contract import Column, Glossary, Table, parse_contract
from plainscore.scorecards.card import Feature, Measures, NotScoredRule, Scorecard

KEYS = ("scorecard", "person_key")
REASON_COUNT = 4
_REASON_COLUMNS: Mapping[str, Any] = {
    "scorecard": {},
    "person_key": {},
    "rank": {
        "type": "INTEGER",
        "min": 1,
        "max": REASON_COUNT,
        "doc": "1 lost most points; ties in the order of the card.",
    },
    "code": {"type": "VARCHAR", "doc": "Name of the feature."},
    "value": {
        "type": "DOUBLE",
        "null": True,
        "doc": "Value of the feature, in its own unit; empty where missing.",
    },
    "points": {"type": "INTEGER", "unit": "points", "min": 0, "doc": "Points that it earned."},
    "max_points": {"type": "INTEGER", "unit": "points", "min": 1, "doc": "Most it can earn."},
    "points_lost": {"type": "INTEGER", "unit": "points", "min": 1, "doc": "The difference."},
}


def points_case(feature: Feature, indent: int, source: str = "") -> str:
    """Return the CASE that turns a feature's value into its points, aliased to its name.

    ``source``: the table that has the value, with a dot, where more than one may have it.
    """
    value = f"{source}{feature.name}"
    steps = [f"when {value} is null then {feature.missing_points}"]
    steps += [
        f"when {value} < {upper.at_least} then {lower.points}"
        for lower, upper in pairwise(feature.bins)
    ]
    margin = " " * (indent + 4)
    body = "\n".join(f"{margin}{step}" for step in [*steps, f"else {feature.bins[-1].points}"])
    return f"cast(case\n{body}\n{' ' * indent}end as integer) as {feature.name}"


class PointsCompiler:
    """The tables of points of some cards, champion first; one method per table."""

    def __init__(self, cards: Sequence[Scorecard], measures: Measures, glossary: Glossary):
        self._cards, self._measures, self._glossary = cards, measures, glossary
        self._by_name = [{feature.name: feature for feature in card.features} for card in cards]
        self._names = each_once(f.name for card in cards for f in card.features)
        self._factors = each_once(name for card in cards for name, _ in card.factor_caps)
        used = [feature.name for card in cards if (feature := card.late_feature)]
        self._late = {name: measures.late[name] for name in each_once(used)}

    def scoring_status(self) -> Table:
        """Return who is scored; the rules are those of every card."""
        rules = self._cards[0].not_scored
        cases = "\n".join(
            f"        when {_fails(rule)} then {text_literal(rule.code)}" for rule in rules
        )
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
        columns: dict[str, Any] = {
            "person_key": {},
            "not_scored_code": {},
            "is_scored": {"type": "BOOLEAN", "doc": "Whether the person is scored."},
        }
        return self._table(
            "features.scoring_status", "Who is scored", "one row per person", ["person_key"],
            columns, sql,
        )  # fmt: skip

    def feature_vector(self) -> Table:
        """Return all features side by side: those of the cards first, then what no card uses."""
        homes = self._measures.homes
        names = [name for name in each_once([*self._names, *homes]) if name in homes]
        tables = sorted(set(homes.values()))
        first = _short(tables[0])
        columns = ",\n".join(f"    {_short(homes[name])}.{name}" for name in names)
        joins = "\n".join(
            f"inner join {table} as {_short(table)}\n"
            f"    on {first}.person_key = {_short(table)}.person_key"
            for table in tables[1:]
        )
        sql = f"""select
    {first}.person_key,
{columns}
from {tables[0]} as {first}
{joins}"""
        return self._table(
            "features.feature_vector", "All features side by side, but for friend_reliability",
            "one row per person", ["person_key"], {"person_key": {}}, sql.rstrip(),
            [self._measures.features[name] for name in names],
        )  # fmt: skip

    def own_points(self) -> Table:
        """Return the points of the features that are not of a late feature's factor."""
        own = [name for name in self._names if any(self._is_own(no, name) for no in self._places)]

        def of_card(no: int) -> str:
            points = ",\n".join(
                f"        {points_case(self._by_name[no][name], 8)}"
                if self._is_own(no, name)
                else f"        {zero_points(name)}"
                for name in own
            )
            return f"""    select
        {text_literal(self._cards[no].name)} as scorecard,
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
{self._union(of_card)}
)

select
    scorecard,
    person_key,
{columns},
    cast(
    {total}
    as bigint) as own_points
from binned"""
        total_column = Column(
            "own_points", "BIGINT", "Points without the social factor.", "points", 0
        )
        return self._points_table(
            "scores.own_points", "Points of the features that are the person's own",
            [*self._point_columns(own), total_column], sql,
        )  # fmt: skip

    def points(self) -> Table:
        """Return the points of all features."""

        def of_card(no: int) -> str:
            late = self._cards[no].late_feature
            columns = ",\n".join(f"    {self._point(no, name)}" for name in self._names)
            join = f"\n{self._join_late(late.name, 'own_points')}" if late else ""
            return f"""select
    own_points.scorecard,
    own_points.person_key,
{columns}
from scores.own_points as own_points
inner join features.feature_vector as feature_vector
    on own_points.person_key = feature_vector.person_key{join}
where own_points.scorecard = {text_literal(self._cards[no].name)}"""

        return self._points_table(
            "scores.points", "Points of all features", self._point_columns(self._names),
            self._union(of_card),
        )  # fmt: skip

    def _point(self, no: int, name: str) -> str:
        feature = self._by_name[no].get(name)
        if feature is None:
            return zero_points(name)
        if name in self._measures.late:
            table = self._measures.late[name]
            return f"cast({table.short_name}.{table.late_points} as integer) as {name}"
        if self._is_own(no, name):
            return f"own_points.{name}"
        return points_case(feature, 4, "feature_vector.")

    def factor(self) -> Table:
        """Return the points of the factors."""

        def of_card(no: int) -> str:
            sums = ",\n".join(f"    {self._factor_sum(no, factor)}" for factor in self._factors)
            return f"""select
    scorecard,
    person_key,
{sums}
from scores.points
where scorecard = {text_literal(self._cards[no].name)}"""

        caps = [dict(card.factor_caps) for card in self._cards]
        columns = [
            Column(
                factor, "INTEGER", f"Points of the factor {factor.replace('_', ' ')}.", "points",
                0, max(cap.get(factor, 0) for cap in caps),
            )
            for factor in self._factors
        ]  # fmt: skip
        title = "Points of the five factors" if len(self._factors) == 5 else "Points of the factors"
        return self._points_table("scores.factor", title, columns, self._union(of_card))

    def _factor_sum(self, no: int, factor: str) -> str:
        names = [feature.name for feature in self._cards[no].features_of(factor)]
        return "\n    + ".join(names) + f" as {factor}" if names else zero_points(factor)

    def score(self) -> Table:
        """Return the scores: the base and the points of all factors, nothing else."""
        total = "\n        + ".join(f"factor.{name}" for name in self._factors)
        sql = f"""with

total as (
    select
        factor.scorecard,
        factor.person_key,
        card.base
        + {total} as score
    from scores.factor as factor
    inner join reference.card as card on factor.scorecard = card.scorecard
),

ranked as (
    select
        *,
        rank() over (partition by scorecard order by score desc) as score_rank
    from total
)

select
    card.scorecard,
    scoring_status.person_key,
    cast(ranked.score as integer) as score,
    band.band,
    cast(band.band_no as integer) as band_no,
    cast(ranked.score_rank as bigint) as score_rank,
    scoring_status.not_scored_code
from features.scoring_status as scoring_status
cross join reference.card as card
left join ranked
    on card.scorecard = ranked.scorecard and scoring_status.person_key = ranked.person_key
left join reference.band as band
    on ranked.scorecard = band.scorecard and ranked.score between band.at_least and band.at_most"""
        names = (*KEYS, "score", "band", "band_no", "score_rank", "not_scored_code")
        check = {
            "name": "a person has a score or a code that tells why not",
            "sql": "select * from {batch} where (score is null) = (not_scored_code is null)",
        }
        return self._table(
            "scores.score", "Scores", "one row per scorecard and person, scored or not",
            list(KEYS), {name: {} for name in names}, sql, checks=[check],
        )  # fmt: skip

    def reason(self) -> Table:
        """Return the reasons: per scored person up to four features, by points lost.

        Sorting the features of every person is dear; comparing them is not. Each lost feature
        becomes one integer, ``points_lost * 100 + (100 - feature_no)``: larger loses more, ties go
        to the feature that is first on the card, and no two of a person are equal. The greatest is
        the first reason, the greatest below it the second, and so on.
        """
        code_base = 10 ** max(2, len(str(len(self._names))))  # more than any feature_no
        ranks = range(1, REASON_COUNT + 1)
        steps = "\n\n".join(f"best_{rank} as (\n{self._best(rank)}\n)," for rank in ranks)
        ranked = "\n    union all\n".join(
            f"    select scorecard, person_key, {rank} as rank, code_{rank} as loss_code\n"
            f"    from best_{REASON_COUNT}"
            for rank in ranks
        )
        sql = f"""with

coded as (
{self._union(lambda no: self._loss_codes(no, code_base))}
),

{steps}

ranked as (
{ranked}
)

{self._reason_select(code_base)}"""
        return self._table(
            "scores.reason", "Reasons: where most points were lost",
            "one row per scorecard, scored person and reason", [*KEYS, "rank"], _REASON_COLUMNS,
            sql,
        )  # fmt: skip

    def _loss_codes(self, no: int, code_base: int) -> str:
        """Return the SELECT of every feature's code per person, 0 where nothing is lost."""
        place = {feature.name: at for at, feature in enumerate(self._cards[no].features, start=1)}
        most = {name: feature.max_points for name, feature in self._by_name[no].items()}
        codes = ",\n".join(
            f"        case when {name} < {most[name]}"
            f" then ({most[name]} - {name}) * {code_base} + {code_base - place[name]}"
            f" else 0 end as {name}"
            if name in place
            else f"        0 as {name}"
            for name in self._names
        )
        return f"""    select
        scorecard,
        person_key,
{codes}
    from scores.points
    where scorecard = {text_literal(self._cards[no].name)}"""

    def _best(self, rank: int) -> str:
        """Return the SELECT that adds code_<rank>: the greatest code below code_<rank - 1>."""
        if rank == 1:
            candidates, source = list(self._names), "coded"
        else:
            above = f"code_{rank - 1}"
            candidates = [f"case when {n} < {above} then {n} else 0 end" for n in self._names]
            source = f"best_{rank - 1}"
        if len(candidates) == 1:
            candidates.append("0")  # Spark's greatest() takes two values or more
        arguments = ",\n".join(f"            {candidate}" for candidate in candidates)
        return f"""    select
        *,
        greatest(
{arguments}
        ) as code_{rank}
    from {source}"""

    def _reason_select(self, code_base: int) -> str:
        """Return the SELECT of the reasons; code 0 (nothing lost) meets no feature and drops out.

        A filter on the code would say the same, but DuckDB pushes it down through the four nested
        steps and substitutes each into the next: planning then takes a minute instead of 0.1 s.
        """
        values = "\n".join(
            f"        when '{name}' then cast({self._home(name)}.{name} as double)"
            for name in self._names
        )
        joins = "".join(f"\n{self._join_late(name, 'ranked')}" for name in self._late)
        return f"""select
    ranked.scorecard,
    ranked.person_key,
    ranked.rank,
    feature.feature as code,
    case feature.feature
{values}
    end as value,
    cast(feature.max_points - ranked.loss_code // {code_base} as integer) as points,
    cast(feature.max_points as integer) as max_points,
    cast(ranked.loss_code // {code_base} as integer) as points_lost
from ranked
inner join reference.feature as feature
    on
        ranked.scorecard = feature.scorecard
        and {code_base} - ranked.loss_code % {code_base} = feature.feature_no
inner join features.feature_vector as feature_vector
    on ranked.person_key = feature_vector.person_key{joins}"""

    # ---- what the tables share

    @property
    def _places(self) -> range:
        return range(len(self._cards))

    def _is_own(self, no: int, name: str) -> bool:
        feature = self._by_name[no].get(name)
        return feature is not None and feature.factor != self._cards[no].late_factor

    def _is_social(self, no: int, name: str) -> bool:
        return name in self._by_name[no] and not self._is_own(no, name)

    def _home(self, name: str) -> str:
        late = self._measures.late.get(name)
        return late.short_name if late else "feature_vector"

    def _join_late(self, name: str, to: str) -> str:
        table = self._measures.late[name]
        return f"""inner join {table.name} as {table.short_name}
    on
        {to}.person_key = {table.short_name}.person_key
        and {to}.scorecard = {table.short_name}.scorecard"""

    def _point_columns(self, names: Sequence[str]) -> list[Column]:
        most = {
            name: max(by_name[name].max_points for by_name in self._by_name if name in by_name)
            for name in names
        }
        return [
            Column(name, "INTEGER", f"Points for {name}.", "points", 0, most[name])
            for name in names
        ]

    def _points_table(self, name: str, title: str, columns: Sequence[Column], sql: str) -> Table:
        return self._table(
            name, title, "one row per scorecard and scored person", list(KEYS),
            {key: {} for key in KEYS}, sql, columns,
        )  # fmt: skip

    def _table(
        self,
        name: str,
        title: str,
        grain: str,
        key: Sequence[str],
        columns: Mapping[str, Any],
        sql: str,
        more: Sequence[Column] = (),
        checks: Sequence[Mapping[str, str]] = (),
    ) -> Table:
        """Return a table of columns as a head declares them, and ``more`` after them."""
        head = {
            "title": title, "grain": grain, "key": key, "columns": columns, "checks": checks,
        }  # fmt: skip
        table = parse_contract(name, head, self._glossary, sql)
        return replace(table, columns=(*table.columns, *more))

    def _union(self, of_card: Callable[[int], str]) -> str:
        selects = [of_card(no) for no in self._places]
        indent = selects[0][: len(selects[0]) - len(selects[0].lstrip())]
        return f"\n{indent}union all\n".join(selects)


def _fails(rule: NotScoredRule) -> str:
    match rule.test:
        case "at_least":
            failing = f"{rule.measure} < {rule.value}"
        case "below":
            failing = f"{rule.measure} >= {rule.value}"
        case _:
            failing = f"not {rule.measure}" if rule.value else rule.measure
    return f"{rule.measure} is null or {failing}"


def zero_points(name: str) -> str:
    """Return the points of a feature or factor that a card does not have."""
    return f"cast(0 as integer) as {name}"


def _short(table_name: str) -> str:
    return table_name.partition(".")[2]


def each_once(names: Iterable[str]) -> list[str]:
    """Return names in their order, each once."""
    return list(dict.fromkeys(names))


def _indented(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)
