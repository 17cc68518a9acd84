"""Months as numbers, days as days since 1970-01-01."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

EPOCH: Final = date(1970, 1, 1)
SECONDS_PER_DAY: Final = 86_400


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


@dataclass(frozen=True)
class Month:
    """One calendar month; `number` is 12 * year + month - 1, so months count on across years."""

    number: int

    @property
    def year(self) -> int:
        """The year, such as 2025."""
        return self.number // 12

    @property
    def of_year(self) -> int:
        """1 for January to 12 for December."""
        return self.number % 12 + 1

    @property
    def first_day(self) -> int:
        """Day number of the first."""
        return day_number(date(self.year, self.of_year, 1))

    @property
    def last_day(self) -> int:
        """Day number of the last."""
        return Month(self.number + 1).first_day - 1

    @property
    def day_count(self) -> int:
        """28 to 31."""
        return self.last_day - self.first_day + 1

    @property
    def label(self) -> int:
        """The month as yymm, such as 2503."""
        return self.year % 100 * 100 + self.of_year

    @staticmethod
    def of(day: date) -> "Month":
        """Return the month that `day` lies in."""
        return Month(day.year * 12 + day.month - 1)

    @staticmethod
    def between(first: date, last: date) -> list["Month"]:
        """Return every month that `first`..`last` touches."""
        return [Month(n) for n in range(Month.of(first).number, Month.of(last).number + 1)]


def last_day_of_month(days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the day number of the last day of each day's month."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return ((months + 1).astype("datetime64[D]").astype(np.int64)) - 1


def month_numbers(seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the month number (as in Month) of each time in seconds since 1970."""
    months = (seconds // SECONDS_PER_DAY).astype("datetime64[D]").astype("datetime64[M]")
    return months.astype(np.int64) + EPOCH.year * 12
