"""The view ``run``: what is published, straight from the manifests."""

from collections.abc import Sequence

from plainscore.common.text import text_literal
from plainscore.contracts.contract import Column
from plainscore.publish.published_runs import Manifest, PublishedRuns
from plainscore.publish.runs import Run
from plainscore.publish.view import View

RUN_COLUMN = Column("run", "VARCHAR", "The run within its (as_of_date, known_on), from 0001.")
_CELL_END, _ROW_END = "\x1f", "\x1e"
_NO_ENDS = str.maketrans("", "", _CELL_END + _ROW_END)
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
    Column("people_root", "VARCHAR", "Root that proofs of people lead to; see docs/operating.md."),
    Column("code_version", "VARCHAR", "Version of the code that made it."),
    Column("code_hash", "VARCHAR", "Hash of the transforms that made it."),
)


def run_view(published: PublishedRuns, shown: Sequence[Run]) -> View:
    """Return the view ``run``; ``shown``: the runs that the plain views show."""
    live = set({run.dates: run for run in published.runs}.values())
    is_shown = set(shown)
    rows = [
        _run_row(run, published.manifests[run], run in live, run in is_shown)
        for run in published.runs
    ]
    # One text, not one literal for each cell: those would be bound one by one, thousands of them.
    lines = text_literal(_ROW_END.join(_CELL_END.join(row) for row in rows))
    cells = ", ".join(
        f"cast(nullif(split_part(line, chr({ord(_CELL_END)}), {place}), '') as {c.type})"
        f" as {c.name}"
        for place, c in enumerate(_RUN_COLUMNS, start=1)
    )
    sql = (
        f"select {cells} from "
        f"(select unnest(string_split({lines}, chr({ord(_ROW_END)}))) as line) as published_run"
    )
    comment = "Published runs: one row per run of an as_of_date and known_on."
    return View("run", sql, comment, _RUN_COLUMNS)


def _run_row(run: Run, manifest: Manifest, is_live: bool, is_shown: bool) -> list[str]:
    cards = ", ".join(f"{card['name']} {card['version']}" for card in manifest["scorecards"])
    cells = (
        run.dates.as_of_date,
        run.dates.known_on,
        run.name,
        is_live,
        is_shown,
        manifest["people"],
        manifest["scored"],
        manifest["checks"]["passed"],
        manifest["checks"]["warned"],
        cards,
        len(manifest["skipped_refused_files"]),
        manifest["content_hash"],
        manifest.get("people_root", ""),
        manifest["code"]["version"],
        manifest["code"]["hash"],
    )
    return [str(cell).translate(_NO_ENDS) for cell in cells]
