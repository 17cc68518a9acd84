"""A few people and their ties, delivered in all formats over two months, to be published."""

from datetime import date
from pathlib import Path

from plainscore.runs.pipeline import read_request
from plainscore.runs.run import score_day
from tests.ingest.delivery import Delivery, bill, deposit, verified

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)
EVERYONE = "everyone"
ANN, BOB, CYD = "annabel", "bobby", "cydney"
DEE, EVE = "deirdre", "evelyn"


def deliver(delivery: Delivery) -> None:
    """Deliver two months: Ann is Bob's friend, Dee is only named, Eve is new in February."""
    for month, formats in (("01", ("csv", "ndjson.gz")), ("02", ("parquet", "csv.gz"))):
        day = f"2026-{month}-28"
        payments, ties = formats
        delivery.write(payments, "payment", _payments(month), "part", day)
        delivery.write(ties, "friendship", _ties(month), "part", day)
    opened = [
        verified(f"v{who}", person_id=who, event_time="2026-01-02", value_hash=f"hash of {who}")
        for who in (ANN, BOB, CYD)
    ]
    refused = [verified("v9", person_id=BOB, event_type="misspelt", value_hash="hash of Bob's car")]
    delivery.ndjson("profile", [*opened, *refused], day="2026-01-28")
    truth = delivery.data / "landing" / "_truth"
    truth.mkdir()
    (truth / "labels.csv").write_text(f"person_id,kind\n{ANN},steady\n{BOB},troubled\n")


def _payments(month: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for who in (ANN, BOB, CYD):
        rows += [
            bill(
                f"b{who}{month}",
                person_id=who,
                bill_id=f"bill {month}",
                event_time=f"2026-{month}-02",
                due_date=f"2026-{month}-20",
            ),
            deposit(
                f"d{who}{month}",
                person_id=who,
                event_type="payment",
                bill_id=f"bill {month}",
                amount="100",
                event_time=f"2026-{month}-{'10' if who == ANN else '25'}",
            ),
        ]
    own = {"person_id": CYD, "event_time": f"2026-{month}-11"}
    rows += [
        deposit(f"t{month}", event_type="transfer", counterparty_id=DEE, **own),
        deposit(f"r{month}", **(own | {"amount": "1.234"})),
    ]
    if month == "02":
        rows.append(deposit("eve", person_id=EVE, event_time="2026-02-03"))
    return rows


def _ties(month: str) -> list[dict[str, object]]:
    pairs = ((ANN, BOB), (BOB, ANN), (BOB, CYD), (CYD, BOB))
    rows = [_tie("added", ANN, BOB, f"2026-{month}-05"), _tie("added", CYD, BOB, "2025-10-01")]
    rows += [_tie("contact", *pair, f"2026-{month}-05") for pair in pairs]
    if month == "02":
        earlier = ("2025-11-20", "2025-12-20")
        rows += [_tie("contact", *pair, day) for pair in pairs[:2] for day in earlier]
    return [row | {"event_id": f"{month}-{number}"} for number, row in enumerate(rows)]


def _tie(kind: str, person: str, friend: str, day: str) -> dict[str, object]:
    return {
        "event_id": "",
        "event_time": day,
        "person_id": person,
        "event_type": kind,
        "friend_id": friend,
    }


def publish(data: Path, as_of_date: date, scorecard: str = EVERYONE) -> None:
    """Publish one date."""
    score_day(read_request(as_of_date, None, data, scorecards=(scorecard,), threads=1))
