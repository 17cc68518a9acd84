"""The view ``stage``: what every stage of a published run took, straight from the ledger.

It reads the ledger as it is when it is asked, so that no catalog need be made anew for it; and
nothing of it stands in a run's folder, where seconds would make every run another one.
"""

from pathlib import Path

from plainscore.common.text import escape_glob, text_literal
from plainscore.contracts.contract import Column
from plainscore.publish.run_view import RUN_COLUMN
from plainscore.publish.runs import LEDGER, SNAPSHOTS
from plainscore.publish.view import View

# A pattern that matches no file is an error, and a ledger may be lost without harm.
NO_ENTRY = "none.json"
_COLUMNS = (
    Column("as_of_date", "DATE", "The day as of which it was made."),
    Column("known_on", "DATE", "What had arrived on or before this day was known."),
    RUN_COLUMN,
    Column("stage_no", "INTEGER", "The stage's place, from 1."),
    Column("stage", "VARCHAR", "The stage, checks included."),
    Column("row_count", "BIGINT", "Rows of its tables; of ingest and raw, those known.", "rows"),
    Column("seconds", "DOUBLE", "How long it took by the clock on the wall.", "seconds"),
    Column(
        "peak_memory_bytes", "BIGINT", "Most memory of the process in it, as looked at.", "bytes"
    ),
)
_ENTRY = (
    "{'as_of_date': 'VARCHAR', 'known_on': 'VARCHAR', 'published': 'STRUCT(run VARCHAR, stages "
    'STRUCT(stage VARCHAR, "rows" BIGINT, seconds DOUBLE, peak_memory_bytes BIGINT)[])\'}'
)
_CELLS = (
    "as_of_date", "known_on", "published.run", "stage_no", "took.stage", 'took."rows"',
    "took.seconds", "took.peak_memory_bytes",
)  # fmt: skip


def stage_view(home: Path) -> View:
    """Return the view over whatever entries the ledger of a data directory has when it is asked."""
    files = text_literal(f"{escape_glob(str(home / SNAPSHOTS / LEDGER))}/*.json")
    cells = ", ".join(
        f"cast({cell} as {column.type}) as {column.name}"
        for cell, column in zip(_CELLS, _COLUMNS, strict=True)
    )
    entries = f"read_json({files}, format = 'auto', columns = {_ENTRY})"
    stages = (
        "select as_of_date, known_on, published, unnest(published.stages) as took, "
        f"generate_subscripts(published.stages, 1) as stage_no from {entries}"
    )
    comment = "What a published run took: one row per stage of the newest run of both dates."
    return View("stage", f"select {cells} from ({stages}) as taken", comment, _COLUMNS)


def keep_a_ledger(home: Path) -> None:
    """See that the view's pattern matches a file, whatever became of the ledger."""
    file = home / SNAPSHOTS / LEDGER / NO_ENTRY
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}\n")
