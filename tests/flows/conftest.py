"""A data directory with the sample delivered, and the same with its last day published."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from plainscore.runs.request import SnapshotRequest, read_request
from plainscore.runs.run import SnapshotOutcome
from tests.made_once import SAMPLE, published_sample
from tests.made_once import SAMPLE_DAY as LAST_DAY
from tests.quick_runs import make_runs_quick


def request_for(data_dir: Path, as_of_date: date = LAST_DAY, **wishes: object) -> SnapshotRequest:
    """The request of a day of the sample, settings by default."""
    return read_request(as_of_date, None, data_dir, **wishes)  # type: ignore[arg-type]


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """A data directory where the sample has landed and nothing is ingested."""
    shutil.copytree(SAMPLE / "landing", tmp_path / "landing")
    return tmp_path


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SnapshotOutcome]:
    """The sample, published; no test may write into it."""
    return published_sample(tmp_path_factory)


@pytest.fixture
def published(
    published_once: tuple[Path, SnapshotOutcome], tmp_path: Path
) -> tuple[Path, SnapshotOutcome]:
    """A copy of the published sample, to write into; its catalog still shows the original."""
    data_dir, outcome = published_once
    copy = tmp_path / "copy"
    shutil.copytree(data_dir, copy)
    return copy, outcome


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this test are made without checks; what the test patches is undone with it."""
    make_runs_quick(monkeypatch)
