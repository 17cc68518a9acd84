"""What an operator wants to be told of without looking: a stale snapshot, a score that drifted."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from plainscore.analysis.drift.drifting import DriftPair, compute_drift
from plainscore.common.text import parquet_list
from plainscore.publish.drift_sets import drift_folder
from plainscore.publish.runs import Run, published_runs, shown_runs
from plainscore.publish.staging import table_file
from plainscore.runs.doing import Do, plainly
from plainscore.settings import Settings

STALE, DRIFTED = "stale", "drifted"


@dataclass(frozen=True)
class Finding:
    """Something to be told: its kind, a sentence, and the figure that is above its limit."""

    kind: str
    message: str
    figure: float | None
    limit: float


def find_stale(data_dir: Path, today: date, max_age_days: int) -> Finding | None:
    """Return a finding where the newest published date lies more than so many days back."""
    newest = max((run.dates.as_of_date for run in published_runs(data_dir)), default=None)
    if newest is None:
        return Finding(STALE, f"nothing is published in {data_dir}", None, max_age_days)
    age = (today - newest).days
    if age <= max_age_days:
        return None
    told = f"the newest snapshot is of {newest}, {age} days ago (limit: {max_age_days})"
    return Finding(STALE, told, age, max_age_days)


def find_drift(
    data_dir: Path, over_days: int, max_psi: float, settings: Settings, do: Do = plainly
) -> Finding | None:
    """Return a finding where the champion's score has drifted by more than so much PSI.

    Held against each other are the newest snapshot and the last one at least ``over_days`` before
    it; where there is none, nothing is found. Computes the drift where it is not yet. The caller
    holds the writer lock.
    """
    pair = _pair(shown_runs(published_runs(data_dir)), over_days)
    if pair is None:
        return None
    list(compute_drift(data_dir, [pair], settings, do))
    psi, is_beyond_noise = _drift_of_score(drift_folder(data_dir, pair.before, pair.after))
    if psi <= max_psi or not is_beyond_noise:
        return None
    days = f"{pair.before.dates.as_of_date} and {pair.after.dates.as_of_date}"
    told = f"the score has drifted between {days}: PSI {psi:.3f} (limit: {max_psi:g})"
    return Finding(DRIFTED, told, psi, max_psi)


def _pair(runs: list[Run], over_days: int) -> DriftPair | None:
    if not runs:
        return None
    newest = runs[-1]
    before = [
        run
        for run in runs
        if (newest.dates.as_of_date - run.dates.as_of_date).days >= max(over_days, 1)
    ]
    return DriftPair(before[-1], newest) if before else None


def _drift_of_score(folder: Path) -> tuple[float, bool]:
    file = parquet_list([table_file(folder, "drift")])
    with duckdb.connect() as con:
        psi, is_beyond_noise = con.execute(
            f"select psi, is_beyond_noise from read_parquet({file}, hive_partitioning = false) "
            "where scorecard_no = 1 and subject_kind = 'score'"
        ).fetchall()[0]
    return float(psi or 0), bool(is_beyond_noise)
