"""What a run takes of the machine: flags reach the engine, and it spills where the settings say."""

from pathlib import Path

from plainscore.engines import EngineOptions
from plainscore.settings import TEMP_FOLDER, Settings, temp_directory
from tests.flows.conftest import ForcedRun


def test_no_two_data_directories_share_a_folder_to_spill_into(tmp_path: Path) -> None:
    settings = Settings(temp_directory=tmp_path / "fast disk")
    homes = [tmp_path / "one", tmp_path / "two"]
    one, two = (temp_directory(home, settings) for home in homes)
    assert one != two
    assert {one.parent, two.parent} == {tmp_path / "fast disk"}
    assert temp_directory(homes[0], settings, ".reading") != one
    assert temp_directory(homes[0], Settings()) == homes[0] / TEMP_FOLDER


def test_a_run_spills_where_it_was_told_to_and_leaves_only_what_is_not_its_own(
    forced: ForcedRun,
) -> None:
    own = temp_directory(forced.data_dir, Settings(temp_directory=forced.temp))
    options = EngineOptions(threads=2, memory_limit="1GB", temp_directory=own)
    assert list(forced.engine_options) == [options]
    assert [path.name for path in forced.temp.iterdir()] == ["others"]
