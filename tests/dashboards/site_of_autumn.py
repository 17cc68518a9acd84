"""A site of two published dates; its engine is the one that `make site-engine` brings, if it is."""

from pathlib import Path

from plainscore.show.packages import packages, wrong_files
from plainscore.show.site import engine_declaration, write_site
from tests.dashboards.test_report import BOXES

PEOPLE_PER_FILE = 9
ENGINE = Path(__file__).parents[2] / ".venv" / "site-engine"
ENGINE_FILES = [
    Path(path).name for package in packages(engine_declaration()) for path in package["files"]
]


def has_engine() -> bool:
    return not wrong_files(engine_declaration(), ENGINE)


def write_autumn(data_dir: Path, out: Path) -> None:
    """Write the site of September and October."""
    words = ("2026-09", "2026-10")
    write_site(data_dir, words, out, ENGINE, BOXES, True, PEOPLE_PER_FILE)
