"""Files and folders refused as a whole: they block their own log and day and nothing else."""

import gzip
import io
import json
import os
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from plainscore.common.errors import InputRefused
from plainscore.logs import ingest_new
from plainscore.runs import plan
from tests.ingest.delivery import DAY, Delivery, deposit

GOOD = json.dumps(deposit("good")) + "\n"
HEADER = "event_id,event_time,person_id,event_type"


def packed(rows: int) -> bytes:
    lines = "".join(json.dumps(deposit(f"e{number}")) + "\n" for number in range(rows))
    return gzip.compress(lines.encode(), mtime=0)


def parquet_bytes() -> bytes:
    written = io.BytesIO()
    pl.DataFrame([deposit(f"e{number}") for number in range(1000)]).write_parquet(written)
    return written.getvalue()


WHOLE = parquet_bytes()


def raw_put(delivery: Delivery, file: str, content: bytes) -> None:
    path = delivery.data / "landing" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


REFUSED = [
    ("x.ndjson.gz", packed(5000)[:-2000], "damaged or cut short"),
    ("x.ndjson.gz", packed(50)[:30] + b"\0\0\0" + packed(50)[33:], "damaged or cut short"),
    ("x.parquet", b"", "is no readable parquet file"),
    ("x.parquet", b"PAR1" + b"\xff" * 100 + b"PAR1", "is no readable parquet file"),
    ("x.csv", b"event_id,event_time,person_id\n", "required column event_type is absent"),
    ("x.csv", HEADER.encode() + b",x,x\n", "column 'x' stands there twice"),
    ("x.json", b"", "holds no JSON"),
    ("x.csv.zst", b"no zstd at all", "damaged or cut short"),
    ("x.csv.zst", b"", "damaged or cut short"),
    ("x.xlsx", b"PK", "is no readable workbook"),
    ("README", b"", "is of an unknown format"),
    *(
        ("x.parquet", WHOLE[: int(len(WHOLE) * share)], "is no readable parquet file")
        for share in (0.05, 0.3, 0.6, 0.9, 0.999)
    ),
]


def test_a_file_is_refused_and_blocks_its_own_day_of_its_log_only(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MOST_FILES_READ", 100)
    days = [date(2026, 3, 5) + timedelta(days=2 * number) for number in range(len(REFUSED))]
    for day, (name, content, _) in zip(days, REFUSED, strict=True):
        raw_put(delivery, f"payment/arrived={day}/{name}", content)
        delivery.put(f"payment/arrived={day}/same-day.ndjson", GOOD)
        delivery.put(f"payment/arrived={day + timedelta(days=1)}/next-day.ndjson", GOOD)
        delivery.put(f"purchase/arrived={day}/a.ndjson", GOOD)
    report = delivery.ingest()
    assert sorted(one.file for one in report.files) == sorted(
        file
        for day in days
        for file in (
            f"payment/arrived={day + timedelta(days=1)}/next-day.ndjson",
            f"purchase/arrived={day}/a.ndjson",
        )
    )
    refused = {one.arrived: one for one in report.refused}
    assert len(report.refused) == len(refused) == len(REFUSED)
    for day, (name, _, reason) in zip(days, REFUSED, strict=True):
        one = refused[day]
        assert (one.log, one.file) == ("payment", f"payment/arrived={day}/{name}")
        assert reason in one.reason, name
        assert one.hint
        assert "\n" not in str(one)
    assert {one.arrived: one for one in delivery.refused()} == refused


def test_nothing_of_a_refused_file_is_left_in_the_store(delivery: Delivery) -> None:
    raw_put(delivery, f"payment/arrived={DAY}/x.ndjson.gz", packed(5000)[:-500])
    delivery.put(f"payment/arrived={DAY}/y.ndjson", GOOD)
    delivery.ndjson("payment", [deposit("e1", person_id="bob")], day="2026-03-06")
    delivery.ingest()
    assert delivery.table("person")["person_id"].to_list() == ["bob"]
    kept = (delivery.data / "events").rglob("*.parquet")
    pinned = [file for name in ("payment", "person", "file") for file in delivery.store.files(name)]
    assert sorted(map(str, kept)) == sorted(pinned)


def test_a_parquet_file_with_damaged_pages_is_refused(delivery: Delivery) -> None:
    whole = bytearray(WHOLE)
    whole[4:400] = b"\xff" * 396
    raw_put(delivery, f"payment/arrived={DAY}/x.parquet", bytes(whole))
    delivery.put(f"payment/arrived={DAY}/y.ndjson", GOOD)
    report = delivery.ingest()
    assert [one.file for one in report.refused] == [f"payment/arrived={DAY}/x.parquet"]
    assert report.files == []
    assert len(delivery.refused()) == 1


def test_unknown_logs_and_stray_files_are_refused(delivery: Delivery) -> None:
    delivery.put(f"payments/arrived={DAY}/a.ndjson", GOOD)
    delivery.put("payment/a.ndjson", GOOD)
    delivery.put("payment/arrived=/a.ndjson", GOOD)
    delivery.put("notes.txt", "hello")
    delivery.put(f"service/arrived={DAY}/deeper/a.ndjson", GOOD)
    delivery.put(f"service/arrived={DAY}/deeper.csv/a.ndjson", GOOD)
    refused = {one.file: one.reason for one in delivery.ingest().refused}
    assert refused == {
        "notes.txt": "is neither a log nor a source",
        "payment/a.ndjson": "is no arrival folder",
        "payment/arrived=": "is no arrival folder",
        "payments": "is neither a log nor a source",
        f"service/arrived={DAY}/deeper": "is of an unknown format",
        f"service/arrived={DAY}/deeper.csv": "is not a regular file",
    }


def test_a_log_may_not_be_a_link_that_leads_out_of_landing(
    delivery: Delivery, tmp_path: Path
) -> None:
    landing = delivery.put("payment/arrived=2026-03-06/real.ndjson", GOOD).parents[2]
    (tmp_path / "outside" / f"arrived={DAY}").mkdir(parents=True)
    (landing / "service").symlink_to(tmp_path / "outside")
    (landing / "purchase").symlink_to(landing / "purchase")
    report = delivery.ingest()
    reasons = {one.file: one.reason for one in report.refused}
    assert reasons["service"] == "is a link that leads out of landing/"
    assert "cannot be reached" in reasons["purchase"]
    assert [one.accepted for one in report.files] == [1]


def test_the_landing_directory_itself_may_be_a_link(delivery: Delivery, tmp_path: Path) -> None:
    elsewhere = Delivery(tmp_path / "elsewhere")
    elsewhere.ndjson("payment", [deposit()])
    delivery.data.mkdir()
    (delivery.data / "landing").symlink_to(elsewhere.data / "landing")
    assert len(delivery.ingest().files) == 1


def test_a_file_changed_after_it_was_ingested_is_refused_and_the_store_keeps_its_rows(
    delivery: Delivery,
) -> None:
    file = delivery.ndjson("payment", [deposit("e1")])
    delivery.ingest()
    delivery.ndjson("payment", [deposit("e2")])
    delivery.ndjson("payment", [deposit("e3")], "new.ndjson")
    delivery.ndjson("payment", [deposit("e4")], day="2026-03-06")
    report = delivery.ingest()
    assert [(one.file, one.reason) for one in report.refused] == [
        (file, "changed after it was ingested")
    ]
    assert delivery.accepted("payment")["event_id"].to_list() == ["e1", "e4"]
    assert delivery.refused() == report.refused
    delivery.ndjson("payment", [deposit("e1")])
    assert delivery.ingest().refused == []
    assert delivery.accepted("payment")["event_id"].to_list() == ["e1", "e3", "e4"]


def test_a_file_of_which_nothing_was_accepted_may_be_corrected_in_place(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1")])
    bad = [deposit("e2", amount="1.234"), deposit("e1", amount="7"), deposit("e3", amount="x")]
    file = delivery.ndjson("payment", bad, "bad.ndjson")
    delivery.ingest()
    assert delivery.counts()[file] == (3, 0, 0, 3)
    delivery.ndjson("payment", [deposit("e2"), deposit("e3", amount="y")], "bad.ndjson")
    assert delivery.refused() == []
    (ingested,) = delivery.ingest().files
    assert (ingested.file, ingested.accepted, ingested.quarantined) == (file, 1, 1)
    assert delivery.accepted("payment")["event_id"].to_list() == ["e1", "e2"]
    assert delivery.quarantine()["line"].to_list() == [2]
    delivery.ndjson("payment", [deposit("e2"), deposit("e3")], "bad.ndjson")
    assert [one.file for one in delivery.ingest().refused] == [file]


def test_a_change_that_keeps_size_and_time_is_seen(delivery: Delivery) -> None:
    file = delivery.ndjson("payment", [deposit("e1")])
    path = delivery.data / "landing" / file
    os.utime(path, (1, 1))
    delivery.ingest()
    delivery.ingest()
    path.write_text(path.read_text().replace("e1", "e2"))
    os.utime(path, (1, 1))
    assert len(delivery.ingest().refused) == 1


def test_a_touched_file_is_the_same_file(delivery: Delivery) -> None:
    file = delivery.ndjson("payment", [deposit()])
    delivery.ingest()
    os.utime(delivery.data / "landing" / file, (1, 1))
    report = delivery.ingest()
    assert (report.files, report.refused) == ([], [])


def test_a_file_gone_after_it_was_ingested_is_a_warning(delivery: Delivery) -> None:
    file = delivery.ndjson("payment", [deposit()])
    delivery.ingest()
    (delivery.data / "landing" / file).unlink()
    report = delivery.ingest()
    assert report.refused == []
    assert report.warnings == [
        f"{file} is gone from landing/; the event store still holds its rows"
    ]
    assert len(delivery.accepted("payment")) == 1


def test_without_a_landing_directory_there_is_nothing_to_ingest(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="landing is no directory: put the logs there as"):
        ingest_new(tmp_path)


def test_a_mended_file_is_ingested_by_the_next_call(delivery: Delivery) -> None:
    raw_put(delivery, f"payment/arrived={DAY}/x.ndjson.gz", packed(20)[:-9])
    delivery.ndjson("payment", [deposit("e1", amount="99")], day="2026-03-06")
    delivery.ingest()
    raw_put(delivery, f"payment/arrived={DAY}/x.ndjson.gz", packed(20))
    report = delivery.ingest()
    assert [one.accepted for one in report.files] == [20]
    assert [one.quarantined for one in report.rejudged] == [1]
