"""The view ``run``: what is published, straight from the manifests."""

from collections.abc import Sequence

from flows.publish.published_runs import Manifest, PublishedRuns
from flows.publish.runs import Run
from flows.publish.sql_text import text_literal
from flows.publish.view import View
from transforms.contract import Column

RUN_COLUMN = Column("run", "VARCHAR", "The run within its (as_of_date, known_on), from 0001.")
_RUN_COLUMNS = (
    Column("as_of_date", "DATE", "What happened until the end of this day (UTC) counts."),
    Column("known_on", "DATE", "What had arrived on or before this day counts."),
    RUN_COLUMN,
    Column("is_live", "BOOLEAN", "Whether it is the newest run of its (as_of_date, known_on)."),
    Column("is_shown", "BOOLEAN", "Whether the plain views show it for its as_of_date."),
    Column("people", "BIGINT", "People in the snapshot.", "people"),
    Column("scored", "BIGINT", "Of these, scored on the champion scorecard.", "people"),
    Column("checks_passed", "BIGINT", "Checks that passed.", "checks"),
    Column("checks_warned", "BIGINT", "Checks that failed without stopping the run.", "checks"),
    Column("scorecards", "VARCHAR", "Names and versions of the scorecards, champion first."),
    Column("skipped_refused_files", "BIGINT", "Refused files that were passed over.", "files"),
    Column("content_hash", "VARCHAR", "Hash of what all its tables say."),
    Column("code_version", "VARCHAR", "Version of the code that made it."),
    Column("code_hash", "VARCHAR", "Hash of the transforms that made it."),
)


def run_view(published: PublishedRuns, shown: Sequence[Run]) -> View:
    """Return the view ``run``; ``shown``: the runs that the plain views show."""
    live = set({run.dates: run for run in published.runs}.values())
    rows = ", ".join(
        _run_row(run, published.manifests[run], run in live, run in shown) for run in published.runs
    )
    names = ", ".join(column.name for column in _RUN_COLUMNS)
    cells = ", ".join(f"cast({c.name} as {c.type}) as {c.name}" for c in _RUN_COLUMNS)
    sql = f"select {cells} from (values {rows}) as published_run({names})"
    comment = "Published runs: one row per run of an as_of_date and known_on."
    return View("run", sql, comment, _RUN_COLUMNS)


def _run_row(run: Run, manifest: Manifest, is_live: bool, is_shown: bool) -> str:
    cards = ", ".join(f"{card['name']} {card['version']}" for card in manifest["scorecards"])
    cells = (
        text_literal(str(run.dates.as_of_date)),
        text_literal(str(run.dates.known_on)),
        text_literal(run.name),
        str(is_live),
        str(is_shown),
        str(int(manifest["people"])),
        str(int(manifest["scored"])),
        str(int(manifest["checks"]["passed"])),
        str(int(manifest["checks"]["warned"])),
        text_literal(cards),
        str(len(manifest["skipped_refused_files"])),
        text_literal(manifest["content_hash"]),
        text_literal(manifest["code"]["version"]),
        text_literal(manifest["code"]["hash"]),
    )
    return f"({', '.join(cells)})"
