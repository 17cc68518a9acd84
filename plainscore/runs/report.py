"""The report page of a date, and what pages show of the method and the data.

A run writes its page from what is published, after it is published: a page that cannot be written
costs no snapshot.
"""

from contextlib import nullcontext
from pathlib import Path

from plainscore.common.files import translating_write_errors
from plainscore.common.lock import writer_lock
from plainscore.contracts.catalog import AUDITS, STATISTICS, Catalog, load_catalog
from plainscore.contracts.contract import Table
from plainscore.publish.retention import publish_report, report_file
from plainscore.runs.request import SnapshotRequest
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import read_settings
from plainscore.show.reader import open_snapshots
from plainscore.show.report import report_page

DRAWN_SCHEMAS = ("events", "raw", "staging", "features", "scores", AUDITS, STATISTICS)
TRUTH_OF_INVENTED = "landing/_truth/world.json"


def configured_catalog(data_dir: Path) -> Catalog:
    """Return the tables that the settings and scorecards of a data directory make.

    Raises UsageError for invalid settings or scorecards.
    """
    settings = read_settings(data_dir)
    cards = read_scorecards(settings.scorecards, settings.method)
    return load_catalog(cards, method=settings.method)


def is_invented_world(data_dir: Path) -> bool:
    """Return whether `plainscore synthesise` wrote the logs of a data directory."""
    return (data_dir / TRUTH_OF_INVENTED).is_file()


def make_report(data_dir: Path, word: str, catalog: Catalog) -> str:
    """Return the report page of the published date that a word means (see `Snapshots.day`).

    Raises NothingPublishedError, DateNotPublishedError, or QuestionError if the word is no date.
    """
    with open_snapshots(data_dir) as snapshots:
        day = snapshots.day(word)
        return report_page(snapshots, day, drawn_tables(catalog), is_invented_world(data_dir))


def write_report(request: SnapshotRequest, catalog: Catalog) -> None:
    """Write the report of a run's date, in the place of an older one."""
    data_dir, day = request.data_dir, request.dates.as_of_date
    page = make_report(data_dir, str(day), catalog)
    with translating_write_errors(data_dir):
        publish_report(page, report_file(data_dir, day))


def write_report_of(data_dir: Path, word: str, out: Path | None) -> Path:
    """Write the report of a published date again, to ``out`` or where a run writes it."""
    catalog = configured_catalog(data_dir)
    with open_snapshots(data_dir) as snapshots:
        day = snapshots.day(word)
    file = report_file(data_dir, day) if out is None else out.resolve()
    # Made under the lock too: the report of a run that ends meanwhile would be newer than ours.
    with writer_lock(data_dir, "report") if out is None else nullcontext():
        page = make_report(data_dir, str(day), catalog)
        with translating_write_errors(file.parent):
            publish_report(page, file)
    return file


def drawn_tables(catalog: Catalog) -> list[Table]:
    """Return the tables of a catalog that the drawing of the method shows."""
    return [table for schema in DRAWN_SCHEMAS for table in catalog.of_schema(schema)]
