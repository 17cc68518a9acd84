"""After an erasure the store is what a fresh ingest of the rewritten landing files makes."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

from tests.erasure.erased import assert_as_if_never_delivered, erase_people, known_people
from tests.erasure.shared_ids import (
    ERASED,
    FILES,
    FORMATS,
    DeliveredFile,
    delivered,
)
from tests.ingest.delivery import DAY, Delivery, deposit, purchase


def test_rows_of_others_keep_their_lines_in_every_format(delivery: Delivery) -> None:
    for file_format in FORMATS:
        rows = [
            deposit("e1"),
            deposit("e2", person_id="bob"),
            deposit("e3", event_type="transfer", counterparty_id="ann", person_id="bob"),
            deposit("e4", person_id="bob", amount="1.234"),
            deposit("e5", amount="1.234"),
            deposit("e6", event_type="transfer", counterparty_id="cyd", person_id="bob"),
            deposit("e6", event_type="transfer", counterparty_id="cyd", person_id="bob"),
        ]
        own = [row | {"event_id": f"{file_format} {row['event_id']}"} for row in rows]
        delivery.write(file_format, "payment", own, "a", DAY)
    delivery.ingest()
    erase_people(delivery.data, "ann")
    assert list(delivery.counts().values()) == [(4, 2, 1, 1)] * len(FORMATS)
    kept = dict(delivery.accepted("payment").select("event_id", "line").rows())
    for file_format in FORMATS:
        first = 3 if file_format.startswith(("csv", "xlsx")) else 2
        lines = [first, first + 4] if file_format != "parquet" else [1, 3]
        assert [kept.pop(f"{file_format} {event}") for event in ("e2", "e6")] == lines
    assert kept == {}
    assert_as_if_never_delivered(delivery, "ann")


def test_a_conflict_becomes_the_first_when_the_first_goes(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1"), deposit("e1", person_id="bob", amount="1")])
    delivery.csv("payment", [deposit("e1", person_id="bob", amount="1.00")], day="2026-03-06")
    delivery.parquet("payment", [deposit("e1", person_id="cyd")], day="2026-03-07")
    delivery.ingest()
    assert [row[1:] for row in delivery.counts().values()] == [(1, 0, 1), (0, 0, 1), (0, 0, 1)]
    erase_people(delivery.data, "ann")
    assert [row[1:] for row in delivery.counts().values()] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    assert_as_if_never_delivered(delivery, "ann")


def test_a_repeat_that_becomes_a_conflict_goes_to_quarantine_with_its_text(
    delivery: Delivery,
) -> None:
    delivery.ndjson("payment", [deposit("e1"), deposit("e1", person_id="bob", amount="1")])
    delivery.parquet(
        "payment",
        [deposit("e2"), deposit("e1", person_id="cyd"), deposit("e1", person_id="bob", amount="1")],
        day="2026-03-06",
    )
    delivery.ingest()
    erase_people(delivery.data, "ann", "bob")
    assert delivery.accepted("payment")["person_id"].to_list() == ["cyd"]
    assert_as_if_never_delivered(delivery, "ann", "bob")


def test_a_file_delivered_late_into_an_older_day_is_judged_as_ever(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1"), deposit("e1", person_id="bob")], day="2026-03-06")
    delivery.ingest()
    delivery.csv("payment", [deposit("e1", person_id="cyd"), deposit("e2")], day=DAY)
    delivery.ingest()
    erase_people(delivery.data, "ann")
    assert delivery.accepted("payment")["person_id"].to_list() == ["cyd"]
    assert_as_if_never_delivered(delivery, "ann")
    erase_people(delivery.data, "cyd")
    assert delivery.accepted("payment")["person_id"].to_list() == ["bob"]
    assert_as_if_never_delivered(delivery, "ann", "cyd")


def test_a_refused_row_goes_where_an_id_stands_in_it_as_a_word(delivery: Delivery) -> None:
    lines = [
        '{"event_id": "e1", "person": "ann"}',
        '{"event_id": "e2", "person_id": "anna"',
        '{"event_id": "e3", "person_id": "ann"',
        '{"event_id": "e4", "person_id": ["a\\u006en"]}',
        "joanne and ann met",
        "joanne met no one",
    ]
    delivery.lines("payment", lines)
    delivery.ndjson("payment", [deposit(person_id="bob")], name="b.ndjson")
    delivery.ingest()
    erase_people(delivery.data, "ann")
    assert delivery.quarantine()["line"].to_list() == [2, 6]
    assert_as_if_never_delivered(delivery, "ann")


def test_a_field_that_the_event_does_not_define_names_a_person_too(delivery: Delivery) -> None:
    delivery.ndjson(
        "payment",
        [deposit("e1", person_id="bob", counterparty_id="ann"), deposit("e2", person_id="bob")],
    )
    rows = [purchase("p1", person_id="bob", friend_id="ann"), purchase("p2", person_id="bob")]
    delivery.csv("purchase", rows)
    delivery.ingest()
    erase_people(delivery.data, "ann")
    assert delivery.accepted("payment")["event_id"].to_list() == ["e2"]
    assert delivery.accepted("purchase")["event_id"].to_list() == ["p2"]
    assert_as_if_never_delivered(delivery, "ann")


def test_a_column_that_no_log_knows_names_a_person_by_a_distinctive_id(
    delivery: Delivery,
) -> None:
    for name in FORMATS:
        rows = [
            deposit(f"{name} 1", person_id="bob", referred_by="annabel", note="x"),
            deposit(f"{name} 2", person_id="bob", referred_by="cyd", note="annabel lee"),
            deposit(f"{name} 3", person_id="annabel", referred_by="cyd", note="x"),
        ]
        delivery.write(name, "payment", rows, "a", DAY)
    delivery.ingest()
    erase_people(delivery.data, "annabel")
    kept = delivery.accepted("payment")["event_id"].to_list()
    assert kept == sorted(f"{name} 2" for name in FORMATS)
    assert_as_if_never_delivered(delivery, "annabel")


def test_an_open_quote_does_not_swallow_what_follows_the_erased_row(delivery: Delivery) -> None:
    head = "event_id,event_time,person_id,event_type,amount"
    lines = [
        head,
        f'e1,{DAY},bob,deposit,"1',
        f'e2,{DAY},ann,deposit,"2"',
        f"e3,{DAY},bob,deposit,3",
        f'e4,{DAY},bob,deposit,4"',
        f"e5,{DAY},bob,deposit,5",
    ]
    delivery.lines("payment", lines, name="a.csv")
    delivery.ingest()
    others = [one for one in delivery.accepted("payment")["event_id"] if one != "e2"]
    erase_people(delivery.data, "ann")
    assert delivery.accepted("payment")["event_id"].to_list() == others
    assert_as_if_never_delivered(delivery, "ann")


def test_records_that_span_lines_leave_as_many_blank_ones(delivery: Delivery) -> None:
    rows = [
        purchase("p1", category="two\nlines"),
        purchase("p2", person_id="bob", category='with "quotes"'),
        purchase("p3", person_id="two\nlines"),
        purchase("p4", person_id="bob"),
    ]
    delivery.csv("purchase", rows, name="a.csv.gz")
    delivery.ingest()
    erase_people(delivery.data, "ann", "two\nlines")
    assert delivery.accepted("purchase")["line"].to_list() == [4, 7]
    assert_as_if_never_delivered(delivery, "ann", "two\nlines")


def test_line_ends_marks_and_a_missing_last_line_feed_stay(delivery: Delivery) -> None:
    text = b"\xef\xbb\xbfevent_id,event_time,person_id,event_type,amount\r\n"
    text += f"e1,{DAY},bob,deposit,1\r\ne2,{DAY},ann,deposit,2\r\ne3,{DAY},bob,deposit,3".encode()
    path = delivery.put(f"payment/arrived={DAY}/a.csv", text)
    delivery.ingest()
    erase_people(delivery.data, "ann")
    gone = f"e2,{DAY},ann,deposit,2\r\n".encode()
    assert path.read_bytes() == text.replace(gone, b"\n")
    assert_as_if_never_delivered(delivery, "ann")


def test_a_file_without_the_person_is_not_touched(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id="bob")], name="b.ndjson")
    delivery.ndjson("payment", [deposit("e2")])
    delivery.ingest()
    path = delivery.data / "landing" / "payment" / f"arrived={DAY}" / "b.ndjson"
    before = path.stat().st_ino
    erasure = erase_people(delivery.data, "ann")
    assert path.stat().st_ino == before
    assert erasure.files == {f"payment/arrived={DAY}/a.ndjson": 1}


def test_a_file_whose_name_holds_an_id_gets_another(delivery: Delivery) -> None:
    rows = [deposit("e1", person_id="bob"), deposit("e2", person_id="annabel"), deposit("e3", a=1)]
    delivery.ndjson("payment", [*rows, deposit("e4", amount="1.234")], name="of_annabel.ndjson")
    delivery.ndjson("payment", [deposit("e5")], name="of_erased.ndjson")
    delivery.ingest()
    erasure = erase_people(delivery.data, "annabel")
    day = f"payment/arrived={DAY}"
    assert erasure.renamed == {f"{day}/of_annabel.ndjson": f"{day}/of_erased-2.ndjson"}
    assert erasure.is_whole
    assert_as_if_never_delivered(delivery, "annabel")


def test_rows_whose_file_is_gone_go_from_the_store(delivery: Delivery) -> None:
    file = delivery.ndjson("payment", [deposit("e1"), deposit("e1", person_id="bob")])
    delivery.ndjson("payment", [deposit("e2", person_id="bob")], name="b.ndjson")
    delivery.ingest()
    path = delivery.data / "landing" / file
    kept = path.read_bytes()
    path.unlink()
    erase_people(delivery.data, "ann")
    assert delivery.counts()[file] == (1, 1, 0, 0)
    path.write_bytes(kept)  # put back, it would hold her again
    assert [refused.file for refused in delivery.ingest().refused] == [file]


def test_keys_are_never_given_again(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1"), deposit("e2", person_id="bob")])
    delivery.ingest()
    before = dict(delivery.table("person").select("person_id", "person_key").rows())
    erase_people(delivery.data, "bob")
    delivery.ndjson("payment", [deposit("e3", person_id="cyd")], name="c.ndjson")
    delivery.ingest()
    after = dict(delivery.table("person").select("person_id", "person_key").rows())
    assert after["ann"] == before["ann"]
    assert after["cyd"] > max(before.values())


@settings(
    max_examples=4,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(files=FILES, erased=ERASED)
def test_whatever_people_share_their_event_ids(
    files: list[DeliveredFile], erased: set[str]
) -> None:
    with delivered(files) as delivery:
        people = known_people(delivery) & erased
        if people:
            erase_people(delivery.data, *sorted(people))
            assert_as_if_never_delivered(delivery, *people)


SHOP = """
[sources.shop]
format = { delimiter = ";", encoding = "windows-1252" }
[[sources.shop.events]]
log = "purchase"
event_type = { value = "purchase" }
event_id = { from = "Order" }
event_time = { from = "Day" }
person_id = { CUSTOMER }
order_id = { from = "Order" }
merchant_id = { value = "shop" }
category = { from = "Goods" }
amount = { from = "Sum" }
[[sources.shop.events]]
log = "payment"
when = "Sent_to is not null"
event_type = { value = "transfer" }
event_id = { from = "Order" }
event_time = { from = "Day" }
person_id = { CUSTOMER }
counterparty_id = { from = "Sent_to" }
amount = { from = "Sum" }
"""
ORDERS = [
    "Order;Day;Customer;Goods;Sum;Sent_to;Note",
    "o1;2026-03-01;7;caf\xe9;1.50;;",
    "o2;2026-03-01;8;caf\xe9;1.50;;",
    "o3;2026-03-01;7;tea;?;;",
    "o4;2026-03-01;8;tea;2;c-7;",
    "o5;2026-03-01;;for c-7;2;;",
    "o6;2026-03-01;8;for c-7;?;;",
    "o2;2026-03-01;7;tea;3;;",
    "o2;2026-03-01;8;caf\xe9;1.50;;",
    "o7;2026-03-01;8;tea;4;;",
]


@pytest.mark.parametrize(("name", "is_derived"), [("a.csv", True), ("a.csv.gz", False)])
def test_a_mapped_source_loses_the_rows_whose_events_name_the_person(
    delivery: Delivery, name: str, is_derived: bool
) -> None:
    text, mapping = "".join(f"{line}\n" for line in ORDERS), "sql = \"'c-' || Customer\""
    if not is_derived:
        text, mapping = re.sub(";([78]);", r";c-\1;", text), 'from = "Customer"'
    delivery.data.mkdir()
    (delivery.data / "plainscore.toml").write_text(SHOP.replace("CUSTOMER", mapping))
    file = f"shop/arrived={DAY}/{name}"
    delivery.put(file, text.encode("windows-1252"))
    delivery.ingest()
    erase_people(delivery.data, "c-7")
    kept = delivery.accepted("purchase")
    assert kept["event_id"].to_list() == ["o2", "o7"]
    assert kept["line"].to_list() == [3, 10]
    assert delivery.quarantine()["line"].to_list() == [7]
    assert delivery.accepted("payment").is_empty()
    assert_as_if_never_delivered(delivery, "c-7")
