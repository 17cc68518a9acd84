"""Count the people of published runs by bin, and their moves from band to band."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from plainscore.analysis.drift.tables import Bin, Counts, Move, Subject
from plainscore.common.text import identifier, parquet_list
from plainscore.publish.runs import Run
from plainscore.publish.staging import table_file

SCORE = "score"
SCORE_BIN_POINTS = 20
BINS_PER_FACTOR = 10
_MOVES = """
with

before as (
    select scorecard, scorecard_no, person_id, coalesce(band_no, 0) as band_no,
        coalesce(band, 'not scored') as band
    from {before}
),

after as (
    select scorecard, scorecard_no, person_id, coalesce(band_no, 0) as band_no,
        coalesce(band, 'not scored') as band
    from {after}
),

shared as (
    select scorecard, before.scorecard_no as number_before, after.scorecard_no as number_after
    from (select distinct scorecard, scorecard_no from before) as before
    inner join (select distinct scorecard, scorecard_no from after) as after using (scorecard)
)

select
    number_after,
    shared.scorecard,
    coalesce(before.band_no, -1),
    coalesce(before.band, 'no record'),
    coalesce(after.band_no, -1),
    coalesce(after.band, 'no record'),
    count(*)
from shared
cross join (select person_id from before union select person_id from after) as everyone
left join before
    on before.scorecard_no = number_before and before.person_id = everyone.person_id
left join after
    on after.scorecard_no = number_after and after.person_id = everyone.person_id
group by all
order by all
"""


def count_moves(con: duckdb.DuckDBPyConnection, before: Run, after: Run) -> list[Move]:
    """Return how many people went from which band to which, on every scorecard of both runs."""
    files = {"before": _file(before.folder, "score"), "after": _file(after.folder, "score")}
    return [Move(*row) for row in con.execute(_MOVES.format(**files)).fetchall()]


def count_bins(con: duckdb.DuckDBPyConnection, run: Run, numbers: dict[str, int]) -> Counts:
    """Return the scored people of a run by subject and bin, for the scorecards in ``numbers``.

    ``numbers``: the name of each scorecard and the number that it is told under. A feature's bins
    are the points it earned, missing values apart; the score's are of 20 points, a factor's of a
    tenth of what it can earn.
    """
    counts: dict[Subject, dict[Bin, int]] = {}
    for card, number_in_run in _cards(con, run.folder).items():
        if card not in numbers:
            continue
        for subject, bins in _subjects(con, run.folder, card, number_in_run, numbers[card]):
            counts[subject] = bins
    return counts


def shared_cards(con: duckdb.DuckDBPyConnection, before: Run, after: Run) -> dict[str, int]:
    """Return the scorecards of both runs: name -> number in the later one."""
    earlier = _cards(con, before.folder)
    return {name: no for name, no in _cards(con, after.folder).items() if name in earlier}


def _cards(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    sql = f"select scorecard, scorecard_no from {_file(folder, 'card')} order by scorecard_no"
    return dict(con.execute(sql).fetchall())


def _subjects(
    con: duckdb.DuckDBPyConnection, folder: Path, card: str, number: int, told_number: int
) -> Iterator[tuple[Subject, dict[Bin, int]]]:
    score = f"true, score // {SCORE_BIN_POINTS} * {SCORE_BIN_POINTS}"
    rows = f"{_file(folder, 'score')} where score is not null and scorecard_no = {number}"
    yield Subject(told_number, card, 0, SCORE, SCORE), _counted(con, score, rows)
    place = 0
    for factor, width in _factor_widths(con, folder, number):
        place += 1
        name = identifier(factor)
        rows = f"{_file(folder, 'factor')} where scorecard_no = {number}"
        found = _counted(con, f"true, {name} // {width} * {width}", rows)
        yield Subject(told_number, card, place, "factor", factor), found
    for feature in _features(con, folder, number):
        place += 1
        name = identifier(feature)
        rows = (
            f"{_file(folder, 'points')} as points inner join {_file(folder, 'features')} as "
            f"features using (person_id) where points.scorecard_no = {number}"
        )
        found = _counted(con, f"features.{name} is not null, points.{name}", rows)
        yield Subject(told_number, card, place, "feature", feature), found


def _counted(con: duckdb.DuckDBPyConnection, cells: str, rows: str) -> dict[Bin, int]:
    found = con.execute(f"select {cells}, count(*) from {rows} group by all").fetchall()
    return {Bin(is_valued, points): people for is_valued, points, people in found}


def _factor_widths(
    con: duckdb.DuckDBPyConnection, folder: Path, number: int
) -> list[tuple[str, int]]:
    sql = (
        f"select factor, max_points from {_file(folder, 'factor_card')} "
        f"where scorecard_no = {number} order by factor_no"
    )
    return [(name, max(1, most // BINS_PER_FACTOR)) for name, most in con.execute(sql).fetchall()]


def _features(con: duckdb.DuckDBPyConnection, folder: Path, number: int) -> list[str]:
    sql = (
        f"select feature from {_file(folder, 'feature_card')} "
        f"where scorecard_no = {number} order by feature_no"
    )
    return [name for (name,) in con.execute(sql).fetchall()]


def _file(folder: Path, table: str) -> str:
    return f"read_parquet({parquet_list([table_file(folder, table)])}, hive_partitioning = false)"
