"""What one run is asked to do, and the tables that its settings make."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.engines import EngineName, require_engine
from plainscore.runs.calendar import RelativeDate, resolve_date
from plainscore.scorecards.reading import read_scorecards
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


def read_request(
    as_of_date: date | RelativeDate,
    known_on: date | None = None,
    data: Path = Path("data"),
    *,
    today: date | None = None,
    scorecards: Sequence[str] | None = None,
    skip_refused: bool = False,
    allow_stopped_feeds: bool = False,
    force: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
    engine: EngineName | None = None,
    master: str | None = None,
) -> SnapshotRequest:
    """Return the request that flags and settings make together; None leaves it to the settings.

    ``today``: what a relative date refers to, the current day (UTC) by default.
    Raises UsageError for settings, an engine or dates that are invalid.
    """
    settings = read_settings(
        data,
        scorecards=scorecards,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=temp_directory,
        engine=engine,
        master=master,
    )
    require_engine(settings.engine, settings.master)
    day = resolve_date(as_of_date, today or datetime.now(UTC).date(), settings.arrival_lag_days)
    dates = snapshot_dates(day, known_on, settings)
    return SnapshotRequest(data, dates, settings, skip_refused, allow_stopped_feeds, force)


def read_requests(
    as_of_dates: Sequence[date], known_on: date | None, data: Path, **overrides: Any
) -> list[SnapshotRequest]:
    """Return the requests of many dates, alike in everything else; see ``read_request``."""
    one = read_request(as_of_dates[0], known_on, data, **overrides)
    return [replace(one, dates=snapshot_dates(day, known_on, one.settings)) for day in as_of_dates]


def configured_catalog(data_dir: Path) -> Catalog:
    """Return the tables that the settings and scorecards of a data directory make.

    Raises UsageError for invalid settings or scorecards.
    """
    settings = read_settings(data_dir)
    cards = read_scorecards(settings.scorecards, settings.method)
    return load_catalog(cards, method=settings.method)
