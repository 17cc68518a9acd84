"""Which rows are refused for themselves, with which reason, and which are not."""

from typing import Any

import pytest

from tests.ingest.delivery import (
    DAY,
    Delivery,
    bill,
    deposit,
    judge_line,
    purchase,
    reason_to_refuse,
    verified,
)


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def service(**fields: Any) -> dict[str, Any]:
    row = deposit(event_type="started", agreement_id="a", service_type="bike", due_date=DAY)
    return without(row, "amount") | fields


@pytest.mark.parametrize(
    ("log", "row", "reason"),
    [
        ("payment", without(deposit(), "event_id"), "event_id is missing"),
        ("payment", deposit(person_id=["ann"]), "person_id is neither text nor an integer"),
        ("payment", without(deposit(), "event_type"), "event_type is missing"),
        ("payment", deposit(event_type="purchase"), "event_type is unknown in this log"),
        ("payment", without(deposit(), "event_time"), "event_time is missing"),
        ("payment", deposit(event_time="soon"), "event_time is not an ISO 8601 time"),
        ("payment", deposit(event_time=20260305), "event_time is not an ISO 8601 time"),
        (
            "payment",
            deposit(event_time="2026-03-06"),
            "event_time is after the end of the arrival day",
        ),
        ("payment", without(deposit(), "amount"), "amount is missing"),
        ("payment", deposit(amount=-1), "amount is negative"),
        ("payment", deposit(amount="1.234"), "amount has more than two decimals"),
        ("payment", bill(bill_type="car"), "bill_type is unknown"),
        ("payment", bill(bill_id=""), "bill_id is missing"),
        ("payment", bill(due_date="2026-02-30"), "due_date is not a date YYYY-MM-DD"),
        ("payment", bill(due_date="2046-03-06"), "due_date is more than 20 years from the event"),
        ("payment", bill(due_date="2006-03-04"), "due_date is more than 20 years from the event"),
        ("payment", bill(balance=-1), "balance is negative"),
        ("payment", bill(credit_limit="1.234"), "credit_limit has more than two decimals"),
        ("payment", bill(amount="about 50"), "amount is not a decimal number"),
        ("payment", bill(amount="1.234"), "amount has more than two decimals"),
        (
            "purchase",
            deposit(event_type="refund"),
            "order_id is missing, and so is merchant_id",
        ),
        (
            "purchase",
            deposit(event_type="refund", order_id={"a": 1}, merchant_id="shop"),
            "order_id is neither text nor an integer",
        ),
        (
            "purchase",
            deposit(event_type="refund", merchant_id=[1]),
            "merchant_id is neither text nor an integer",
        ),
        ("purchase", deposit(event_type="chargeback", merchant_id="shop"), "order_id is missing"),
        (
            "payment",
            deposit(event_type="transfer", counterparty_id="ann"),
            "counterparty_id is the person themselves",
        ),
        ("payment", deposit(event_type="transfer"), "counterparty_id is missing"),
        ("purchase", without(purchase(), "merchant_id"), "merchant_id is missing"),
        ("purchase", purchase(category=""), "category is missing"),
        ("purchase", purchase(order_id={"a": 1}), "order_id is neither text nor an integer"),
        ("profile", verified(field="shoe_size"), "field is unknown"),
        ("profile", without(verified(), "field"), "field is missing"),
        ("service", service(service_type="boat"), "service_type is unknown"),
        ("service", without(service(), "due_date"), "due_date is missing"),
        ("friendship", deposit(event_type="added"), "friend_id is missing"),
        (
            "friendship",
            deposit(event_type="contact", friend_id="ann"),
            "friend_id is the person themselves",
        ),
    ],
)
def test_a_row_is_refused_with_its_reason(log: str, row: dict[str, Any], reason: str) -> None:
    assert reason_to_refuse(log, row) == reason


@pytest.mark.parametrize(
    ("log", "row"),
    [
        ("payment", deposit(event_time="2026-03-05T23:59:59.9999999Z")),
        ("payment", deposit(event_time="2026-03-06T00:30+01:00")),
        ("payment", deposit(event_time="1926-03-05")),
        ("payment", deposit(amount=0)),
        ("payment", deposit(amount=10**10)),
        ("payment", deposit(bill_id={"no": "matter"}, due_date="never", balance=-5)),
        ("payment", bill(due_date="2046-03-05")),
        ("payment", bill(due_date="2006-03-05")),
        ("payment", bill(balance="unknown", credit_limit=float("nan"))),
        ("payment", bill(balance="", credit_limit=None)),
        ("payment", bill(bill_type="loan", balance=-5)),
        ("payment", deposit(event_type="payment", bill_id="unknown")),
        ("payment", deposit(person_id=" ann ")),
        ("purchase", purchase(is_own_name="perhaps")),
        ("purchase", deposit(event_type="refund", order_id="unknown")),
        ("purchase", deposit(event_type="refund", order_id="o", merchant_id=[1])),
        ("purchase", deposit(event_type="refund", merchant_id="shop")),
        ("payment", without(bill(), "amount")),
        ("profile", deposit(event_type="opened", birth_year="?", region=5.5, gender=["x"])),
        ("profile", deposit(event_type="frozen")),
        ("profile", without(verified(), "value_hash")),
        ("service", deposit(event_type="ended", agreement_id=7)),
        ("friendship", deposit(event_type="added", friend_id="Ann")),
    ],
)
def test_a_row_is_accepted(log: str, row: dict[str, Any]) -> None:
    assert reason_to_refuse(log, row) is None


def test_an_optional_field_that_cannot_be_read_is_empty(delivery: Delivery) -> None:
    delivery.ndjson(
        "payment",
        [bill("b1", balance="many", credit_limit=True), bill("b2", balance="7", credit_limit=8)],
    )
    delivery.ingest()
    stored = delivery.accepted("payment").select("balance_cents", "credit_limit_cents").rows()
    assert stored == [(None, None), (700, 800)]


def test_fields_that_the_event_type_does_not_define_are_left_out(delivery: Delivery) -> None:
    delivery.ndjson(
        "payment", [deposit(bill_id="b", due_date=DAY), bill(bill_type="rent", balance=5)]
    )
    delivery.ingest()
    stored = delivery.accepted("payment").select("event_id", "bill_id", "due_date", "balance_cents")
    assert stored.rows()[1] == ("e1", None, None, None)
    assert stored.rows()[0][3] is None


def test_a_refund_that_names_its_order_is_stored_without_a_merchant(delivery: Delivery) -> None:
    refund = {"event_type": "refund", "merchant_id": "shop"}
    delivery.ndjson(
        "purchase",
        [deposit("r1", **refund), deposit("r2", **refund, order_id="o"),
         deposit("r2", **refund | {"merchant_id": "another"}, order_id="o")],
    )  # fmt: skip
    [report] = delivery.ingest().files
    assert (report.accepted, report.duplicates) == (2, 1)
    stored = delivery.accepted("purchase").select("event_id", "order_id", "merchant_id")
    assert stored.rows() == [("r1", None, "shop"), ("r2", "o", None)]


def test_a_bill_without_an_amount_is_stored_without_one(delivery: Delivery) -> None:
    delivery.csv("payment", [bill("b1", amount=""), bill("b2", amount="0")])
    delivery.ingest()
    assert delivery.accepted("payment")["amount_cents"].to_list() == [None, 0]


def test_a_refused_row_is_kept_with_file_line_reason_and_text(delivery: Delivery) -> None:
    good, bad = '{"event_id": "x"', "not json at all"
    file = delivery.lines("purchase", ["", good, bad], name="b.ndjson")
    delivery.ingest()
    assert delivery.quarantine().select("log", "file", "line", "reason", "raw").rows() == [
        ("purchase", file, 2, "line is not JSON", good),
        ("purchase", file, 3, "line is not JSON", bad),
    ]


def test_the_text_of_a_parquet_row_is_a_json_object(delivery: Delivery) -> None:
    delivery.parquet("payment", [deposit(), deposit("e2", amount="-1")])
    delivery.ingest()
    (row,) = delivery.quarantine().to_dicts()
    assert row["line"] == 2
    assert row["raw"].startswith('{"event_id": "e2", "event_time": "2026-03-05T10:00:00Z"')


@pytest.mark.parametrize("file_format", ["ndjson", "csv", "parquet"])
def test_no_identity_value_reaches_quarantine(delivery: Delivery, file_format: str) -> None:
    rows = [verified("v1"), verified("v2", field="nothing"), verified("v1", person_id="bob")]
    delivery.write(file_format, "profile", rows, "a", DAY)
    delivery.ingest()
    raws = delivery.quarantine()["raw"].to_list()
    assert len(raws) == 2
    assert not any("secret" in raw for raw in raws)
    assert all("***" in raw and ("phone" in raw or "nothing" in raw) for raw in raws)


@pytest.mark.parametrize(
    "line",
    [
        '{"event_id":"v1","value_hash":"secret"',
        '{"event_id":"v1","value_hash":"sec\\"ret secret',
        '{"event_id":"v1","value_hash":"x","value_hash":"secret"}',
        '{"event_id":"v1","value_hash":["secret"]}',
        '{"event_id":"v1","value_hash":{"value_hash":"secret"}}',
        '{"event_id":"v1","value\\u005fhash":"secret"}',
        '{"event_id":"v1","value\\u005fhash":"secret"',
        '{"event_id":"v1","nested":{"value_hash" : "secret"}}',
        "{'value_hash': 'secret'}",
    ],
)
def test_no_identity_value_reaches_quarantine_from_a_broken_line(line: str) -> None:
    judged = judge_line("profile", line)
    assert judged is not None
    assert "secret" not in judged[1]


@pytest.mark.parametrize(
    "line", ["a,b,c,d,secret,e", "a,secret", "a,b,secret,d", '"a,b,c,d,secret']
)
def test_no_identity_value_reaches_quarantine_from_a_broken_record(line: str) -> None:
    header = "event_id,person_id,event_type,value_hash,event_time"
    judged = judge_line("profile", line, header)
    assert judged is not None
    assert "secret" not in judged[1]
