"""Drift: how far the people of two published snapshots differ, and how they moved between bands.

A change of what these figures say raises the version of `publish.derived.DRIFT`.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from plainscore.analysis.counts import Row, count_people, fill_figures
from plainscore.analysis.metrics import shorrocks_index, stability_index, stability_noise
from plainscore.contracts.catalog import load_catalog
from plainscore.engines.build import built
from plainscore.publish.catalog import refresh_catalog
from plainscore.publish.derived import ANALYSIS_SQL, DRIFT, derived_folder
from plainscore.publish.publication import publish_derived
from plainscore.publish.runs import Run, RunPair
from plainscore.publish.sets import staging_folder
from plainscore.settings import Settings, engine_options


def pairs_of(runs: Iterable[Run], baseline: Run) -> list[RunPair]:
    """Return every run with the one of the date before it, and with the baseline.

    ``runs``: one of each date, the oldest first.
    """
    ordered = list(runs)
    later = [run for run in ordered if run.dates.as_of_date > baseline.dates.as_of_date]
    pairs = {*map(RunPair._make, pairwise(ordered)), *(RunPair(baseline, run) for run in later)}
    return sorted(pairs, key=lambda pair: (pair.after, pair.before))


def compute_drift(
    data_dir: Path, pairs: Iterable[RunPair], settings: Settings
) -> Iterator[RunPair]:
    """Compute and publish what is not computed yet, and yield it; the rest is left as it is.

    The caller holds the writer lock.
    """
    for pair in pairs:
        if derived_folder(data_dir, DRIFT, pair).is_dir():
            refresh_catalog(data_dir)  # a kill may have come between publishing and showing
            continue
        drift_between(data_dir, pair, settings)
        yield pair


def drift_between(data_dir: Path, pair: RunPair, settings: Settings) -> None:
    """Compute and publish the drift between two runs."""
    catalog = load_catalog(group="drift", method=settings.method)
    options = engine_options(data_dir, settings)
    with (
        staging_folder(data_dir, "drift") as staging,
        built(catalog, pair.after.dates, options=options) as engine,
    ):
        con, method = engine.con, settings.method
        for end, run in pair._asdict().items():
            count_people(con, run, f"people_{end}", method)
            con.execute(f"create temp view score_{end} as from {run.source('score')}")
        for name in ("drift_bins", "band_moves"):
            con.execute(f"create temp table {name} as {method.text(f'{ANALYSIS_SQL}/{name}.sql')}")
        drift, bins, band_mobility, mobility = (
            con.execute(method.text(f"{ANALYSIS_SQL}/{name}.sql")).fetchall()
            for name in ("drift", "drift_bin", "band_mobility", "mobility_index")
        )
        figures: dict[str, Iterable[Row]] = {
            "drift.drift": (
                (*subject, *stability(before or (), after or ()))
                for *subject, before, after in drift
            ),
            "drift.drift_bin": bins,
            "drift.band_mobility": band_mobility,
            "drift.mobility_index": (
                (*counted, shorrocks_index(moves or ())) for *counted, moves in mobility
            ),
        }
        fill_figures(con, catalog, (*pair.before.key, *pair.after.key), figures)
        publish_derived(data_dir, con, DRIFT, pair, staging, {})


def stability(before: Sequence[int], after: Sequence[int]) -> Row:
    """Return people on both sides and bins, PSI, its noise, and whether it is beyond that."""
    people, others = sum(before), sum(after)
    psi, noise = stability_index(before, after), stability_noise(len(before), people, others)
    is_beyond = psi is not None and noise is not None and psi > noise
    return people, others, len(before), psi, noise, is_beyond
