"""The job of the hand-written SQL: which files, which dates, and the card's points as CASEs."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from plainscore.logs.event_store import open_store
from plainscore.logs.log_fields import LOGS
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.compile import points_case
from plainscore.scorecards.reading import find_scorecard, read_scorecard


def write_job(data_dir: Path, as_of_date: date, home: Path, known_on: date | None = None) -> Path:
    """Write the job of one snapshot and return its file; known_on is as_of_date by default."""
    store = open_store(data_dir)
    card = read_scorecard(find_scorecard("standard"))
    job: dict[str, Any] = {
        "as_of_date": str(as_of_date),
        "known_on": str(known_on or as_of_date),
        "people": store.head.next_key,
        "files": {name: store.files(name) for name in (*LOGS, "person")},
        "own_points": own_points_sql(card),
        "result": result_sql(card),
        "spill": str(home / "spill"),
        "result_file": str(home / "result.parquet"),
    }
    file = home / "job.json"
    file.write_text(json.dumps(job))
    return file


def own_points_sql(card: Scorecard) -> str:
    """Return the SQL that makes ``record``: points without friends, and parts of a million."""
    own = [one for one in card.features if one.factor != card.late_factor]
    return f"""
        create table record as
        select person_key, {_sum_of(own)} as own_points,
            own_points * 1000000 // {card.own_points_max} as ppm
        from own
        where not_scored_code is null"""


def result_sql(card: Scorecard) -> str:
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


def _sum_of(features: Any) -> str:
    return " + ".join(points_case(one) for one in features)
