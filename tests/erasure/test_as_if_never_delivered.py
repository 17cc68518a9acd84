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


def test_rows_go_wherever_they_name_the_person_and_no_others(delivery: Delivery) -> None:
    """One file a case, one erasure; no event_id stands in two of them."""
    # A refused row goes where an id stands in it as a word.
    refused = [
        '{"event_id": "e1", "person": "ann"}',
        '{"event_id": "e2", "person_id": "anna"',
        '{"event_id": "e3", "person_id": "ann"',
        '{"event_id": "e4", "person_id": ["a\\u006en"]}',
        "joanne and ann met",
        "joanne met no one",
    ]
    delivery.lines("payment", refused, name="refused.ndjson")
    # A field that the event does not define names a person, too.
    to_ann = deposit("f1", person_id="bob", counterparty_id="ann")
    delivery.ndjson("payment", [to_ann, deposit("f2", person_id="bob")], name="undefined.ndjson")
    friends = [purchase("f1", person_id="bob", friend_id="ann"), purchase("f2", person_id="bob")]
    delivery.csv("purchase", friends, name="undefined.csv")
    # An open quote does not swallow what follows the erased row.
    quotes = [
        "event_id,event_time,person_id,event_type,amount",
        f'q1,{DAY},bob,deposit,"1',
        f'q2,{DAY},ann,deposit,"2"',
        f"q3,{DAY},bob,deposit,3",
        f'q4,{DAY},bob,deposit,4"',
        f"q5,{DAY},bob,deposit,5",
    ]
    delivery.lines("payment", quotes, name="quotes.csv")
    # Records that span lines leave as many blank ones.
    spanning = [
        purchase("s1", category="two\nlines"),
        purchase("s2", person_id="bob", category='with "quotes"'),
        purchase("s3", person_id="two\nlines"),
        purchase("s4", person_id="bob"),
    ]
    delivery.csv("purchase", spanning, name="spanning.csv.gz")
    # Line ends, marks and a missing last line feed stay.
    text = b"\xef\xbb\xbfevent_id,event_time,person_id,event_type,amount\r\n"
    text += f"l1,{DAY},bob,deposit,1\r\nl2,{DAY},ann,deposit,2\r\nl3,{DAY},bob,deposit,3".encode()
    ends = delivery.put(f"payment/arrived={DAY}/ends.csv", text)
    # A file without the person is not touched.
    delivery.ndjson("payment", [deposit("u1", person_id="bob")], name="untouched.ndjson")
    untouched = ends.with_name("untouched.ndjson")
    before = untouched.stat().st_ino
    delivery.ingest()
    quoted = [one for one in delivery.accepted("payment")["event_id"] if one in ("q1", "q3", "q5")]

    erasure = erase_people(delivery.data, "ann", "two\nlines")
    kept = delivery.quarantine()
    assert [line for file, line in kept.select("file", "line").rows() if "refused" in file] == [
        2,
        6,
    ]
    payments = delivery.accepted("payment")["event_id"].to_list()
    assert sorted(payments) == sorted(["f2", *quoted, "l1", "l3", "u1"])
    purchases = delivery.accepted("purchase").select("event_id", "line").rows()
    assert sorted(purchases) == [("f2", 3), ("s2", 4), ("s4", 7)]
    assert ends.read_bytes() == text.replace(f"l2,{DAY},ann,deposit,2\r\n".encode(), b"\n")
    assert untouched.stat().st_ino == before
    assert f"payment/arrived={DAY}/untouched.ndjson" not in erasure.files
    assert erasure.files[f"payment/arrived={DAY}/ends.csv"] == 1
    assert_as_if_never_delivered(delivery, "ann", "two\nlines")


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
