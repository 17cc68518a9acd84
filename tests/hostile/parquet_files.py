"""Parquet files that hold what no log has, or far more than anybody wants."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from tests.hostile.case import Collection, Desk, Verdict, parquet_bytes

PARQUET_FILES = Collection()
_TOO_MANY_ROWS = "claims to hold more rows than it has bytes"
_BOMB = "unpacks to more than 250 times its size"
_NOT_TEXT = "event_id is neither text nor an integer"


@PARQUET_FILES("a text of a gigabyte in 33 kilobytes", Verdict(refused=_BOMB), is_heavy=True)
def zstd_bomb(desk: Desk) -> None:
    frame = pl.DataFrame([desk.deposit()])
    long = pl.lit("x" * desk.size(10**9, 2 * 10**7)).alias("person_id")
    content = parquet_bytes(frame.with_columns(long), compression="zstd", compression_level=1)
    desk.put("a.parquet", content)


@PARQUET_FILES("a text that a dictionary repeats", Verdict(refused=_BOMB), is_heavy=True)
def dictionary_bomb(desk: Desk) -> None:
    frame = pl.DataFrame([desk.deposit(person_id="x" * 2**16)])
    desk.put("a.parquet", parquet_bytes(pl.concat([frame] * desk.size(100_000, 1_000))))


@PARQUET_FILES("a text of a gigabyte in an unknown column", Verdict(refused=_BOMB), is_heavy=True)
def unknown_bomb(desk: Desk) -> None:
    rows = pl.DataFrame([desk.deposit(amount="-1")])
    long = pl.lit("x" * desk.size(10**9, 2 * 10**7)).alias("note")
    content = parquet_bytes(rows.with_columns(long), compression="zstd", compression_level=1)
    desk.put("a.parquet", content)


@PARQUET_FILES("ten million rows of nothing", Verdict(refused=_TOO_MANY_ROWS), is_heavy=True)
def null_rows(desk: Desk) -> None:
    names = ("event_id", "event_time", "person_id", "event_type")
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, desk.size(10**7, 10**6 + 1))
    desk.put("a.parquet", parquet_bytes(pl.DataFrame([nothing.alias(name) for name in names])))


@PARQUET_FILES(
    "a row longer than a line may be",
    Verdict(1, quarantined={1: "row is longer than 4194304 bytes"}),
)
def long_row(desk: Desk) -> None:
    long = desk.deposit("1", person_id="x" * 2 * 2**20, note="y", counterparty_id="z" * 3 * 2**20)
    desk.put("a.parquet", parquet_bytes([long, desk.deposit("2")]))


@PARQUET_FILES("lists and structures as ids", Verdict(quarantined={1: _NOT_TEXT, 2: _NOT_TEXT}))
def nested_ids(desk: Desk) -> None:
    rows = [desk.deposit(str(number)) | {"event_id": [str(number)]} for number in range(2)]
    desk.put("a.parquet", parquet_bytes(rows))


@PARQUET_FILES("doubles as ids", Verdict(quarantined={1: _NOT_TEXT}))
def double_ids(desk: Desk) -> None:
    desk.put("a.parquet", parquet_bytes([desk.deposit() | {"event_id": 1.0}]))


@PARQUET_FILES(
    "doubles as amounts",
    Verdict(
        2,
        quarantined={
            3: "amount is not a decimal number",
            4: "amount is not a decimal number",
            5: "amount has more than two decimals",
            6: "amount is more than 10^12 cents",
            7: "amount is negative",
        },
    ),
)
def double_amounts(desk: Desk) -> None:
    amounts = [12.5, -0.0, float("nan"), float("inf"), 0.1 + 0.2, 1e300, -1.0]
    rows = [desk.deposit(str(n)) | {"amount": one} for n, one in enumerate(amounts)]
    desk.put("a.parquet", parquet_bytes(rows))


@PARQUET_FILES("decimals as amounts", Verdict(1, quarantined={2: "amount is negative"}))
def decimal_amounts(desk: Desk) -> None:
    rows = [desk.deposit(one) | {"amount": Decimal(one)} for one in ("12.50", "-1.00")]
    desk.put("a.parquet", parquet_bytes(rows))


@PARQUET_FILES("whole numbers as ids", Verdict(1, people=("-7",)))
def whole_numbers(desk: Desk) -> None:
    desk.put("a.parquet", parquet_bytes([desk.deposit() | {"person_id": -7}]))


@PARQUET_FILES("truth values as ids", Verdict(quarantined={1: _NOT_TEXT}))
def truth_values(desk: Desk) -> None:
    desk.put("a.parquet", parquet_bytes([desk.deposit() | {"event_id": True}]))


@PARQUET_FILES(
    "bytes that are no text as an id",
    Verdict(1, quarantined={1: "person_id is neither text nor an integer"}),
)
def byte_ids(desk: Desk) -> None:
    rows = [desk.deposit(str(n)) | {"person_id": one} for n, one in enumerate([b"\xff", b"ann"])]
    desk.put("a.parquet", parquet_bytes(rows))


@PARQUET_FILES(
    "nanoseconds with a zone",
    Verdict(1, quarantined={2: "event_time is after the end of the arrival day"}),
)
def nanoseconds(desk: Desk) -> None:
    noon = datetime.fromisoformat(desk.day) + timedelta(hours=12)
    rows = [desk.deposit("1") | {"event_time": noon}]
    rows += [desk.deposit("2") | {"event_time": noon + timedelta(hours=12)}]
    zoned = pl.col("event_time").dt.cast_time_unit("ns").dt.replace_time_zone("UTC")
    zoned = zoned.dt.convert_time_zone("Asia/Shanghai")
    desk.put("a.parquet", parquet_bytes(pl.DataFrame(rows).with_columns(zoned)))


@PARQUET_FILES(
    "times beyond the year 9999",
    Verdict(quarantined={1: "event_time is not an ISO 8601 time", 2: "event_time is not an"}),
)
def far_times(desk: Desk) -> None:
    times = pl.Series("event_time", [2**62, -(2**62)]).cast(pl.Datetime("us"))
    frame = pl.DataFrame([desk.deposit(str(number)) for number in range(2)])
    desk.put("a.parquet", parquet_bytes(frame.with_columns(times)))


@PARQUET_FILES("a date where a time should be is its midnight", Verdict(1))
def date_as_time(desk: Desk) -> None:
    row = desk.deposit() | {"event_time": date.fromisoformat(desk.day)}
    desk.put("a.parquet", parquet_bytes([row]))


@PARQUET_FILES("a duration where a time should be", Verdict(quarantined={1: "event_time is not"}))
def duration_as_time(desk: Desk) -> None:
    desk.put("a.parquet", parquet_bytes([desk.deposit() | {"event_time": timedelta(days=1)}]))


@PARQUET_FILES("a parquet file of no rows", Verdict())
def no_rows(desk: Desk) -> None:
    desk.put("a.parquet", parquet_bytes(pl.DataFrame([desk.deposit()]).clear()))


@PARQUET_FILES("ten thousand columns in parquet", Verdict(1), is_heavy=True)
def many_columns(desk: Desk) -> None:
    wide = desk.size(10_000, 200) - 5
    desk.put("a.parquet", parquet_bytes([desk.deposit(**{f"x{n}": n for n in range(wide)})]))


@PARQUET_FILES("too many columns in parquet", Verdict(refused="more than 10000"), is_heavy=True)
def too_many_columns(desk: Desk) -> None:
    wide = desk.size(50_000, 10_001)
    desk.put("a.parquet", parquet_bytes([desk.deposit(**{f"x{n}": n for n in range(wide)})]))


@PARQUET_FILES("deep values in an unknown column are kept out", Verdict(1, quarantined={2: "amo"}))
def deep_values(desk: Desk) -> None:
    deep: Any = [1]
    for _ in range(8):
        deep = [deep]
    rows = [desk.deposit("1", note=deep), desk.deposit("2", note=deep, amount="-1")]
    desk.put("a.parquet", parquet_bytes(rows))


@PARQUET_FILES(
    "the least integer for a missing time", Verdict(1, quarantined={2: "event_time is missing"})
)
def missing_times(desk: Desk) -> None:
    noon = datetime.fromisoformat(desk.day)
    times = pl.Series("event_time", [noon, None]).cast(pl.Int64).fill_null(-(2**63))
    frame = pl.DataFrame([desk.deposit(str(number)) for number in range(2)])
    desk.put("a.parquet", parquet_bytes(frame.with_columns(times.cast(pl.Datetime("us")))))


@PARQUET_FILES(
    "a time that no microseconds hold", Verdict(refused="event_time has a value that cannot be")
)
def millisecond_times(desk: Desk) -> None:
    times = pl.Series("event_time", [2**62]).cast(pl.Datetime("ms"))
    desk.put("a.parquet", parquet_bytes(pl.DataFrame([desk.deposit()]).with_columns(times)))


@PARQUET_FILES(
    "a time that no microseconds hold in an unknown column",
    Verdict(1, quarantined={2: "amount is negative"}),
)
def unknown_millisecond_times(desk: Desk) -> None:
    rows = [desk.deposit("1"), desk.deposit("2", amount="-1")]
    times = pl.Series("note", [2**62, -(2**63)]).cast(pl.Datetime("ms"))
    desk.put("a.parquet", parquet_bytes(pl.DataFrame(rows).with_columns(times)))


@PARQUET_FILES(
    "columns named as DuckDB names its own", Verdict(1, quarantined={2: "amount is negative"})
)
def own_names(desk: Desk) -> None:
    names = ("file_row_number", "filename", "file_path", "p0", "given", "line")
    rows = [desk.deposit("1"), desk.deposit("2", amount="-1")]
    desk.put("a.parquet", parquet_bytes([row | dict.fromkeys(names, "x") for row in rows]))
