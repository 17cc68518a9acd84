"""`plainscore drift`: what has moved since the snapshot before, and since a baseline."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.common.errors import InputRefused

if TYPE_CHECKING:
    from plainscore.publish.runs import Run
    from plainscore.show.reader import Snapshots

DRIFT = """
select
    as_of_date_before,
    as_of_date,
    subject_kind,
    subject,
    people_before,
    people_after,
    round(psi, 4) as psi,
    round(psi_noise, 4) as psi_noise,
    is_beyond_noise
from drift
where
    as_of_date = ?
    and scorecard_no = 1
    and (subject_kind <> 'feature' or is_beyond_noise)
order by as_of_date_before desc, subject_no
"""
MOBILITY = """
select as_of_date_before, as_of_date, people_in_both as people, moved, up, down, shorrocks
from mobility_index
where as_of_date = ? and scorecard_no = 1
order by as_of_date_before desc
"""


def drift(
    *,
    as_of: str = "latest",
    baseline: str | None = None,
    data: Path = Path("data"),
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Tell what has drifted since the snapshot before and since a baseline: PSI and its noise.

    Computes it for every published date where it is not yet. Prints of one date and the champion
    the score, the factors, and those features that moved by more than chance; the views drift,
    drift_bin, band_mobility and mobility_index hold the rest.

    Parameters
    ----------
    as_of
        The published date that is told (2026-10-31), a month, or latest.
    baseline
        The published date that all later ones are held against; the oldest without it.
    data
        The data directory.
    limits
        What the command may take of the machine.
    output_format
        How the figures are printed.
    """
    from plainscore.analysis.drift import compute_drift, pairs_of
    from plainscore.cli.row_output import print_rows
    from plainscore.common.lock import writer_lock
    from plainscore.runs.observers import spinner
    from plainscore.settings import read_settings
    from plainscore.show.reader import open_snapshots

    settings = read_settings(data, **limits.wishes)
    with open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
        first = None if baseline is None else snapshots.day(baseline)
    runs = _runs(data)
    _refuse_single(runs, day, first)
    pairs = pairs_of(runs.values(), runs[first] if first else next(iter(runs.values())))
    with writer_lock(data, "drift"), spinner("computing drift"):
        list(compute_drift(data, pairs, settings))
    with open_snapshots(data) as snapshots:
        rows = _told(snapshots, DRIFT, day)
        if output_format == "table":
            _print_mobility(_told(snapshots, MOBILITY, day))
    print_rows(list(rows[0]) if rows else [], [list(row.values()) for row in rows], output_format)
    return 0


def _runs(data: Path) -> dict[date, "Run"]:
    from plainscore.publish.runs import default_runs, published_runs

    return {run.dates.as_of_date: run for run in default_runs(published_runs(data))}


def _refuse_single(runs: dict[date, "Run"], day: date, baseline: date | None) -> None:
    if day == min(runs):
        raise InputRefused(
            f"no snapshot is published of a date before {day}: "
            f"`plainscore run` one, or ask --as-of a later date"
        )
    if baseline is not None and baseline >= day:
        raise InputRefused(f"the baseline, {baseline}, is not before {day}: choose an older one")


def _told(snapshots: "Snapshots", sql: str, day: date) -> list[dict[str, Any]]:
    return snapshots.records(sql, [day])


def _print_mobility(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["shorrocks"] is not None:
            print(
                f"{row['as_of_date_before']} -> {row['as_of_date']}: "
                f"{row['moved']} of {row['people']} people changed band ({row['up']} up, "
                f"{row['down']} down), Shorrocks {row['shorrocks']:.3f}"
            )
