"""Whether the hand-written SQL and the published snapshot say the same of everybody."""

from datetime import date
from pathlib import Path

import duckdb

BESIDE_FEATURES = ("as_of_date", "known_on")
SCORE = ("person_id", "score", "band_no", "score_rank", "not_scored_code")


def differing_rows(data_dir: Path, as_of_date: date, result: Path) -> dict[str, int]:
    """Return, for ``features`` and ``score``, how many rows only one of the two has."""
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        described = con.execute("describe features").fetchall()
        features = [name for name, *_ in described if name not in BESIDE_FEATURES]
        con.execute("set variable plain = ?", [str(result)])
        counts = {}
        for view, columns in (("features", features), ("score", SCORE)):
            named = ", ".join(columns)
            published = f"select {named} from {view} where as_of_date = date '{as_of_date}'"
            by_hand = f"select {named} from read_parquet(getvariable('plain'))"
            counts[view] = _rows(con, f"({published} except all {by_hand})") + _rows(
                con, f"({by_hand} except all {published})"
            )
        return counts


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.execute(f"select count(*) from {query}").fetchall()[0][0])
