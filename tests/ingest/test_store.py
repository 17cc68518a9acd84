"""The event store as readers see it, its compaction, and its one writer."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from plainscore.common.errors import InputRefused, Locked
from plainscore.common.lock import writer_lock
from plainscore.contracts.logs import read_logs
from plainscore.logs import ingest
from plainscore.store.event_store import open_store
from plainscore.store.lake import CompactedTable, Lake
from tests.ingest.delivery import DAY, Delivery, deposit, purchase

LOGS = read_logs()


def compact(data: Path, grace: timedelta = timedelta(days=7)) -> list[CompactedTable]:
    with Lake(data / "events", {}) as lake:
        return lake.compact(grace)


def test_an_empty_store_has_no_files(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert all(store.files(log) == [] for log in LOGS)
    assert (store.files("person"), store.files("quarantine")) == ([], [])
    assert store.ledger().is_empty()
    assert store.inputs_known_on(date.max) == []


@pytest.mark.parametrize("log", list(LOGS))
def test_a_log_is_stored_in_the_columns_of_its_contract(delivery: Delivery, log: str) -> None:
    kinds = {"profile": "frozen", "purchase": "refund", "service": "ended", "payment": "deposit"}
    row = deposit(event_type=kinds.get(log, "added"), friend_id="f", order_id="o", agreement_id="a")
    delivery.ndjson(log, [row])
    delivery.ingest()
    files = delivery.store.files(log)
    select = f"describe select * from read_parquet({files}, hive_partitioning=true)"
    with duckdb.connect() as con:
        described = con.execute(select).fetchall()
    columns = LOGS[log].stored_columns | {"event_hash": "UBIGINT"}
    assert {name: kind for name, kind, *_ in described} == columns


def test_keys_are_dense_and_everyone_named_has_one(delivery: Delivery) -> None:
    delivery.ndjson("friendship", [deposit("f", event_type="added", friend_id="zoe")])
    delivery.ndjson("payment", [deposit("t", event_type="transfer", counterparty_id="bob")])
    delivery.ingest()
    delivery.ndjson("purchase", [purchase(person_id="carl"), purchase("p2", person_id="zoe")])
    delivery.ingest()
    people = delivery.table("person")
    assert sorted(people["person_key"]) == [0, 1, 2, 3]
    assert sorted(people["person_id"]) == ["ann", "bob", "carl", "zoe"]


def test_a_row_refused_for_itself_makes_nobody_known(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit(amount="-1", person_id="eve"), deposit()])
    delivery.ingest()
    assert delivery.table("person")["person_id"].to_list() == ["ann"]


def test_rows_are_sorted_by_person_within_each_file(delivery: Delivery) -> None:
    rows = [deposit(f"e{n}", person_id=f"p{n * 7 % 10}") for n in range(100)]
    delivery.ndjson("payment", rows)
    delivery.ingest()
    for file in delivery.store.files("payment"):
        assert pl.read_parquet(file)["person_key"].is_sorted()


def test_batches_of_any_size_give_the_same_store(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 8):
        rows = [deposit(f"e{n % 37}", amount=str(n % 5)) for n in range(day, 60 * day, day)]
        delivery.ndjson("payment", rows, day=f"2026-03-{day + 5:02}")
    other = Delivery(delivery.data.parent / "other")
    other.data.mkdir()
    (other.data / "landing").symlink_to(delivery.data / "landing")
    delivery.ingest()
    monkeypatch.setattr(ingest, "BATCH_BYTES", 5000)
    ingest.ingest_new(other.data, threads=3)
    assert other.state() == delivery.state()


def test_inputs_known_on_a_day_are_the_files_that_had_arrived(delivery: Delivery) -> None:
    first = delivery.ndjson("payment", [deposit("e1")], day="2026-03-05")
    delivery.ndjson("payment", [deposit("e2")], day="2026-03-06")
    delivery.ingest()
    (known,) = delivery.store.inputs_known_on(date(2026, 3, 5))
    assert known[:3] == ("payment", first, date(2026, 3, 5))
    assert len(known[3]) == 64


def test_a_second_ingest_does_nothing(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit()])
    delivery.ingest()
    head = delivery.store.head
    report = delivery.ingest()
    assert (report.files, report.rejudged) == ([], [])
    assert delivery.store.head == head


def test_a_reader_keeps_its_version_while_a_writer_goes_on(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("x", amount="2")], day="2026-03-06")
    delivery.ingest()
    store = delivery.store
    before = store.files("payment")
    delivery.ndjson("payment", [deposit("x", amount="1")], day="2026-03-05")
    delivery.ingest()
    compact(delivery.data)
    assert store.files("payment") == before
    assert pl.read_parquet(before, hive_partitioning=False)["amount_cents"].to_list() == [200]


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    message = rf"process {os.getpid()} on .* since \d{{4}}-.* \(a test\)"
    with (
        writer_lock(tmp_path, "a test"),
        pytest.raises(Locked, match=message),
        writer_lock(tmp_path, "another"),
    ):
        pass
    with writer_lock(tmp_path, "now it is free"):
        pass


def test_a_lock_left_by_a_dead_process_is_free(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from plainscore.common.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1]), 'dying'): os._exit(9)"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=root, check=False)
    assert ended.returncode == 9
    assert "dying" in (tmp_path / ".lock").read_text()
    with writer_lock(tmp_path, "after"):
        pass


def test_a_head_that_cannot_be_read_is_told(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit()])
    delivery.ingest()
    (delivery.data / "events/head.json").write_text("{")
    with pytest.raises(InputRefused, match="head\\.json is not readable by this version"):
        delivery.ingest()
    assert DAY
