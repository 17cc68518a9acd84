"""A house of six people, built from events by the real transforms.

ann, bob, cat and dan are scored; eve never opened an account; zed is only named as a friend.
ann and bob are friends in daily contact, cat and dan are not quite as punctual.
"""

import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from plainscore.analysis.changes import AFTER, BEFORE, STATES, TIME, assemble
from plainscore.analysis.evaluation import load_evaluated
from plainscore.analysis.statistics import fill_statistics
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import STATISTICS, load_catalog
from plainscore.contracts.contract import read_outcome
from plainscore.engines import EngineOptions
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.publish.runs import Run, RunPair
from plainscore.publish.sets import write_table
from plainscore.scorecards.reading import read_scorecards

D = date(2026, 1, 31)
DATES = SnapshotDates(D, D)
MONTH_AGO = SnapshotDates(D - timedelta(days=31), D - timedelta(days=31))
PEOPLE = ("ann", "bob", "cat", "dan", "eve", "zed")
SCORED = PEOPLE[:4]
LOGS = ("profile", "purchase", "payment", "service", "friendship")
BUILT = ("raw", "staging", "features", "scores", "audits", STATISTICS, "published")
Event = tuple[str, str, int, str, dict[str, Any]]


def build_small_house() -> DuckDBEngine:
    """Return an engine with every table of the house built, and the ledger of its one delivery.

    Its changes are those since a month ago, all of them by the passing of time.
    """
    engine = _built(DATES)
    with tempfile.TemporaryDirectory() as home:
        folders = {state: Path(home) / state for state in (BEFORE, AFTER)}
        for state, built in ((BEFORE, _built(MONTH_AGO)), (AFTER, engine)):
            _write(built, folders[state])
        runs = [Run(dates, 1, Path()) for dates in (MONTH_AGO, DATES)]
        of_states = {s: folders[AFTER if s in (TIME, AFTER) else BEFORE] for s in STATES}
        assemble(engine.con, engine.catalog, RunPair(*runs), of_states)
    for table in engine.catalog.of_schema("changes"):
        if not table.is_source:
            engine.build(table)
    _evaluate(engine)
    return engine


def _evaluate(engine: DuckDBEngine) -> None:
    """Make what became of the scored, as if they had been scored long enough ago."""
    for table in engine.catalog.of_schema("outcomes"):
        if table.is_source and table.name != "outcomes.evaluated":
            engine.con.execute(table.ddl)
    outcome = read_outcome()
    then = D - timedelta(days=outcome.horizon_days + outcome.grace_days)
    load_evaluated(engine, SnapshotDates(then, then), "0001")
    engine.con.execute(
        "insert into outcomes.scored_person "
        "select person_id from published.score where scorecard_no = 1 and score is not null"
    )
    engine.build(engine.catalog["outcomes.outcome"])


def _built(dates: SnapshotDates) -> DuckDBEngine:
    cards = read_scorecards(("standard", "reported_b"))
    engine = DuckDBEngine(load_catalog(cards), dates, EngineOptions(threads=2))
    engine.open_events({})
    _insert_events(engine)
    engine.load_reference(cards)
    for schema in BUILT:
        engine.build_schema(schema)
        if schema == STATISTICS:
            fill_statistics(engine.con, engine.catalog)
    return engine


def _write(engine: DuckDBEngine, folder: Path) -> None:
    for name in ("score", "points", "features", "card", "feature_card"):
        write_table(engine.con, engine.catalog[f"published.{name}"], folder)


def _insert_events(engine: DuckDBEngine) -> None:
    for key, who in enumerate(PEOPLE):
        engine.con.execute("insert into events.person values (?, ?)", [key, who])
    counts = dict.fromkeys(LOGS, 0)
    for line, event in enumerate(_events(), start=1):
        _insert(engine, event, line)
        counts[event[0]] += 1
    for file_no, log in enumerate(LOGS):
        # One row of each file came twice and one was refused.
        engine.con.execute(
            "insert into events.file values (?, ?, ?, ?, 0, 'none', ?, ?, 1, 1, 0, null)",
            [file_no, log, f"{log}/arrived={D}/events.csv", D, counts[log] + 2, counts[log]],
        )


def _insert(engine: DuckDBEngine, event: Event, line: int) -> None:
    log, event_type, days_ago, who, fields = event
    day = D - timedelta(days=days_ago)
    known = {
        "person_key": PEOPLE.index(who),
        "event_id": f"{log} {line}",
        "event_time": datetime(day.year, day.month, day.day, 12),
        "event_date": day,
        "event_type": event_type,
        "arrived": day,
        "file_no": LOGS.index(log),
        "line": line,
        "arrived_month": f"{day:%Y-%m}",
        **fields,
    }
    row = [known.get(column.name) for column in engine.catalog[f"events.{log}"].columns]
    engine.con.execute(f"insert into events.{log} values ({', '.join('?' * len(row))})", row)


def _events() -> Iterator[Event]:
    for place, who in enumerate(SCORED):
        yield "profile", "opened", 800, who, {
            "region": "south" if who == "dan" else "north", "birth_year": 1990 + place,
        }  # fmt: skip
        yield "profile", "verified", 700, who, {"field": "national_id", "value_hash": f"n{place}"}
        yield "profile", "verified", 90, who, {"field": "phone", "value_hash": "shared"}
        yield from _bills(who, days_late=place * 4)
        yield from _purchases(who)
        yield "service", "started", 60, who, {
            "agreement_id": "a", "service_type": "bike", "due_date": D - timedelta(days=50),
        }  # fmt: skip
        yield "service", "ended", 52 - place, who, {"agreement_id": "a"}
    yield from _friends()
    yield "payment", "deposit", 5, "eve", {"amount_cents": 100}


def _bills(who: str, days_late: int) -> Iterator[Event]:
    for month in range(12):
        due = 30 * month + 15
        for bill_type in ("card", "instalment", "utility"):
            bill_id = f"{bill_type} {month}"
            yield "payment", "bill", due + 14, who, {
                "bill_id": bill_id, "bill_type": bill_type, "amount_cents": 1000,
                "due_date": D - timedelta(days=due),
                "balance_cents": 500 if bill_type == "card" else None,
                "credit_limit_cents": 2000 if bill_type == "card" else None,
            }  # fmt: skip
            paid = {"bill_id": bill_id, "amount_cents": 1000}
            yield "payment", "payment", due - days_late, who, paid
    yield "payment", "transfer", 20, who, {"counterparty_key": 5, "amount_cents": 50}


def _purchases(who: str) -> Iterator[Event]:
    for month in range(12):
        order = {"order_id": f"o{month}", "amount_cents": 500 + 100 * month}
        yield "purchase", "purchase", 30 * month + 3, who, {
            **order, "merchant_id": "shop", "category": ("food", "books")[month % 2],
            "is_own_name": month % 3 > 0,
        }  # fmt: skip
    yield "purchase", "refund", 1, who, {"order_id": "o0", "amount_cents": 100}


def _friends() -> Iterator[Event]:
    bob, zed, cat = (PEOPLE.index(name) for name in ("bob", "zed", "cat"))
    yield "friendship", "added", 400, "ann", {"friend_key": bob}
    yield "friendship", "added", 300, "ann", {"friend_key": zed}
    yield "friendship", "added", 200, "dan", {"friend_key": cat}
    for month in range(6):
        yield "friendship", "contact", 30 * month + 2, "ann", {"friend_key": bob}
        yield "friendship", "contact", 30 * month + 1, "bob", {"friend_key": 0}
    yield "friendship", "contact", 2, "dan", {"friend_key": cat}
    yield "friendship", "contact", 2, "cat", {"friend_key": PEOPLE.index("dan")}
