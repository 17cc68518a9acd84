"""Directories that test processes side by side share: the first to come makes them."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from plainscore.cli.app import run_command_line
from plainscore.runs.pipeline import read_request
from plainscore.runs.run import SnapshotOutcome, score_day
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import NastyWorld, nasty_world

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
SAMPLE_DAY = date(2026, 10, 31)

T = TypeVar("T")


def made_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]
) -> Path:
    """Return the directory ``name``, made by one process; no test may write into it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(made, ignore_errors=True)
            make(made)
            done.touch()
    return made


def made_once_with(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], T]
) -> tuple[Path, T]:
    """Return the same, and what ``make`` returned, which can be pickled."""

    def make_and_note(made: Path) -> None:
        noted = make(made)
        made.with_suffix(".noted").write_bytes(pickle.dumps(noted))

    made = made_once(tmp_path_factory, name, make_and_note)
    return made, pickle.loads(made.with_suffix(".noted").read_bytes())


def published_sample(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, SnapshotOutcome]:
    """Return the sample with its last day published, checks and report included."""
    return made_once_with(tmp_path_factory, "sample", _publish_sample)


def copy_ingested_sample(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> None:
    """Make a data directory with the sample delivered and ingested, and nothing published."""
    made, _ = published_sample(tmp_path_factory)
    for name in ("landing", "events"):
        shutil.copytree(made / name, data_dir / name)


def published_nasty_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[NastyWorld, Path]:
    """Return a world of the oracle that is known on a later day, and where ``run`` published it."""
    world = nasty_world(2)

    def publish(made: Path) -> None:
        write_landing(world.events, made)
        dates = f"--as-of {world.as_of_date} --known-on {world.known_on}".split()
        words = ["run", "--plain", *dates, "--scorecard", "standard", "--data", str(made)]
        assert run_command_line(words) == 0

    return world, made_once(tmp_path_factory, "nasty", publish)


def _publish_sample(made: Path) -> SnapshotOutcome:
    shutil.copytree(SAMPLE, made)
    return score_day(read_request(SAMPLE_DAY, None, made))
