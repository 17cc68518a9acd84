"""Repeats and conflicts of an event_id, within files, between files, between days."""

import shutil
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from plainscore.logs.deduplicate import CONFLICT_REASON
from tests.ingest.delivery import DAY, Delivery, bill, deposit, purchase, verified

EARLIER, LATER = "2026-03-05", "2026-03-06"


EQUAL = [
    (deposit(amount="12.5"), deposit(amount="12.50")),
    (deposit(amount=12.5), deposit(amount="125e-1")),
    (deposit(event_time="2026-03-05T10:00Z"), deposit(event_time="2026-03-05 12:00:00+02:00")),
    (deposit(event_time="2026-03-05"), deposit(event_time="2026-03-05T00:00:00.0000009Z")),
    (deposit(colour="red"), deposit(colour="blue")),
    (deposit(bill_id="b"), deposit(bill_id="c", due_date=DAY)),
    (deposit(person_id=7), deposit(person_id="7")),
    (bill(balance="junk"), bill(balance=None)),
    (bill(bill_type="loan", balance=1), bill(bill_type="loan", balance=2)),
]
OTHER = [
    ("payment", deposit(), deposit(amount="12.51")),
    ("payment", deposit(), deposit(person_id="Ann")),
    ("payment", deposit(), deposit(event_time=f"{DAY}T10:00:00.000001Z")),
    ("payment", bill(), bill(balance="0")),
    ("payment", bill(), deposit()),
    ("purchase", purchase(), purchase(is_own_name=False)),
    ("profile", verified(), verified(value_hash=None)),
]


@pytest.mark.parametrize("days", [(EARLIER, EARLIER), (EARLIER, LATER), (LATER, EARLIER)])
def test_equal_content_is_a_duplicate(delivery: Delivery, days: tuple[str, str]) -> None:
    for name, rows, day in zip("ab", zip(*EQUAL, strict=True), days, strict=True):
        named = [row | {"event_id": f"e{number}"} for number, row in enumerate(rows)]
        delivery.ndjson("payment", named, f"{name}.ndjson", day)
    report, cases = delivery.ingest(), len(EQUAL)
    assert delivery.quarantine()["raw"].to_list() == []
    assert sorted((one.accepted, one.duplicates) for one in report.files) == [
        (0, cases),
        (cases, 0),
    ]


@pytest.mark.parametrize("log", ["payment", "purchase", "profile"])
def test_other_content_is_a_conflict_and_the_first_arrival_stays(
    delivery: Delivery, log: str
) -> None:
    cases = [(first, second) for of_log, first, second in OTHER if of_log == log]
    rows = [
        row | {"event_id": f"e{number}"}
        for number, (first, second) in enumerate(cases)
        for row in (first, second, second)
    ]
    delivery.ndjson(log, rows)
    delivery.ingest()
    assert delivery.accepted(log)["line"].to_list() == [1 + 3 * n for n in range(len(cases))]
    assert delivery.quarantine()["reason"].to_list() == [CONFLICT_REASON] * 2 * len(cases)


def test_an_event_id_is_unique_within_its_log_only(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("same")])
    delivery.ndjson("purchase", [purchase("same")])
    delivery.ingest()
    assert delivery.quarantine().is_empty()


def test_a_row_refused_for_itself_takes_no_event_id(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit(amount="-1"), deposit(amount="1"), deposit(amount="1.0")])
    delivery.ingest()
    assert delivery.counts().popitem()[1] == (3, 1, 1, 1)


def test_within_a_day_the_file_name_decides_which_row_is_first(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit(amount="2")], "b.ndjson")
    delivery.ingest()
    delivery.ndjson("payment", [deposit(amount="1")], "B.ndjson")
    delivery.ingest()
    assert delivery.accepted("payment")["amount_cents"].to_list() == [100]
    assert delivery.quarantine()["file"].to_list() == [f"payment/arrived={DAY}/b.ndjson"]


def test_a_file_put_later_into_an_older_day_is_judged_by_arrival(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit(amount="2"), deposit(amount="2.0")], day=LATER)
    delivery.ingest()
    delivery.ndjson("payment", [deposit(amount="1"), deposit("new")], day=EARLIER)
    report = delivery.ingest()
    assert [one.accepted for one in report.files] == [2]
    assert [(one.rows, one.accepted, one.quarantined) for one in report.rejudged] == [(2, 0, 2)]
    raws = delivery.quarantine().select("line", "raw").rows()
    assert [line for line, _ in raws] == [1, 2]
    assert all('"amount": "2' in raw for _, raw in raws)


def test_a_row_turned_into_a_conflict_is_told_even_if_its_file_is_gone(delivery: Delivery) -> None:
    file = delivery.ndjson("payment", [deposit(amount="2")], day=LATER)
    delivery.ingest()
    (delivery.data / "landing" / file).unlink()
    delivery.ndjson("payment", [deposit(amount="1")], day=EARLIER)
    report = delivery.ingest()
    assert report.warnings == [
        f"{file} is gone from landing/; the event store still holds its rows"
    ]
    (row,) = delivery.quarantine().to_dicts()
    assert row["file"] == file
    assert '"person_id": "ann"' in row["raw"]
    assert '"amount_cents": 200' in row["raw"]


FILES = {
    f"payment/arrived={day}/{name}": rows
    for day, name, rows in [
        (EARLIER, "a.ndjson", [deposit("x", amount="1"), deposit("y", amount="-1")]),
        (EARLIER, "b.csv", [deposit("x", amount="2"), deposit("y", amount="1")]),
        (LATER, "a.parquet", [deposit("x", amount="1"), deposit("x", amount="2"), deposit("z")]),
        ("2026-04-01", "a.csv", [deposit("x", amount="2"), deposit("y", amount="1")]),
    ]
}


def _state_after(folder: Path, order: list[list[str]]) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    delivery = Delivery(folder)
    for files in order:
        for file in files:
            log, day, name = file.split("/")
            stem, _, file_format = name.partition(".")
            rows = FILES[file]
            delivery.write(file_format, log, rows, stem, day.removeprefix("arrived="))
        delivery.ingest()
    return delivery.state()


def test_files_ingested_one_by_one_in_any_order_end_in_the_same_store(tmp_path: Path) -> None:
    at_once = _state_after(tmp_path / "data", [list(FILES)])
    for order in list(permutations(FILES))[::6]:  # each file comes first once
        assert _state_after(tmp_path / "data", [[file] for file in order]) == at_once, order
