"""The published world that recorded commands run on: the committed sample on three dates."""

import shutil
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from tests.made_once import made_once
from tests.quick_runs import quick_runs

CHECKOUT = Path(__file__).parents[2]
SAMPLE = CHECKOUT / "data" / "sample"
CARDS = ("--scorecard", "standard", "--scorecard", "reported_b")
DAYS = ("2026-06-30", "2026-09-30", "2026-10-31")


def publish_world(data: Path) -> None:
    """Publish the sample for three dates with both cards; compute what commands compute once."""
    shutil.copytree(SAMPLE, data)
    lines = [["run", "--as-of", day, "--plain", *CARDS] for day in DAYS]
    with quick_runs():
        for words in (*lines, ["drift"], ["evaluate"], ["compare", *CARDS]):
            assert run_command_line([*words, "--data", str(data)]) == 0


def published_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the world, made once for all test processes; no test may write into it."""
    return made_once(tmp_path_factory, "goldens", publish_world)


def make_places(published: Path, folder: Path) -> dict[str, Path]:
    """Return the directories that recorded command lines name.

    PUBLISHED is only read; OWN is a copy of it to be written; LANDED holds logs and nothing else,
    OWN_LANDING too, to be ingested; SCRATCH begins empty.
    """
    own, landed, scratch = folder / "own", folder / "landed", folder / "scratch"
    shutil.copytree(published, own)
    assert run_command_line(["verify", "--rebuild-catalog", "--data", str(own)]) == 0
    shutil.copytree(SAMPLE, landed)
    shutil.copytree(SAMPLE, folder / "own_landing")
    scratch.mkdir()
    return {
        "PUBLISHED": published,
        "OWN_LANDING": folder / "own_landing",
        "OWN": own,
        "LANDED": landed,
        "SCRATCH": scratch,
        "QUERIES": CHECKOUT / "queries",
    }
