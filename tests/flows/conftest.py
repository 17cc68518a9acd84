"""A data directory with the sample delivered, and the same with its last day published."""

import shutil
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plainscore.cli.app import run_command_line
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.engines import EngineOptions, build
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.publish.runs import Run, published_runs
from plainscore.runs.pipeline import SnapshotRequest, read_request
from plainscore.runs.run import SnapshotOutcome
from plainscore.settings import Settings, temp_directory
from tests.made_once import SAMPLE, made_once_with, published_sample
from tests.made_once import SAMPLE_DAY as LAST_DAY
from tests.quick_runs import make_runs_quick

if TYPE_CHECKING:
    from tests.prefect_project import StartedAtOnce


def request_for(data_dir: Path, as_of_date: date = LAST_DAY, **wishes: object) -> SnapshotRequest:
    """The request of a day of the sample, settings by default."""
    return read_request(as_of_date, None, data_dir, **wishes)  # type: ignore[arg-type]


@pytest.fixture
def nasty_place(tmp_path: Path) -> Path:
    """A folder whose name has what shells, globs, URLs and SQL read in their own way."""
    (tmp_path / "a x % y" / "landing").mkdir(parents=True)  # what a glob would find as well
    return tmp_path / "a [x] % *'ü\"b {y}"


@pytest.fixture
def delivered(nasty_place: Path) -> Path:
    """A data directory where the sample has landed and nothing is ingested."""
    shutil.copytree(SAMPLE / "landing", nasty_place / "landing")
    return nasty_place


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SnapshotOutcome]:
    """The sample, published; no test may write into it."""
    return published_sample(tmp_path_factory)


@pytest.fixture
def published(
    published_once: tuple[Path, SnapshotOutcome], nasty_place: Path
) -> tuple[Path, SnapshotOutcome]:
    """A copy of the published sample, to write into; its catalog still shows the original."""
    data_dir, outcome = published_once
    shutil.copytree(data_dir, nasty_place)
    return nasty_place, outcome


@dataclass(frozen=True)
class ForcedRun:
    """The published sample run again, with everything asked for that a run can leave behind."""

    data_dir: Path
    first: SnapshotOutcome
    run: Run
    errors: str
    engine_options: Sequence[EngineOptions]
    temp: Path
    lineage: Path


@pytest.fixture(scope="session")
def forced(
    published_once: tuple[Path, SnapshotOutcome], tmp_path_factory: pytest.TempPathFactory
) -> ForcedRun:
    """It, by the command, without checks; no test may write into it."""

    def force(home: Path) -> ForcedRun:
        return _forced_run(published_once, home)

    _, made = made_once_with(tmp_path_factory, "forced", force)
    return made


def _forced_run(published: tuple[Path, SnapshotOutcome], home: Path) -> ForcedRun:
    data_dir, temp, lineage = home / "data", home / "fast disk", home / "lineage"
    shutil.copytree(published[0], data_dir)
    own = temp_directory(data_dir, Settings(temp_directory=temp))
    (temp / "others").mkdir(parents=True)
    (own / "left by a dead run").mkdir(parents=True)
    given: list[EngineOptions] = []
    start_engine = build.start_engine

    def noting(catalog: Catalog, dates: SnapshotDates, options: EngineOptions) -> DuckDBEngine:
        given.append(options)
        assert not own.exists()
        return start_engine(catalog, dates, options)

    words = ["run", "--plain", "--force", "--as-of", str(LAST_DAY), "--data", str(data_dir)]
    words += ["--temp-dir", str(temp), "--threads", "2", "--memory-limit", "1GB"]
    with pytest.MonkeyPatch.context() as patched, StringIO() as errors:
        make_runs_quick(patched)
        patched.setattr(build, "start_engine", noting)
        patched.setenv("PLAINSCORE__LINEAGE_DIRECTORY", str(lineage))
        patched.setenv("PLAINSCORE__LOG_FORMAT", "json")
        with redirect_stderr(errors):
            assert run_command_line(words) == 0
        said = errors.getvalue()
    [_, made] = published_runs(data_dir)
    return ForcedRun(data_dir, published[1], made, said, given, temp, lineage)


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> "StartedAtOnce":
    """A database of Prefect, up to date, and how the servers ended that made it; read only."""
    from tests.prefect_project import start_two_servers

    return made_once_with(tmp_path_factory, "prefect", start_two_servers)[1]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of this test are made without checks; what the test patches is undone with it."""
    make_runs_quick(monkeypatch)
