"""Invented deliveries in which people share event ids, and ids are awkward."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.ingest.delivery import Delivery, bill, deposit

FORMATS = ("ndjson", "ndjson.gz", "json", "csv", "csv.zst", "parquet", "xlsx")
DAYS = ("2026-03-05", "2026-03-06", "2026-04-01")
PEOPLE = ("ann", "7", 'quo"te', "two\nlines", "anna")
DeliveredFile = tuple[str, str, list[dict[str, Any]], bool]
"""Format, arrival day, rows, and whether it is ingested before the next is delivered."""


def _row(event_id: str, person: str, other: str, kind: str, amount: str) -> dict[str, Any]:
    if kind == "bill":
        return bill(event_id, person_id=person, amount=amount, bill_id=other)
    other_person = {"counterparty_id": other} if kind == "transfer" else {}
    return deposit(event_id, person_id=person, event_type=kind, amount=amount, **other_person)


_ROW = st.builds(
    _row,
    st.sampled_from(("e1", "e2", "7", "ann")),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.sampled_from(("deposit", "transfer", "bill", "misspelt")),
    st.sampled_from(("1", "1.00", "2", "7", "1.234")),
)
FILES = st.lists(
    st.tuples(
        st.sampled_from(FORMATS),
        st.sampled_from(DAYS),
        st.lists(_ROW, min_size=1, max_size=6),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)
ERASED = st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=2)


@contextmanager
def delivered(files: list[DeliveredFile]) -> Iterator[Delivery]:
    """Deliver and ingest files into a data directory of their own."""
    folder = Path(tempfile.mkdtemp())
    try:
        delivery = Delivery(folder / "data")
        for number, (file_format, day, rows, is_ingested_now) in enumerate(files):
            delivery.write(file_format, "payment", rows, f"f{number}", day)
            if is_ingested_now:
                delivery.ingest()
        delivery.ingest()
        yield delivery
    finally:
        shutil.rmtree(folder)
