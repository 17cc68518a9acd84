"""Deliver files to a landing directory, ingest them, and look at what the store then holds."""

import atexit
import csv
import gzip
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import polars as pl

from plainscore.logs import IngestReport, ingest_new
from plainscore.logs.landing import RefusedFile, file_at
from plainscore.runs.plan import look_at_arrivals
from plainscore.store.event_store import EventStore, open_store
from tests.ingest.reading import read_files, texts_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Row = Mapping[str, Any]
DAY = "2026-03-05"


def deposit(event_id: str = "e1", **fields: Any) -> dict[str, Any]:
    """Return a payment-log row that stands, with some fields changed."""
    row = {
        "event_id": event_id,
        "event_time": f"{DAY}T10:00:00Z",
        "person_id": "ann",
        "event_type": "deposit",
        "amount": "12.50",
    }
    return row | fields


def bill(event_id: str = "b1", **fields: Any) -> dict[str, Any]:
    """Return a card bill that stands, with some fields changed."""
    own = {
        "event_type": "bill",
        "bill_id": "bill-1",
        "bill_type": "card",
        "amount": "100",
        "due_date": "2026-04-01",
    }
    return deposit(event_id, **(own | fields))


def purchase(event_id: str = "p1", **fields: Any) -> dict[str, Any]:
    """Return a purchase that stands, with some fields changed."""
    own = {
        "event_type": "purchase",
        "order_id": "order-1",
        "merchant_id": "shop",
        "category": "food",
        "amount": "9.99",
    }
    return deposit(event_id, **(own | fields))


def verified(event_id: str = "v1", **fields: Any) -> dict[str, Any]:
    """Return a verified phone, with some fields changed."""
    row = deposit(event_id, event_type="verified", field="phone", value_hash="secret")
    del row["amount"]
    return row | fields


def workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a workbook whose first sheet, Orders, has these rows; a second has a note."""
    book = openpyxl.Workbook()
    book.active.title = "Orders"
    for row in rows:
        book.active.append(row)
    book.create_sheet("Notes").append(["made by hand"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


class Delivery:
    """A data directory to which files are delivered."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def put(self, file: str, content: bytes | str) -> Path:
        """Write bytes to a path under landing/; names ending in .gz or .zst are packed."""
        path = self.data / "landing" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = content.encode() if isinstance(content, str) else content
        if file.endswith(".gz"):
            packed = gzip.compress(packed, mtime=0)
        path.write_bytes(zstd.compress(packed) if file.endswith(".zst") else packed)
        return path

    def lines(self, log: str, lines: Iterable[str], name: str = "a.ndjson", day: str = DAY) -> str:
        """Write text lines; return the path under landing/."""
        file = f"{log}/arrived={day}/{name}"
        self.put(file, "".join(f"{line}\n" for line in lines))
        return file

    def ndjson(self, log: str, rows: Iterable[Row], name: str = "a.ndjson", day: str = DAY) -> str:
        """Write rows as JSON lines."""
        return self.lines(log, map(json.dumps, rows), name, day)

    def csv(self, log: str, rows: Sequence[Row], name: str = "a.csv", day: str = DAY) -> str:
        """Write rows as csv, absent fields empty."""
        written = io.StringIO()
        columns = list(dict.fromkeys(column for row in rows for column in row))
        writer = csv.DictWriter(written, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        file = f"{log}/arrived={day}/{name}"
        self.put(file, written.getvalue())
        return file

    def parquet(
        self, log: str, rows: Sequence[Row] | pl.DataFrame, name: str = "a.parquet", day: str = DAY
    ) -> str:
        """Write rows as parquet."""
        frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows))
        file = f"{log}/arrived={day}/{name}"
        path = self.data / "landing" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path)
        return file

    def json(self, log: str, rows: Iterable[Row], name: str = "a.json", day: str = DAY) -> str:
        """Write rows as one array, indented."""
        file = f"{log}/arrived={day}/{name}"
        self.put(file, json.dumps(list(rows), indent=1))
        return file

    def xlsx(self, log: str, rows: Sequence[Row], name: str = "a.xlsx", day: str = DAY) -> str:
        """Write rows as the first sheet of a workbook, absent fields empty."""
        columns = list(dict.fromkeys(column for row in rows for column in row))
        file = f"{log}/arrived={day}/{name}"
        self.put(file, workbook([columns, *([row.get(one) for one in columns] for row in rows)]))
        return file

    def write(self, file_format: str, log: str, rows: Sequence[Row], stem: str, day: str) -> str:
        """Write rows in any format."""
        name = f"{stem}.{file_format}"
        if file_format == "parquet":
            return self.parquet(log, rows, name, day)
        writers = {"csv": self.csv, "ndjson": self.ndjson, "json": self.json, "xlsx": self.xlsx}
        return writers[file_format.partition(".")[0]](log, rows, name, day)

    def ingest(self) -> IngestReport:
        """Ingest what is new; the first time into a copy of an empty store, a third cheaper."""
        if (self.data / "landing").is_dir() and not (self.data / "events").exists():
            shutil.copytree(_empty_store(), self.data / "events")
        return ingest_new(self.data, threads=1)

    def refused(self) -> list[RefusedFile]:
        """Return what a run would find refused in landing/ now."""
        return look_at_arrivals(self.data).refused

    @property
    def store(self) -> EventStore:
        return open_store(self.data)

    def table(self, name: str) -> pl.DataFrame:
        """Return all rows of a table of the event store."""
        files = self.store.files(name)
        return (
            pl.read_parquet(files, hive_partitioning=False, glob=False) if files else pl.DataFrame()
        )

    def accepted(self, log: str) -> pl.DataFrame:
        """Return the accepted rows of a log by event_id, keys turned back into ids."""
        rows = self.table(log)
        if rows.is_empty():
            return rows
        ids = self.table("person")
        for name in [name for name in rows.columns if name.endswith("_key")]:
            named = ids.rename({"person_id": name.replace("_key", "_id"), "person_key": name})
            rows = rows.join(named, on=name, how="left").drop(name)
        return rows.sort("event_id")

    def quarantine(self) -> pl.DataFrame:
        """Return the quarantined rows by file and line."""
        rows = self.table("quarantine")
        if rows.is_empty():
            return pl.DataFrame(schema=dict.fromkeys(("log", "file", "reason", "raw"), pl.String))
        return rows.select("log", "file", "line", "reason", "raw", "arrived").sort("file", "line")

    def counts(self) -> dict[str, tuple[int, int, int, int]]:
        """Return (rows, accepted, duplicates, quarantined) of every file in the ledger."""
        ledger = self.store.ledger()
        names = ("rows", "accepted", "duplicates", "quarantined")
        return {row["file"]: tuple(row[name] for name in names) for row in ledger.to_dicts()}

    def state(self) -> dict[str, Any]:
        """Return all that must not depend on the order of ingestion."""
        files = self.table("file").select("file_no", "file") if self.store.files("file") else None
        state: dict[str, Any] = {"counts": self.counts(), "quarantine": self.quarantine().rows()}
        for log in ("profile", "purchase", "payment", "service", "friendship"):
            rows = self.accepted(log)
            if files is not None and len(rows):
                rows = rows.join(files, on="file_no").drop("file_no").sort("event_id")
                rows = rows.select(sorted(rows.columns))
            state[log] = rows.rows()
        return state


@cache
def _empty_store() -> Path:
    """Return a store of the standard logs without a row, made once per process."""
    home = Path(tempfile.mkdtemp(prefix="plainscore-"))
    atexit.register(shutil.rmtree, home)
    (home / "landing").mkdir()
    ingest_new(home, threads=1)
    return home / "events"


def judge_line(log: str, line: str | bytes, header: str | None = None) -> tuple[str, str] | None:
    """Judge one line of ndjson (or, under a header, csv) for itself, without any store.

    Returns the reason and the text with which it goes to quarantine; None where it is accepted.
    """
    text = (line if isinstance(line, bytes) else line.encode()) + b"\n"
    with TemporaryDirectory() as folder:
        name = "a.csv" if header else "a.ndjson"
        Path(folder, name).write_bytes((f"{header}\n".encode() if header else b"") + text)
        file = file_at(Path(folder), name, date.fromisoformat(DAY))
        read = read_files(log, {0: file})
        assert (read.refused, len(read.rows) + len(read.reasons)) == ({}, 1)
        for (_, number), reason in read.reasons.items():
            return reason, texts_of(log, file, [number])[number]
    return None


def reason_to_refuse(log: str, row: Row) -> str | None:
    """Return why a row is refused for itself; None where it is accepted."""
    judged = judge_line(log, json.dumps(row))
    return judged[0] if judged else None
