"""What a campaign leaves out of a command so that it can be struck hundreds of times."""

from pathlib import Path

IDLE = ("jemalloc_bg_thd", "polars-ooc")
"""Threads that polars starts when it is imported, and that do nothing before it is used."""


def import_everything() -> None:
    """Import what the commands import when they are called, before any child is started."""
    import deltalake  # noqa: F401

    import expectations.judge  # noqa: F401
    import flows.cli.backfill_command
    import flows.cli.compact_command
    import flows.cli.ingest_command
    import flows.cli.run_command
    import flows.cli.verify_command
    import flows.ingest.compaction
    import flows.ingest.event_store
    import flows.lock
    import flows.progress
    import flows.publish.verification
    import flows.request
    import flows.score_day
    import flows.summary  # noqa: F401
    import transforms.house  # noqa: F401

    threads = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    busy = [name for name in threads if not name.startswith(IDLE)]
    assert len(busy) == 1, f"threads {busy}: a forked child could wait for one of them for ever"


def lighten() -> None:
    """Judge by the laws across tables only, and commit every arrival day by itself.

    Great Expectations writes no file, and takes nine tenths of a small run.
    """
    from expectations import judge
    from flows.ingest import ingesting

    judge.judge = lambda *_: []
    ingesting.BATCH_BYTES = 1
