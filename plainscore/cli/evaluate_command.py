"""`plainscore evaluate`: how well scores told what became of people."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits

if TYPE_CHECKING:
    from plainscore.analysis.evaluation import Evaluated
    from plainscore.publish.runs import Run

QUALITY = """
select
    as_of_date,
    known_on,
    scorecard,
    subject,
    people,
    bad,
    round(auc, 4) as auc,
    round(auc_low, 4) as auc_low,
    round(auc_high, 4) as auc_high,
    round(accuracy_ratio, 4) as gini,
    round(ks, 4) as ks,
    round(ks_low, 4) as ks_low,
    round(ks_high, 4) as ks_high
from quality
where subject_kind <> 'feature'
order by as_of_date, known_on, scorecard_no, subject_no
"""


def evaluate(
    *,
    as_of: str | None = None,
    data: Path = Path("data"),
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Tell how well published scores told what became of people, date by date.

    Bad is who had a bill due in the 90 days after the snapshot that became 30 or more days late; it
    is known 120 days after. What is evaluated already is left as it is. Prints the score and the
    factors; the views quality, calibration, feature_risk and outcome hold the rest.

    Parameters
    ----------
    as_of
        A published date (2026-10-31), a month, or latest; every published date without it.
    data
        The data directory.
    limits
        What the command may take of the machine.
    output_format
        How the figures are printed.
    """
    from plainscore.analysis.evaluation import evaluate as evaluate_runs
    from plainscore.cli.row_output import print_rows
    from plainscore.common.lock import writer_lock
    from plainscore.runs.observers import spinner
    from plainscore.settings import read_settings
    from plainscore.show.reader import open_snapshots

    settings = read_settings(data, **limits.wishes)
    wanted = _wanted(data, as_of)
    with writer_lock(data, "evaluate"), spinner("evaluating"):
        done = list(evaluate_runs(data, wanted, settings))
    _tell(done)
    with open_snapshots(data) as snapshots:
        shown = {(one.dates.as_of_date, one.dates.known_on) for one in wanted}
        asked = snapshots.records(QUALITY)
    rows = [row for row in asked if (row["as_of_date"], row["known_on"]) in shown]
    if rows or output_format != "table":
        columns = list(rows[0]) if rows else []
        print_rows(columns, [list(row.values()) for row in rows], output_format)
    return 0


def _wanted(data: Path, as_of: str | None) -> list["Run"]:
    from plainscore.publish.runs import latest_runs
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        day = None if as_of is None else snapshots.day(as_of)
    return [run for run in latest_runs(data) if day in (None, run.dates.as_of_date)]


def _tell(done: list["Evaluated"]) -> None:
    for one in done:
        if one.known_from is not None:
            print(
                f"{one.run.dates}: not known yet; it will be once something arrived on "
                f"{one.known_from} or later",
                file=sys.stderr,
            )
