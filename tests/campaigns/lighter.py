"""What a campaign leaves out of a command so that it can be struck hundreds of times."""

import functools
import sys
from pathlib import Path
from types import ModuleType

IDLE = ("jemalloc_bg_thd", "polars-ooc")
"""Threads that polars starts when it is imported, and that do nothing before it is used."""


def import_everything() -> None:
    """Import what the commands import when they are called, before any child is started."""
    import deltalake  # noqa: F401

    _leave_out_great_expectations()
    import plainscore.cli.keep
    import plainscore.cli.look
    import plainscore.cli.operate
    import plainscore.cli.run
    import plainscore.common.lock
    import plainscore.erasure.erase
    import plainscore.logs.compaction
    import plainscore.logs.event_store
    import plainscore.publish.retention
    import plainscore.publish.verification
    import plainscore.runs.observers
    import plainscore.runs.plan
    import plainscore.runs.report
    import plainscore.runs.request
    import plainscore.runs.run
    import plainscore.runs.schedule  # noqa: F401

    _read_contracts_once()
    threads = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    busy = [name for name in threads if not name.startswith(IDLE)]
    assert len(busy) == 1, f"threads {busy}: a forked child could wait for one of them for ever"


def _leave_out_great_expectations() -> None:
    """Let every check pass: Great Expectations writes no file, and is nine tenths of a run."""
    validate = ModuleType("plainscore.checks.validate")
    validate.check = lambda *_: []  # type: ignore[attr-defined]
    validate.import_in_background = lambda: None  # type: ignore[attr-defined]
    sys.modules["plainscore.checks.validate"] = validate


def _read_contracts_once() -> None:
    from plainscore.contracts import catalog
    from plainscore.contracts.catalog import load_catalog
    from plainscore.scorecards.reading import read_scorecards

    catalog.tables_read = functools.cache(catalog.tables_read)
    assert load_catalog(read_scorecards(("standard", "reported_b"))).tables


def lighten() -> None:
    """Commit every arrival day by itself, and leave the checks out where they are not yet."""
    from plainscore.logs import ingest

    _leave_out_great_expectations()
    ingest.BATCH_BYTES = 1
