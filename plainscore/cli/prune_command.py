"""`plainscore prune`: delete old snapshots by a retention rule, without breaking a reader."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.publish.retention import PruneOutcome
    from plainscore.settings import Retention

COLUMNS = ("action", "as_of_date", "known_on", "run", "bytes", "deleted_from")


def prune(
    *,
    data: Path = Path("data"),
    keep_daily_days: int | None = None,
    keep: tuple[Literal["month-ends", "quarter-ends", "year-ends"], ...] | None = None,
    keep_superseded_days: int | None = None,
    grace_hours: int | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Retire the snapshots that the retention rule does not keep; delete those retired before.

    A retired snapshot leaves the catalog and stays on the disk for the grace period, so that a
    reader that has the old catalog open goes on reading it. A later prune deletes it. Days are
    counted from the newest published date. What is not given is taken from [retention] in
    plainscore.toml.

    Parameters
    ----------
    data
        The data directory.
    keep_daily_days
        Keep every date less than so many days before the newest one (90).
    keep
        Keep for ever the last published date of each month (month-ends), quarter or year; give
        the flag once for each (month-ends).
    keep_superseded_days
        Of dates that stay, keep earlier runs and earlier known_on only while the date is less
        than so many days before the newest one (as long as their date).
    grace_hours
        Delete what was retired at least so many hours ago (24).
    dry_run
        Only say what would be retired and deleted.
    output_format
        How the runs are printed.
    """
    from plainscore.cli.row_output import print_rows
    from plainscore.runs.upkeep import prune_snapshots

    wanted = _wanted(data, keep_daily_days, keep, keep_superseded_days, grace_hours)
    outcome = prune_snapshots(data, wanted, dry_run)
    if output_format == "table":
        print(_summary(outcome, dry_run))
    if output_format != "table" or outcome.sizes:
        print_rows(COLUMNS, _rows(outcome, dry_run), output_format)
    return 0


def _wanted(data: Path, *flags: Any) -> "Retention":
    """Return the retention settings, with what the flags say in their place."""
    from plainscore.common.errors import UsageError
    from plainscore.settings import Retention, read_settings

    names = ("keep_daily_days", "keep", "keep_superseded_days", "grace_hours")
    given = {name: flag for name, flag in zip(names, flags, strict=True) if flag is not None}
    settings = read_settings(data).retention
    try:
        return Retention(**(settings.model_dump() | given))
    except ValueError as error:
        wrong = ", ".join(f"--{name.replace('_', '-')} {flag}" for name, flag in given.items())
        raise UsageError(f"{wrong}: numbers of days and hours are 0 or more") from error


def _rows(outcome: "PruneOutcome", is_rehearsal: bool) -> list[tuple[Any, ...]]:
    would = "would be " if is_rehearsal else ""
    deleted = [(run, f"{would}deleted", None) for run in outcome.deleted]
    waiting = [
        (run, f"{would}retired" if run in outcome.retired else "waits", until)
        for run, until in outcome.waiting.items()
    ]
    return [
        (
            action,
            run.dates.as_of_date,
            run.dates.known_on,
            run.name,
            outcome.sizes[run],
            until and until.isoformat(timespec="seconds"),
        )
        for run, action, until in sorted((*deleted, *waiting), key=lambda one: one[0])
    ]


def _summary(outcome: "PruneOutcome", is_rehearsal: bool) -> str:
    would = "would be " if is_rehearsal else ""
    freed = sum(outcome.sizes[run] for run in outcome.deleted)
    before = len(outcome.waiting) - len(outcome.retired)
    return (
        f"{len(outcome.retired)} runs {would}retired, {before} retired before wait, "
        f"{len(outcome.deleted)} {would}deleted: {freed / 1e6:,.1f} MB {would}freed"
    )
