"""When the outcome of a snapshot is known: once its days have passed and were delivered.

An outcome is judged on its outcome date, horizon_days and grace_days after as_of_date; the head of
``transforms/outcomes/outcome.sql`` has both. It is known from the first day by which every feed
that it reads has brought something ``arrival_lag_days`` after the outcome date or later, and events
up to the outcome date, and by which no event type of it had been silent on the outcome date for
longer than ever before. A feed is a folder of landing/ with events of a log that outcome.sql reads,
through whatever tables: what a monthly file has not brought yet counts for no one as unpaid.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

import duckdb

from plainscore.common.text import read_parquet
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog, load_catalog
from plainscore.contracts.contract import OUTCOME, OutcomeTable, read_outcome
from plainscore.contracts.logs import read_logs
from plainscore.settings import Settings
from plainscore.store.event_store import EventStore


class Extent(NamedTuple):
    """How far events of a type reach, and the most days between two days that have any."""

    newest: date
    longest_gap: int


@dataclass(frozen=True)
class Feed:
    """A folder of landing/ and the events of one log that it has brought.

    ``arrived``: the days on which anything arrived in it, ascending. ``events``: event type ->
    days of arrival and of the event, each pair once.
    """

    log: str
    folder: str
    arrived: Sequence[date]
    events: Mapping[str, Sequence[tuple[date, date]]]
    _known: dict[date, Mapping[str, Extent]] = field(default_factory=dict)

    def known_on(self, day: date) -> Mapping[str, Extent]:
        """Return event type -> extent of what had arrived by a day; empty where nothing had."""
        if day not in self._known:
            self._known[day] = dict(self._extents(day))
        return self._known[day]

    def _extents(self, day: date) -> Iterator[tuple[str, Extent]]:
        for kind, pairs in self.events.items():
            days = sorted({happened for arrived, happened in pairs if arrived <= day})
            if days:
                gaps = ((later - one).days for one, later in pairwise(days))
                yield kind, Extent(days[-1], max(gaps, default=0))

    def lacks(self, outcome_date: date, earliest: date, day: date) -> str:
        """Return what is not delivered by ``day``; empty where all is."""
        known = self.known_on(day)
        newest = max(extent.newest for extent in known.values())
        place = bisect_right(self.arrived, day)
        if newest < outcome_date:
            return (
                f"{self.folder}/ brings {self.log} events up to {outcome_date} (it brought "
                f"something last on {self.arrived[place - 1]}, events up to {newest}; if it has "
                "ended, name it in ended_sources)"
            )
        if bisect_left(self.arrived, earliest) == place:
            return f"something arrives in {self.folder}/ on {earliest} or later"
        for kind, (last, gap) in sorted(known.items()):
            if 0 < gap < (outcome_date - last).days:
                return (
                    f"{self.folder}/ brings {kind} events (none since {last}, never before were "
                    f"more than {gap} days without any; if they have ended, name "
                    f"{self.folder}/{kind} in ended_sources)"
                )
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
    """When outcomes of a method are known in an event store; ContractError where it has none."""

    def __init__(self, store: EventStore, settings: Settings, catalog: Catalog | None = None):
        catalog = catalog or load_catalog(group="outcomes", method=settings.method)
        self.outcome = read_outcome(settings.method)
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
        feeds = [feed for feed in self._feeds if feed.known_on(day)]
        absent = [log for log in self._logs if log not in {feed.log for feed in feeds}]
        lacking = [feed.lacks(judged, judged + self.lag, day) for feed in feeds]
        return [*(f"events of the {log} log arrive" for log in absent), *filter(None, lacking)]


def _feeds_of(store: EventStore, logs: Iterable[str], ended: Iterable[str]) -> Iterator[Feed]:
    """Yield the feeds of some logs.

    ``ended``: folders, and event types of folders (``folder/type``), that are not waited for.
    """
    ledger = store.ledger().select("file_no", "file", "arrived").unique().sort("arrived")
    places = {no: (PurePosixPath(file).parts[0], day) for no, file, day in ledger.iter_rows()}
    ended = set(ended)
    with duckdb.connect() as con:
        for log in logs:
            if not store.files(log):
                continue
            files = read_parquet(store.files(log))
            found = con.execute(f"select distinct file_no, event_type, event_date from {files}")
            events: dict[str, dict[str, set[tuple[date, date]]]] = {}
            for no, kind, happened in found.fetchall():
                folder, arrived = places[no]
                if not ended & {folder, f"{folder}/{kind}"}:
                    of_folder = events.setdefault(folder, {})
                    of_folder.setdefault(kind, set()).add((arrived, happened))
            for folder in sorted(events):
                days = sorted({day for one, day in places.values() if one == folder})
                yield Feed(log, folder, days, {k: list(v) for k, v in events[folder].items()})
