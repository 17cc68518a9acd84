"""What has arrived: what the event store holds, and what stands in landing/ beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from plainscore.logs.changes import FileStates
from plainscore.logs.event_store import EventStore, InputFile, inputs_among, open_store
from plainscore.logs.landing import LandingFile, Listing, blocked_days, list_landing
from plainscore.logs.ledger import digests
from plainscore.logs.refusals import RefusedFile
from plainscore.logs.units import reason_to_refuse

MOST_FILES_READ = 20
MOST_BYTES_READ = 4 * 2**20


@dataclass(frozen=True)
class Arrivals:
    """Ingested files, and those that are not: ``new`` would be taken in, ``refused`` not."""

    store: EventStore
    ingested: pl.DataFrame
    new: list[LandingFile]
    refused: list[RefusedFile]

    @property
    def newest_day(self) -> date | None:
        """The newest arrival day of any file, ingested or new."""
        ingested = self.newest_ingested_day
        days = [file.arrived for file in self.new] + ([ingested] if ingested else [])
        return max(days, default=None)

    @property
    def newest_ingested_day(self) -> date | None:
        """The newest arrival day of any ingested file."""
        return max(self.ingested["arrived"].to_list(), default=None)

    def inputs(self, known_on: date) -> list[InputFile]:
        """Return the ingested files that had arrived by a day, sorted."""
        return inputs_among(self.ingested, known_on)

    def ingested_after(self, file_no: int, known_on: date) -> list[str]:
        """Return the files with a higher number that had arrived by a day, as ingested."""
        is_meant = (pl.col("file_no") > file_no) & (pl.col("arrived") <= known_on)
        return self.ingested.filter(is_meant).sort("file_no")["file"].to_list()


def look_at_arrivals(data_dir: Path) -> Arrivals:
    """Look at landing/ and the event store as they are now.

    A few small new files are read, to see whether they can be; many or large ones count as good.
    Raises InputRefused where there is neither landing/ nor a store.
    """
    landing, events = data_dir / "landing", data_dir / "events"
    listing = Listing([], [])
    if landing.is_dir() or not events.is_dir():
        listing = list_landing(landing)
    store = open_store(data_dir)
    ingested = store.ledger()
    known = digests(ingested)
    old = [file for file in listing.files if file.file in known]
    refused = listing.refused + FileStates(events).refuse_changed(old, known)
    new = _free([file for file in listing.files if file.file not in known], refused)
    refused += _unreadable(new)
    return Arrivals(store, ingested, _free(new, refused), refused)


def _free(files: Sequence[LandingFile], refused: list[RefusedFile]) -> list[LandingFile]:
    """Leave out the files whose log and arrival day are blocked by a refused one."""
    blocked = blocked_days(refused)
    return [file for file in files if (file.log, file.arrived) not in blocked]


def _unreadable(files: Sequence[LandingFile]) -> list[RefusedFile]:
    if len(files) > MOST_FILES_READ or sum(map(_size, files)) > MOST_BYTES_READ:
        return []
    reasons = [(file, reason_to_refuse(file)) for file in files]
    return [
        RefusedFile(file.log, file.file, file.arrived, error.reason, error.mend)
        for file, error in reasons
        if error is not None
    ]


def _size(file: LandingFile) -> int:
    return file.path.stat().st_size if file.path.exists() else 0
