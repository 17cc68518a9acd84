"""Files that are one document: arrays of JSON, and workbooks."""

import random
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from plainscore.logs.documents import json_values, read_sheet
from plainscore.logs.landing import FileRefused
from plainscore.logs.sources import Format
from tests.ingest.delivery import DAY, Delivery, deposit, workbook


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('[{"a": 1}, null,\n [2]]', ['{"a": 1}', "null", "[2]"]),
        (' {"a": "]"}\n{"b": 1.10}  ', ['{"a": "]"}', '{"b": 1.10}']),
        ("[ ]\n", []),
    ],
)
def test_the_values_of_a_document_are_found_as_written(text: str, values: list[str]) -> None:
    assert [text[begin:end] for begin, end in json_values(text)] == values


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no JSON"),
        ('[{"a": 1}, {"b"', "cannot be read as JSON from value 2 on"),
        ('[{"a": 1}', "is cut short or damaged behind value 1"),
        ('[{"a": 1} {"b": 2}]', "is cut short or damaged behind value 1"),
        ("[1] [2]", "has more text behind its array"),
        ('{"a": 1} oops', "cannot be read as JSON from value 2 on"),
        ("[" * 100_000, "cannot be read as JSON from value 1 on"),
    ],
)
def test_a_document_that_is_no_json_is_refused(text: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        list(json_values(text))


def test_a_row_of_a_document_has_its_place_as_line(delivery: Delivery) -> None:
    """Nulls and empty rows are no rows, as blank lines are none, and count as places."""
    texts = ['{"event_id": "e1",\n "amount": -1}', "null", '{"a": 1, "a": 2}', '"text"']
    delivery.put(f"payment/arrived={DAY}/a.json", f"[{', '.join(texts)}]")
    rows = [deposit("e1"), {}, deposit("e2", amount=-1, person_id="Zoë"), deposit("e3")]
    delivery.xlsx("payment", rows, day="2026-03-06")
    delivery.ingest()
    assert delivery.quarantine().select("file", "line", "reason", "raw").rows() == [
        (f"payment/arrived={DAY}/a.json", 1, "person_id is missing", texts[0]),
        (f"payment/arrived={DAY}/a.json", 3, "line repeats a key", texts[2]),
        (f"payment/arrived={DAY}/a.json", 4, "line is not a JSON object", texts[3]),
        (
            "payment/arrived=2026-03-06/a.xlsx",
            4,
            "amount is negative",
            '{"event_id": "e2", "event_time": "2026-03-05T10:00:00Z", "person_id": "Zoë", '
            '"event_type": "deposit", "amount": "-1"}',
        ),
    ]
    assert delivery.accepted("payment").select("event_id", "line").rows() == [("e1", 2), ("e3", 5)]


@pytest.mark.parametrize("text", ["[]", "[null]"])
def test_a_document_without_rows_is_a_day_without_events(delivery: Delivery, text: str) -> None:
    delivery.put(f"payment/arrived={DAY}/a.json", text)
    header = workbook([["event_id", "event_time", "person_id", "event_type"]])
    delivery.put(f"payment/arrived={DAY}/b.xlsx", header)
    delivery.put(f"payment/arrived={DAY}/c.csv", "event_id,event_time,person_id,event_type\n")
    report = delivery.ingest()
    assert not report.refused
    assert [(Path(one.file).name, one.rows) for one in report.files] == [
        ("a.json", 0),
        ("b.xlsx", 0),
        ("c.csv", 0),
    ]


def test_cells_of_a_sheet_are_texts_without_exponents() -> None:
    values = [
        "007", 6, 2.55, 1e-7, 1e17, True, datetime(2010, 12, 1, 8, 26), date(2010, 12, 1),
        time(8, 26), None,
    ]  # fmt: skip
    texts = [
        "007", "6", "2.55", "0.0000001", "100000000000000000", "true", "2010-12-01T08:26:00",
        "2010-12-01", "08:26:00", "",
    ]  # fmt: skip
    names = [f"c{at}" for at in range(len(values))]
    columns, rows = read_sheet(workbook([names, values]), Format())
    assert (columns, list(rows)) == (names, [(2, texts)])


@pytest.mark.parametrize(
    ("form", "columns", "first"),
    [
        (Format(), ["a", "(column 2 without a name)", "b"], 4),
        (Format(skip=3), ["1", "2", "3"], 5),
        (Format(names=("x", "y", "z")), ["x", "y", "z"], 3),
        (Format(sheet="Notes"), ["made by hand"], None),
    ],
)
def test_a_sheet_is_read_as_its_format_says(
    form: Format, columns: list[str], first: int | None
) -> None:
    content = workbook([[], [], ["a", None, "b"], [1, 2, 3], [4, 5, 6]])
    names, rows = read_sheet(content, form)
    assert (names, next(iter(rows), (None,))[0]) == (columns, first)


@pytest.mark.parametrize(
    ("rows", "size", "form", "reason"),
    [
        ([["a"]], 0, Format(), "is no readable workbook"),
        ([["a"]], -100, Format(), "is no readable workbook"),
        ([["a"]], None, Format(sheet="Other"), "has no sheet 'Other', only Orders, Notes"),
        ([], None, Format(), "has no row in its sheet 'Orders'"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_refused(
    rows: list[list[Any]], size: int | None, form: Format, reason: str
) -> None:
    with pytest.raises(FileRefused, match=reason):
        read_sheet(workbook(rows)[:size], form)


def test_a_damaged_workbook_is_read_or_refused() -> None:
    content, chance = workbook([["a", "b"], [1, datetime(2026, 1, 1)]]), random.Random(1)
    for _ in range(200):
        damaged = bytearray(content)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            list(read_sheet(bytes(damaged), Format())[1])
        except FileRefused:
            continue


def test_a_shop_export_as_a_workbook_feeds_a_log(delivery: Delivery) -> None:
    """Days and numbers are typed in a workbook: no format is needed, and no mark counts."""
    delivery.data.mkdir(exist_ok=True)
    (delivery.data / "plainscore.toml").write_text(
        """
[sources.orders]
format = { sheet = "Orders", decimal = "," }
[[sources.orders.events]]
log = "purchase"
event_type = { value = "purchase" }
event_id = { from = "No" }
event_time = { from = "Day" }
person_id = { from = "Customer" }
order_id = { from = "No" }
merchant_id = { value = "shop" }
category = { value = "all" }
amount = { sql = "Quantity * Price" }
"""
    )
    rows: list[list[Any]] = [["No", "Day", "Customer", "Quantity", "Price"]]
    rows.append([17850, date(2026, 3, 4), "ann", 6, 2.55])
    delivery.put(f"orders/arrived={DAY}/a.xlsx", workbook(rows))
    report = delivery.ingest()
    assert (report.refused, report.unused_columns) == ([], {})
    columns = ["event_id", "event_date", "person_id", "amount_cents"]
    assert delivery.accepted("purchase").select(columns).rows() == [
        ("17850", date(2026, 3, 4), "ann", 1530)
    ]
