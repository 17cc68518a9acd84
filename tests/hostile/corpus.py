"""All hostile inputs, each with the number by which it gets an arrival day of its own."""

from collections.abc import Iterator
from pathlib import Path

from tests.hostile.case import Case, Desk
from tests.hostile.csv_files import CSV_FILES
from tests.hostile.gzip_files import GZIP_FILES
from tests.hostile.landing_folders import LANDING_FOLDERS
from tests.hostile.lines import LINES
from tests.hostile.parquet_files import PARQUET_FILES
from tests.hostile.parquet_lies import PARQUET_LIES
from tests.hostile.values import VALUES

CASES: list[Case] = [
    *VALUES,
    *LINES,
    *CSV_FILES,
    *PARQUET_FILES,
    *PARQUET_LIES,
    *GZIP_FILES,
    *LANDING_FOLDERS,
]


def deliver(case: Case, landing: Path, *, is_full: bool = False) -> Desk:
    """Deliver one case into a landing directory."""
    desk = Desk(landing, CASES.index(case), is_full)
    case.deliver(desk)
    return desk


def deliver_all(landing: Path) -> Iterator[tuple[Case, Desk]]:
    """Deliver all cases into one landing directory."""
    for case in CASES:
        yield case, deliver(case, landing)
