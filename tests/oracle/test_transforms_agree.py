"""The SQL and the oracle say the same of every person of every nasty world."""

from datetime import timedelta
from pathlib import Path

import pytest

from plainscore.contracts import SnapshotDates
from tests.oracle.agreement import MADE, differences
from tests.oracle.events import LOGS
from tests.oracle.house import score_events
from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.oracle.snapshot import snapshot


@pytest.mark.parametrize("seed", range(8))
def test_every_person_gets_what_the_method_says(seed: int, tmp_path: Path) -> None:
    _assert_agreement(nasty_world(seed), tmp_path)


@pytest.mark.parametrize("seed", [2, 5])
def test_without_the_newest_events_only_time_has_passed(seed: int, tmp_path: Path) -> None:
    _assert_agreement(nasty_world(seed), tmp_path, days_left_out=45)


@pytest.mark.parametrize("log", LOGS)
def test_a_log_may_be_missing_altogether(log: str, tmp_path: Path) -> None:
    _assert_agreement(nasty_world(100, without_log=log), tmp_path)


def _assert_agreement(world: NastyWorld, folder: Path, days_left_out: int = 0) -> None:
    until = world.as_of_date - timedelta(days=days_left_out)
    known = [event for event in world.events if event.event_date <= until]
    dates = SnapshotDates(world.as_of_date, world.known_on, until)
    engine = score_events(world.events, dates, folder)
    found = differences(engine.con, snapshot(known, world.as_of_date, world.known_on), MADE)
    engine.close()
    assert not found, f"{len(found)} values differ:\n" + "\n".join(found[:40])
