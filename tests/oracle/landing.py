"""Write accepted events as landing files, so that the real pipeline sees the same world."""

import csv
import gzip
import io
import json
from collections.abc import Iterable
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.oracle.events import Event

SHARED_COLUMNS = ("event_id", "event_time", "person_id", "event_type")
OWN_COLUMNS = {
    "profile": ("region", "birth_year", "gender", "field", "value_hash"),
    "purchase": ("order_id", "merchant_id", "category", "amount", "is_own_name"),
    "payment": ("bill_id", "bill_type", "amount", "due_date", "balance", "credit_limit",
                "account_balance", "income_source", "counterparty_id"),
    "service": ("agreement_id", "service_type", "due_date"),
    "friendship": ("friend_id",),
}  # fmt: skip
FORMS = ("ndjson", "csv", "ndjson.gz", "csv.gz")


def write_landing(events: Iterable[Event], data_dir: Path, forms: Iterable[str] = FORMS) -> None:
    """Write ``data_dir``/landing/<log>/arrived=<day>/events.<form>, one file per log and day.

    The forms take turns. Rows keep the order in which the events are given.
    """
    groups: dict[tuple[str, date], list[dict[str, Any]]] = {}
    for event in events:
        groups.setdefault((event.log, event.arrived), []).append(_row(event))
    for (log, arrived), form in zip(sorted(groups), cycle(forms), strict=False):
        folder = data_dir / "landing" / log / f"arrived={arrived}"
        folder.mkdir(parents=True, exist_ok=True)
        write = _csv if form.startswith("csv") else _ndjson
        text = write(groups[log, arrived], (*SHARED_COLUMNS, *OWN_COLUMNS[log])).encode()
        content = gzip.compress(text, mtime=0) if form.endswith(".gz") else text
        (folder / f"events.{form}").write_bytes(content)


def _row(event: Event) -> dict[str, Any]:
    moment = event.event_time.isoformat(timespec="microseconds") + "Z"
    shared = (event.event_id, moment, event.person_id, event.event_type)
    row: dict[str, Any] = dict(zip(SHARED_COLUMNS, shared, strict=True))
    for name, value in event.fields.items():
        if name.endswith("_cents") and value is not None:
            sign, size = "-" * (value < 0), abs(value)
            row[name.removesuffix("_cents")] = f"{sign}{size // 100}.{size % 100:02d}"
        elif value is not None:
            row[name] = value if isinstance(value, bool) else str(value)
    return row


def _ndjson(rows: list[dict[str, Any]], _columns: tuple[str, ...]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    lines = io.StringIO()
    table = csv.DictWriter(lines, columns, restval="", lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()})
    return lines.getvalue()
