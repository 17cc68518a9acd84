"""The published world that recorded commands run on: the committed sample on three dates."""

import shutil
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SAMPLE = CHECKOUT / "data" / "sample"
CARDS = ("--scorecard", "standard", "--scorecard", "reported_b")
DAYS = ("2026-06-30", "2026-09-30", "2026-10-31")

Run = Callable[[list[str]], int]


def publish_world(data: Path, run: Run) -> None:
    """Publish the sample for three dates with both cards; compute what commands compute once."""
    shutil.copytree(SAMPLE, data)
    place = ("--data", str(data))
    for day in DAYS:
        assert run(["run", "--as-of", day, "--plain", *CARDS, *place]) == 0
    assert run(["drift", *place]) == 0
    assert run(["evaluate", *place]) == 0
    assert run(["compare", *CARDS, *place]) == 0


def make_places(published: Path, folder: Path, run: Run) -> dict[str, Path]:
    """Return the directories that recorded command lines name.

    PUBLISHED is only read; OWN is a copy of it to be written; LANDED holds logs and nothing else,
    OWN_LANDING too, to be ingested; SCRATCH begins empty.
    """
    own, landed, scratch = folder / "own", folder / "landed", folder / "scratch"
    shutil.copytree(published, own)
    assert run(["verify", "--rebuild-catalog", "--data", str(own)]) == 0
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
