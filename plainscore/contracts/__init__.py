"""Contracts of tables: read from the heads of SQL files, ordered, rehearsed, documented."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True)
class SnapshotDates:
    """What had happened by the end of ``as_of_date`` (UTC) and had arrived by ``known_on``.

    ``events_until`` leaves out what happened after an earlier day, while ages and windows are
    still counted from ``as_of_date``: what the passing of time alone does to a score. A published
    snapshot leaves nothing out. Raises ValueError where it lies after ``as_of_date``.
    """

    as_of_date: date
    known_on: date
    events_until: date | None = None

    def __post_init__(self) -> None:
        if self.events_until is not None and self.events_until > self.as_of_date:
            raise ValueError(f"events until {self.events_until}, after {self.as_of_date}")

    @property
    def parameters(self) -> dict[str, date]:
        """The named parameters of every transform."""
        return {
            "as_of_date": self.as_of_date,
            "known_on": self.known_on,
            "events_until": self.events_until or self.as_of_date,
        }

    def __str__(self) -> str:
        cut = f", events until {self.events_until}" if self.events_until else ""
        return f"as of {self.as_of_date}, known on {self.known_on}{cut}"
