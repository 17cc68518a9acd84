"""A reader in a loop, beside a writer that is killed: it must never see an error or a mixture."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

Shown = frozenset[tuple[str, str, str, int, int]]
"""What one catalog shows: as_of_date, known_on, run, people, sum of the scores."""

SHOWN = """
select run.as_of_date::text, run.known_on::text, run.run, count(*), coalesce(sum(s.score), 0)
from run
inner join score_all as s
    on run.as_of_date = s.as_of_date and run.known_on = s.known_on and run.run = s.run
where s.scorecard = 'standard'
group by all
"""
ADDS_UP = (
    "select count(*) from score inner join factor using (person_id, as_of_date, known_on) "
    "where score <> 350 + credit_history + purchase_behaviour + performance_reliability "
    "+ personal_information + social_connections"
)
PAUSE_SECONDS = 0.15


@dataclass
class Reading:
    """What a reader saw: how often it read, every set of runs it was shown, every error."""

    reads: int = 0
    shown: set[Shown] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


def read_until(stop: Path, data_dir: Path, begun: Path) -> Reading:
    """Read what is published again and again until the file ``stop`` is there."""
    reading = Reading()
    catalog = data_dir / "plainscore.duckdb"
    begun.touch()
    while not stop.exists():
        if reading.reads or catalog.exists():
            _read(catalog, reading)
        time.sleep(PAUSE_SECONDS)
    return reading


def _read(catalog: Path, reading: Reading) -> None:
    try:
        with duckdb.connect(str(catalog), read_only=True, config={"threads": 1}) as con:
            shown = con.execute(SHOWN).fetchall()
            wrong = con.execute(ADDS_UP).fetchone()
            for view in ("features", "points", "reason", "check_result"):
                con.execute(f"select count(*) from {view}").fetchall()
    except duckdb.Error as error:
        reading.errors.append(str(error).splitlines()[0])
        return
    reading.reads += 1
    reading.shown.add(frozenset(shown))
    if wrong != (0,):
        reading.errors.append(f"{wrong} scores are not the sum of their factors")


def mixtures(reading: Reading, before: Shown, after: Shown) -> list[Shown]:
    """Return what a reader was shown that is neither the old set, nor the new, nor on the way.

    On the way: everything that stays, and some of what comes (or goes), run by whole run.
    """
    return [shown for shown in reading.shown if not (before & after) <= shown <= (before | after)]
