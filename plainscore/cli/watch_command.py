"""`plainscore watch`: tell what an operator wants to know without looking."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits


def watch(
    *,
    max_age_days: int = 2,
    max_psi: float = 0.25,
    over_days: int = 28,
    data: Path = Path("data"),
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Tell of a snapshot that is stale and of a score that has drifted; exit code 7 for either.

    Parameters
    ----------
    max_age_days
        Days from the newest published date to today (UTC) that are well.
    max_psi
        PSI of the score that is well.
    over_days
        Against the last snapshot at least so many days before the newest; without one, nothing
        is said of drift.
    data
        The data directory.
    output_format
        How the findings are printed.
    """
    from dataclasses import asdict

    from plainscore.cli.row_output import print_rows
    from plainscore.common.errors import LimitPassed
    from plainscore.common.lock import writer_lock
    from plainscore.runs.upkeep import find_drift, find_stale
    from plainscore.settings import read_settings

    settings = read_settings(data, **limits.wishes)
    found = [find_stale(data, datetime.now(UTC).date(), max_age_days)]
    if (data / "snapshots").is_dir():
        with writer_lock(data, "watch"):
            found.append(find_drift(data, over_days, max_psi, settings))
    rows = [asdict(one) for one in found if one is not None]
    columns = ("kind", "message", "figure", "limit")
    if rows or output_format != "table":
        print_rows(columns, [tuple(row[name] for name in columns) for row in rows], output_format)
    return LimitPassed.exit_code if rows else 0
