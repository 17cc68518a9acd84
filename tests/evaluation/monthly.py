"""Twenty people who pay every bill 15 days late, and whose month arrives on the 1st of the next."""

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

DAY = date(2026, 1, 31)
PEOPLE = [f"p{number:02}" for number in range(20)]
FIELDS = ("event_id", "event_time", "person_id", "event_type", "bill_id", "bill_type", "amount",
          "due_date")  # fmt: skip
FIRST = date(2025, 7, 1)
Event = dict[str, object]


def month_after(day: date) -> date:
    """Return the first day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def events(until: date) -> list[Event]:
    """Return all bills and payments of whole months before ``until``, by time."""
    found, month = [], FIRST
    while month < until:
        for number, person in enumerate(PEOPLE):
            due, bill_id = month.replace(day=5 + number), f"{month:%Y-%m}"
            paid = due + timedelta(days=15)
            common = {"person_id": person, "bill_id": bill_id, "amount": "100.00"}
            bill = {"bill_type": "card", "due_date": due}
            found.append(event("bill", month, common | bill))
            found.append(event("payment", paid, common))
        month = month_after(month)
    return [one for one in found if str(one["event_time"]) < str(until)]


def event(kind: str, day: date, fields: Event) -> Event:
    """Return a row as it is delivered."""
    named = f"{kind} {fields['person_id']} {fields.get('bill_id', day)}"
    return {"event_id": named, "event_time": day, "event_type": kind, **fields}


def deliver(data: Path, arrived: date, rows: Iterable[Event], folder: str = "payment") -> None:
    """Write a file of landing/."""
    rows = list(rows)
    file = data / "landing" / folder / f"arrived={arrived}" / "events.csv"
    file.parent.mkdir(parents=True)
    with file.open("w", newline="") as written:
        names = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(written, names or FIELDS)
        writer.writeheader()
        writer.writerows(rows)


def deliver_months(data: Path, last_arrival: date, kind: str = "", folder: str = "payment") -> None:
    """Deliver each month on the 1st of the next, until and with ``last_arrival``."""
    month = FIRST
    while (arrived := month_after(month)) <= last_arrival:
        rows = [
            one
            for one in events(arrived)
            if str(one["event_time"]) >= str(month) and kind in ("", one["event_type"])
        ]
        deliver(data, arrived, rows, folder)
        month = arrived
