"""What is odd about what arrived: days without a delivery, few or many rows, much refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import median

import polars as pl

from plainscore.settings import Deliveries

FEWEST_DAYS = 7
"""With fewer earlier arrival days nothing can be called usual."""
FEWEST_OF_A_WEEKDAY = 3
DAILY_SHARE = 0.8
"""A log that arrives on so large a share of days is one that should arrive on every day."""
FEWEST_ROWS_TO_MISS = 20
"""A log with fewer rows a day may well have a day without any."""
FEWEST_ROWS = 50
BEYOND_CHANCE = 4
"""Standard deviations of a count that chance alone makes (Poisson)."""
SHOWN_DAYS = 5
TOLD_DAYS = 3
"""For so many days a day without a delivery is told; who has not mended it then knows."""


@dataclass(frozen=True)
class Delivered:
    """What one log brought on one arrival day, over all its files."""

    rows: int
    refused: int


@dataclass(frozen=True)
class OddArrival:
    """Something odd about a log; ``is_too_thin``: so few rows that a snapshot is refused."""

    log: str
    message: str
    is_too_thin: bool = False


def odd_arrivals(ledger: pl.DataFrame, known_on: date, limits: Deliveries) -> list[OddArrival]:
    """Return what is odd about each log's last arrival day up to ``known_on``.

    It is held against the days before it: those of the same weekday, where there are three, else
    all. ``ledger``: one row per ingested file, see `plainscore.logs.ledger`.
    """
    first = known_on - timedelta(days=limits.compared_days)
    by_log: dict[str, dict[date, Delivered]] = {}
    rows = (
        ledger.filter((pl.col("arrived") > first) & (pl.col("arrived") <= known_on))
        .group_by("log", "arrived")
        .agg(pl.col("rows").sum(), pl.col("quarantined").sum())
        .sort("log", "arrived")
    )
    for log, arrived, count, refused in rows.rows():
        by_log.setdefault(log, {})[arrived] = Delivered(count, refused)
    return [odd for log, days in by_log.items() for odd in _odd_of(log, days, known_on, limits)]


def _odd_of(
    log: str, days: Mapping[date, Delivered], known_on: date, limits: Deliveries
) -> Iterator[OddArrival]:
    newest = max(days)
    earlier = {day: delivered for day, delivered in days.items() if day < newest}
    if len(earlier) < FEWEST_DAYS:
        return
    yield from _missing_days(log, days, known_on)
    alike = [one for day, one in earlier.items() if day.weekday() == newest.weekday()]
    compared = alike if len(alike) >= FEWEST_OF_A_WEEKDAY else list(earlier.values())
    yield from _odd_volume(log, newest, days[newest], compared, limits)
    yield from _odd_refusals(log, newest, days[newest], compared, limits)


def _odd_volume(
    log: str, day: date, now: Delivered, compared: list[Delivered], limits: Deliveries
) -> Iterator[OddArrival]:
    usual = median(one.rows for one in compared)
    if usual < FEWEST_ROWS or abs(now.rows - usual) <= BEYOND_CHANCE * sqrt(usual):
        return
    told = f"the {log} log brought {now.rows:,} rows on {day}, usual are {usual:,.0f}"
    if limits.refuse_below is not None and now.rows < limits.refuse_below * usual:
        yield OddArrival(log, told, is_too_thin=True)
    elif now.rows < limits.warn_below * usual or now.rows > limits.warn_above * usual:
        yield OddArrival(log, told)


def _odd_refusals(
    log: str, day: date, now: Delivered, compared: list[Delivered], limits: Deliveries
) -> Iterator[OddArrival]:
    share, usual = _refused_share([now]), _refused_share(compared)
    if share > limits.warn_refused and now.refused > 2 * usual * now.rows + BEYOND_CHANCE:
        told = f"{share:.1%} of the {log} rows of {day} were refused, usual are {usual:.1%}"
        yield OddArrival(log, told)


def _missing_days(log: str, days: Mapping[date, Delivered], known_on: date) -> Iterator[OddArrival]:
    """Tell of days without a delivery, of a log that arrives daily."""
    first = min(days)
    expected = [first + timedelta(days=n) for n in range((known_on - first).days + 1)]
    missing = [day for day in expected if day not in days]
    is_recent = bool(missing) and (known_on - missing[-1]).days < TOLD_DAYS
    usual = median(one.rows for one in days.values())
    if not is_recent or len(days) < DAILY_SHARE * len(expected) or usual < FEWEST_ROWS_TO_MISS:
        return
    shown = ", ".join(map(str, missing[-SHOWN_DAYS:]))
    more = f" and {len(missing) - SHOWN_DAYS} days before" if len(missing) > SHOWN_DAYS else ""
    yield OddArrival(log, f"the {log} log brought nothing on {shown}{more}")


def _refused_share(delivered: list[Delivered]) -> float:
    rows = sum(one.rows for one in delivered)
    return sum(one.refused for one in delivered) / rows if rows else 0.0
