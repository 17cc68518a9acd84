"""The world that is measured, the job of the SQL by hand, and whether both give the same rows."""

import json
import os
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from plainscore.common.text import read_parquet
from plainscore.contracts.logs import read_logs
from plainscore.scorecards.card import Feature, Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.compile import points_case
from plainscore.scorecards.reading import read_scorecard
from plainscore.store.event_store import open_store

CACHED = ("head.json", "file_states.json")
SCORE = ("person_id", "score", "band_no", "score_rank", "not_scored_code")


def borrow(data_dir: Path, home: Path) -> Path:
    """Return a data directory of the same events that can be published into.

    Files of the store are hard links where the disk is the same; landing/ is a symbolic link, for
    another link to a file there would change its state and have it hashed again.
    """
    mine = home / "data"
    shutil.copytree(data_dir / "events", mine / "events", copy_function=_link)
    (mine / "landing").symlink_to((data_dir / "landing").resolve(), target_is_directory=True)
    return mine


def _link(source: str, target: str) -> None:
    try:
        if Path(source).name not in CACHED:
            os.link(source, target)
            return
    except OSError:
        pass
    shutil.copy2(source, target)


def size_of(data_dir: Path) -> tuple[int, int, dict[str, int]]:
    """Return people and accepted events of a world's store, and the bytes of each log."""
    store = open_store(data_dir)
    accepted = int(store.ledger()["accepted"].sum())
    sizes = {
        log: sum(Path(file).stat().st_size for file in store.files(log)) for log in read_logs()
    }
    return store.head.next_key, accepted, sizes


def scored_person(data_dir: Path) -> str:
    """Return the id of a scored person."""
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        rows = con.execute("select min(person_id) from score where score is not null").fetchall()
        return str(rows[0][0])


def differing_rows(data_dir: Path, as_of_date: date, result: Path) -> dict[str, int]:
    """Return, for ``features`` and ``score``, how many rows only one of the two has.

    Of the features, those of the standard card: the others are not written by hand.
    """
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        card = read_scorecard(find_scorecard("standard"))
        features = ["person_id", *(feature.name for feature in card.features)]
        counts = {}
        for view, columns in (("features", features), ("score", SCORE)):
            named = ", ".join(columns)
            published = f"select {named} from {view} where as_of_date = date '{as_of_date}'"
            by_hand = f"select {named} from {read_parquet([result])}"
            [(counts[view],)] = con.execute(
                f"select count(*) from (({published} except all {by_hand}) "
                f"union all ({by_hand} except all {published}))"
            ).fetchall()
        return counts


def write_job(data_dir: Path, as_of_date: date, home: Path, known_on: date | None = None) -> Path:
    """Write the job of the hand-written SQL for one snapshot and return its file.

    Which files, which dates, and the card's points as CASEs; known_on is as_of_date by default.
    """
    store = open_store(data_dir)
    card = read_scorecard(find_scorecard("standard"))
    job = {
        "as_of_date": str(as_of_date),
        "known_on": str(known_on or as_of_date),
        "people": store.head.next_key,
        "files": {name: store.files(name) for name in (*read_logs(), "person")},
        "own_points": _own_points_sql(card),
        "result": _result_sql(card),
        "spill": str(home / "spill"),
        "result_file": str(home / "result.parquet"),
    }
    file = home / "job.json"
    file.write_text(json.dumps(job))
    return file


def _own_points_sql(card: Scorecard) -> str:
    """Return the SQL that makes ``record``: points without friends, and parts of a million."""
    own = [one for one in card.features if one.factor != card.late_factor]
    return f"""
        create table record as
        select person_key, {_sum_of(own)} as own_points,
            own_points * 1000000 // {card.own_points_max} as ppm
        from own
        where not_scored_code is null"""


def _result_sql(card: Scorecard) -> str:
    """Return the SQL that makes ``result``: features, score, band and rank of every person."""
    social = [one for one in card.features if one.factor == card.late_factor and one.bins]
    bands = " ".join(
        f"when score >= {band.at_least} then {no}"
        for no, band in reversed(list(enumerate(card.bands, start=1)))
    )
    return f"""
        create table result as
        with total as (
            select * exclude (points), {card.base} + points + {_sum_of(social)} as score
            from feature
        )
        select person_id, total.* exclude (person_key),
            case when score is null then null {bands} end as band_no,
            case when score is not null then rank() over (order by score desc nulls last) end
                as score_rank
        from total inner join person using (person_key)"""


def _sum_of(features: Iterable[Feature]) -> str:
    return " + ".join(points_case(one) for one in features)
