"""What a run takes of the machine: flags reach the engine, and it spills where the settings say."""

from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.engines import EngineOptions, build
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.runs.run import SnapshotOutcome
from plainscore.settings import TEMP_FOLDER, Settings, temp_directory

Published = tuple[Path, SnapshotOutcome]


def test_no_two_data_directories_share_a_folder_to_spill_into(tmp_path: Path) -> None:
    settings = Settings(temp_directory=tmp_path / "fast disk")
    homes = [tmp_path / "one", tmp_path / "two"]
    one, two = (temp_directory(home, settings) for home in homes)
    assert one != two
    assert {one.parent, two.parent} == {tmp_path / "fast disk"}
    assert temp_directory(homes[0], settings, ".reading") != one
    assert temp_directory(homes[0], Settings()) == homes[0] / TEMP_FOLDER


@pytest.mark.usefixtures("quick")
def test_a_run_spills_where_it_was_told_to_and_leaves_only_what_is_not_its_own(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, temp = published[0], tmp_path / "fast disk"
    own = temp_directory(data_dir, Settings(temp_directory=temp))
    (temp / "others").mkdir(parents=True)
    (own / "left by a dead run").mkdir(parents=True)
    given: list[EngineOptions] = []
    start_engine = build.start_engine

    def noting(catalog: Catalog, dates: SnapshotDates, options: EngineOptions) -> DuckDBEngine:
        given.append(options)
        assert not own.exists()
        return start_engine(catalog, dates, options)

    monkeypatch.setattr(build, "start_engine", noting)
    line = f"run --plain --force --as-of 2026-10-31 --data {data_dir} --temp-dir".split()
    flags = [*line, str(temp), "--threads", "1", "--memory-limit", "1GB"]
    assert run_command_line(flags) == 0
    assert given == [EngineOptions(threads=1, memory_limit="1GB", temp_directory=own)]
    assert [path.name for path in temp.iterdir()] == ["others"]
