"""Which people, and which months of them: a store that is there, or a world made for it."""

from datetime import date, timedelta
from pathlib import Path

from flows.calendar import dates_between, last_month_end
from flows.evaluation.evaluating import OUTCOME_DAYS
from flows.ingest.event_store import EventStore, open_store
from flows.lock import writer_lock
from flows.settings import Settings
from flows.steps import take_in_new_files
from studies.societies.rules import titles
from transforms.errors import InputRefused
from transforms.scorecard.reading import read_scorecards

PEOPLE = 2_000
FIRST, LAST = date(2023, 7, 1), date(2026, 10, 31)
"""A year before the first score, 24 months of scores, and the 120 days of the last outcomes."""
MONTHS = 24


def open_people(data_dir: Path, people: int, seed: int, settings: Settings) -> EventStore:
    """Return the event store of a directory; one with no logs at all gets an invented world.

    Raises UsageError where a scorecard cannot be meant, before anything is written; InputRefused
    where files of landing/ are refused.
    """
    titles(read_scorecards(settings.scorecards))
    with writer_lock(data_dir, "societies"):
        if not (data_dir / "landing").is_dir() and not (data_dir / "events").is_dir():
            _invent(data_dir, people, seed)
        report = take_in_new_files(data_dir, settings.threads)
        if report.refused:
            shown = "\n".join(f"  {refused}" for refused in report.refused)
            raise InputRefused(f"files or folders refused in landing/, mend them first:\n{shown}")
    return open_store(data_dir)


def choose_months(store: EventStore, first: date | None, last: date | None) -> list[date]:
    """Return the month ends asked for; without ends, the newest 24 whose outcomes are known.

    Raises InputRefused where nothing has arrived, or nothing by the last of them.
    """
    arrived = sorted(store.ledger()["arrived"].to_list())
    if not arrived:
        raise InputRefused(f"no events in {store.data_dir}: give a directory with landing/")
    if last is None:
        last = max(last_month_end(arrived[-1] - timedelta(days=OUTCOME_DAYS)), first or arrived[0])
    months = dates_between(first or arrived[0], last, "month")
    return months if first is not None else months[-MONTHS:]


def _invent(data_dir: Path, people: int, seed: int) -> None:
    from data.synthetic.settings import WorldSettings
    from data.synthetic.world import synthesise

    synthesise(
        WorldSettings(
            people=people,
            first=FIRST,
            last=LAST,
            seed=seed,
            landing=data_dir / "landing",
            arrivals="monthly",
        )
    )
