"""The search that proves an erasure finds an id wherever it can stand."""

import gzip
import json
from pathlib import Path

import duckdb
import polars as pl
import pytest

from plainscore.common.errors import InputRefused, UsageError
from plainscore.erasure.erase import erase
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.search import search
from plainscore.settings import Settings
from tests.ingest.delivery import DAY, Delivery, deposit, purchase

ID = "annabel"
LONG_ID = "annabel-of-the-sea"


def _parquet(path: Path, **columns: object) -> None:
    pl.DataFrame(columns).write_parquet(path)


PLACES = {
    "a cell": lambda d: _parquet(d / "x.parquet", friend_id=["bob", ID]),
    "a list in a cell": lambda d: _parquet(d / "x.parquet", members=[["bob", ID]]),
    "a number": lambda d: _parquet(d / "x.parquet", person_id=[1234567]),
    "a word in a text": lambda d: _parquet(d / "x.parquet", raw=[f"saw {ID}, twice"]),
    "a line of csv": lambda d: (d / "x.csv").write_text(f"a,b\n1,{ID}\n"),
    "a packed line": lambda d: (d / "x.ndjson.gz").write_bytes(gzip.compress(ID.encode())),
    "an escape in JSON": lambda d: (d / "x.ndjson").write_text('{"a": "\\u0061nnabel"}\n'),
    "statistics in a table's log": lambda d: (
        (d / "_delta_log").mkdir(),
        (d / "_delta_log" / "0.json").write_text(
            json.dumps({"add": {"stats": json.dumps({"minValues": {"person_id": ID}})}})
        ),
    ),
    "a manifest": lambda d: (d / "manifest.json").write_text(json.dumps({"a": [{"b": ID}]})),
    "a file's name": lambda d: (d / f"about-{ID}.bin").write_bytes(b""),
    "a folder's name": lambda d: (d / ID).mkdir(),
    "a catalog": lambda d: (
        duckdb.connect(str(d / "plainscore.duckdb"))
        .execute(f"create view one as select '{ID}' as person_id")
        .close()
    ),
    "bytes of no format": lambda d: (d / "x.bin").write_bytes(b"\x00" + LONG_ID.encode() + b"\x01"),
    "metadata of a parquet file": lambda d: pl.DataFrame({"a": [1]}).write_parquet(
        d / "x.parquet", metadata={"owner": LONG_ID}
    ),
    "a parquet file that is cut short": lambda d: (d / "x.parquet").write_bytes(LONG_ID.encode()),
}


@pytest.mark.parametrize("place", PLACES)
def test_it_finds_an_id_in(place: str, tmp_path: Path) -> None:
    names = ErasedIds([ID, LONG_ID, "1234567"])
    (tmp_path / "other.csv").write_text("a,b\n1,anna\n2,annabelle\n")
    assert search(tmp_path, names).found == []
    PLACES[place](tmp_path)
    assert len(search(tmp_path, names).found) == 1


def test_it_finds_rows_under_a_key_that_no_one_has(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1"), deposit("e2", person_id="bob")])
    delivery.ingest()
    (file,) = delivery.store.person_files()
    pl.read_parquet(file).head(1).write_parquet(file)
    found = search(delivery.data, ErasedIds(["zoe"])).found
    assert found == ["events/payment: 1 rows under a person_key that no one has"]


def test_a_data_directory_may_have_a_name_like_a_pattern(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path / "d [x] 'q' ö")
    delivery.ndjson("payment", [deposit("e1"), deposit("e2", person_id="bob")])
    delivery.ingest()
    assert erase(delivery.data, ["bob"], Settings()).search.found == []


def test_a_short_id_is_no_number_or_day_of_others(delivery: Delivery) -> None:
    rows = [purchase("5", order_id="05", person_id="bob", amount="5"), purchase("6", person_id="5")]
    delivery.csv("purchase", rows)
    delivery.ingest()
    erasure = erase(delivery.data, ["5"], Settings())
    assert erasure.search.found == []
    assert len(erasure.search.elsewhere) == 2  # bob's event_id, delivered and stored
    assert delivery.accepted("purchase")["person_id"].to_list() == ["bob"]


def test_a_merchant_of_the_same_name_is_told_and_stays(delivery: Delivery) -> None:
    rows = [purchase("p1", person_id="bob", merchant_id=ID), purchase("p2", person_id=ID)]
    delivery.ndjson("purchase", rows)
    delivery.ingest()
    erasure = erase(delivery.data, [ID], Settings())
    assert erasure.is_whole
    assert [place.rpartition(":")[2] for place in erasure.search.elsewhere] == [
        " column merchant_id, 1 rows",
        " 1 lines",
    ]


def test_nobody_is_erased_who_is_not_known(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1")])
    delivery.ingest()
    for wanted in (["zoe"], ["ann", "zoe"]):
        with pytest.raises(InputRefused, match="zoe is not known"):
            erase(delivery.data, wanted, Settings())
    with pytest.raises(UsageError):
        erase(delivery.data, [], Settings())
    assert not (delivery.data / ".erasure").exists()
    assert delivery.accepted("payment")["person_id"].to_list() == ["ann"]


@pytest.mark.parametrize("file", ["notes.pdf", "_truth/model.bin", f"payment/arrived={DAY}/x.gz"])
def test_a_file_without_rows_is_left_to_the_operator(delivery: Delivery, file: str) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id=LONG_ID), deposit("e2")])
    delivery.ingest()
    path = delivery.data / "landing" / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(f"\x00 about {LONG_ID} ".encode())
    erasure = erase(delivery.data, [LONG_ID], Settings())
    assert list(erasure.by_hand) == [file]
    assert not erasure.is_whole
    path.unlink()
    assert search(delivery.data, ErasedIds([LONG_ID])).found == []


def test_files_that_are_ignored_refused_or_new_are_cleaned(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id=LONG_ID)])
    delivery.ingest()
    delivery.put("_truth/labels.csv", f"person_id,kind\n{LONG_ID},late\nbob,late\n")
    delivery.put(f"purchase/arrived={DAY}/no-head.csv", f"who\n{LONG_ID}\nbob\n")
    delivery.put(f"purchase/arrived={DAY}/cut.ndjson.gz.part", "nothing")
    delivery.ndjson("service", [deposit("e1", person_id=LONG_ID), deposit("e2")], day="2026-03-07")
    _parquet(delivery.data / "landing" / "_truth" / "ties.parquet", a=[LONG_ID, "x"], b=["x", "y"])
    erasure = erase(delivery.data, [LONG_ID], Settings())
    assert erasure.is_whole
    assert len(erasure.files) == 5
    assert pl.read_parquet(delivery.data / "landing" / "_truth" / "ties.parquet")["a"].len() == 1
