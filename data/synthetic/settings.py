"""What a world is asked to be."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from plainscore.synthetic.months import Month, day_number

FileFormat = Literal["parquet", "ndjson", "ndjson.gz", "csv", "csv.gz", "mixed"]
Arrivals = Literal["daily", "monthly"]

FEWEST_PEOPLE_FOR_ATTACKS = 100


class WorldError(Exception):
    """The world cannot be made as asked; the message says what to change.

    `exit_code` is 2 for a request that cannot be meant and 5 for a landing folder that holds
    something else.
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class WorldSettings:
    """Everything that decides a world's rows.

    Attributes
    ----------
    people
        Accounts, opened before or (one in eight) within the two years after `first`.
    first, last
        First and last arrival day. The world reaches beyond `last` without being seen, so a later
        `last` adds days and changes none.
    seed
        Same seed, same rows.
    landing
        The folder that gets `<log>/arrived=YYYY-MM-DD/` and `_truth/`; decides no row.
    file_format
        The ending of every file, or "mixed": each log and month in another one.
    arrivals
        "daily", or "monthly": a month's rows arrive together on its last day.
    is_region_causal
        The switchable proxy: where true, two regions are poorer and pay worse, so that region
        stands in for reliability. Otherwise no audit attribute has any causal role.
    """

    people: int
    first: date
    last: date
    seed: int
    landing: Path
    file_format: FileFormat = "parquet"
    arrivals: Arrivals = "daily"
    is_region_causal: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.people <= 10_000_000:
            raise WorldError(f"--people {self.people}: choose 1 to 10,000,000")
        if self.last < self.first:
            raise WorldError(f"--to {self.last} lies before --from {self.first}")
        if self.first.year < 2000 or self.last.year > 2099:
            raise WorldError("a world lies within the years 2000 to 2099")
        if self.seed < 0:
            raise WorldError(f"--seed {self.seed}: choose 0 or more")
        if self.file_format not in get_args(FileFormat):
            raise WorldError(f"no such file format: {self.file_format}")
        if self.arrivals == "monthly" and Month.of(self.last).last_day != day_number(self.last):
            raise WorldError(f"--to {self.last}: monthly arrivals end with a month's last day")

    @property
    def first_day(self) -> int:
        """Day number of `first`."""
        return day_number(self.first)

    @property
    def last_day(self) -> int:
        """Day number of `last`."""
        return day_number(self.last)

    @property
    def months(self) -> list[Month]:
        """All months from `first` to `last`, in part or whole."""
        return Month.between(self.first, self.last)

    def recorded(self) -> dict[str, str | int | bool]:
        """Return the settings that decide rows, as they are kept in `_truth/world.json`."""
        kept = {name: value for name, value in asdict(self).items() if name != "landing"}
        return kept | {"first": self.first.isoformat(), "last": self.last.isoformat()}
