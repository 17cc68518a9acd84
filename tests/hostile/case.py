"""What a hostile input is: a sentence, how it is delivered, and what must become of it."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

Row = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What must become of a case's rows and files.

    ``quarantined`` maps the line to the reason, ``refused`` is part of the reason why a file or
    folder is refused, ``people`` are ids that must be stored to the letter.
    """

    accepted: int = 0
    duplicates: int = 0
    quarantined: Mapping[int, str] = field(default_factory=dict)
    refused: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Desk:
    """Where one case delivers: an arrival day and event ids of its own.

    ``is_full``: heavy inputs are made at their full size. ``shared_day``: an arrival day that the
    case shares with others, none of which may be refused.
    """

    landing: Path
    number: int
    is_full: bool = False
    shared_day: str = ""

    @property
    def day(self) -> str:
        """The case's arrival day."""
        return self.shared_day or str(date(2020, 1, 1) + timedelta(days=self.number))

    def size(self, full: int, small: int) -> int:
        """Return a size for a campaign, or the smaller one for the suite."""
        return full if self.is_full else small

    def folder(self, log: str = "payment") -> Path:
        """Return the case's arrival folder, made if need be."""
        folder = self.landing / log / f"arrived={self.day}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put(self, name: str, content: bytes | str, log: str = "payment") -> Path:
        """Write a file into the case's arrival folder; names ending in .gz are packed."""
        written = content.encode() if isinstance(content, str) else content
        path = self.folder(log) / name
        path.write_bytes(gzip.compress(written, mtime=0) if name.endswith(".gz") else written)
        return path

    def deposit(self, name: str = "1", **fields: Any) -> Row:
        """Return a payment-log row that stands, with an id of this case's own."""
        row = {
            "event_id": f"case-{self.number}-{name}",
            "event_time": f"{self.day}T10:00:00Z",
            "person_id": f"person-{self.number}",
            "event_type": "deposit",
            "amount": "12.50",
        }
        return row | fields

    def line(self, name: str = "1", **fields: Any) -> str:
        """Return the same as a JSON line."""
        return json.dumps(self.deposit(name, **fields)) + "\n"


@dataclass(frozen=True)
class Case:
    """One hostile input.

    ``place``: what the paths of its files hold, its arrival day if empty; {number} in it stands
    for the number of the case. ``is_heavy``: its memory and time are worth a look.
    """

    name: str
    deliver: Callable[[Desk], object]
    verdict: Verdict
    place: str = ""
    is_heavy: bool = False


def csv_text(rows: list[Row]) -> str:
    """Return rows as csv with a header, absent fields empty."""
    written = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def parquet_bytes(rows: list[Row] | pl.DataFrame, **options: Any) -> bytes:
    """Return rows as a parquet file."""
    written = io.BytesIO()
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows)
    frame.write_parquet(written, **options)
    return written.getvalue()


class Collection(list[Case]):
    """Cases that belong together; called, it makes a case of the function below it."""

    def __call__(
        self, name: str, verdict: Verdict, *, place: str = "", is_heavy: bool = False
    ) -> Callable[[Callable[[Desk], object]], Callable[[Desk], object]]:
        """Return a decorator that adds a function as the delivery of a case."""

        def add(deliver: Callable[[Desk], object]) -> Callable[[Desk], object]:
            self.append(Case(name, deliver, verdict, place, is_heavy))
            return deliver

        return add
