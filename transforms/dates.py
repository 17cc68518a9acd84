"""The two clocks of a snapshot."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True)
class SnapshotDates:
    """What had happened by the end of ``as_of_date`` (UTC) and had arrived by ``known_on``."""

    as_of_date: date
    known_on: date

    @property
    def parameters(self) -> dict[str, date]:
        """The named parameters of every transform."""
        return {"as_of_date": self.as_of_date, "known_on": self.known_on}

    def __str__(self) -> str:
        return f"as of {self.as_of_date}, known on {self.known_on}"
