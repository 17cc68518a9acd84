"""The search that proves an erasure finds an id wherever it can stand."""

import gzip
import json
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import polars as pl
import pytest

from plainscore.common.errors import InputRefused, UsageError
from plainscore.erasure.erase import erase
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.search import export_person, search
from plainscore.settings import Settings
from tests.erasure.erased import assert_as_if_never_delivered
from tests.erasure.shared_ids import FORMATS
from tests.ingest.delivery import DAY, Delivery, bill, deposit, purchase

ID = "annabel"
LONG_ID = "annabel-of-the-sea"
INSIDE = ("event_id", "order_id", "category", "merchant_id")


def _parquet(path: Path, **columns: object) -> None:
    pl.DataFrame(columns).write_parquet(path)


PLACES = {
    "a cell": lambda d: _parquet(d / "x.parquet", friend_id=["bob", ID]),
    "a list in a cell": lambda d: _parquet(d / "x.parquet", members=[["bob", ID]]),
    "a number": lambda d: _parquet(d / "x.parquet", person_id=[1234567]),
    "a word in a text": lambda d: _parquet(d / "x.parquet", raw=[f"saw {ID}, twice"]),
    "a line of csv": lambda d: (d / "x.csv").write_text(f"a,b\n1,{ID}\n"),
    "a packed line": lambda d: (d / "x.ndjson.gz").write_bytes(gzip.compress(ID.encode(), mtime=0)),
    "a line packed with zstd": lambda d: duckdb.execute(
        f"copy (select 'x\n{ID}\n'::blob) to '{d}/x.csv.zst' (format blob, compression zstd)"
    ),
    "a workbook": lambda d: zipfile.ZipFile(d / "x.xlsx", "w").writestr(
        "sheet.xml", f"<v>{ID}</v>"
    ),
    "a page of a report": lambda d: (d / "x.html").write_text(f"<td>{ID}</td>"),
    "an escape in JSON": lambda d: (d / "x.ndjson").write_text('{"a": "\\u0061nnabel"}\n'),
    "statistics in a table's log": lambda d: (
        (d / "_delta_log").mkdir(),
        (d / "_delta_log" / "0.json").write_text(
            json.dumps({"add": {"stats": json.dumps({"minValues": {"person_id": ID}})}})
        ),
    ),
    "a manifest": lambda d: (d / "manifest.json").write_text(json.dumps({"a": [{"b": ID}]})),
    "a list in JSON": lambda d: (d / "x.json").write_text(f' [["bob", "{ID}"]]'),
    "a file's name": lambda d: (d / f"about-{ID}.bin").write_bytes(b""),
    "a folder's name": lambda d: (d / ID).mkdir(),
    "a catalog": lambda d: (
        duckdb.connect(str(d / "plainscore.duckdb"))
        .execute(f"create view one as select '{ID}' as person_id")
        .close()
    ),
    "a table in a catalog": lambda d: (
        duckdb.connect(str(d / "plainscore.duckdb"))
        .execute(f"create table one as select 1 as a, 'x' as b, '{ID}' as person_id")
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


DAMAGED = {
    "x.ndjson.gz": b"\x1f\x8b\x08\x00 no stream",
    "x.csv.zst": b"\x28\xb5\x2f\xfd no stream",
    "x.json": b'[{"a": 1}, {"b"',
    "y.json.zst": b"[",
    "x.parquet": b"PAR1 PAR1",
    "x.xlsx": b"PK\x03\x04 no workbook",
    "y.xlsx": b"PK\x05\x06" + bytes(18),
}


def test_a_zip_that_is_no_workbook_is_searched(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id=ID)])
    path = delivery.put(f"payment/arrived={DAY}/x.xlsx", b"")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("notes.txt", f"saw {ID}" * 99)
    erasure = erase(delivery.data, [ID], Settings())
    assert erasure.search.found == [f"landing/payment/arrived={DAY}/x.xlsx: files in it"]


def test_damaged_files_stop_neither_a_search_nor_an_erasure(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id=ID), deposit("e2", person_id="bob")])
    delivery.ingest()
    folders = [delivery.data / "landing" / "payment" / day for day in (f"arrived={DAY}", "_notes")]
    damaged = {folder / name: content for folder in folders for name, content in DAMAGED.items()}
    for path, content in damaged.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    assert search(delivery.data, ErasedIds([ID])).found
    assert export_person(delivery.data, ID).counts["delivered.ndjson"] == 1
    erasure = erase(delivery.data, [ID], Settings())
    assert (erasure.by_hand, erasure.search.found) == ({}, [])
    assert {path: path.read_bytes() for path in damaged} == damaged


def test_it_finds_rows_under_a_key_that_no_one_has(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1"), deposit("e2", person_id="bob")])
    delivery.ingest()
    (file,) = delivery.store.files("person")
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
        " 1 rows",
    ]


def test_an_id_inside_other_texts_is_reported_by_place_and_count(delivery: Delivery) -> None:
    delivered = ["_notes.txt: 2 rows"]
    for name in FORMATS:
        rows = [
            purchase(f"p-{LONG_ID}", person_id="bob", order_id=f"o{LONG_ID}x", category="1234567"),
            purchase("p2", person_id="bob", merchant_id=f"shop of {ID}", amount="1.234"),
            purchase("p3", person_id="bob", merchant_id="of annabelle", order_id="12345678"),
            purchase("p4", person_id=ID),
            purchase("p5", person_id="1234567"),
        ]
        own = [row | {"event_id": f"{row['event_id']} {name}"} for row in rows]
        delivery.write(name, "purchase", own, "a", DAY)
        delivered.append(f"a.{name}: 3 rows")
    delivery.put("_notes.txt", f"see annabelle\nsee un{ID}like\n")
    delivery.ingest()
    erasure = erase(delivery.data, [ID, "1234567"], Settings())
    assert erasure.search.found == []
    landing, events = (
        sorted(one.rpartition("/")[2] for one in erasure.search.elsewhere if one.startswith(place))
        for place in ("landing/", "events/")
    )
    assert landing == sorted(delivered)
    stored = Counter[str]()
    for one in events:  # a table has several files
        column, _, rows = one.partition(": column ")[2].partition(", ")
        stored[column] += int(rows.removesuffix(" rows"))
    assert stored == dict.fromkeys((*INSIDE, "raw"), len(FORMATS))


def test_a_word_that_is_no_person_is_refused_and_nothing_changes(delivery: Delivery) -> None:
    delivery.csv("payment", [bill("b1"), bill("b2", amount="1.234"), deposit("e1")])
    delivery.lines("purchase", ['{"event_id": "p1", "person_id": "bob", "note": "card"'])
    delivery.lines("purchase", ["a card of no-one", '{"kind": "card"}'], name="b.ndjson")
    (delivery.data / "reports").mkdir()
    (delivery.data / "reports" / "one.html").write_text("no-one and card")
    delivery.ingest()
    before = {path: path.stat().st_mtime_ns for path in delivery.data.rglob("*")}
    for word in ("no-one", "card", "shop", "bill", "e1", DAY, "100"):
        with pytest.raises(InputRefused, match=f"{word} is not known"):
            erase(delivery.data, ["ann", word], Settings())
    assert {path: path.stat().st_mtime_ns for path in delivery.data.rglob("*")} == before
    assert search(delivery.data, ErasedIds(["card"])).found


def test_a_person_of_refused_rows_alone_can_be_erased(delivery: Delivery) -> None:
    delivery.csv("payment", [deposit("e1", amount="x"), deposit("e2", person_id="bob")])
    delivery.lines("purchase", ['{"event_id": "p1", "person_id": "cydney", "note": "card"'])
    delivery.parquet("service", [deposit("e1", person_id="deirdre", friend_id="evelyn")])
    delivery.ingest()
    for person in ("ann", "cydney", "deirdre"):
        assert search(delivery.data, ErasedIds([person])).found or len(person) < 4
        assert erase(delivery.data, [person], Settings()).rows == 1
        assert search(delivery.data, ErasedIds([person])).elsewhere == []
    assert delivery.quarantine().is_empty()


def test_a_refused_row_of_another_person_stays(delivery: Delivery) -> None:
    rows = [
        purchase("p1", person_id="bob", category="for annabel", amount="1.234"),
        purchase("p2", person_id="bob", friend_id="annabel", amount="1.234"),
        purchase("p3", person_id="bob", referred_by="annabel", amount="1.234"),
        purchase("p4", person_id="annabel", amount="1.234"),
        purchase("p5", person_id="", category="annabel"),
    ]
    for name in FORMATS:
        delivery.write(name, "purchase", rows, "a", DAY)
    delivery.ingest()
    erasure = erase(delivery.data, ["annabel"], Settings())
    assert delivery.quarantine()["file"].n_unique() == len(FORMATS)
    assert ["for annabel" in raw for raw in delivery.quarantine()["raw"]] == [True] * len(FORMATS)
    assert erasure.search.found == []
    assert_as_if_never_delivered(delivery, "annabel")


def test_no_one_is_erased_who_is_not_known(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1")])
    delivery.ingest()
    for wanted in (["zoe"], ["ann", "zoe"]):
        with pytest.raises(InputRefused, match="zoe is not known"):
            erase(delivery.data, wanted, Settings())
    with pytest.raises(UsageError):
        erase(delivery.data, [], Settings())
    assert not (delivery.data / ".erasure").exists()
    assert delivery.accepted("payment")["person_id"].to_list() == ["ann"]


def test_files_without_rows_are_left_to_the_operator(delivery: Delivery) -> None:
    files = ["_truth/model.bin", "notes.pdf", f"payment/arrived={DAY}/x.gz"]
    delivery.ndjson("payment", [deposit("e1", person_id=LONG_ID), deposit("e2")])
    delivery.ingest()
    paths = [delivery.put(file, f"\x00 about {LONG_ID} ") for file in files]
    paths[-1].write_bytes(f"\x00 about {LONG_ID} ".encode())
    erasure = erase(delivery.data, [LONG_ID], Settings())
    assert sorted(erasure.by_hand) == files
    assert not erasure.is_whole
    for path in paths:
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


@pytest.mark.parametrize(
    "text", [r'"\u0070erson-1"', r'["\u0070erson-1"]', r'{"a": "\u0070erson-1"}']
)
def test_an_escape_hides_no_id_in_json_of_any_kind(text: str) -> None:
    assert ErasedIds(["person-1"]).are_words_of(text)
