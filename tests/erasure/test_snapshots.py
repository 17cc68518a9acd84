"""Published snapshots after an erasure: made again without the person, and nothing of her left."""

import shutil
from pathlib import Path

import duckdb
import pytest

from plainscore.erasure.erase import Erasure, erase
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.search import search
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.proof import verify
from plainscore.publish.runs import Run, all_runs, published_runs
from plainscore.publish.sets import read_manifest
from plainscore.settings import Settings
from tests.erasure.erased import assert_as_if_never_delivered, fresh
from tests.erasure.published_world import ANN, BOB, CYD, DEE, EVE, EVERYONE, FEBRUARY, publish
from tests.ingest.delivery import Delivery

Erased = tuple[Delivery, Erasure, dict[tuple[str, str], int]]


@pytest.fixture(scope="module")
def erased(published_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Erased:
    """The world after Ann was erased, what was done, and everyone's scores before it."""
    delivery = Delivery(tmp_path_factory.mktemp("erased") / "data")
    shutil.copytree(published_once, delivery.data)
    rebuild_catalog(delivery.data)
    before = scores(delivery.data)
    return delivery, erase_people(delivery.data, ANN), before


def erase_people(data: Path, *people: str) -> Erasure:
    return erase(data, people, Settings(scorecards=(EVERYONE,)))


def scores(data: Path) -> dict[tuple[str, str], int]:
    with duckdb.connect(str(data / "plainscore.duckdb"), read_only=True) as con:
        rows = con.execute("select person_id, cast(as_of_date as varchar), score from score")
        return {(person, day): score for person, day, score in rows.fetchall()}


def names_of(runs: list[Run]) -> list[tuple[str, str]]:
    return [(str(run.dates.as_of_date), run.name) for run in runs]


def test_snapshots_are_what_they_would_be_had_she_never_been(erased: Erased) -> None:
    world, erasure, _ = erased
    assert erasure.is_whole
    runs = published_runs(world.data)
    assert names_of(runs) == [("2026-01-31", "0002"), ("2026-02-28", "0002")]
    assert [read_manifest(run)["erasures"] for run in runs] == [1, 1]
    assert verify(world.data) == []
    assert_as_if_never_delivered(world, ANN)
    again = fresh(world)
    publish(again.data, FEBRUARY)
    now, expected = read_manifest(runs[1]), read_manifest(published_runs(again.data)[0])
    assert now["content_hash"] == expected["content_hash"]
    assert now["input"] == expected["input"]


def test_others_change_through_ties_alone_and_it_is_said_by_how_much(erased: Erased) -> None:
    world, erasure, before = erased
    after = scores(world.data)
    changed = {key for key in after if after[key] != before[key]}
    assert {person for person, _ in changed} == {BOB}
    for snapshot in erasure.snapshots:
        day = str(snapshot.dates.as_of_date)
        assert snapshot.difference is not None
        assert snapshot.difference.changed == sum(key[1] == day for key in changed)
        largest = max((abs(after[k] - before[k]) for k in changed if k[1] == day), default=0)
        assert snapshot.difference.largest == largest


def test_a_person_who_is_only_named_by_others_goes_from_every_run(world: Delivery) -> None:
    publish(world.data, FEBRUARY, "standard")
    (published_runs(world.data)[1].folder / "retired.json").write_text("{}")
    assert search(world.data, ErasedIds([DEE])).found
    erasure = erase_people(world.data, DEE)
    assert erasure.is_whole
    assert names_of(published_runs(world.data)) == [("2026-01-31", "0002"), ("2026-02-28", "0003")]
    assert all_runs(world.data) == published_runs(world.data)
    assert search(world.data, ErasedIds([DEE])).found == []


def test_a_snapshot_in_which_she_had_no_part_is_left_as_it_is(world: Delivery) -> None:
    run = published_runs(world.data)[0].folder
    before = (run / "manifest.json").stat().st_mtime_ns
    assert erase_people(world.data, EVE).is_whole
    assert names_of(published_runs(world.data)) == [("2026-01-31", "0001"), ("2026-02-28", "0002")]
    assert (run / "manifest.json").stat().st_mtime_ns == before


def test_a_snapshot_whose_scorecard_is_gone_is_published_no_more(
    world: Delivery, tmp_path: Path
) -> None:
    card = tmp_path / "mine.toml"
    card.write_text('name = "mine"\nversion = "1"\ntitle = "x"\nextends = "everyone"\n')
    for run in published_runs(world.data):
        publish(world.data, run.dates.as_of_date, str(card))
    card.unlink()
    erasure = erase(world.data, [ANN], Settings())
    assert not erasure.is_whole
    assert {"scorecard" in str(one.unpublished) for one in erasure.snapshots} == {True}
    assert published_runs(world.data) == []
    assert not (world.data / "plainscore.duckdb").exists()
    assert erasure.search.found == []


def test_a_snapshot_of_no_one_else_is_published_no_more(world: Delivery) -> None:
    snapshots = world.data / "snapshots"
    change = snapshots / "_changes" / "one"
    change.mkdir(parents=True)
    (change / "why.csv").write_text(f"person_id\n{ANN}\n")
    for beside in ("_ledger", "_staging"):
        (snapshots / beside).mkdir(exist_ok=True)
        (snapshots / beside / "one.json").write_text(f'{{"failed": "{ANN} twice"}}')
    erasure = erase_people(world.data, ANN, BOB, CYD, DEE, EVE)
    assert erasure.is_whole
    assert {one.unpublished for one in erasure.snapshots} == {"it held no one else"}
    assert erasure.search.found == []
    assert not change.exists()
