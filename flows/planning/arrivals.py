"""What has arrived: what the event store holds, and what stands in landing/ beside it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from flows.ingest.changes import FileStates
from flows.ingest.event_store import EventStore, InputFile, inputs_among, open_store
from flows.ingest.landing import LandingFile, Listing, blocked_days, list_landing
from flows.ingest.ledger import digests
from flows.ingest.refusals import RefusedFile


@dataclass(frozen=True)
class Arrivals:
    """Ingested files, and those that are not: ``new`` would be taken in, ``refused`` not.

    A file that cannot be read counts as new until an ingest has tried it.
    """

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
    """Look at landing/ and the event store as they are now, without reading any new file.

    Raises InputRefused where there is neither.
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
    blocked = blocked_days(refused)
    new = [
        file
        for file in listing.files
        if file.file not in known and (file.log, file.arrived) not in blocked
    ]
    return Arrivals(store, ingested, new, refused)
