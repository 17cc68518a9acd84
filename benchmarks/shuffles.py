"""What an engine on many machines must move: everything that is not joined or grouped by person.

``python -m benchmarks.shuffles --data DIR`` builds the tables of one date in memory, and prints for
each such join, grouping and sort how many rows it moves and how wide they are.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from plainscore.contracts.dates import SnapshotDates
from plainscore.contracts.house import build_catalog
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.logs.event_store import open_store
from plainscore.logs.log_fields import LOGS
from plainscore.scorecards.reading import find_scorecard, read_scorecard

DAY = date(2026, 10, 31)
BUILT = ("raw", "staging", "features", "scores")
WIDTHS = {"BIGINT": 8, "DOUBLE": 8, "TIMESTAMP": 8, "INTEGER": 4, "DATE": 4, "BOOLEAN": 1}


@dataclass(frozen=True)
class Shuffle:
    """What one transform moves to bring equal keys together; ``moved`` is a query."""

    table: str
    key: str
    moved: str


SHUFFLES = (
    Shuffle(
        "every table",
        "person_key, once for each log",
        "select * exclude (file_no, line, arrived_month) from events.{log}",
    ),
    Shuffle(
        "staging.tie",
        "both ends of a tie",
        "select person_key, friend_key, event_date, event_type, event_time, event_id "
        "from raw.friendship where event_type in ('added', 'removed')",
    ),
    Shuffle(
        "staging.contact",
        "both ends of a tie, 30-day block",
        "select person_key, friend_key, event_date from raw.friendship "
        "where event_type = 'contact' and event_date > date '2026-10-31' - interval 360 day",
    ),
    Shuffle("staging.tie", "person_key, from the ends of ties", "from staging.tie"),
    Shuffle(
        "staging.identity_conflict",
        "each of seven sets of hashes",
        "select person_key, value_hash, value_hash as second, value_hash as third from "
        "staging.identity_detail, range(7) as one_of (seven) where field = 'phone'",
    ),
    Shuffle("features.social_connections", "friend_key", "from staging.tie"),
    Shuffle(
        "scores.friend_reliability",
        "friend_key, for each scorecard",
        "select tie.*, scorecard from staging.tie as tie "
        "inner join scores.own_points as own_points using (person_key) where contact_months > 0",
    ),
    Shuffle(
        "audits.attacker",
        "own record, everybody in one order",
        "select scorecard, person_key, own_ppm from scores.friend_reliability",
    ),
)  # fmt: skip


def main() -> None:
    """Print a Markdown table: rows a person, bytes a row, and what that is of a million people."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    engine = _built(parser.parse_args().data)
    people = _one(engine.con, "select count(*) from staging.person")
    print(f"{people:,} people as of {DAY}\n")
    print("| table | moved to | rows a person | bytes a row | GB of a million people |")
    print("|---|---|--:|--:|--:|")
    for shuffle in _each():
        rows, size = _measured(engine.con, shuffle.moved)
        print(
            f"| `{shuffle.table}` | {shuffle.key} | {rows / people:.1f} | {size / rows:.0f} "
            f"| {size / people / 1e3:.2f} |"
        )


def _each() -> Iterator[Shuffle]:
    for one in SHUFFLES:
        if "{log}" not in one.moved:
            yield one
            continue
        for log in LOGS:
            yield Shuffle(f"raw.{log}", "person_key", one.moved.format(log=log))


def _built(data_dir: Path) -> DuckDBEngine:
    card = read_scorecard(find_scorecard("standard"))
    challenger = read_scorecard(find_scorecard("reported_b"))
    catalog, store = build_catalog((card, challenger)), open_store(data_dir)
    engine = DuckDBEngine(catalog, SnapshotDates(DAY, DAY))
    engine.open_events(
        {t.short_name: store.files(t.short_name) for t in catalog.of_schema("events")}
    )
    engine.load_reference((card, challenger))
    for schema in BUILT:
        for table in catalog.of_schema(schema):
            engine.build(table)
    return engine


def _measured(con: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int]:
    """Return rows and bytes of a query's result, texts as long as they are."""
    described = con.execute(f"describe {query}").fetchall()
    widths = " + ".join(
        f"coalesce(strlen({name}), 0)" if kind == "VARCHAR" else str(WIDTHS[kind])
        for name, kind, *_ in described
    )
    rows, size = con.execute(f"select count(*), sum({widths}) from ({query})").fetchall()[0]
    return int(rows), int(size)


def _one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.execute(query).fetchall()[0][0])


if __name__ == "__main__":
    main()
