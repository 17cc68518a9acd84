"""A nasty world published three times: a month ago by another card, now, and now as known later."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from plainscore.analysis.changes import compute_changes
from plainscore.publish.runs import Run, RunPair
from plainscore.runs.pipeline import read_request
from plainscore.runs.run import score_day
from plainscore.settings import read_settings
from tests.oracle.events import Event
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.oracle.snapshot import snapshot
from tests.quick_runs import quick_runs

SEED = 2  # known_on is a month after the as_of_date, half of the people are chaotic


@dataclass(frozen=True)
class Published:
    """A data directory with three live runs; changes may be computed in it, nothing else."""

    data_dir: Path
    world: NastyWorld
    month_ago: Run
    now: Run
    now_later: Run

    @property
    def by_all_causes(self) -> RunPair:
        return RunPair(self.month_ago, self.now_later)

    @property
    def restatement(self) -> RunPair:
        return RunPair(self.now, self.now_later)


def with_someone_frozen_for_a_while(world: NastyWorld) -> NastyWorld:
    """Somebody scored, frozen before the first snapshot as is learned after it, unfrozen since."""
    ago = month_before(world)
    ends = [snapshot(world.events, ago, ago), snapshot(world.events, world.as_of_date, ago)]
    who = min(who for who, result in ends[0].items() if result.points and ends[1][who].points)

    def happens(event_type: str, day: date) -> Event:
        moment = datetime.combine(day, time(12))
        arrived = max(day, ago + timedelta(days=2))
        return Event(f"a while {event_type}", moment, who, event_type, arrived, {})

    planted = (
        happens("frozen", ago - timedelta(days=3)),
        happens("unfrozen", ago + timedelta(days=5)),
    )
    return NastyWorld((*world.events, *planted), world.as_of_date, world.known_on)


def month_before(world: NastyWorld) -> date:
    return world.as_of_date - timedelta(days=31)


def publish(data_dir: Path, dates: tuple[date, date], card: str) -> Run:
    return score_day(read_request(*dates, data_dir, scorecards=(card,))).run


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    data_dir = tmp_path_factory.mktemp("changes")
    world = with_someone_frozen_for_a_while(nasty_world(SEED))
    write_landing(world.events, data_dir)
    ago, now = month_before(world), world.as_of_date
    with quick_runs():
        return Published(
            data_dir,
            world,
            publish(data_dir, (ago, ago), "reported_b"),
            publish(data_dir, (now, now), "standard"),
            publish(data_dir, (now, world.known_on), "standard"),
        )


@pytest.fixture(scope="session")
def computed(published: Published) -> Published:
    """The same, with the changes of both pairs computed."""
    for pair in (published.by_all_causes, published.restatement):
        compute_changes(published.data_dir, pair, read_settings(published.data_dir))
    return published
