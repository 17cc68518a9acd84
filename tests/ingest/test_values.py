"""How single values are read: a model in plain Python, and the judging SQL held against it."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plainscore.contracts.logs import EventType, Field, FieldKind, Log
from plainscore.logs.judge import MAX_DISTANCE_DAYS, judge_sql
from plainscore.logs.landing import file_at
from tests.ingest import values_model
from tests.ingest.delivery import deposit
from tests.ingest.reading import read_files

READERS: dict[FieldKind, Any] = {
    "amount": values_model.read_amount,
    "signed_amount": values_model.read_signed_amount,
    "time": values_model.read_time,
    "date": values_model.read_date,
    "year": values_model.read_year,
    "flag": values_model.read_flag,
}


AMOUNT_TEXTS = {
    "12.5": 1250,
    "12.50": 1250,
    "12.500": 1250,
    "12.500000000000000000000000": 1250,
    "1e2": 10_000,
    "1E+2": 10_000,
    "125e-1": 1250,
    "0": 0,
    "-0.00": 0,
    "0e999999999999": 0,
    "0e-999999999999": 0,
    "+7": 700,
    "007.10": 710,
    ".5": 50,
    "5.": 500,
    "10000000000": 10**12,
    "1e10": 10**12,
    "100000000000000000000e-10": 10**12,
}


@pytest.mark.parametrize(("text", "cents"), AMOUNT_TEXTS.items())
def test_an_amount_is_read_by_its_value(text: str, cents: int) -> None:
    assert values_model.read_amount(text) == cents


NO_AMOUNTS = ["", " ", " 1", "1 ", "1,000.00", "NaN", "nan", "Infinity", "-inf", "1_000", "0x10",
    "1.2.3",
    "e5", ".", "+", "--1", "1e", "1e1.5", "١٢", "12\n", "12\x00", "true", "$5", "½"]  # fmt: skip


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_what_is_no_decimal_number_is_unreadable(text: str) -> None:
    with pytest.raises(values_model.Unreadable):
        values_model.read_amount(text)


FORBIDDEN_AMOUNTS = {
    "-1": "negative",
    "-0.001": "negative",
    "1.234": "two decimals",
    "0.001": "two decimals",
    "1e-3": "two decimals",
    "1e-999999999999999999999": "two decimals",
    "10000000000.01": "10\\^12 cents",
    "10000000000.001": "two decimals",
    "1e999999999999999999999": "10\\^12 cents",
    "9" * 5000: "10\\^12 cents",
}


@pytest.mark.parametrize(("text", "why"), FORBIDDEN_AMOUNTS.items())
def test_some_decimal_numbers_are_forbidden(text: str, why: str) -> None:
    with pytest.raises(values_model.Forbidden, match=why):
        values_model.read_amount(text)


SIGNED_AMOUNTS = {
    "-1": -100,
    "-12.5": -1250,
    "-12.500": -1250,
    "-1e2": -10_000,
    "-0": 0,
    "-0.00": 0,
    "-0e9": 0,
    "-.5": -50,
    "-10000000000": -(10**12),
    "-1e10": -(10**12),
    "-0.01": -1,
}


@pytest.mark.parametrize(("text", "cents"), {**AMOUNT_TEXTS, **SIGNED_AMOUNTS}.items())
def test_a_signed_amount_is_read_by_its_value(text: str, cents: int) -> None:
    assert values_model.read_signed_amount(text) == cents


FORBIDDEN_SIGNED_AMOUNTS = {
    "-0.001": "two decimals",
    "-1.234": "two decimals",
    "1.234": "two decimals",
    "-10000000000.01": "less than -10\\^12 cents",
    "-1e999999999999999999999": "less than -10\\^12 cents",
    "10000000000.01": "more than 10\\^12 cents",
    "-" + "9" * 5000: "less than -10\\^12 cents",
}


@pytest.mark.parametrize(("text", "why"), FORBIDDEN_SIGNED_AMOUNTS.items())
def test_some_signed_amounts_are_forbidden(text: str, why: str) -> None:
    with pytest.raises(values_model.Forbidden, match=why):
        values_model.read_signed_amount(text)


TIME_TEXTS = {
    "2026-03-05": datetime(2026, 3, 5),
    "2026-03-05T10:20": datetime(2026, 3, 5, 10, 20),
    "2026-03-05 10:20:30": datetime(2026, 3, 5, 10, 20, 30),
    "2026-03-05T10:20:30Z": datetime(2026, 3, 5, 10, 20, 30),
    "2026-03-05T10:20:30.1Z": datetime(2026, 3, 5, 10, 20, 30, 100_000),
    "2026-03-05T10:20:30.1234567899+00:00": datetime(2026, 3, 5, 10, 20, 30, 123_456),
    "2026-03-05T10:20:30+08": datetime(2026, 3, 5, 2, 20, 30),
    "2026-03-05T10:20:30+0830": datetime(2026, 3, 5, 1, 50, 30),
    "2026-03-05T23:20-01:00": datetime(2026, 3, 6, 0, 20),
    "0001-01-01T00:00:00Z": datetime(1, 1, 1),
    "9999-12-31T23:59:59.999999": datetime(9999, 12, 31, 23, 59, 59, 999_999),
    "2024-02-29": datetime(2024, 2, 29),
}


@pytest.mark.parametrize(("text", "moment"), TIME_TEXTS.items())
def test_a_time_is_read_as_utc(text: str, moment: datetime) -> None:
    assert values_model.read_time(text) == moment


NO_TIMES = ["", "2026", "2026-3-5", "20260305", "2026-02-30", "2026-13-01", "0000-01-01",
    "2026-03-05T",
    "2026-03-05T10", "2026-03-05T24:00", "2026-03-05T10:60", "2026-03-05T10:20:60",
    "2026-03-05T10:20:30.", "2026-03-05t10:20", "2026-03-05T10:20z", "2026-03-05Z",
    "2026-03-05T10:20+8", "2026-03-05T10:20+08:60", "2026-03-05T10:20+24:00", " 2026-03-05",
    "2026-03-05T10:20:30 Z", "0001-01-01T00:00+01:00", "9999-12-31T23:00-01:00", "12026-01-01",
    "2026-03-05\n", "٢٠٢٦-03-05", "yesterday"]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_is_no_time_is_unreadable(text: str) -> None:
    with pytest.raises(values_model.Unreadable):
        values_model.read_time(text)


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


LOG = Log(
    name="value",
    title="Values",
    fields=tuple(Field(name=f"a_{kind}", kind=kind) for kind in READERS),
    event_types={"one": EventType(optional=tuple(f"a_{kind}" for kind in READERS))},
)


def judged(kind: FieldKind, texts: list[str | None]) -> list[tuple[Any, str | None]]:
    """Return the value and the reason of one optional field in rows with nothing else."""
    others = ", ".join(
        f"null::varchar as {own.name}" for own in LOG.fields if own.name != f"a_{kind}"
    )
    rows = (
        "select 0 as file_no, place as line, null::varchar as reason, 'e' as "
        "event_id, '2026-03-01' as event_time, 'p' as person_id, 'one' as event_type, "
        f"nullif(given, '') as a_{kind}, {others} from given"
    )
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create table batch_file as select 0 as file_no, date '2026-03-05' as arrived")
        con.execute("create table given (place bigint, given varchar)")
        for place, text in enumerate(texts):
            con.execute("insert into given values (?, ?)", [place, text])
        stored = LOG.stored_name(f"a_{kind}")
        sql = f"select {stored}, reason, unread from ({judge_sql(LOG, rows)}) order by line"
        return [
            (value, reason or ("unread" if unread else None))
            for value, reason, unread in con.execute(sql).fetchall()
        ]


def modelled(kind: FieldKind, text: str | None) -> tuple[Any, str | None]:
    """Return what must come out: values that are forbidden refuse the row."""
    if not text:
        return None, None
    try:
        value = READERS[kind](text)
    except values_model.Unreadable:
        return None, "unread"
    except values_model.Forbidden as error:
        return None, f"a_{kind} {error}"
    distance = abs((value - date(2026, 3, 1)).days) if kind == "date" else 0
    if distance > MAX_DISTANCE_DAYS:
        return value, "a_date is more than 20 years from the event"
    return value, None


@pytest.mark.parametrize("kind", list(READERS))
@settings(max_examples=25)
@given(texts=st.lists(st.none() | NUMBERS | TIMES | NASTY | st.text(max_size=5), max_size=30))
def test_sql_and_the_model_read_alike(kind: FieldKind, texts: list[str | None]) -> None:
    assert judged(kind, texts) == [modelled(kind, text) for text in texts]


AMOUNTS = [*AMOUNT_TEXTS, *NO_AMOUNTS, *FORBIDDEN_AMOUNTS]
SIGNED = [*AMOUNTS, *SIGNED_AMOUNTS, *FORBIDDEN_SIGNED_AMOUNTS]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [("amount", AMOUNTS), ("signed_amount", SIGNED), ("time", [*TIME_TEXTS, *NO_TIMES])],
)
def test_sql_reads_the_named_texts_as_the_model(kind: FieldKind, texts: list[str]) -> None:
    assert judged(kind, list(texts)) == [modelled(kind, text) for text in texts]


def from_parquet(folder: Path, name: str, column: pl.Series) -> list[Any]:
    """Return a stored column of payments that were delivered as parquet; None where refused."""
    frame = pl.DataFrame([deposit(f"e{number}") for number in range(len(column))])
    field = name.removesuffix("_cents")
    frame.with_columns(column.alias(field)).write_parquet(folder / "a.parquet")
    read = read_files("payment", {0: file_at(folder, "a.parquet", date(9999, 12, 31))})
    assert read.refused == {}
    return [read.rows.get((0, line), {}).get(name) for line in range(1, len(column) + 1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for files that are written over and over."""
    return tmp_path_factory.mktemp("values")


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(-5, 10**12 + 5), st.integers(-3, 3)), min_size=1))
@example([(45184, 1)])
def test_a_double_means_its_shortest_decimal_form(
    folder: Path, given: list[tuple[int, int]]
) -> None:
    doubles, expected = [], list[int | None]()
    for cents, ulps in given:
        double = cents / 100
        for _ in range(abs(ulps)):
            double = float(np.nextafter(double, np.inf if ulps > 0 else -np.inf))
        doubles.append(double)
        shortest = Decimal(repr(double))
        is_fine = 0 <= shortest <= 10**10 and shortest == round(shortest, 2)
        expected.append(int(shortest * 100) if is_fine else None)
    assert from_parquet(folder, "amount_cents", pl.Series(doubles, dtype=pl.Float64)) == expected


@settings(max_examples=30)
@given(st.lists(st.floats(width=32), min_size=1))
@example([54110312.0, 1048576.75, 0.1, 19.99])
def test_a_single_means_the_decimal_that_the_engine_writes_for_it(
    folder: Path, singles: list[float]
) -> None:
    """It is read back as the same single; other printers may have a shorter one."""
    with duckdb.connect() as con:
        listed = con.execute("select unnest(cast(? as float[]))::varchar", [singles]).fetchall()
    texts = [text for (text,) in listed]
    for single, text in zip(singles, texts, strict=True):
        assert np.array_equal(np.float32(text), np.float32(single), equal_nan=True)
    found = from_parquet(folder, "amount_cents", pl.Series(singles, dtype=pl.Float32))
    assert found == [modelled("amount", text)[0] for text in texts]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_a_parquet_time_is_read_as_utc_and_cut_to_microseconds(
    folder: Path, unit: Any, zone: str
) -> None:
    moment = datetime(1965, 3, 5, 10, 20, 30, 123_000)
    column = pl.Series([moment, None]).cast(pl.Datetime(unit))
    if zone:
        column = column.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    assert from_parquet(folder, "event_time", column) == [moment, None]


def test_a_nanosecond_time_before_1970_is_cut_downwards(folder: Path) -> None:
    column = pl.Series([-1]).cast(pl.Datetime("ns"))
    cut = datetime(1969, 12, 31, 23, 59, 59, 999_999)
    assert from_parquet(folder, "event_time", column) == [cut]


def test_a_parquet_time_beyond_the_year_9999_is_no_time(folder: Path) -> None:
    column = pl.Series([2**62, -(2**62)]).cast(pl.Datetime("us"))
    assert from_parquet(folder, "event_time", column) == [None, None]
