"""Erase people, and compare what is left with what would be there had they never been."""

import shutil
from pathlib import Path
from typing import Any

from plainscore.erasure.erase import Erasure, erase
from plainscore.settings import Settings
from tests.ingest.delivery import Delivery


def erase_people(data: Path, *people: str) -> Erasure:
    """Erase people with the settings by default."""
    return erase(data, people, Settings())


def whole_state(delivery: Delivery) -> dict[str, Any]:
    """Return all that a store says, but for the numbers of files and people."""
    ledger = delivery.store.ledger()
    files = ledger.select("file_no", "file").unique()
    state = delivery.state()
    state["ledger"] = ledger.drop("file_no").rows()
    for table in delivery.store.head.files:
        if table.startswith("repeats."):
            repeats = delivery.table(table)
            keyless = [name for name in repeats.columns if not name.endswith("_key")]
            named = repeats.select(keyless).join(files, on="file_no").drop("file_no")
            state[table] = named.sort("file", "line").rows()
    return state


def fresh(delivery: Delivery) -> Delivery:
    """Return a new data directory into which the same landing files are ingested."""
    again = Delivery(delivery.data.parent / "fresh")
    shutil.rmtree(again.data, ignore_errors=True)
    shutil.copytree(delivery.data / "landing", again.data / "landing")
    if (delivery.data / "plainscore.toml").exists():
        shutil.copy(delivery.data / "plainscore.toml", again.data)
    again.ingest()
    return again


def assert_as_if_never_delivered(delivery: Delivery, *people: str) -> None:
    """Compare with a fresh ingest of what landing/ holds now; a further ingest finds no news."""
    again = fresh(delivery)
    assert whole_state(delivery) == whole_state(again)
    assert known_people(delivery).isdisjoint(people)
    before = whole_state(delivery)
    report = delivery.ingest()
    assert report.files == report.rejudged == report.refused == []
    assert whole_state(delivery) == before


def known_people(delivery: Delivery) -> set[str]:
    """Return the ids that have a key."""
    people = delivery.table("person")
    return set(people["person_id"]) if len(people) else set()
