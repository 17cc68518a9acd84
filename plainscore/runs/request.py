"""What one run is asked to do, and the tables that its settings make."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict, Unpack

from plainscore.common.errors import UsageError
from plainscore.contracts import SnapshotDates
from plainscore.engines import EngineName, require_engine
from plainscore.runs.calendar import RelativeDate, resolve_date
from plainscore.settings import Settings, read_settings


@dataclass(frozen=True)
class SnapshotRequest:
    """One snapshot of one data directory.

    ``skip_refused``: publish although refused files block it; the manifest says so.
    ``allow_stopped_feeds``: publish although a log had no arrivals for longer than its limit.
    ``force``: publish a further run although nothing changed.
    """

    data_dir: Path
    dates: SnapshotDates
    settings: Settings
    skip_refused: bool = False
    allow_stopped_feeds: bool = False
    force: bool = False


def snapshot_dates(
    as_of_date: date, known_on: date | None, settings: Settings, today: date | None = None
) -> SnapshotDates:
    """Return both clocks; known_on defaults to as_of_date plus the configured lag.

    Raises UsageError if as_of_date has not ended and no known_on was given: its events cannot
    all have arrived. ``today`` defaults to the current day (UTC).
    """
    if known_on is not None:
        return SnapshotDates(as_of_date, known_on)
    today = today or datetime.now(UTC).date()
    if as_of_date > today:
        raise UsageError(
            f"{as_of_date} lies in the future (today is {today}): give --known-on to score it "
            "with what is known until then"
        )
    return SnapshotDates(as_of_date, as_of_date + timedelta(days=settings.arrival_lag_days))


class RunOptions(TypedDict, total=False):
    """What commands and flows may ask of a run; None leaves it to the settings."""

    scorecards: tuple[str, ...] | None
    skip_refused: bool
    allow_stopped_feeds: bool
    force: bool
    threads: int | None
    memory_limit: str | None
    temp_directory: Path | None
    engine: EngineName | None
    master: str | None


def read_request(
    as_of_date: date | RelativeDate,
    known_on: date | None = None,
    data: Path = Path("data"),
    *,
    today: date | None = None,
    **options: Unpack[RunOptions],
) -> SnapshotRequest:
    """Return the request that flags and settings make together.

    ``today``: what a relative date refers to, the current day (UTC) by default.
    Raises UsageError for settings, an engine or dates that are invalid.
    """
    given: dict[str, Any] = dict(options)
    flags = {name: given.pop(name) for name in [*given] if name not in Settings.model_fields}
    settings = read_settings(data, **given)
    require_engine(settings.engine, settings.master)
    day = resolve_date(as_of_date, today or datetime.now(UTC).date(), settings.arrival_lag_days)
    return SnapshotRequest(data, snapshot_dates(day, known_on, settings), settings, **flags)
