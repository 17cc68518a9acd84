"""Where report pages stand: beside the snapshots, one for a date, replaced when made again."""

import shutil
from collections.abc import Collection
from datetime import date
from pathlib import Path
from uuid import uuid4

from plainscore.common.files import write_atomically

REPORTS = "reports"
_UNFINISHED = ".unfinished-"


def report_file(data_dir: Path, day: date) -> Path:
    """Return where the report of a date stands, or would."""
    return data_dir.resolve() / REPORTS / f"{day}.html"


def publish_report(page: str, file: Path) -> None:
    """Write a page that is there as a whole or not at all, in the place of an older one."""
    write_atomically(file, page, file.with_name(f"{_UNFINISHED}{uuid4().hex}"))


def remove_reports_of(data_dir: Path, days: Collection[date]) -> None:
    """Remove the reports of some dates."""
    for day in days:
        report_file(data_dir, day).unlink(missing_ok=True)


def remove_unfinished_reports(data_dir: Path) -> None:
    """Remove what a kill left half-written. The caller holds the writer lock."""
    for file in (data_dir.resolve() / REPORTS).glob(f"{_UNFINISHED}*"):
        file.unlink(missing_ok=True)


def remove_all_reports(data_dir: Path) -> None:
    """Remove every report: they name people, and can be made again."""
    shutil.rmtree(data_dir.resolve() / REPORTS, ignore_errors=True)
