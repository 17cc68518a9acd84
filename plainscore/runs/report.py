"""What a run shows of itself: its facts in a few lines, and the report page of its date."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from plainscore.common.files import translating_write_errors
from plainscore.contracts.catalog import AUDITS, STATISTICS, Catalog
from plainscore.publish.retention import publish_report, report_file
from plainscore.publish.sets import read_manifest
from plainscore.runs.inputs import is_invented_world
from plainscore.runs.request import SnapshotRequest
from plainscore.show.charts import Box
from plainscore.show.documents import escaped
from plainscore.show.reader import Snapshots, open_snapshots
from plainscore.show.report import report_page

if TYPE_CHECKING:
    from plainscore.runs.run import SnapshotOutcome

DRAWN_SCHEMAS = ("events", "raw", "staging", "features", "scores", AUDITS, STATISTICS)


def snapshot_facts(outcome: "SnapshotOutcome") -> Mapping[str, str]:
    """Return the facts of a published run, label -> text."""
    manifest = read_manifest(outcome.run)
    checks, skipped = manifest["checks"], len(manifest["skipped_refused_files"])
    facts = {
        "snapshot": f"{outcome.run.dates}, "
        + ("published" if outcome.is_new else "published before and current"),
        "people": f"{manifest['people']:,}, {manifest['scored']:,} of them scored",
        "scorecards": ", ".join(f"{c['name']} {c['version']}" for c in manifest["scorecards"]),
        "checks": f"{checks['passed']} passed, {checks['warned']} warned",
        "input": f"{manifest['input']['file_count']:,} files",
        "content": manifest["content_hash"],
        "run": outcome.run.relative_folder,
    }
    if outcome.earlier is not None:
        why = ", ".join(outcome.why_again)
        facts["rebuilt"] = f"{why}; run {outcome.earlier.name} stays as it was"
    return facts | ({"skipped": f"{skipped} refused files"} if skipped else {})


def snapshot_markdown(outcome: "SnapshotOutcome") -> str:
    """Return the facts as a Markdown list, for an artifact."""
    facts = snapshot_facts(outcome).items()
    return "\n".join(f"- **{label}**: {escaped(text)}" for label, text in facts)


def snapshot_text(outcome: "SnapshotOutcome") -> str:
    """Return the facts in two columns, for a terminal."""
    return "\n".join(f"{label:<11}{text}" for label, text in snapshot_facts(outcome).items())


def make_report(data_dir: Path, word: str, catalog: Catalog) -> tuple[date, str]:
    """Return the published date that a word means (see `Snapshots.day`), and its report page.

    Raises NothingPublishedError, DateNotPublishedError, or QuestionError if the word is no date.
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
