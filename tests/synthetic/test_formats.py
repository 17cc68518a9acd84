"""Every format carries the same rows."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings

Row = tuple[str, ...]


def _read(path: Path) -> list[Row]:
    """Return each row of a file as text: null is empty; broken lines are left out."""
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path).with_columns(
            pl.col("event_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
        return [_as_text(row) for row in frame.iter_rows()]
    content = path.read_bytes()
    lines = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    if ".csv" in path.name:
        rows = list(csv.reader(io.StringIO(lines)))
        return [_as_text(tuple(row)) for row in rows[1:] if len(row) == len(rows[0])]
    return [_as_text(tuple(json.loads(x).values())) for x in lines.splitlines() if x.endswith("}")]


def _as_text(row: tuple[object, ...]) -> Row:
    texts = ("" if value is None else str(value) for value in row)
    return tuple(text.lower().removesuffix(".0") for text in texts)


def _rows(landing: Path, log: str) -> list[Row]:
    return sorted(row for path in landing.glob(f"{log}/*/*") for row in _read(path))


@pytest.mark.parametrize("file_format", ["ndjson", "ndjson.gz", "csv", "csv.gz", "mixed"])
def test_all_formats_carry_the_same_rows(
    settings_of: Callable[..., WorldSettings], file_format: str
) -> None:
    plain = settings_of("parquet", people=120)
    synthesise(plain)
    other = settings_of("other", people=120, file_format=file_format)
    synthesise(other)
    for log in ("profile", "purchase", "payment", "service", "friendship"):
        assert _rows(other.landing, log) == _rows(plain.landing, log)


def test_lines_that_are_no_lines_are_planted(settings_of: Callable[..., WorldSettings]) -> None:
    settings = settings_of(people=600, last=date(2025, 3, 31), file_format="ndjson")
    synthesise(settings)
    lines = [
        line
        for path in settings.landing.glob("*/*/*.ndjson")
        for line in path.read_text().splitlines()
    ]
    assert any(not line.endswith("}") for line in lines)
    assert any('"event_time": "yesterday"' in line for line in lines)


def test_monthly_arrivals_come_on_the_last_day_of_each_month(
    settings_of: Callable[..., WorldSettings],
) -> None:
    settings = settings_of(arrivals="monthly", last=date(2025, 3, 31))
    synthesise(settings)
    folders = sorted(path.name for path in (settings.landing / "purchase").iterdir())
    assert folders == ["arrived=2025-01-31", "arrived=2025-02-28", "arrived=2025-03-31"]
