"""When the outcome of a snapshot is known: once its days have passed and were delivered.

An outcome is judged on its outcome date, horizon_days and grace_days after as_of_date; the head of
``transforms/outcomes/outcome.sql`` has both. It is known from the first day by which every feed
that it reads has brought something ``arrival_lag_days`` after the outcome date or later, and events
up to the outcome date. A feed is a folder of landing/ with events of a log that outcome.sql reads,
through whatever tables: what a monthly file has not brought yet counts for no one as unpaid.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import PurePosixPath
from typing import NamedTuple

import duckdb

from plainscore.common.text import read_parquet
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.contracts.contract import OUTCOME, OutcomeTable
from plainscore.contracts.logs import read_logs
from plainscore.settings import Settings
from plainscore.store.event_store import EventStore


@dataclass(frozen=True)
class Feed:
    """A folder of landing/ and the events of one log that it has brought.

    ``arrived``: the days on which anything arrived in it, ascending; ``reach``: the newest day of
    the log's events that had arrived by each of them.
    """

    log: str
    folder: str
    arrived: Sequence[date]
    reach: Sequence[date]

    def reach_on(self, day: date) -> date | None:
        """Return the newest day of its events known on a day; None where there were none."""
        place = bisect_right(self.arrived, day)
        newest = self.reach[place - 1] if place else date.min
        return None if newest == date.min else newest

    def lacks(self, outcome_date: date, earliest: date, day: date) -> str:
        """Return what is not delivered by ``day``; empty where all is."""
        reach = self.reach_on(day)
        if reach is None or reach < outcome_date:
            last = self.arrived[bisect_right(self.arrived, day) - 1]
            return (
                f"{self.folder}/ brings {self.log} events up to {outcome_date} (it brought "
                f"something last on {last}, events up to {reach}; if it has ended, name it in "
                "ended_sources)"
            )
        if bisect_left(self.arrived, earliest) == bisect_right(self.arrived, day):
            return f"something arrives in {self.folder}/ on {earliest} or later"
        return ""


class OutcomeDay(NamedTuple):
    """When an outcome is known.

    ``seen``: the clocks by which it is judged; None where it is not known. Before ``earliest`` it
    cannot be known; ``missing`` says what has to be delivered.
    """

    earliest: date
    seen: SnapshotDates | None
    missing: Sequence[str] = ()

    @property
    def message(self) -> str:
        """What to say where it is not known."""
        missing = " and ".join(self.missing)
        return f"outcome not known yet: known from {self.earliest}, once {missing}"


def outcome_of(catalog: Catalog) -> OutcomeTable:
    """Return the contract of the outcome; KeyError where the catalog has none."""
    table = catalog[OUTCOME]
    assert isinstance(table, OutcomeTable), "it is read as such"
    return table


class OutcomeClock:
    """When outcomes of a method are known in an event store."""

    def __init__(self, store: EventStore, settings: Settings, catalog: Catalog | None = None):
        catalog = catalog or load_catalog(group="outcomes", method=settings.method)
        self.outcome = outcome_of(catalog)
        self.lag = timedelta(days=settings.arrival_lag_days)
        logs, read = list(read_logs(settings.method)), catalog.upstream(OUTCOME)
        self._logs = [log for log in logs if f"events.{log}" in read] or logs
        self._feeds = list(_feeds_of(store, self._logs, settings.ended_sources))

    def outcome_date(self, as_of_date: date) -> date:
        """Return the day on which the outcome of a snapshot is judged."""
        return as_of_date + timedelta(days=self.outcome.horizon_days + self.outcome.grace_days)

    def of(self, dates: SnapshotDates) -> OutcomeDay:
        """Return when the outcome of a snapshot is known, or what it waits for.

        That day follows from what had arrived by then: later deliveries do not move it.
        """
        judged = self.outcome_date(dates.as_of_date)
        earliest = max(judged + self.lag, dates.known_on)
        arrivals = sorted({day for feed in self._feeds for day in feed.arrived})
        later = arrivals[bisect_left(arrivals, earliest) :]
        for day in (earliest, *later):
            if not self._missing(judged, day):
                return OutcomeDay(earliest, SnapshotDates(judged, day))
        return OutcomeDay(earliest, None, self._missing(judged, later[-1] if later else earliest))

    def _missing(self, judged: date, day: date) -> list[str]:
        """Return what is not delivered by a day, of the feeds that had brought anything by then."""
        feeds = [feed for feed in self._feeds if feed.reach_on(day) is not None]
        absent = [log for log in self._logs if log not in {feed.log for feed in feeds}]
        lacking = [feed.lacks(judged, judged + self.lag, day) for feed in feeds]
        return [*(f"events of the {log} log arrive" for log in absent), *filter(None, lacking)]


def _feeds_of(store: EventStore, logs: Iterable[str], ended: Iterable[str]) -> Iterator[Feed]:
    """Yield the feeds of some logs; ``ended``: folders that are not waited for."""
    ledger = store.ledger()
    files = list(ledger.select("file_no", "log", "file", "arrived").iter_rows())
    folders = {file: PurePosixPath(file).parts[0] for _, _, file, _ in files}
    with duckdb.connect() as con:
        for log in logs:
            if not store.files(log):
                continue
            newest = dict(
                con.execute(
                    "select file_no, max(event_date) "
                    f"from {read_parquet(store.files(log))} group by file_no"
                ).fetchall()
            )
            feeding = {folders[file] for no, of, file, _ in files if of == log and no in newest}
            for folder in sorted(feeding - {*ended}):
                brought: dict[date, date] = {}
                for no, of, file, arrived in files:
                    if folders[file] == folder:
                        reach = newest.get(no, date.min) if of == log else date.min
                        brought[arrived] = max(brought.get(arrived, date.min), reach)
                days = sorted(brought)
                yield Feed(log, folder, days, list(accumulate((brought[d] for d in days), max)))
