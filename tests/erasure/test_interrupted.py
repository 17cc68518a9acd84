"""An erasure that was interrupted: nothing else may write, and the next one finishes it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.lock import writer_lock
from plainscore.erasure import erase as erasing
from plainscore.erasure import landing
from plainscore.erasure.erase import erase
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.search import search
from plainscore.publish.proof import verify
from plainscore.publish.runs import published_runs
from plainscore.publish.sets import read_manifest
from plainscore.settings import Settings
from plainscore.store import lake
from plainscore.store.event_store import write_store_head
from plainscore.store.lake import Lake
from tests.erasure.erased import assert_as_if_never_delivered, known_people, whole_state
from tests.erasure.published_world import ANN, BOB, EVERYONE
from tests.ingest.delivery import Delivery, deposit

SETTINGS = Settings(scorecards=(EVERYONE,))


class Killed(BaseException):
    """The process ends here."""


def dying_at(call: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, which ends the process instead of doing its nth call."""
    calls = 0

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        return function(*arguments, **named)

    return counted


EARLY = [
    ("before a file is replaced", landing, "put_in_place", 1),
    ("between two files", landing, "put_in_place", 2),
    ("before the store", erasing, "StoreErasure", 1),
    ("before the store's commit", Lake, "_sync_files", 1),
    ("before readers see the commit", Lake, "_write_head", 1),
    ("before history is forgotten", Lake, "forget_history", 1),
    ("before the fresh catalog", Lake, "_attach", 2),
    ("before the originals go", erasing, "settle", 2),
    ("before the search", erasing, "search", 1),
]
LATE = [
    ("between two snapshots", erasing, "compare_runs", 2),
    ("before the catalog shows it", erasing, "rebuild_catalog", 1),
]


def interrupt(data: Path, moment: tuple[str, Any, str, int]) -> None:
    """Erase Ann, and die at a moment; no one else may write then."""
    _, place, name, call = moment
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(place, name, dying_at(call, getattr(place, name)))
        with pytest.raises(Killed):
            erase(data, [ANN], SETTINGS)
    with pytest.raises(InputRefused, match="an erasure was interrupted"), writer_lock(data, "run"):
        pass


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files with rows of Ann and Bob, ingested; no test may write into it."""
    delivery = Delivery(tmp_path_factory.mktemp("ingested") / "data")
    rows = [
        deposit("e1", person_id=ANN),
        deposit("e1", person_id=BOB),
        deposit("e2", person_id=BOB),
    ]
    delivery.ndjson("payment", rows)
    delivery.parquet("payment", [deposit("e3", person_id=ANN), *rows[1:]], day="2026-03-06")
    delivery.ingest()
    return delivery.data


@pytest.fixture(scope="module")
def undisturbed(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """It without Ann, whose erasure nothing interrupted; no test may write into it."""
    made = Delivery(shutil.copytree(ingested, tmp_path_factory.mktemp("undisturbed") / "data"))
    erase(made.data, [ANN], SETTINGS)
    assert_as_if_never_delivered(made, ANN)
    return made


@pytest.mark.parametrize("moment", EARLY, ids=[moment[0] for moment in EARLY])
def test_the_next_one_finishes_it(
    ingested: Path, undisturbed: Delivery, delivery: Delivery, moment: tuple[str, Any, str, int]
) -> None:
    shutil.copytree(ingested, delivery.data)
    interrupt(delivery.data, moment)
    erasure = erase(delivery.data, [], SETTINGS)
    assert erasure.is_whole
    assert not (delivery.data / ".erasure").exists()
    assert delivery.store.head.erasures == 1
    assert _delivered(delivery) == _delivered(undisturbed)
    assert whole_state(delivery) == whole_state(undisturbed)
    assert known_people(delivery) == {BOB}
    report = delivery.ingest()
    assert report.files == report.rejudged == report.refused == []


def _delivered(delivery: Delivery) -> dict[str, bytes]:
    landing = delivery.data / "landing"
    files = [file for file in landing.rglob("*") if file.is_file()]
    return {str(file.relative_to(landing)): file.read_bytes() for file in files}


def test_another_person_may_be_named_when_it_is_finished(delivery: Delivery) -> None:
    rows = [deposit("e1", person_id=ANN), deposit("e2", person_id=BOB), deposit("e3")]
    delivery.parquet("payment", rows)
    delivery.ingest()
    interrupt(delivery.data, EARLY[2])
    assert erase(delivery.data, [BOB], SETTINGS).people == 2
    assert delivery.accepted("payment")["line"].to_list() == [1]
    assert_as_if_never_delivered(delivery, ANN, BOB)


def test_an_ingest_that_dies_after_an_erasure_is_taken_back(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id=ANN), deposit("e2", person_id=BOB)])
    delivery.ingest()
    erase(delivery.data, [ANN], SETTINGS)
    delivery.ndjson("payment", [deposit("e3", person_id=BOB)], name="b.ndjson")
    with monkeypatch.context() as patched:
        patched.setattr(lake, "write_store_head", dying_at(1, write_store_head))
        with pytest.raises(Killed):
            delivery.ingest()
    delivery.ingest()
    assert_as_if_never_delivered(delivery, ANN)


def test_a_journal_that_was_cut_short_tells_of_nothing_done(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id=ANN)])
    delivery.ingest()
    (delivery.data / ".erasure").write_text('\n{"ids": ["annab')
    with pytest.raises(UsageError, match="name at least one person"):
        erase(delivery.data, [], SETTINGS)
    delivery.ingest()


def test_snapshots_are_finished_too_however_often_it_dies(world: Delivery) -> None:
    for moment in LATE:
        interrupt(world.data, moment)
    erasure = erase(world.data, [], SETTINGS)
    assert erasure.is_whole
    assert search(world.data, ErasedIds([ANN])).found == []
    runs = published_runs(world.data)
    assert [(run.number, read_manifest(run)["erasures"]) for run in runs] == [(2, 1), (2, 1)]
    assert verify(world.data) == []
