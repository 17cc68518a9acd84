"""Which people, and which months of them: a store that is there, or a world made for it."""

import sys
from datetime import date, timedelta
from pathlib import Path

from plainscore.analysis.quality.outcomes import OUTCOME_DAYS
from plainscore.analysis.societies.rules import titles
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.lock import writer_lock
from plainscore.logs.event_store import EventStore, open_store
from plainscore.runs.calendar import dates_between, last_month_end
from plainscore.runs.steps import take_in_new_files
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import Settings

PEOPLE, SEED = 2_000, 1
FIRST, LAST = date(2023, 7, 1), date(2026, 10, 31)
"""A year before the first score, 24 months of scores, and the 120 days of the last outcomes."""
MONTHS = 24


def open_people(
    data_dir: Path, people: int | None, seed: int | None, settings: Settings
) -> EventStore:
    """Return the event store of a directory; one with no logs at all gets an invented world.

    Where ``people`` or ``seed`` is given, the directory must be empty or have that world.
    Raises UsageError where a scorecard cannot be meant, before anything is written; InputRefused
    where files of landing/ are refused.
    """
    titles(read_scorecards(settings.scorecards))
    with writer_lock(data_dir, "societies"):
        has_logs = (data_dir / "landing").is_dir() or (data_dir / "events").is_dir()
        if not has_logs or people is not None or seed is not None:
            _invent(data_dir, PEOPLE if people is None else people, SEED if seed is None else seed)
        report = take_in_new_files(data_dir, settings.threads)
        if report.refused:
            shown = "\n".join(f"  {refused}" for refused in report.refused)
            raise InputRefused(f"files or folders refused in landing/, mend them first:\n{shown}")
    return open_store(data_dir)


def choose_months(store: EventStore, first: date | None, last: date | None) -> list[date]:
    """Return the month ends asked for; without ends, the newest 24 whose outcomes are known.

    Raises InputRefused where nothing has arrived, or nothing by the first of them; UsageError where
    no month ends between the two days.
    """
    arrived = sorted(store.ledger()["arrived"].to_list())
    if not arrived:
        raise InputRefused(f"no events in {store.data_dir}: give a directory with landing/")
    if last is None:
        last = max(last_month_end(arrived[-1] - timedelta(days=OUTCOME_DAYS)), first or arrived[0])
    first_day = first or arrived[0]
    if last_month_end(last) < first_day:
        raise UsageError(f"no month ends between {first_day} and {last}: set --from and --to")
    months = dates_between(first_day, last, "month")
    if months[0] < arrived[0]:
        raise InputRefused(f"nothing had arrived by {months[0]}: set --from {arrived[0]} or later")
    return months if first is not None else months[-MONTHS:]


def _invent(data_dir: Path, people: int, seed: int) -> None:
    from plainscore.synthetic.synthesise import synthesise
    from plainscore.synthetic.world import WorldSettings

    made = synthesise(
        WorldSettings(
            people=people,
            first=FIRST,
            last=LAST,
            seed=seed,
            landing=data_dir / "landing",
            arrivals="monthly",
        )
    )
    if made.is_new:
        print(f"invented {people:,} people in {data_dir}", file=sys.stderr)
