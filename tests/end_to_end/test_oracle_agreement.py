"""Black box: what is published of a nasty world is what the independent reference says of it."""

from pathlib import Path

from tests.end_to_end.pipeline import run_pipeline
from tests.end_to_end.published import differences, read_published
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.oracle.snapshot import snapshot

# More worlds are compared table by table in tests/oracle/test_transforms_agree.py, and need no
# process for each.
KNOWN_LATER, WITHOUT_SERVICES = 2, 0


def test_the_published_snapshot_is_what_the_reference_says(tmp_path: Path) -> None:
    _assert_agreement(nasty_world(KNOWN_LATER), tmp_path)


def test_a_world_without_a_service_log_is_scored_all_the_same(tmp_path: Path) -> None:
    _assert_agreement(
        nasty_world(WITHOUT_SERVICES, without_log="service"), tmp_path, is_plain=False
    )


def _assert_agreement(world: NastyWorld, data_dir: Path, *, is_plain: bool = True) -> None:
    write_landing(world.events, data_dir)
    run_pipeline(data_dir, world.as_of_date, world.known_on, is_plain=is_plain)
    expected = snapshot(world.events, world.as_of_date, world.known_on)
    found = differences(expected, read_published(data_dir))
    assert not found, f"{len(found)} values differ:\n" + "\n".join(found[:40])
