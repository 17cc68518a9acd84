"""How long do questions take at 1,000,000 people and 24 published snapshots?

`python -m tests.campaigns.latency --data DIR` asks the catalog of DIR, each question of people and
dates drawn again every time: first from fresh connections, then on one that stays open, as
`plainscore query` opens it. With `--source OTHER`, a data directory with a published run of at most
100,000 people, it first makes DIR of it: `--people` in each of `--dates` month ends, the first
`--different` of them with files of their own (40 s and 210 MB for a million people). Prints the
median and the worst of each, in seconds, and the median of the processor's.
"""

import argparse
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from plainscore.publish.runs import latest_runs
from plainscore.show.reader import open_snapshots
from tests.campaigns.many_snapshots import publish_copies

POINT_SECONDS, AGGREGATE_SECONDS = 0.1, 1.0


@dataclass(frozen=True)
class Question:
    """A query of $person, $d, $d1 and $d2, as many of them as it names, and its goal in seconds."""

    name: str
    sql: str
    goal: float

    def values(self, asked: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in asked.items() if f"${name}" in self.names}

    @property
    def names(self) -> set[str]:
        return set(re.findall(r"\$\w+", self.sql))


ONE = "person_id = $person and as_of_date = $d"
POINTS = {
    "explain": "from explain($person, $d)",
    "score at a date": f"select score, band from score where {ONE}",
    "score at all dates": "select as_of_date, score from score where person_id = $person",
    "features at all dates": "from features where person_id = $person",
    "reasons at a date": f"from reason where {ONE}",
    "benefits at a date": f"from benefit where {ONE}",
    "friends_of": "from friends_of($person, $d)",
    "what_if": "from what_if($person, $d, 'utilisation', 0.1)",
    "why_changed": "from why_changed($person, $d1, $d2)",
}
AGGREGATES = {
    "bands at all dates": "select as_of_date, band, count(*) from score group by all",
    "mean score at all dates": "select as_of_date, avg(score) from score group by all",
    "mean of a feature at all dates": (
        "select as_of_date, avg(on_time_share), count(on_time_share) from features group by all"
    ),
    "mean score by age of account": (
        "select account_age_months // 12, avg(score), count(*) from score "
        "inner join features using (person_id, as_of_date) where as_of_date = $d group by all"
    ),
    "reasons counted": "select code, count(*) from reason where as_of_date = $d group by all",
    "benefits open": (
        "select benefit, avg(is_open::integer) from benefit where as_of_date = $d group by all"
    ),
    "compare": (
        "select count(*), avg(score_change), count(*) filter (score_change < 0) "
        "from compare($d1, $d2)"
    ),
    "mobility": "from mobility($d1, $d2)",
    "psi": "from psi($d1, $d2)",
}
QUESTIONS = [
    *(Question(name, sql, POINT_SECONDS) for name, sql in POINTS.items()),
    *(Question(name, sql, AGGREGATE_SECONDS) for name, sql in AGGREGATES.items()),
]


def main() -> None:
    wanted = _arguments()
    catalog = wanted.data / "plainscore.duckdb"
    if wanted.source and not catalog.exists():
        begun = time.perf_counter()
        source = latest_runs(wanted.source)[-1]
        days = _month_ends(wanted.dates)
        publish_copies(source, days, wanted.people // 100_000, wanted.different, wanted.data)
        print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
    for line in _told(catalog, wanted.times):
        print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the catalog that is asked")
    parser.add_argument("--source", type=Path, help="a data directory to make it of")
    parser.add_argument("--people", type=int, default=1_000_000, help="times 100,000")
    parser.add_argument("--dates", type=int, default=24)
    parser.add_argument("--different", type=int, default=4, help="dates with files of their own")
    parser.add_argument("--times", type=int, default=10, help="how often each is asked")
    return parser.parse_args()


def _month_ends(count: int) -> list[date]:
    months = [(2024 + month // 12, month % 12 + 1) for month in range(11, 11 + count)]
    return [date(year, month, 1) - timedelta(days=1) for year, month in months]


def _told(catalog: Path, times: int) -> Iterator[str]:
    with duckdb.connect(str(catalog), read_only=True) as con:
        days = [row[0] for row in con.execute("select as_of_date from dim_date").fetchall()]
        some = con.execute(
            "select distinct person_id from friend where as_of_date = ? order by hash(person_id) "
            "limit 200", [days[-1]],
        ).fetchall()  # fmt: skip
    draw = random.Random(1)

    def asked() -> dict[str, object]:
        d1, d2 = sorted(draw.sample(days, 2))
        return {"person": draw.choice(some)[0], "d": draw.choice(days), "d1": d1, "d2": d2}

    yield f"{len(days)} dates; DuckDB {duckdb.__version__}; seconds, median and worst of {times}"
    yield f"{'':32}{'fresh':>16}{'processor':>11}{'open':>16}{'processor':>11}{'goal':>6}"
    for question in QUESTIONS:
        fresh = [_fresh(catalog, question, asked()) for _ in range(times)]
        warm = _open(catalog, question, asked, times)
        worst = max(spent.seconds for spent in (*fresh, *warm))
        verdict = "" if worst < question.goal else "  missed"
        yield f"{question.name:32}{_told_of(fresh)}{_told_of(warm)}{question.goal:6}{verdict}"


@dataclass(frozen=True)
class Spent:
    """What an answer took: seconds of the clock, and of the processor in all threads."""

    seconds: float
    processor: float


@contextmanager
def _timed(into: list[Spent]) -> Iterator[None]:
    begun, worked = time.perf_counter(), time.process_time()
    yield
    into.append(Spent(time.perf_counter() - begun, time.process_time() - worked))


def _fresh(catalog: Path, question: Question, asked: dict[str, object]) -> Spent:
    spent: list[Spent] = []
    with _timed(spent), duckdb.connect(str(catalog), read_only=True) as con:
        con.execute(question.sql, question.values(asked)).fetchall()
    return spent[0]


def _open(
    catalog: Path, question: Question, asked: Callable[[], dict[str, object]], times: int
) -> list[Spent]:
    spent: list[Spent] = []
    with open_snapshots(catalog.parent) as snapshots:
        con = snapshots.con
        con.execute(question.sql, question.values(asked())).fetchall()
        for _ in range(times):
            values = question.values(asked())
            with _timed(spent):
                con.execute(question.sql, values).fetchall()
    return spent


def _told_of(spent: list[Spent]) -> str:
    seconds = [one.seconds for one in spent]
    worked = statistics.median(one.processor for one in spent)
    return f"{statistics.median(seconds):8.3f}{max(seconds):8.3f}{worked:11.3f}"


if __name__ == "__main__":
    main()
