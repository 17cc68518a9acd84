"""Write accepted events as landing files, so that the real pipeline sees the same world."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable
from datetime import date
from itertools import cycle
from pathlib import Path

from tests.oracle.events import Event, FieldValue

OWN_COLUMNS = {
    "profile": ("region", "birth_year", "gender", "field", "value_hash"),
    "purchase": ("order_id", "merchant_id", "category", "amount", "is_own_name"),
    "payment": (
        "bill_id",
        "bill_type",
        "amount",
        "due_date",
        "balance",
        "credit_limit",
        "counterparty_id",
    ),
    "service": ("agreement_id", "service_type", "due_date"),
    "friendship": ("friend_id",),
}
SHARED_COLUMNS = ("event_id", "event_time", "person_id", "event_type")
FORMS = ("ndjson", "csv", "ndjson.gz", "csv.gz")


def write_landing(
    events: Iterable[Event], data_dir: Path, forms: Iterable[str] = FORMS
) -> list[Path]:
    """Write `data_dir`/landing/<log>/arrived=<day>/events.<form>, one file per log and day.

    The forms take turns. Rows keep the order in which the events are given. Returns the files.
    """
    groups: dict[tuple[str, date], list[Event]] = {}
    for event in events:
        groups.setdefault((event.log, event.arrived), []).append(event)
    files = []
    for (log, arrived), form in zip(sorted(groups), cycle(forms), strict=False):
        folder = data_dir / "landing" / log / f"arrived={arrived.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"events.{form}"
        rows = [_row(event) for event in groups[log, arrived]]
        text = _WRITERS[form.removesuffix(".gz")](rows, log).encode("utf-8")
        path.write_bytes(gzip.compress(text, mtime=0) if form.endswith(".gz") else text)
        files.append(path)
    return files


def _row(event: Event) -> dict[str, str | bool]:
    row: dict[str, str | bool] = {
        "event_id": event.event_id,
        "event_time": event.event_time.isoformat(timespec="microseconds") + "Z",
        "person_id": event.person_id,
        "event_type": event.event_type,
    }
    for name, value in event.fields.items():
        if value is not None:
            row[name.removesuffix("_cents")] = _as_written(name, value)
    return row


def _as_written(name: str, value: FieldValue) -> str | bool:
    if name.endswith("_cents"):
        assert isinstance(value, int)
        return f"{value // 100}.{value % 100:02d}"
    return value if isinstance(value, bool) else str(value)


def _ndjson(rows: list[dict[str, str | bool]], _log: str) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(rows: list[dict[str, str | bool]], log: str) -> str:
    lines = io.StringIO()
    columns = (*SHARED_COLUMNS, *OWN_COLUMNS[log])
    table = csv.DictWriter(lines, columns, restval="", lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()})
    return lines.getvalue()


_WRITERS: dict[str, Callable[[list[dict[str, str | bool]], str], str]] = {
    "ndjson": _ndjson,
    "csv": _csv,
}
