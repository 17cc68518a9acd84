"""Compute the drift between published runs: the whole way on one page."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from plainscore.analysis.drift.counting import count_bins, count_moves, shared_cards
from plainscore.analysis.drift.tables import (
    band_mobility_rows,
    drift_bin_rows,
    drift_rows,
    mobility_index_rows,
)
from plainscore.contracts.catalog import DRIFTING
from plainscore.publish.apart import publish_apart
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.change_sets import run_identity
from plainscore.publish.drift_sets import drift_folder, drift_tables
from plainscore.publish.manifest import read_manifest
from plainscore.publish.runs import Run
from plainscore.publish.staging import empty_staging
from plainscore.runs.doing import Do, plainly
from plainscore.settings import Settings, temp_directory

FORMAT = 1


@dataclass(frozen=True, order=True)
class DriftPair:
    """Two published runs, the earlier first."""

    before: Run
    after: Run


def pairs_of(runs: Iterable[Run], baseline: Run) -> list[DriftPair]:
    """Return every run beside the one of the date before it, and beside the baseline.

    ``runs``: one of each date, the oldest first.
    """
    ordered = list(runs)
    pairs = {DriftPair(before, after) for before, after in pairwise(ordered)}
    pairs |= {
        DriftPair(baseline, after)
        for after in ordered
        if after.dates.as_of_date > baseline.dates.as_of_date
    }
    return sorted(pairs, key=lambda pair: (pair.after, pair.before))


def compute_drift(
    data_dir: Path, pairs: Iterable[DriftPair], settings: Settings, do: Do = plainly
) -> Iterator[DriftPair]:
    """Compute and publish what is not computed yet, and yield it; the rest is left as it is.

    The caller holds the writer lock.
    """
    for pair in pairs:
        folder = drift_folder(data_dir, pair.before, pair.after)
        if folder.is_dir():
            do(refresh_catalog, data_dir)  # a kill may have come between publishing and showing
            continue
        do(drift_between, data_dir, pair, folder, settings)
        yield pair


def drift_between(data_dir: Path, pair: DriftPair, folder: Path, settings: Settings) -> None:
    """Compute and publish the drift between two runs."""
    spill = temp_directory(data_dir, settings)
    staging = empty_staging(data_dir, "drift")
    config: dict[str, Any] = {"temp_directory": str(spill)}
    if settings.threads:
        config["threads"] = settings.threads
    if settings.memory_limit:
        config["memory_limit"] = settings.memory_limit
    try:
        with duckdb.connect(config=config) as con:
            _fill(con, pair)
            identities = [run_identity(r, read_manifest(r)) for r in (pair.before, pair.after)]
            head = {"format": FORMAT, "before": identities[0], "after": identities[1]}
            publish_apart(data_dir, con, drift_tables(), staging, folder, head)
    finally:
        for left in (staging, spill):
            shutil.rmtree(left, ignore_errors=True)


def _fill(con: duckdb.DuckDBPyConnection, pair: DriftPair) -> None:
    numbers = shared_cards(con, pair.before, pair.after)
    before, after = (count_bins(con, run, numbers) for run in (pair.before, pair.after))
    moves = count_moves(con, pair.before, pair.after)
    rows: dict[str, Iterable[tuple[Any, ...]]] = {
        "drift": drift_rows(before, after),
        "drift_bin": drift_bin_rows(before, after),
        "band_mobility": band_mobility_rows(moves),
        "mobility_index": mobility_index_rows(moves),
    }
    ends = [
        value
        for run in (pair.before, pair.after)
        for value in (run.dates.as_of_date, run.dates.known_on, run.name)
    ]
    con.execute(f"create schema {DRIFTING}")
    for table in drift_tables():
        con.execute(table.ddl)
        filled = [(*ends, *row) for row in rows[table.short_name]]
        if filled:
            places = ", ".join("?" * len(table.columns))
            con.executemany(f"insert into {table.name} values ({places})", filled)
