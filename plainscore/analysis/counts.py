"""Count the scored people of a published run: by card, subject, bin, and what became of them.

One query for each scorecard gives everything that drift and evaluation are computed from. Its
subjects are the score (bins: the bands), the factors (no bins) and the features (bins: those of
the card; 0 where the value is missing).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import duckdb

from plainscore.common.text import identifier
from plainscore.publish.sets import PublishedSet

Key = TypeVar("Key")
SCORE, FACTOR, FEATURE = "score", "factor", "feature"
_COUNTS = """
select
    cast(subject_no as integer),
    cell.bin_no,
    cell.points,
    cell.is_missing,
    is_bad,
    count(*)
from (
    unpivot (
        select {is_bad} as is_bad, {cells}
        from {score} as score
        inner join {factor} as factor
            on score.person_id = factor.person_id and factor.scorecard_no = $card
        inner join {points} as points
            on score.person_id = points.person_id and points.scorecard_no = $card
        inner join {features} as features on score.person_id = features.person_id
        {outcome}
        where score.scorecard_no = $card and score.score is not null
    )
    on columns(* exclude (is_bad)) into name subject_no value cell
)
group by all
order by all
"""


class Count(NamedTuple):
    """How many people are alike in these; ``bin_no`` is 0 where the value is missing or no bin."""

    bin_no: int
    points: int
    is_missing: bool
    is_bad: bool
    people: int


@dataclass(frozen=True)
class Subject:
    """A score, factor or feature of one scorecard, and the counts of its people.

    ``number``: 0 the score, then the factors, then the features in the order of the card;
    ``number_in_kind``: its place among the factors or features, from 1. ``max_points``: of a
    factor or feature, 0 of the score. ``has_bins``: the card divides a feature's values.
    """

    scorecard: str
    scorecard_no: int
    number: int
    kind: str
    name: str
    number_in_kind: int
    max_points: int
    has_bins: bool
    counts: Sequence[Count]

    @property
    def key(self) -> tuple[str, int, int, str, str]:
        """scorecard, scorecard_no, subject_no, subject_kind, subject, as tables have them."""
        return self.scorecard, self.scorecard_no, self.number, self.kind, self.name

    def people_by(self, key: Callable[[Count], Key]) -> dict[Key, tuple[int, int]]:
        """Return what ``key`` gives of a count -> how many good and how many bad people."""
        summed: dict[Key, tuple[int, int]] = {}
        for count in self.counts:
            good, bad = summed.get(key(count), (0, 0))
            more = (0, count.people) if count.is_bad else (count.people, 0)
            summed[key(count)] = good + more[0], bad + more[1]
        return summed


def count_people(
    con: duckdb.DuckDBPyConnection,
    run: PublishedSet,
    numbers: Mapping[str, int] | None = None,
    outcome: str | None = None,
) -> list[Subject]:
    """Return the scored people of a run by every subject of its scorecards.

    Parameters
    ----------
    numbers
        The names of the scorecards to count, and the number that each gets; all, as the run
        numbers them, unless given.
    outcome
        A table on ``con`` of (person_id, is_bad): only its people are counted. Without it no one
        is bad.
    """
    subjects: list[Subject] = []
    for name, number_in_run in cards_of(con, run).items():
        if numbers is None or name in numbers:
            number = number_in_run if numbers is None else numbers[name]
            subjects += _count_card(con, run, (name, number_in_run, number), outcome)
    return subjects


def cards_of(con: duckdb.DuckDBPyConnection, run: PublishedSet) -> dict[str, int]:
    """Return scorecard -> number, champion first."""
    sql = f"select scorecard, scorecard_no from {run.source('card')} order by scorecard_no"
    return dict(con.execute(sql).fetchall())


def _count_card(
    con: duckdb.DuckDBPyConnection,
    run: PublishedSet,
    card: tuple[str, int, int],
    outcome: str | None,
) -> Iterable[Subject]:
    name, number_in_run, number = card
    factors = _of_card(con, run, "factor_card", "factor, factor_no, max_points", number_in_run)
    features = _of_card(con, run, "feature_card", "feature, feature_no, max_points", number_in_run)
    edges: dict[str, list[tuple[int, float | None]]] = {}
    for feature, bin_no, below in _of_card(
        con, run, "bin_card", "feature, bin_no, below", number_in_run
    ):
        edges.setdefault(feature, []).append((bin_no, below))
    cells = [_cell("score.band_no", "score.score", "false")]
    cells += [_cell("0", f"factor.{identifier(factor)}", "false") for factor, *_ in factors]
    for feature, *_ in features:
        value = f"features.{identifier(feature)}"
        bin_no = _bin_no(value, edges.get(feature, []))
        cells.append(_cell(bin_no, f"points.{identifier(feature)}", f"{value} is null"))
    join = f"inner join {outcome} as outcome on score.person_id = outcome.person_id"
    sql = _COUNTS.format(
        is_bad="outcome.is_bad" if outcome else "false",
        cells=", ".join(f'{cell} as "{place}"' for place, cell in enumerate(cells)),
        outcome=join if outcome else "",
        **{table: run.source(table) for table in ("score", "factor", "points", "features")},
    )
    counts: dict[int, list[Count]] = {}
    for subject_no, *count in con.execute(sql, {"card": number_in_run}).fetchall():
        counts.setdefault(subject_no, []).append(Count(*count))
    named = [(SCORE, SCORE, 0, 0)]
    named += [(FACTOR, *factor) for factor in factors]
    named += [(FEATURE, *feature) for feature in features]
    return [
        Subject(name, number, place, *subject, subject[1] in edges, counts.get(place, ()))
        for place, subject in enumerate(named)
    ]


def _cell(bin_no: str, points: str, is_missing: str) -> str:
    return (
        f"{{'bin_no': cast({bin_no} as integer), 'points': cast({points} as integer), "
        f"'is_missing': {is_missing}}}"
    )


def _bin_no(value: str, edges: Sequence[tuple[int, float | None]]) -> str:
    """Return the SQL of a value's bin; ``edges``: (bin_no, below) upwards, the last without."""
    below = " ".join(
        f"when cast({value} as double) < cast({edge!r} as double) then {bin_no}"
        for bin_no, edge in edges
        if edge is not None
    )
    last = edges[-1][0] if edges else 0
    return f"case when {value} is null then 0 {below} else {last} end"


def _of_card(
    con: duckdb.DuckDBPyConnection, run: PublishedSet, table: str, columns: str, card: int
) -> list[Any]:
    """Return the rows of a table of a card: their name, their number in it, and one cell more."""
    sql = f"select {columns} from {run.source(table)} where scorecard_no = ? order by 2, 1"
    return con.execute(sql, [card]).fetchall()
