"""Count the scored people of a published run: by card, subject, bin, and what became of them.

Drift and evaluation are computed from these counts. Subjects are the score (bins: the bands), the
factors (no bins) and the features (bins: those of the card; 0 where the value is missing).
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb

from plainscore.common.standard import Method
from plainscore.common.text import identifier
from plainscore.contracts.catalog import Catalog
from plainscore.engines.duckdb import insert_rows
from plainscore.publish.derived import ANALYSIS_SQL
from plainscore.publish.sets import PublishedSet, read_columns

Row = tuple[Any, ...]
SCORE, FACTOR, FEATURE = "score", "factor", "feature"
RUN_TABLES = (
    "card", "factor_card", "feature_card", "bin_card", "score", "factor", "points", "features",
)  # fmt: skip
_COUNTS = """
select
    cast(subject_no as integer) as subject_no,
    cell.bin_no,
    cell.points,
    cell.is_missing,
    count(*) filter (where not is_bad) as good,
    count(*) filter (where is_bad) as bad
from (
    unpivot (
        select {is_bad} as is_bad, {cells}
        from run_score as score
        inner join run_factor as factor
            on score.person_id = factor.person_id and factor.scorecard_no = $card
        inner join run_points as points
            on score.person_id = points.person_id and points.scorecard_no = $card
        inner join run_features as features on score.person_id = features.person_id
        {outcome}
        where score.scorecard_no = $card and score.score is not null
    )
    on columns(* exclude (is_bad)) into name subject_no value cell
)
group by all
"""


def records(con: duckdb.DuckDBPyConnection, sql: str, parameters: Any = ()) -> list[dict[str, Any]]:
    """Return the rows of a query, each as column -> value."""
    made = con.execute(sql, parameters)
    columns = [column[0] for column in made.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in made.fetchall()]


def count_people(
    con: duckdb.DuckDBPyConnection,
    run: PublishedSet,
    table: str,
    method: Method,
    outcome: str | None = None,
) -> None:
    """Make a temporary table of the scored people of a run, by every subject of its scorecards.

    It has the columns of transforms/analysis/subjects.sql and of `_COUNTS`; a subject of no people
    has one row with nulls. ``outcome``: a table on ``con`` of (person_id, is_bad): only its people
    are counted. Without it no one is bad.
    """
    for name in RUN_TABLES:
        con.execute(f"create or replace temp view run_{name} as from {run.source(name)}")
    con.execute(
        f"create temp table {table}_subject as {method.text(f'{ANALYSIS_SQL}/subjects.sql')}"
    )
    subjects = con.execute(
        "select scorecard_no, subject_no, subject_kind, subject, edges "
        f"from {table}_subject order by scorecard_no, subject_no"
    ).fetchall()
    join = f"inner join {outcome} as outcome on score.person_id = outcome.person_id"
    counted = []
    for card, of_card in groupby(subjects, key=itemgetter(0)):
        sql = _COUNTS.replace("$card", str(card)).format(
            is_bad="outcome.is_bad" if outcome else "false",
            cells=", ".join(_cell(*subject) for _, *subject in of_card),
            outcome=join if outcome else "",
        )
        counted.append(f"select {card} as scorecard_no, * from ({sql})")
    con.execute(
        f"create temp table {table} as from {table}_subject "
        f"left join ({' union all '.join(counted)}) using (scorecard_no, subject_no)"
    )


def _cell(place: int, kind: str, subject: str, edges: list[float] | None) -> str:
    """Return the SQL of a person's bin_no, points and is_missing of a subject, as one struct."""
    bin_no, points, is_missing = "score.band_no", "score.score", "false"
    if kind == FACTOR:
        bin_no, points = "0", f"factor.{identifier(subject)}"
    elif kind == FEATURE:
        value, points = f"features.{identifier(subject)}", f"points.{identifier(subject)}"
        # The first bin takes lower values too.
        steps = [
            f"cast(cast({value} as double) >= cast({edge!r} as double) as integer)"
            for edge in (edges or ())[1:]
        ]
        is_missing = f"{value} is null"
        known = " + ".join(["1", *steps]) if edges else "0"
        bin_no = f"case when {is_missing} then 0 else {known} end"
    return (
        f"{{'bin_no': cast({bin_no} as integer), 'points': cast({points} as integer), "
        f"'is_missing': {is_missing}}} as \"{place}\""
    )


def expected_by_band(
    con: duckdb.DuckDBPyConnection, run: PublishedSet, method: Method
) -> dict[tuple[int, int], float]:
    """Return (scorecard_no, band_no) -> mean of the bad people expected there, per million.

    ``con`` has what `count_people` made as ``counted``. Of cards that say no odds there is nothing,
    and of runs of an earlier version.
    """
    if "expected_bad" not in read_columns(run):
        return {}
    con.execute(
        f"create or replace temp view run_expected_bad as from {run.source('expected_bad')}"
    )
    rows = con.execute(method.text(f"{ANALYSIS_SQL}/expected.sql")).fetchall()
    return {(card, band): ppm for card, band, ppm in rows}


def count_in_contexts(
    con: duckdb.DuckDBPyConnection, run: PublishedSet, method: Method
) -> list[Row]:
    """Return good and bad people by their score in context, as transforms/analysis/quality.sql.

    ``con`` has the subjects of `count_people` as ``counted`` and the outcomes. Empty of a run
    without scores in context, such as one of an earlier version.
    """
    tables = ("benefit_card", "context_score")
    if any(name not in read_columns(run) for name in tables):
        return []
    for name in tables:
        con.execute(f"create or replace temp view run_{name} as from {run.source(name)}")
    return con.execute(method.text(f"{ANALYSIS_SQL}/context_quality.sql")).fetchall()


def fill_figures(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, key: Row, rows: Mapping[str, Iterable[Row]]
) -> None:
    """Make and fill those tables that the catalog has.

    ``key``: the first cells of every row of all of them. ``rows``: by name of the table.
    """
    for name, of_table in rows.items():
        if name in catalog.tables:
            con.execute(catalog[name].ddl)
            insert_rows(con, name, [(*key, *row) for row in of_table])
