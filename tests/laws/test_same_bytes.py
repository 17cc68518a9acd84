"""Same inputs, same bytes: whatever the order of rows, the form of files, the number of threads."""

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

from plainscore.runs.request import read_request
from plainscore.runs.run import SnapshotOutcome, score_day
from tests.oracle.events import Event
from tests.oracle.landing import write_landing
from tests.oracle.nasty_worlds import nasty_world
from tests.quick_runs import quick_runs


def test_order_form_and_threads_change_no_byte_of_a_snapshot(tmp_path: Path) -> None:
    world = nasty_world(42)
    shuffled = random.Random(1).sample(world.events, len(world.events))
    orders: list[tuple[str, Sequence[Event], tuple[str, ...], int]] = [
        ("as made", world.events, ("ndjson",), 2),
        ("shuffled", shuffled, ("csv.gz", "ndjson.gz", "csv"), 1),
    ]
    written = []
    for name, events, forms, threads in orders:
        data_dir = tmp_path / name
        write_landing(events, data_dir, forms)
        request = read_request(world.as_of_date, world.known_on, data_dir, threads=threads)
        with quick_runs():
            written.append(_bytes_of(score_day(request)))
    assert written[0] == written[1]


def _bytes_of(outcome: SnapshotOutcome) -> dict[str, str]:
    """SHA-256 of every table's file; the manifest lists its input files, and those differ."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(outcome.run.folder.glob("*/*.parquet"))
    }
