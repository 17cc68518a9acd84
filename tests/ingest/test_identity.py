"""Repeats and conflicts of an event_id, within files, between files, between days."""

import shutil
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainscore.logs.deduplicate import CONFLICT_REASON
from tests.ingest.delivery import DAY, Delivery, bill, deposit, purchase, verified

EARLIER, LATER = "2026-03-05", "2026-03-06"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (deposit(amount="12.5"), deposit(amount="12.50")),
        (deposit(amount=12.5), deposit(amount="125e-1")),
        (deposit(event_time="2026-03-05T10:00Z"), deposit(event_time="2026-03-05 12:00:00+02:00")),
        (deposit(event_time="2026-03-05"), deposit(event_time="2026-03-05T00:00:00.0000009Z")),
        (deposit(colour="red"), deposit(colour="blue")),
        (deposit(bill_id="b"), deposit(bill_id="c", due_date=DAY)),
        (deposit(person_id=7), deposit(person_id="7")),
        (bill(balance="junk"), bill(balance=None)),
        (bill(bill_type="loan", balance=1), bill(bill_type="loan", balance=2)),
    ],
)
@pytest.mark.parametrize("days", [(EARLIER, EARLIER), (EARLIER, LATER), (LATER, EARLIER)])
def test_equal_content_is_a_duplicate(
    delivery: Delivery, first: Any, second: Any, days: tuple[str, str]
) -> None:
    delivery.ndjson("payment", [first], "a.ndjson", days[0])
    delivery.ndjson("payment", [second], "b.ndjson", days[1])
    report = delivery.ingest()
    assert sorted((one.accepted, one.duplicates) for one in report.files) == [(0, 1), (1, 0)]
    assert len(delivery.accepted("payment")) == 1
    assert delivery.quarantine().is_empty()


@pytest.mark.parametrize(
    ("log", "first", "second"),
    [
        ("payment", deposit(), deposit(amount="12.51")),
        ("payment", deposit(), deposit(person_id="Ann")),
        ("payment", deposit(), deposit(event_time=f"{DAY}T10:00:00.000001Z")),
        ("payment", bill(), bill(balance="0")),
        ("payment", bill(), deposit("b1")),
        ("purchase", purchase(), purchase(is_own_name=False)),
        ("profile", verified(), verified(value_hash=None)),
    ],
)
def test_other_content_is_a_conflict_and_the_first_arrival_stays(
    delivery: Delivery, log: str, first: Any, second: Any
) -> None:
    delivery.ndjson(log, [first, second, second])
    delivery.ingest()
    assert delivery.counts().popitem()[1] == (3, 1, 0, 2)
    assert delivery.quarantine()["reason"].to_list() == [CONFLICT_REASON] * 2
    assert delivery.accepted(log)["line"].to_list() == [1]


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


@pytest.mark.parametrize("order", list(permutations(FILES))[::4])
def test_files_ingested_one_by_one_in_any_order_end_in_the_same_store(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    at_once = _state_after(tmp_path / "data", [list(FILES)])
    assert _state_after(tmp_path / "data", [[file] for file in order]) == at_once


_ROWS = st.builds(
    lambda event_id, amount, person: deposit(event_id, amount=amount, person_id=person),
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from(["1", "1.0", "2", "-1"]),
    st.sampled_from(["ann", "bob"]),
)
_DELIVERIES = st.dictionaries(
    st.tuples(
        st.sampled_from(["2026-03-05", "2026-03-06", "2026-04-02"]),
        st.sampled_from(["a", "b"]),
    ),
    st.lists(_ROWS, min_size=1, max_size=4),
    min_size=1,
    max_size=5,
)


@given(_DELIVERIES, st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_however_files_are_split_over_ingests_the_store_ends_the_same(
    deliveries: dict[tuple[str, str], list[dict[str, Any]]], random: Any
) -> None:
    def deliver(order: list[tuple[str, str]], at_once: bool) -> dict[str, Any]:
        with TemporaryDirectory() as folder:
            delivery = Delivery(Path(folder))
            for day, stem in order:
                delivery.ndjson("payment", deliveries[day, stem], f"{stem}.ndjson", day)
                if not at_once and random.random() < 0.7:
                    delivery.ingest()
            delivery.ingest()
            return delivery.state()

    shuffled = sorted(deliveries)
    random.shuffle(shuffled)
    state = deliver(shuffled, at_once=False)
    assert state == deliver(sorted(deliveries), at_once=True)
    expected = _expected_counts(deliveries)
    assert {file: counts[1:] for file, counts in state["counts"].items()} == expected
    assert all(rows == sum(rest) for rows, *rest in state["counts"].values())


def _expected_counts(
    deliveries: dict[tuple[str, str], list[dict[str, Any]]],
) -> dict[str, tuple[int, int, int]]:
    """Judge in the plainest way: one row after the other, in the order of arrival."""
    first: dict[str, tuple[str, str]] = {}
    counts: dict[str, tuple[int, int, int]] = {}
    for day, stem in sorted(deliveries):
        accepted = duplicates = quarantined = 0
        for row in deliveries[day, stem]:
            content = (row["person_id"], row["amount"].removesuffix(".0"))
            if row["amount"] == "-1":
                quarantined += 1
            elif row["event_id"] not in first:
                first[row["event_id"]] = content
                accepted += 1
            elif first[row["event_id"]] == content:
                duplicates += 1
            else:
                quarantined += 1
        counts[f"payment/arrived={day}/{stem}.ndjson"] = (accepted, duplicates, quarantined)
    return counts
