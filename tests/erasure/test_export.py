"""What `person --export` gives is what `erase` would remove: no row less, no place less."""

import json
import re
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import UnknownPersonError, UsageError
from plainscore.erasure.erase import erase
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.search import (
    DELIVERED,
    KEY,
    PersonExport,
    delivered_events,
    export_person,
    search,
)
from plainscore.logs import ingest_new
from plainscore.publish.catalog import rebuild_catalog
from plainscore.settings import Settings
from tests.erasure.published_world import ANN, BOB, CYD, DEE, EVERYONE, FEBRUARY, publish
from tests.ingest.delivery import Delivery, bill, deposit

PLACE = re.compile(r"(?P<file>.+?): (?:column (?P<column>\w+), )?(?P<rows>\d+) (?:rows|lines)")


@pytest.fixture(scope="module")
def delivered_again_once(published_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bob's rows came once more, one with another content, and a refused one that names Ann."""
    again = bill("bbobby01", person_id=BOB, bill_id="bill 01", event_time="2026-01-02",
                 due_date="2026-01-20")  # fmt: skip
    other = deposit("dbobby01", person_id=BOB, event_type="payment", bill_id="bill 01",
                    amount="99", event_time="2026-01-25")  # fmt: skip
    refused = deposit("x1", person_id=CYD, event_type="transfer", counterparty_id=ANN, amount="?")
    data = Path(shutil.copytree(published_once, tmp_path_factory.mktemp("again") / "data"))
    Delivery(data).ndjson("payment", [again, other, refused], day="2026-02-20")
    ingest_new(data)
    publish(data, FEBRUARY)
    return data


@pytest.fixture
def delivered_again(delivered_again_once: Path, tmp_path: Path) -> Path:
    """A copy of it, to write into."""
    copy = Path(shutil.copytree(delivered_again_once, tmp_path / "again"))
    rebuild_catalog(copy)
    return copy


@pytest.mark.parametrize(("who", "is_published"), [(ANN, True), (BOB, False), (DEE, False)])
def test_what_is_exported_is_what_an_erasure_removes(
    delivered_again: Path, who: str, is_published: bool
) -> None:
    """``is_published``: snapshots are erased from, too, which is what takes long."""
    held = export_person(delivered_again, who)
    assert_every_place_is_covered(delivered_again, held)
    if not is_published:
        shutil.rmtree(delivered_again / "snapshots")
        rebuild_catalog(delivered_again)
    # A row in conflict is a repeat and a refused row; an erasure counts it once.
    events = {
        (row["file"], row["line"])
        for name, rows in held.rows.items()
        for row in rows
        if name.startswith("events/") and name != KEY
    }
    delivered = Counter(row["file"] for row in held.rows[DELIVERED])
    erasure = erase(delivered_again, [who], Settings(scorecards=(EVERYONE,)))
    assert erasure.rows == len(events)
    assert erasure.files == delivered
    with pytest.raises(UnknownPersonError, match="no row or snapshot names"):
        export_person(delivered_again, who)


def assert_every_place_is_covered(data: Path, held: PersonExport) -> None:
    """Each place that the search finds has as many rows in the export, or is listed by name."""
    in_file = Counter(f"landing/{row['file']}" for row in held.rows.get(DELIVERED, ()))
    for name, rows in held.rows.items():
        if name.startswith("published/"):
            in_file[f"snapshots/{name.removeprefix('published/')[:-7]}.parquet"] = len(rows)
    for place in search(data, ErasedIds([held.person_id])).found:
        found = PLACE.fullmatch(place)
        file = place.partition(": ")[0]
        if place in held.also_in:
            assert file.startswith("reports/") or not file.endswith((".parquet", ".csv")), place
        elif file.startswith("events/"):
            assert "events/person.ndjson" in held.rows
        else:
            assert found is not None, place
            assert in_file[file] >= int(found["rows"]), place


def test_ids_stand_in_place_of_keys_and_a_row_says_where_it_came_from(
    delivered_again_once: Path,
) -> None:
    held = export_person(delivered_again_once, ANN)
    ties = held.rows["events/friendship.ndjson"]
    assert {(row["person_id"], row["friend_id"]) for row in ties} == {(ANN, BOB), (BOB, ANN)}
    assert {row["file"].partition("/")[0] for row in ties} == {"friendship"}
    assert all(row["line"] >= 1 for row in ties)
    assert not any(name.endswith("_key") for row in ties for name in row)


def test_repeats_and_refused_rows_are_held_too(delivered_again_once: Path) -> None:
    held = export_person(delivered_again_once, BOB)
    verdicts = [row["verdict"] for row in held.rows["events/repeats.payment.ndjson"]]
    assert sorted(verdicts) == ["conflict", "duplicate"]
    refused = held.rows["events/quarantine.ndjson"]
    assert {row["file"].partition("/")[0] for row in refused} == {"profile", "payment"}
    of_ann = export_person(delivered_again_once, ANN).rows["events/quarantine.ndjson"]
    assert ["x1" in row["raw"] for row in of_ann] == [True]


def test_every_run_is_exported_and_every_derived_set(world: Delivery) -> None:
    (world.data / "plainscore.toml").write_text(f'scorecards = ["{EVERYONE}"]\n')
    for command in (["why", ANN], ["compare"]):
        assert run_command_line([*command, "--data", str(world.data), "--format", "json"]) == 0
    held = export_person(world.data, ANN)
    folders = {name.split("/")[1] for name in held.rows if name.startswith("published/")}
    assert folders == {"as_of_date=2026-01-31", "as_of_date=2026-02-28", "_changes"}
    assert_every_place_is_covered(world.data, held)


def test_an_archive_is_the_same_every_time_and_says_what_it_holds(
    published_once: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "one.zip", tmp_path / "two.zip"]
    for file in files:
        words = ["person", ANN, "--export", str(file), "--data", str(published_once)]
        assert run_command_line([*words, "--format", "json"]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    said = json.loads(capsys.readouterr().out.partition("\n}\n")[0] + "\n}")
    with zipfile.ZipFile(files[0]) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest == said
        for name, count in manifest["rows"].items():
            rows = [json.loads(line) for line in archive.read(name).splitlines()]
            assert len(rows) == count
        assert ANN in archive.read("README.txt").decode()


def test_an_archive_is_no_part_of_the_data(published_once: Path) -> None:
    held = export_person(published_once, ANN)
    with pytest.raises(UsageError, match="write it elsewhere"):
        held.write(published_once / "ann.zip", published_once)
    with pytest.raises(UsageError, match="No such file"):
        held.write(published_once.parent / "nowhere" / "ann.zip", published_once)


def test_where_events_came_from_is_as_known_on_a_day(published_once: Path) -> None:
    by_day = {
        day: {
            (one.log, one.source): one.events for one in delivered_events(published_once, BOB, day)
        }
        for day in (FEBRUARY.replace(month=1, day=30), FEBRUARY)
    }
    january, february = by_day.values()
    assert january == {
        ("friendship", "friendship"): 2, ("payment", "payment"): 2, ("profile", "profile"): 1,
    }  # fmt: skip
    assert february == january | {("friendship", "friendship"): 6, ("payment", "payment"): 4}
    assert delivered_events(published_once, DEE, FEBRUARY) == []
    assert delivered_events(published_once, "no one", FEBRUARY) == []
