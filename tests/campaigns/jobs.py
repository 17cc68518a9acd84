"""The commands that are struck, and the small worlds in which that happens."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from plainscore.cli.app import run_command_line
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings

PEOPLE = 150
HELD_BACK = "service/arrived=2026-06-30"
"""Delivered late into an older arrival day."""


@dataclass(frozen=True)
class Job:
    """A command, and the state of the data directory in which it begins."""

    name: str
    begins: str
    words: tuple[str, ...]
    rerun_may_end: tuple[int, ...] = (0,)
    may_break_readers: bool = False

    def run(self, data_dir: Path) -> int:
        """Run the command in this process; return its exit code."""
        return run_command_line([*self.words, "--data", str(data_dir)])


JOBS = (
    Job("ingest-first", "delivered", ("ingest",)),
    Job("ingest-more", "begun", ("ingest",)),
    Job("run", "begun", ("run", "--plain", "--as-of", "2026-08-31")),
    Job("publish", "taken in", ("run", "--plain", "--as-of", "2026-08-31")),
    Job(
        "backfill",
        "begun",
        ("backfill", "--plain", "--from", "2026-07-01", "--to", "2026-08-31"),
    ),
    Job("compact", "taken in", ("compact", "--grace-days", "0")),
    Job(
        "erase",
        "published",
        ("erase", "p0000007", "--yes"),
        rerun_may_end=(0, 5),  # once it is done, no person with that id is known
        may_break_readers=True,
    ),
    Job("restate", "taken in", ("restate", "--plain")),
    Job("prune", "published", ("prune", "--keep-daily-days", "1", "--keep", "year-ends")),
    Job("compare", "published", ("compare",)),
    Job("drift", "published", ("drift",)),
    Job("catalog", "taken in", ("verify", "--rebuild-catalog")),
)


def deliver_first(data_dir: Path, world: Path) -> None:
    """Deliver two of four months, one log's second month held back."""
    for day in sorted(world.glob("*/arrived=*")):
        place = day.relative_to(world)
        if day.name < "arrived=2026-07" and place.as_posix() != HELD_BACK:
            shutil.copytree(day, data_dir / "landing" / place)


def begin(data_dir: Path, world: Path) -> None:
    """Publish the first two months, then deliver the rest."""
    _must(data_dir, "run", "--plain", "--as-of", "2026-06-30")
    shutil.copytree(world, data_dir / "landing", dirs_exist_ok=True)


def take_in(data_dir: Path, world: Path) -> None:
    """Ingest the rest, and let the quarantine view follow."""
    _must(data_dir, "ingest")


def publish_all(data_dir: Path, world: Path) -> None:
    """Publish the last day too."""
    _must(data_dir, "run", "--plain", "--as-of", "2026-08-31")


BEGINNINGS: dict[str, Callable[[Path, Path], None]] = {
    "delivered": deliver_first,
    "begun": begin,
    "taken in": take_in,
    "published": publish_all,
}
"""Each goes on from the one before."""


def _must(data_dir: Path, *words: str) -> None:
    code = run_command_line([*words, "--data", str(data_dir)])
    assert code == 0, f"{words} ended with {code}"


def make_world(folder: Path, people: int, seed: int) -> Path:
    """Make the logs of a small world in ``folder``; return their landing folder without truth."""
    synthesise(
        WorldSettings(
            people=people,
            first=date(2026, 5, 1),
            last=date(2026, 8, 31),
            seed=seed,
            landing=folder,
            file_format="mixed",
            arrivals="monthly",
        )
    )
    shutil.rmtree(folder / "_truth")
    return folder
