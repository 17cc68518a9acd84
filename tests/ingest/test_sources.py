"""Mappings in plainscore.toml: what is wrong is named before a row is read, the rest is SQL."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.common.errors import UsageError
from plainscore.contracts.logs import read_logs
from plainscore.logs.mapping import Cells, log_rows, unclaimed
from plainscore.logs.sources import Source, read_sources

LOGS = read_logs()
SHOP = """\
currency = "GBP"

[sources.invoices]
format = { delimiter = ";", decimal = ",", thousands = ".", encoding = "cp1252", null = "NULL" }
time_zone = "Europe/London"

[[sources.invoices.events]]
log = "purchase"
when = "Quantity > 0"
event_type = { value = "purchase" }
event_id = { sql = "InvoiceNo || '/' || StockCode" }
event_time = { from = "InvoiceDate", format = "%d/%m/%Y %H:%M" }
person_id = { from = "CustomerID" }
order_id = { from = "InvoiceNo" }
merchant_id = { value = "shop" }
category = { from = "Description", map = { "POSTAGE" = "delivery" }, otherwise = "goods" }
amount = { sql = "Quantity * UnitPrice" }
currency = { from = "Currency" }

[[sources.invoices.events]]
log = "purchase"
when = "Quantity < 0"
event_type = { value = "refund" }
event_id = { sql = "InvoiceNo || '/' || StockCode" }
event_time = { from = "InvoiceDate", format = "%d/%m/%Y %H:%M" }
person_id = { from = "CustomerID" }
order_id = { from = "InvoiceNo" }
amount = { sql = "-Quantity * UnitPrice" }
"""
ROW = {
    "InvoiceNo": "A1", "StockCode": "S1", "InvoiceDate": "01/07/2026 10:00", "CustomerID": "ann",
    "Quantity": "3", "UnitPrice": "1.002,50", "Description": "Lamp", "Currency": "gbp",
}  # fmt: skip
MISTAKES = [
    ('"purchase"\nwhen = "Quantity <', '"shop"\nwhen = "Quantity <', "no log shop", 21),
    ("-Quantity *", "-Quantity * (select 1) *", "Subquery", 28),
    ("Europe/London", "Europe/Londn", "nearest is Europe/London", 5),
    ('amount = { sql = "-', 'amout = { sql = "-', "nearest is amount", 28),
    ("cp1252", "windos", "no encoding", 4),
    ("cp1252", "base64", "no encoding", 4),
    ('{ value = "shop" }', '"shop"', "write a table such as", 15),
    ("merchant_id = { value", "merchant_id = { vlaue", "is not known", 15),
    ('"refund"', '"refunds"', "none of purchase, refund, chargeback", 23),
    ('"refund"', '"purchase"', "merchant_id is not mapped", 20),
    ('when = "Quantity < 0"\n', "", "one event_id", 23),
    ('when = "Quantity < 0"', 'when = "Quantity"', "no condition", 22),
    ('currency = "GBP"', "", "the top of the file", 18),
    ("delimiter", "delimitr", "is not known", 4),
    ("%H:%M\" }\nperson_id", "%Q\" }\nperson_id", "Unrecognized format", 12),
    ('format = "%d/%m/%Y %H:%M"', 'format = "dd/mm/yyyy"', "no format", 12),
    ('{ from = "CustomerID" }', '{ from = "C", value = "x" }', "exactly one of", 13),
    ('{ from = "CustomerID" }', "{ content = true }", "only an event_id", 13),
    ('"InvoiceNo" }\namount', '"I" }\ncategory = { from = "C" }\namount', "has no category", 28),
    ('thousands = "."', 'thousands = ","', "same mark", 4),
]  # fmt: skip


def _source(folder: Path, text: str = SHOP, name: str = "invoices") -> Source:
    file = folder / "plainscore.toml"
    file.write_text(text, encoding="utf-8")
    return read_sources(file, LOGS)[name]


def _events(
    source: Source, *rows: dict[str, str | None], is_text: bool = True
) -> list[dict[str, Any]]:
    """Return the rows of all events of a source, and how many rows become none."""
    columns = list(rows[0])
    cells = Cells({name: f'"{name}"' for name in columns}, {}, is_text)
    with duckdb.connect() as con:
        con.execute("set timezone = 'America/New_York'")
        listed = ", ".join(f'"{name}" varchar' for name in columns)
        con.execute(f"create table delivered (file_no int, line int, reason varchar, {listed})")
        for line, row in enumerate(rows, 2):
            marks = ", ".join("?" for _ in row)
            con.execute(f"insert into delivered values (0, {line}, null, {marks})", [*row.values()])
        found = []
        for event in source.events:
            made = log_rows(source, event, LOGS[event.log], cells, event is source.events[0])
            result = con.execute(f"{made.sql} order by line")
            names = [column[0] for column in result.description or ()]
            found += [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        none = unclaimed(source, cells, LOGS)
        if none is not None:
            [(count,)] = con.execute(f"select count(*) from delivered where {none}").fetchall()
            found += [{"skipped": count}] if count else []
    return found


@pytest.mark.parametrize(("old", "new", "why", "line"), MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(
    tmp_path: Path, old: str, new: str, why: str, line: int
) -> None:
    assert old in SHOP
    with pytest.raises(UsageError) as refused:
        _source(tmp_path, SHOP.replace(old, new, 1))
    assert why in str(refused.value)
    assert f"plainscore.toml:{line}: sources.invoices" in str(refused.value)


def test_a_row_becomes_the_event_whose_condition_holds(tmp_path: Path) -> None:
    source = _source(tmp_path)
    back = ROW | {"InvoiceNo": "A2", "Quantity": "-2", "UnitPrice": "2,50"}
    sold, refund, skipped = _events(source, ROW, back, ROW | {"Quantity": "0"})
    assert (sold["event_id"], sold["amount"], sold["category"]) == ("A1/S1", "3007.5", "goods")
    assert (sold["event_time"], sold["person_id"]) == ("2026-07-01 09:00:00", "ann")
    assert (refund["event_type"], refund["order_id"], refund["amount"]) == ("refund", "A2", "5")
    assert skipped == {"skipped": 1}


def test_a_condition_that_cannot_be_read_refuses_its_row(tmp_path: Path) -> None:
    source = _source(tmp_path)
    for found in _events(source, ROW | {"Quantity": "three"}):
        assert "reads Quantity, which is no number" in found["reason"]


def test_a_number_that_is_none_is_named(tmp_path: Path) -> None:
    [found] = _events(_source(tmp_path), ROW | {"UnitPrice": "2.50"})
    assert (found["amount"], found["fault_amount"]) == (
        None,
        "is made of Quantity or UnitPrice, which is no number",
    )


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("29/03/2026 00:30", "2026-03-29 00:30:00"),
        ("29/03/2026 02:30", "2026-03-29 01:30:00"),
        ("25/10/2026 01:30", "2026-10-25 00:30:00"),
        ("25/10/2026 02:30", "2026-10-25 02:30:00"),
        ("2026-07-01 10:00", "2026-07-01 09:00:00"),
    ],
)
def test_a_wall_time_is_read_in_its_zone_and_the_earlier_of_two(
    tmp_path: Path, given: str, utc: str
) -> None:
    [found] = _events(_source(tmp_path), ROW | {"InvoiceDate": given})
    assert (found["event_time"], found["fault_event_time"]) == (utc, None)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("29/03/2026 01:30", "is a time that Europe/London skipped"),
        ("31.12.2026", "is not of the format %d/%m/%Y %H:%M"),
    ],
)
def test_a_time_that_never_was_is_refused(tmp_path: Path, given: str, why: str) -> None:
    [found] = _events(_source(tmp_path), ROW | {"InvoiceDate": given})
    assert (found["event_time"], found["fault_event_time"]) == (given, why)


@pytest.mark.parametrize(
    ("form", "given", "utc"),
    [
        ("%d/%m/%Y", "01/07/2026", "2026-07-01"),
        ("%-d %B %y", "1 July 26", "2026-07-01"),
        ("%d/%m/%Y", "2026-07-01", "2026-07-01"),
        ("%d/%m/%Y", "2026-07-01 00:00", "2026-06-30 23:00:00"),
        ("%d/%m/%Y %H", "01/07/2026 00", "2026-06-30 23:00:00"),
        ("%d/%m/%Y %-I %p", "01/07/2026 12 AM", "2026-06-30 23:00:00"),
    ],
)
def test_a_date_alone_is_that_day_in_any_zone(
    tmp_path: Path, form: str, given: str, utc: str
) -> None:
    source = _source(tmp_path, SHOP.replace("%d/%m/%Y %H:%M", form))
    [found] = _events(source, ROW | {"InvoiceDate": given})
    assert (found["event_time"], found["fault_event_time"]) == (utc, None)


def test_another_currency_is_refused_and_none_is_the_projects(tmp_path: Path) -> None:
    source = _source(tmp_path)
    rows = [ROW | {"Currency": one} for one in ("GBP", None, "JPY")]
    reasons = [found["reason"] for found in _events(source, *rows)]
    assert reasons == [None, None, "currency is JPY, the project's is GBP"]


def test_a_log_in_its_own_words_refuses_another_currency_too(tmp_path: Path) -> None:
    row = {"event_id": "1", "amount": "5", "currency": "JPY"}
    [found] = _events(_source(tmp_path, 'currency = "USD"', "purchase"), row)
    assert found["reason"] == "currency is JPY, the project's is USD"
    [found] = _events(read_sources(None, LOGS)["purchase"], row)
    assert "plainscore.toml sets no currency" in found["reason"]


def test_an_id_of_the_content_is_that_of_the_mapped_fields(tmp_path: Path) -> None:
    text = SHOP.replace("{ sql = \"InvoiceNo || '/' || StockCode\" }", "{ content = true }")
    source = _source(tmp_path, text)
    ids = [
        found["event_id"]
        for found in _events(source, ROW, ROW | {"StockCode": "S2"}, ROW | {"Quantity": "4"})
    ]
    assert len(ids[0]) == 64
    assert ids[0] == ids[1] != ids[2]


def test_times_may_be_counts_of_seconds_or_have_an_offset(tmp_path: Path) -> None:
    for form, given in [
        ("epoch", "1782907200"),
        ("epoch_ms", "1782907200000"),
        ("epoch", "1782907200.0000009"),
        ("epoch_ms", "1782907200000.0009"),
        ("%d/%m/%Y %H:%M %z", "01/07/2026 14:00 +0200"),
    ]:
        source = _source(tmp_path, SHOP.replace("%d/%m/%Y %H:%M", form))
        [found] = _events(source, ROW | {"InvoiceDate": given})
        assert found["event_time"] == "2026-07-01 12:00:00", form


def test_seconds_are_cut_and_not_rounded(tmp_path: Path) -> None:
    source = _source(tmp_path, SHOP.replace("%d/%m/%Y %H:%M", "epoch"))
    [found] = _events(source, ROW | {"InvoiceDate": "1782907199.9999999"})
    assert found["event_time"] == "2026-07-01 11:59:59.999999"


def test_a_year_of_two_digits_is_no_year_of_four(tmp_path: Path) -> None:
    row = ROW | {"InvoiceDate": "31/01/26 10:00"}
    [found] = _events(_source(tmp_path), row)
    assert found["fault_event_time"] == "is not of the format %d/%m/%Y %H:%M"
    both = SHOP.replace(
        'format = "%d/%m/%Y %H:%M"', 'format = ["%d/%m/%Y %H:%M", "%d/%m/%y %H:%M"]'
    )
    [found] = _events(_source(tmp_path, both), row)
    assert found["event_time"] == "2026-01-31 10:00:00"


def test_the_marks_of_text_files_do_not_count_in_typed_ones(tmp_path: Path) -> None:
    [found] = _events(_source(tmp_path), ROW | {"UnitPrice": "1002.5"}, is_text=False)
    assert found["amount"] == "3007.5"


@pytest.mark.parametrize(
    ("mark", "given", "amount"),
    [
        ("'", "1'002,50", "3007.5"),
        ("'", "1\u2019002,50", "3007.5"),
        ("'", "1 002,50", None),
        (" ", "1\u00a0002,50", "3007.5"),
        (" ", "1\u2009002,50", "3007.5"),
        (" ", "1\u202f002,50", "3007.5"),
        (" ", "10\u200902,50", None),
    ],
)
def test_a_thousands_mark_may_be_typeset(
    tmp_path: Path, mark: str, given: str, amount: str | None
) -> None:
    source = _source(tmp_path, SHOP.replace('thousands = "."', f'thousands = "{mark}"'))
    [found] = _events(source, ROW | {"UnitPrice": given})
    assert found["amount"] == amount


def test_midnight_is_written_in_one_way_with_a_zone_and_without(tmp_path: Path) -> None:
    [found] = _events(_source(tmp_path), ROW | {"InvoiceDate": "2026-07-01 24:00:00"})
    assert found["fault_event_time"] == "is not of the format %d/%m/%Y %H:%M"


def test_a_column_that_a_file_lacks_is_named_with_the_nearest(tmp_path: Path) -> None:
    source = _source(tmp_path)
    why = source.absent_column([name for name in ROW if name != "UnitPrice"] + ["Unit Price"])
    assert (
        why
        == "column UnitPrice, which [sources.invoices] reads, is absent; the nearest is Unit Price"
    )
    assert source.absent_column([*ROW]) is None
    own = read_sources(None, LOGS)["purchase"]
    assert own.absent_column(["event_id"]) == "required column event_time is absent"


def test_a_log_of_its_own_words_may_have_another_format(tmp_path: Path) -> None:
    text = '[sources.purchase]\nformat = { delimiter = ";", decimal = "," }\n'
    source = _source(tmp_path, text, "purchase")
    assert source.is_own_words
    [found] = _events(source, {"event_id": "1", "amount": "5,50", "order_id": "5,50"})
    assert (found["amount"], found["order_id"]) == ("5.50", "5,50")
