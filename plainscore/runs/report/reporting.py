"""Make the report of a date from what is published, and from what is known of its making."""

from datetime import date
from pathlib import Path

from plainscore.common.files import translating_write_errors
from plainscore.contracts.catalog import AUDITS, STATISTICS, Catalog
from plainscore.publish.reports import publish_report, report_file
from plainscore.runs.inputs import is_invented_world
from plainscore.runs.request import SnapshotRequest
from plainscore.show.charts import Box
from plainscore.show.reader import Snapshots, open_snapshots
from plainscore.show.report import report_page

DRAWN_SCHEMAS = ("events", "raw", "staging", "features", "scores", AUDITS, STATISTICS)


def make_report(data_dir: Path, word: str, catalog: Catalog) -> tuple[date, str]:
    """Return a published date that a word means (see `Snapshots.day`), and its report page.

    Raises NothingPublishedError, DateNotPublishedError, or QuestionError where the word is no date.
    """
    with open_snapshots(data_dir) as snapshots:
        day = snapshots.day(word)
        return day, report_of(snapshots, day, data_dir, catalog)


def report_of(snapshots: Snapshots, day: date, data_dir: Path, catalog: Catalog) -> str:
    """Return the report page of a day that ``snapshots``, opened of ``data_dir``, shows."""
    return report_page(snapshots, day, boxes(catalog), is_invented_world(data_dir))


def has_report(request: SnapshotRequest) -> bool:
    """Return whether a run's date has a report, whenever it was written."""
    return report_file(request.data_dir, request.dates.as_of_date).is_file()


def write_report(request: SnapshotRequest, catalog: Catalog) -> None:
    """Write the report of a run's date, in the place of an older one."""
    data_dir, day = request.data_dir, request.dates.as_of_date
    _, page = make_report(data_dir, str(day), catalog)
    with translating_write_errors(data_dir):
        publish_report(page, report_file(data_dir, day))


def boxes(catalog: Catalog) -> list[Box]:
    """Return the tables of a catalog, for the drawing of the method."""
    return [
        Box(table.schema, table.short_name, table.title, tuple(sorted(table.inputs)))
        for schema in DRAWN_SCHEMAS
        for table in catalog.of_schema(schema)
    ]
