"""Directories that test processes side by side share: the first to come makes them."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from plainscore.runs.request import read_request
from plainscore.runs.run import SnapshotOutcome, score_day

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
SAMPLE_DAY = date(2026, 10, 31)


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


def published_sample(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, SnapshotOutcome]:
    """Return the sample with its last day published, checks and report included."""
    made = made_once(tmp_path_factory, "sample", _publish_sample)
    return made, pickle.loads(_outcome_file(made).read_bytes())


def _publish_sample(made: Path) -> None:
    shutil.copytree(SAMPLE, made)
    outcome = score_day(read_request(SAMPLE_DAY, None, made))
    _outcome_file(made).write_bytes(pickle.dumps(outcome))


def _outcome_file(made: Path) -> Path:
    return made.with_suffix(".outcome")
