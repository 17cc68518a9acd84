"""Compile the reasons: per scored person up to four features, by points lost.

Sorting 32 features of every person is dear; comparing them is not. Each lost feature becomes one
integer, ``points_lost * 100 + (100 - feature_no)``: larger loses more, ties go to the feature
that stands first on the card, and no two of a person are equal. The greatest is the first
reason, the greatest below it the second, and so on.
"""

from collections.abc import Sequence

from plainscore.contracts.contract import Glossary, Table, parse_contract
from plainscore.scorecards.card import NEIGHBOUR_MEAN, Scorecard

REASON_COUNT = 4
CODE_BASE = 100  # more than any feature_no

_COLUMNS = {
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


def reason_table(cards: Sequence[Scorecard], glossary: Glossary) -> Table:
    """Return scores.reason; raises ValueError where a card has 100 features or more."""
    names = [feature.name for feature in cards[0].features]
    if len(names) >= CODE_BASE:
        raise ValueError(f"{len(names)} features do not fit into the ranking code")
    coded = "\n    union all\n".join(_loss_codes(card, names) for card in cards)
    ranks = range(1, REASON_COUNT + 1)
    steps = "\n\n".join(f"best_{rank} as (\n{_best(names, rank)}\n)," for rank in ranks)
    ranked = "\n    union all\n".join(
        f"    select scorecard, person_key, {rank} as rank, code_{rank} as loss_code\n"
        f"    from best_{REASON_COUNT}"
        for rank in ranks
    )
    sql = f"""with

coded as (
{coded}
),

{steps}

ranked as (
{ranked}
)

{_final_select(names)}"""
    head = {
        "title": "Reasons: where most points were lost",
        "grain": "one row per scorecard, scored person and reason",
        "key": ["scorecard", "person_key", "rank"],
        "columns": _COLUMNS,
    }
    return parse_contract("scores.reason", head, glossary, sql)


def _loss_codes(card: Scorecard, names: Sequence[str]) -> str:
    """Return the SELECT of every feature's code per person, 0 where nothing is lost."""
    place = {feature.name: no for no, feature in enumerate(card.features, start=1)}
    most = {feature.name: feature.max_points for feature in card.features}
    codes = ",\n".join(
        f"        case when {name} < {most[name]}"
        f" then ({most[name]} - {name}) * {CODE_BASE} + {CODE_BASE - place[name]}"
        f" else 0 end as {name}"
        for name in names
    )
    return f"""    select
        scorecard,
        person_key,
{codes}
    from scores.points
    where scorecard = '{card.name}'"""


def _best(names: Sequence[str], rank: int) -> str:
    """Return the SELECT that adds code_<rank>: the greatest code below code_<rank - 1>."""
    if rank == 1:
        candidates, source = list(names), "coded"
    else:
        above = f"code_{rank - 1}"
        candidates = [f"case when {name} < {above} then {name} else 0 end" for name in names]
        source = f"best_{rank - 1}"
    arguments = ",\n".join(f"            {candidate}" for candidate in candidates)
    return f"""    select
        *,
        greatest(
{arguments}
        ) as code_{rank}
    from {source}"""


def _final_select(names: Sequence[str]) -> str:
    """Return the SELECT of the reasons; code 0 (nothing lost) meets no feature and drops out.

    A filter on the code would say the same, but DuckDB pushes it down through the four nested
    steps and substitutes each into the next: planning then takes a minute instead of 0.1 s.
    """
    values = "\n".join(
        f"        when '{name}' then cast({_home(name)}.{name} as double)" for name in names
    )
    return f"""select
    ranked.scorecard,
    ranked.person_key,
    ranked.rank,
    feature.feature as code,
    case feature.feature
{values}
    end as value,
    cast(feature.max_points - ranked.loss_code // {CODE_BASE} as integer) as points,
    cast(feature.max_points as integer) as max_points,
    cast(ranked.loss_code // {CODE_BASE} as integer) as points_lost
from ranked
inner join reference.feature as feature
    on
        ranked.scorecard = feature.scorecard
        and {CODE_BASE} - ranked.loss_code % {CODE_BASE} = feature.feature_no
inner join features.feature_vector as feature_vector
    on ranked.person_key = feature_vector.person_key
inner join scores.friend_reliability as friend_reliability
    on
        ranked.person_key = friend_reliability.person_key
        and ranked.scorecard = friend_reliability.scorecard"""


def _home(name: str) -> str:
    return "friend_reliability" if name == NEIGHBOUR_MEAN else "feature_vector"
