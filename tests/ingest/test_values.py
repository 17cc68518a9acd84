"""How single values are read, slowly and exactly, and that whole columns are read alike."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plainscore.contracts.logs import FieldKind
from plainscore.logs import columns
from plainscore.logs.columns import read_column

READERS: dict[FieldKind, Any] = {
    "amount": columns.read_amount,
    "time": columns.read_time,
    "date": columns.read_date,
    "year": columns.read_year,
    "flag": columns.read_flag,
}


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("12.5", 1250),
        ("12.50", 1250),
        ("12.500", 1250),
        ("12.500000000000000000000000", 1250),
        ("1e2", 10_000),
        ("1E+2", 10_000),
        ("125e-1", 1250),
        ("0", 0),
        ("-0.00", 0),
        ("0e999999999999", 0),
        ("0e-999999999999", 0),
        ("+7", 700),
        ("007.10", 710),
        (".5", 50),
        ("5.", 500),
        ("10000000000", 10**12),
        ("1e10", 10**12),
        ("100000000000000000000e-10", 10**12),
    ],
)
def test_an_amount_is_read_by_its_value(text: str, cents: int) -> None:
    assert columns.read_amount(text) == cents


@pytest.mark.parametrize(
    "text",
    ["", " ", " 1", "1 ", "1,000.00", "NaN", "nan", "Infinity", "-inf", "1_000", "0x10", "1.2.3",
     "e5", ".", "+", "--1", "1e", "1e1.5", "١٢", "12\n", "12\x00", "true", "$5", "½"],
)  # fmt: skip
def test_what_is_no_decimal_number_is_unreadable(text: str) -> None:
    with pytest.raises(columns.Unreadable):
        columns.read_amount(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("-1", "negative"),
        ("-0.001", "negative"),
        ("1.234", "two decimals"),
        ("0.001", "two decimals"),
        ("1e-3", "two decimals"),
        ("1e-999999999999999999999", "two decimals"),
        ("10000000000.01", "10\\^12 cents"),
        ("10000000000.001", "two decimals"),
        ("1e999999999999999999999", "10\\^12 cents"),
        ("9" * 5000, "10\\^12 cents"),
    ],
)
def test_some_decimal_numbers_are_forbidden(text: str, why: str) -> None:
    with pytest.raises(columns.Forbidden, match=why):
        columns.read_amount(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-05", datetime(2026, 3, 5)),
        ("2026-03-05T10:20", datetime(2026, 3, 5, 10, 20)),
        ("2026-03-05 10:20:30", datetime(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05T10:20:30Z", datetime(2026, 3, 5, 10, 20, 30)),
        ("2026-03-05T10:20:30.1Z", datetime(2026, 3, 5, 10, 20, 30, 100_000)),
        ("2026-03-05T10:20:30.1234567899+00:00", datetime(2026, 3, 5, 10, 20, 30, 123_456)),
        ("2026-03-05T10:20:30+08", datetime(2026, 3, 5, 2, 20, 30)),
        ("2026-03-05T10:20:30+0830", datetime(2026, 3, 5, 1, 50, 30)),
        ("2026-03-05T23:20-01:00", datetime(2026, 3, 6, 0, 20)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1)),
        ("9999-12-31T23:59:59.999999", datetime(9999, 12, 31, 23, 59, 59, 999_999)),
        ("2024-02-29", datetime(2024, 2, 29)),
    ],
)
def test_a_time_is_read_as_utc(text: str, moment: datetime) -> None:
    assert columns.read_time(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-3-5", "20260305", "2026-02-30", "2026-13-01", "0000-01-01", "2026-03-05T",
     "2026-03-05T10", "2026-03-05T24:00", "2026-03-05T10:60", "2026-03-05T10:20:60",
     "2026-03-05T10:20:30.", "2026-03-05t10:20", "2026-03-05T10:20z", "2026-03-05Z",
     "2026-03-05T10:20+8", "2026-03-05T10:20+08:60", "2026-03-05T10:20+24:00", " 2026-03-05",
     "2026-03-05T10:20:30 Z", "0001-01-01T00:00+01:00", "9999-12-31T23:00-01:00", "12026-01-01",
     "2026-03-05\n", "٢٠٢٦-03-05", "yesterday"],
)  # fmt: skip
def test_what_is_no_time_is_unreadable(text: str) -> None:
    with pytest.raises(columns.Unreadable):
        columns.read_time(text)


def _slowly(kind: FieldKind, text: str | None) -> tuple[Any, str | None]:
    if not text:
        return None, None
    try:
        return READERS[kind](text), None
    except (columns.Unreadable, columns.Forbidden) as error:
        return None, str(error)


_DIGITS = st.text("0123456789", max_size=14)
NUMBERS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "-", "+", " "]),
        _DIGITS,
        st.sampled_from(["", ".", ","]),
        _DIGITS,
        st.sampled_from(["", "e", "E-", "e+"]),
        st.text("0123456789", max_size=3),
    ),
)
TIMES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["2026-03-05", "2024-02-29", "2026-02-29", "0000-01-01", "0001-01-01"]),
        st.sampled_from(["", "T", " ", "t"]),
        st.sampled_from(["", "00:00", "23:59", "24:00", "9:00"]),
        st.sampled_from(["", ":00", ":59", ":60"]),
        st.sampled_from(["", ".", ".5", ".123456", ".1234567"]),
        st.sampled_from(["", "Z", "z", "+08", "-0830", "+08:30", "+1"]),
    ),
)
NASTY = st.sampled_from(["", "true", "FALSE", "1", "0", "1990", "1990.0", "19900", "NaN", "é\x00"])


@pytest.mark.parametrize("kind", list(READERS))
@settings(deadline=None)
@given(texts=st.lists(st.none() | NUMBERS | TIMES | NASTY | st.text(max_size=5), max_size=8))
def test_columns_and_single_values_are_read_alike(kind: FieldKind, texts: list[str | None]) -> None:
    reading = read_column(kind, pl.Series(texts, dtype=pl.String))
    faults = [None] * len(texts) if reading.faults is None else reading.faults.to_list()
    assert list(zip(reading.values, faults, strict=True)) == [_slowly(kind, text) for text in texts]


@settings(deadline=None)
@given(st.integers(-5, 10**12 + 5), st.integers(-3, 3))
@example(45184, 1)
def test_a_double_means_its_shortest_decimal_form(cents: int, ulps: int) -> None:
    double = cents / 100
    for _ in range(abs(ulps)):
        double = float(np.nextafter(double, np.inf if ulps > 0 else -np.inf))
    reading = read_column("amount", pl.Series([double], dtype=pl.Float64))
    shortest = Decimal(repr(double))
    is_fine = 0 <= shortest <= 10**10 and shortest == round(shortest, 2)
    assert reading.values.to_list() == [int(shortest * 100) if is_fine else None]


@settings(deadline=None)
@given(st.floats(width=32))
def test_a_single_means_its_shortest_decimal_form(single: float) -> None:
    reading = read_column("amount", pl.Series([single], dtype=pl.Float32))
    assert reading.values[0] == _slowly("amount", str(np.float32(single)))[0]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_a_parquet_time_is_read_as_utc_and_cut_to_microseconds(unit: Any, zone: str) -> None:
    moment = datetime(1965, 3, 5, 10, 20, 30, 123_000)
    column = pl.Series([moment, None]).cast(pl.Datetime(unit))
    if zone:
        column = column.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    assert read_column("time", column).values.to_list() == [moment, None]


def test_a_nanosecond_time_before_1970_is_cut_downwards() -> None:
    column = pl.Series([-1]).cast(pl.Datetime("ns"))
    cut = datetime(1969, 12, 31, 23, 59, 59, 999_999)
    assert read_column("time", column).values.to_list() == [cut]


def test_a_parquet_time_beyond_the_year_9999_is_no_time() -> None:
    column = pl.Series([2**62, -(2**62)]).cast(pl.Datetime("us"))
    assert read_column("time", column).values.to_list() == [None, None]
