"""Count good and bad people by points and by bins, from a run's own files."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from plainscore.analysis.quality.order import RiskBin
from plainscore.analysis.quality.tables import Bins, Subject
from plainscore.common.text import identifier, parquet_list, text_literal
from plainscore.publish.staging import table_file

MISSING = 0
SCORE = "score"


class Counter:
    """Counts over one run: its folder, and ``outcomes.outcome`` on the open connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._con = con
        self._folder = folder
        sql = f"select scorecard_no, scorecard from {self._file('card')} order by scorecard_no"
        self._cards = con.execute(sql).fetchall()

    def subjects(self) -> Iterator[Subject]:
        """Yield the score, the factors and the features of every scorecard, with their counts."""
        for number, card in self._cards:
            yield Subject(card, number, 0, SCORE, SCORE, self._by_points(number, "score", "score"))
            place = 0
            for kind, table in (("factor", "factor"), ("feature", "points")):
                for name in self._names(f"{kind}_card", kind, number):
                    place += 1
                    counts = self._by_points(number, table, name)
                    yield Subject(card, number, place, kind, name, counts)

    def bands(self) -> Iterator[Bins]:
        """Yield the bands of every scorecard; a higher band counts as more points."""
        for number, card in self._cards:
            rows = self._con.execute(
                "select band_no, band_no, count(*), count(*) filter (where is_bad) "
                f"from {self._file('score')} inner join outcomes.outcome using (person_id) "
                "where scorecard_no = ? group by band_no order by band_no",
                [number],
            ).fetchall()
            yield Bins(card, number, 0, "band", [RiskBin(*row) for row in rows])

    def band_names(self) -> dict[int, str]:
        """Return band_no -> band; the bands of every scorecard have the same names."""
        rows = self._con.execute(f"select band_no, band from {self._file('band_card')}").fetchall()
        return dict(rows)

    def features(self) -> Iterator[Bins]:
        """Yield the bins of every feature that has some; place 0 is where the value is missing."""
        for number, card in self._cards:
            rows = self._con.execute(
                f"select distinct feature_no, feature from {self._file('bin_card')} "
                "where scorecard_no = ? order by feature_no",
                [number],
            ).fetchall()
            for feature_no, feature in rows:
                yield Bins(card, number, feature_no, feature, self._bins(number, feature))

    def _by_points(self, number: int, table: str, column: str) -> list[tuple[int, int, int]]:
        points = identifier(column)
        return self._con.execute(
            f"select {points}, count(*) filter (where not is_bad), count(*) filter (where is_bad) "
            f"from {self._file(table)} inner join outcomes.outcome using (person_id) "
            f"where scorecard_no = ? group by {points} order by {points}",
            [number],
        ).fetchall()

    def _bins(self, number: int, feature: str) -> list[RiskBin]:
        value = identifier(feature)
        rows = self._con.execute(
            "select coalesce(bin.bin_no, ?), max(coalesce(bin.points, card.missing_points)), "
            "count(*), count(*) filter (where is_bad) "
            f"from (select person_id, cast({value} as double) as value "
            f"from {self._file('features')}) as measured "
            "inner join outcomes.outcome using (person_id) "
            f"inner join {self._file('feature_card')} as card "
            f"on card.scorecard_no = ? and card.feature = {text_literal(feature)} "
            f"left join {self._file('bin_card')} as bin "
            "on bin.scorecard_no = card.scorecard_no and bin.feature = card.feature "
            "and (bin.bin_no = 1 or bin.at_least <= value) "
            "and (bin.below is null or bin.below > value) and value is not null "
            "group by all order by all",
            [MISSING, number],
        ).fetchall()
        return [RiskBin(*row) for row in rows]

    def _names(self, table: str, kind: str, number: int) -> list[str]:
        rows = self._con.execute(
            f"select {kind} from {self._file(table)} where scorecard_no = ? order by {kind}_no",
            [number],
        ).fetchall()
        return [name for (name,) in rows]

    def _file(self, table: str) -> str:
        file = parquet_list([table_file(self._folder, table)])
        return f"read_parquet({file}, hive_partitioning = false)"
