"""Rows with one odd value, each delivered as ndjson, csv and parquet and judged alike."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.hostile.case import Case, Collection, Desk, Verdict, csv_text, parquet_bytes

VALUES = Collection()
Fields = Mapping[str, Any]

_DAY = "2019-12-31"

_BILL = {
    "event_type": "bill",
    "bill_id": "b",
    "bill_type": "card",
    "due_date": "2020-03-01",
}
_NOT_A_NUMBER = "amount is not a decimal number"
_NO_BALANCE = "account_balance is not a decimal number"
_TOO_MUCH = "amount is more than 10^12 cents"
_NO_TIME = "event_time is not an ISO 8601 time"
_LATE = "event_time is after the end of the arrival day"


def deliver_in_every_format(desk: Desk, log: str, fields: Fields) -> None:
    """Deliver one row three times, under an event id for each format."""
    rows = {form: desk.deposit(form) | fields for form in ("ndjson", "csv", "parquet")}
    if "event_id" in fields:
        for form, row in rows.items():
            row["event_id"] = f"{fields['event_id']}{form}" if fields["event_id"] else ""
    if log != "payment" and "amount" not in fields:
        for row in rows.values():
            row.pop("amount")
    desk.put(f"a-{desk.number}.ndjson", json.dumps(rows["ndjson"]) + "\n", log)
    desk.put(f"b-{desk.number}.csv", csv_text([rows["csv"]]), log)
    desk.put(f"c-{desk.number}.parquet", parquet_bytes([rows["parquet"]]), log)


def _add(name: str, fields: Fields, reason: str | None = None, log: str = "payment") -> None:
    """Add a row that is accepted, or refused for a reason, whatever the format."""
    # The row stands in line 1 of ndjson and parquet and in line 2 of csv.
    people = (fields["person_id"],) if reason is None and "person_id" in fields else ()
    verdict = Verdict(quarantined={1: reason, 2: reason}) if reason else Verdict(3, people=people)
    VALUES.append(Case(name, _delivery(log, fields), verdict, place="-{number}."))


def _delivery(log: str, fields: Fields) -> Callable[[Desk], object]:
    def deliver(desk: Desk) -> None:
        # On one day for all, so that they are read together as files of one day are.
        desk = replace(desk, shared_day=_DAY)
        shown = {
            name: value.replace("DAY", desk.day) if isinstance(value, str) else value
            for name, value in fields.items()
        }
        deliver_in_every_format(desk, log, shown)

    return deliver


for _amount, _reason in {
    "0": None,
    "-0": None,
    "-0.00": None,
    "1e2": None,
    "12.500": None,
    "10000000000": None,
    "10000000000.01": _TOO_MUCH,
    "1" + "0" * 30: _TOO_MUCH,
    "1e400": _TOO_MUCH,
    "1e999999999999": _TOO_MUCH,
    "1e-400": "amount has more than two decimals",
    "12.505": "amount has more than two decimals",
    "-0.01": "amount is negative",
    "NaN": _NOT_A_NUMBER,
    "Infinity": _NOT_A_NUMBER,
    "-inf": _NOT_A_NUMBER,
    "1,000.00": _NOT_A_NUMBER,
    " 5": _NOT_A_NUMBER,
    "0x10": _NOT_A_NUMBER,
    "١٢": _NOT_A_NUMBER,
    "5\0": _NOT_A_NUMBER,
    "": "amount is missing",
}.items():
    _add(f"an amount of {_amount[:20]!r}", {"amount": _amount}, _reason)

for _amount, _reason in {
    "0": None,
    "-0": None,
    "-0.00": None,
    "-12.50": None,
    "-1e2": None,
    "-10000000000": None,
    "10000000000.01": "account_balance is more than 10^12 cents",
    "-10000000000.01": "account_balance is less than -10^12 cents",
    "-1e400": "account_balance is less than -10^12 cents",
    "-12.505": "account_balance has more than two decimals",
    "--1": _NO_BALANCE,
    "-": _NO_BALANCE,
    "\u22125": _NO_BALANCE,
    "(5.00)": _NO_BALANCE,
    "5-": _NO_BALANCE,
    "-1,000.00": _NO_BALANCE,
    "NaN": _NO_BALANCE,
    "-inf": _NO_BALANCE,
    '"-5"': _NO_BALANCE,
    "": "account_balance is missing",
}.items():
    _add(
        f"an account balance of {_amount[:20]!r}",
        {"event_type": "balance", "amount": "", "account_balance": _amount},
        _reason,
    )

for _time, _reason in {
    "0001-01-01T00:00:00Z": None,
    "0001-01-01T00:00:00+01:00": _NO_TIME,
    "0000-12-31": _NO_TIME,
    "9999-12-31T23:59:59.999999": _LATE,
    "9999-12-31T23:59:59-01:00": _NO_TIME,
    "10000-01-01T00:00:00Z": _NO_TIME,
    "2016-12-31T23:59:60Z": _NO_TIME,
    "DAYT24:00:00Z": _NO_TIME,
    "DAYT23:59:59.999999Z": None,
    "DAYT23:30:00-01:00": _LATE,
    "2019-02-29": _NO_TIME,
    "yesterday": _NO_TIME,
    "1583020800": _NO_TIME,
}.items():
    _add(f"an event time of {_time!r}", {"event_time": _time}, _reason)

for _name, _id in {
    "a single quote": "o'brien",
    "an SQL statement": "'; drop table score; --",
    "a double quote": 'say "hi"',
    "a backslash": "C:\\new\\table",
    "a line feed": "two\nlines",
    "per cent signs": "%41%s%n%00",
    "a way to the passwords": "../../../../etc/passwd",
    "an absolute path": "/etc/passwd",
    "a partition": "as_of_date=2020-01-01/known_on=2020-01-01",
    "a parameter": "$as_of_date",
    "a formula": "=cmd|' /C calc'!A0",
    "a formula with a plus": "+1+1",
    "a formula with an at sign": "@SUM(A1)",
    "a formula with a minus": "-2+3",
    "a script": "<script>alert(1)</script>",
    "an image that calls": "<img src=x onerror=alert(1)>",
    "markdown": "[click](javascript:alert(1)) **bold** | cell",
    "a template": "{{7*7}}{%x%}${jndi:ldap://x}",
    "rich markup": "[red]red[/red][link=file:///etc/passwd]x[/link]",
    "an ANSI escape": "\x1b[2J\x1b[31mred\x07",
    "a terminal title": "\x1b]0;title\x07",
    "a C1 control": "\x9b31mred",
    "a delete and backspaces": "abc\x7f\b\b\bxyz",
    "a NUL": "a\0b",
    "a bidi override": "\u202egnp.exe",
    "bidi isolates": "\u2066\u2067x\u2069",
    "a zero width space": "a\u200bb",
    "a byte order mark": "\ufeffann",
    "a line separator": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "a family of emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "a noncharacter": "\uffff\U0010ffff",
    "an accent in one sign": "é",
    "an accent in two signs": "e\u0301",
    "five hundred accents": "e" + "\u0301" * 500,
    "a Turkish i": "\u0130\u0131I",
    "a space before": " ann",
    "the word NA": "NA",
    "the word null": "null",
    "the word NaN": "NaN",
    "zeros before": "007",
    "a large number": "9" * 400,
    "a truth value": "true",
}.items():
    _add(f"a person whose id has {_name}", {"person_id": _id})

_add("a person id that is empty", {"person_id": ""}, "person_id is missing")
_add("an event id that is empty", {"event_id": ""}, "event_id is missing")
_add("an event id with an SQL statement", {"event_id": "'); delete from payment; --"})
_add("an unknown event type", {"event_type": "=1+1"}, "event_type is unknown in this log")
_add("an event type in capitals", {"event_type": "Deposit"}, "event_type is unknown in this log")
_add("a bill due in 7305 days", _BILL | {"event_time": "2000-01-01", "due_date": "2020-01-01"})
_add(
    "a bill due in 7306 days",
    _BILL | {"event_time": "2000-01-01", "due_date": "2020-01-02"},
    "due_date is more than 20 years from the event",
)
_add("a bill due on 30 February", _BILL | {"due_date": "2020-02-30"}, "due_date is not a date")
_add("a bill of an unknown type", _BILL | {"bill_type": "CARD"}, "bill_type is unknown")
_add("a balance that is negative", _BILL | {"balance": "-1"}, "balance is negative")
_add("a balance that is no number is left out", _BILL | {"balance": "lots"})
_add("a card balance is none of an account", _BILL | {"account_balance": "-1.234"})
_add("an income without a source", {"event_type": "income"})
_add("an income with a source", {"event_type": "income", "income_source": "'; drop table s"})
_add("an income that is negative", {"event_type": "income", "amount": "-1"}, "amount is negative")
_add("an income without an amount", {"event_type": "income", "amount": ""}, "amount is missing")
_add(
    "a balance in the field of the card's",
    {"event_type": "balance", "balance": "5"},
    "account_balance is missing",
)
_add("an invoice", _BILL | {"bill_type": "invoice"})
_add(
    "a transfer to oneself",
    {"event_type": "transfer", "person_id": "me", "counterparty_id": "me"},
    "counterparty_id is the person themselves",
)
_add(
    "a friend of oneself",
    {"event_type": "added", "person_id": "me", "friend_id": "me"},
    "friend_id is the person themselves",
    log="friendship",
)
_add(
    "a friend who differs by normalisation alone is somebody else",
    {"event_type": "added", "person_id": "re\u0301my", "friend_id": "rémy"},
    log="friendship",
)
_add("a payment of an unknown bill waits", {"event_type": "payment", "bill_id": "none"})
_add(
    "a refund without an amount",
    {"event_type": "refund", "order_id": "o"},
    "amount is missing",
    log="purchase",
)
_REFUND = {"event_type": "refund", "amount": "5"}
_add("a refund of a merchant waits", _REFUND | {"merchant_id": "shop"}, log="purchase")
_add(
    "a refund of an order that also names a merchant is one of the order",
    _REFUND | {"order_id": "o", "merchant_id": "shop"},
    log="purchase",
)
_add(
    "a refund of nothing",
    _REFUND | {"order_id": "", "merchant_id": ""},
    "order_id is missing, and so is merchant_id",
    log="purchase",
)
_add("a bill without an amount", _BILL | {"amount": ""})
_add("a bill whose amount is a word", _BILL | {"amount": "unknown"}, _NOT_A_NUMBER)
_add("a bill whose amount is negative", _BILL | {"amount": "-1"}, "amount is negative")
_add(
    "a verified kind of identity that is none",
    {"event_type": "verified", "field": "soul", "value_hash": "s3cr3t"},
    "field is unknown",
    log="profile",
)
_add(
    "a birth year that is none never refuses a row",
    {"event_type": "opened", "birth_year": "next year", "region": "\x1b[0m", "gender": "="},
    log="profile",
)
