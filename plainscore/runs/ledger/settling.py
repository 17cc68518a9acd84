"""Note in the ledger the runs whose writer died between publishing them and noting it."""

from pathlib import Path

from plainscore.publish.runs import live_runs
from plainscore.runs.ledger.entry import DONE, PUBLISH, read_entries, write_entry


def settle_published(data_dir: Path) -> None:
    """End every attempt that had reached its publication, where its run stands.

    The caller holds the writer lock. Raises OSError where an entry cannot be written.
    """
    live = {run.dates: run for run in live_runs(data_dir)}
    for dates, entry in read_entries(data_dir)[0].items():
        run, attempt = live.get(dates), entry.unfinished
        if run is None or attempt is None or not attempt.stages:
            continue
        is_noted = entry.published is not None and entry.published.run == run.name
        last = attempt.stages[-1]
        if last.stage == PUBLISH and not is_noted:
            last.outcome, last.reason, attempt.run = DONE, None, run.name
            entry.published, entry.unfinished = attempt, None
            write_entry(data_dir, entry)
