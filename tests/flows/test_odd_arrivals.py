"""A delivery that is unlike those before it is reported before anything is scored."""

from datetime import date, timedelta

import polars as pl
import pytest

from plainscore.runs.inputs import delivery_warnings
from plainscore.settings import Deliveries

LAST = date(2026, 10, 31)
SCHEMA = {
    "log": pl.String, "arrived": pl.Date, "rows": pl.Int64, "quarantined": pl.Int64
}  # fmt: skip
Rows = dict[int, tuple[int, int]]


def told(rows: Rows, limits: Deliveries | None = None, days: int = 28) -> list[str]:
    """Say what is odd where ``rows`` (days before the last -> rows, refused) differ from 1,000."""
    usual: Rows = dict.fromkeys(range(days), (1000, 2))
    ledger = pl.DataFrame(
        [
            ("payment", LAST - timedelta(days=back), count, refused)
            for back, (count, refused) in (usual | rows).items()
            if count
        ],
        schema=SCHEMA,
        orient="row",
    )
    return [odd.message for odd in delivery_warnings(ledger, LAST, limits or Deliveries())]


def test_the_usual_is_not_told() -> None:
    assert told({}) == []
    assert told({0: (900, 3), 5: (10, 0)}) == []


@pytest.mark.parametrize("count", [499, 2001])
def test_half_the_rows_and_twice_the_rows_are_told(count: int) -> None:
    assert told({0: (count, 0)}) == [
        f"the payment log brought {count:,} rows on 2026-10-31, usual are 1,000"
    ]


def test_weekends_are_held_against_weekends() -> None:
    quiet: Rows = {back: (300, 0) for back in range(28) if back % 7 in (0, 6)}
    assert told(quiet) == []
    assert told(quiet | {0: (100, 0)}) == [
        "the payment log brought 100 rows on 2026-10-31, usual are 300"
    ]


def test_days_without_a_delivery_are_named_of_a_log_that_comes_daily() -> None:
    assert told({0: (0, 0), 3: (0, 0)}) == [
        "the payment log brought nothing on 2026-10-28, 2026-10-31"
    ]
    assert told({2: (0, 0)}) == ["the payment log brought nothing on 2026-10-29"]
    assert told({3: (0, 0)}) == []
    weekly: Rows = {back: (0, 0) for back in range(56) if back % 7}
    assert told(weekly, Deliveries(compared_days=56), days=56) == []


def test_many_refused_rows_are_told() -> None:
    assert told({0: (1000, 80)}) == [
        "8.0% of the payment rows of 2026-10-31 were refused, usual are 0.2%"
    ]


def test_few_days_and_few_rows_tell_nothing() -> None:
    assert told({0: (10, 0)}, days=7) == []
    assert told(dict.fromkeys(range(28), (9, 0)) | {3: (0, 0)}) == []
    assert told(dict.fromkeys(range(28), (20, 0)) | {0: (60, 0)}) == []


def test_far_too_few_rows_refuse_a_snapshot_where_the_settings_say_so() -> None:
    ledger = pl.DataFrame(
        [("payment", LAST - timedelta(days=n), 50 if n == 0 else 1000, 0) for n in range(28)],
        schema=SCHEMA,
        orient="row",
    )
    [odd] = delivery_warnings(ledger, LAST, Deliveries(refuse_below=0.1))
    assert odd.is_too_thin
    [odd] = delivery_warnings(ledger, LAST, Deliveries())
    assert not odd.is_too_thin
