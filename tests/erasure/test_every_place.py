"""An id planted wherever a delivery can hold one is in no byte of the data directory afterwards."""

import json
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import duckdb
import openpyxl

from plainscore.erasure.erase import erase
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.rewrite import Edit
from plainscore.logs.packing import open_packed
from plainscore.settings import Settings
from tests.erasure.erased import assert_as_if_never_delivered, fresh, whole_state
from tests.erasure.published_world import ANN, BOB, EVERYONE
from tests.ingest.delivery import DAY, Delivery, bill, deposit, purchase, verified

SETTINGS = Settings(scorecards=(EVERYONE,))
HIDDEN = f"\\u{ord(ANN[0]):04x}{ANN[1:]}"
MAPPING = """
[sources.shop]
[[sources.shop.events]]
log = "purchase"
event_type = { value = "purchase" }
event_id = { content = true }
event_time = { from = "Day" }
person_id = { from = "Customer" }
order_id = { sql = "upper(Note)" }
merchant_id = { value = "shop" }
category = { from = "Goods" }
amount = { from = "Sum" }
"""
SHOP = [
    "Day,Customer,Goods,Sum,Note",
    f"2026-03-01,{ANN},tea,1,n1",
    f"2026-03-01,{BOB},tea,2,for {ANN}",
    f"2026-03-01,{BOB},tea,2,for {ANN}",
    f"2026-03-01,{BOB},of {ANN},3,n4",
    f"2026-03-01,{BOB},tea,?,to {ANN}",
]


def _rows() -> list[dict[str, object]]:
    """Return rows of all kinds: hers, those that name her, and those that hold the id."""
    of_bob = {"person_id": BOB}
    return [
        deposit("h1", person_id=ANN),
        deposit("h1", person_id=ANN),
        deposit("h1", **of_bob),
        deposit("h2", person_id=ANN, amount="1.234"),
        deposit("n1", event_type="transfer", counterparty_id=ANN, **of_bob),
        deposit("n2", friend_id=ANN, **of_bob),
        deposit("n3", referred_by=ANN, **of_bob),
        deposit(f"i1-{ANN}", **of_bob),
        deposit(f"i1-{ANN}", **of_bob),
        deposit(f"i1-{ANN}", amount="7", **of_bob),
        bill("i2", bill_id=f"bill{ANN}x", **of_bob),
        bill("i3", bill_id=f"bill of {ANN}\nand all", amount="1.234", **of_bob),
        deposit("i4", note=f"un{ANN}like", **{f"about_{ANN}": "x"}, **of_bob),
    ]


def _plant(delivery: Delivery) -> None:
    delivery.data.joinpath("plainscore.toml").write_text(MAPPING)
    for number, form in enumerate(
        ("ndjson", "ndjson.gz", "ndjson.zst", "csv", "csv.gz", "csv.zst", "json", "parquet"), 10
    ):
        rows = [row | {"event_id": f"{number}{row['event_id']}"} for row in _rows()]
        delivery.write(form, "payment", rows, f"f{number}", f"2026-03-{number}")
    lines = [
        json.dumps(purchase("e1", person_id=BOB, order_id="X")).replace("X", HIDDEN),
        json.dumps(purchase("e2", person_id="X")).replace("X", HIDDEN),
        f'{{"event_id": "e3", "person_id": "{ANN}"',
        f'{{"event_id": "e4", "person_id": "{BOB}", "note": "{ANN}"',
        f"not json at all: {ANN}",
        json.dumps(purchase("e5", person_id=BOB, tags=[ANN, {"of": f"x{ANN}"}])),
    ]
    delivery.lines("purchase", lines)
    delivery.put(f"purchase/arrived={DAY}/latin.ndjson", f"\xe9 {lines[3]}\n".encode("latin-1"))
    delivery.csv("purchase", [purchase("m1", person_id=BOB)], name=f"of-{ANN}.csv")
    delivery.ndjson("profile", [verified("v1", person_id=BOB, value_hash=f"#{ANN}#")])
    for name in ("a.csv", "b.csv.gz", "c.csv.zst"):
        delivery.lines("shop", SHOP, name=name)
    folder = delivery.data / "landing"
    with duckdb.connect() as con:
        con.execute(
            f"copy (select ['x', '{ANN}'] as members, {{'who': 'x{ANN}'}} as of, 1 as n) "
            f"to '{folder}/_truth/ties.parquet'"
        )
        con.execute(
            f"copy (select 'q1' as event_id, '2026-03-01' as event_time, '{BOB}' as person_id, "
            f"'deposit' as event_type, '5' as amount, ['for {ANN}'] as notes) "
            f"to '{folder}/payment/arrived=2026-03-17/nested.parquet'"
        )
    delivery.put("_notes.md", f"# {ANN}\nsee x{ANN}x\n")
    delivery.put("_old/notes.txt.gz", f"{ANN}\nx{ANN}\n")
    delivery.put("_old/box.csv", f'who,said\nbob,"one\n{ANN}"\nbob,"x{ANN}\n"\n')
    delivery.put("purchase/arrived=2026-04-09/no-head.csv", f"who\n{ANN}\nbob{ANN}\n")
    delivery.put("unknown/arrived=2026-03-05/x.ndjson", f'{{"of": "{ANN}"}}\n')
    (delivery.data / "reports").mkdir(exist_ok=True)
    (delivery.data / "reports" / "2026-01-31.html").write_text(f"<td>{ANN}</td>")
    staging = delivery.data / "snapshots" / "_staging" / "dead"
    staging.mkdir(parents=True)
    (staging / "x.json").write_text(f'"{ANN}"')


def _texts_of(path: Path) -> Iterator[str]:
    """Yield all that a file holds, however it is packed."""
    yield str(path)
    content = path.read_bytes()
    yield content.decode("utf-8", "replace")
    if path.suffix in (".gz", ".zst"):
        with path.open("rb") as stream:
            packing = "gz" if path.suffix == ".gz" else "zst"
            yield open_packed(stream, packing).read().decode("utf-8", "replace")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    elif path.suffix == ".parquet":
        yield str(duckdb.sql(f"select * from parquet_metadata('{path}')").fetchall())
        yield str(duckdb.sql(f"from read_parquet('{path}', hive_partitioning = false)").fetchall())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
                yield str(con.execute(f'from "{table}"').fetchall())
            yield str(con.execute("select sql from duckdb_views()").fetchall())


def holding(data: Path, text: str) -> list[str]:
    """Return the files under a folder that hold a text in any letters, also as an escape."""
    forms = (text.lower(), HIDDEN.lower())
    return [
        path.relative_to(data).as_posix()
        for path in sorted(data.rglob("*"))
        if path.is_file() and any(one in said.lower() for said in _texts_of(path) for one in forms)
    ]


def test_no_byte_of_an_id_is_left_anywhere(world: Delivery) -> None:
    _plant(world)
    world.ingest()
    assert len(holding(world.data, ANN)) > 40
    first = erase(world.data, [ANN], SETTINGS)
    assert first.search.found == []
    assert first.search.elsewhere
    assert first.by_hand == {}
    erasure = erase(world.data, [ANN], SETTINGS, inside_texts=True)
    assert erasure.search.found == erasure.search.elsewhere == []
    assert erasure.is_whole
    assert holding(world.data, ANN) == []
    assert whole_state(world) == whole_state(fresh(world))  # some files are refused, as before


def test_ids_that_a_mapping_makes_of_texts_are_those_of_the_masked_texts(
    delivery: Delivery,
) -> None:
    delivery.data.mkdir()
    delivery.data.joinpath("plainscore.toml").write_text(MAPPING)
    delivery.lines("shop", SHOP, name="a.csv")
    delivery.lines("shop", SHOP[:3], name="b.csv", day="2026-04-01")
    delivery.ingest()
    before = delivery.accepted("purchase")["event_id"].to_list()
    erasure = erase(delivery.data, [ANN], SETTINGS, inside_texts=True)
    assert erasure.is_whole
    kept = delivery.accepted("purchase").sort("category")
    assert kept["order_id"].to_list() == ["N4", "FOR ERASED-1-1"]
    assert set(kept["event_id"]).isdisjoint(before)
    assert [row[1:] for row in delivery.counts().values()] == [(2, 1, 1), (0, 1, 0)]
    assert holding(delivery.data, ANN) == []
    assert_as_if_never_delivered(delivery, ANN)


def test_an_id_that_spans_lines_of_a_cell_goes_and_is_masked(delivery: Delivery) -> None:
    person, head = (
        "anna\nbella",
        "event_id,event_time,person_id,event_type,order_id,merchant_id,amount,category",
    )
    files = list(product(("\n", "\r\n"), ("csv", "csv.gz", "csv.zst")))
    for number, (end, form) in enumerate(files):
        rows = [
            f'{number}p2,{DAY},bob,purchase,"o2",shop,9,"of anna{end}bella, and all"',
            f'{number}p3,{DAY},"anna{end}bella",purchase,"o3",shop,9,food',
            f"{number}p4,{DAY},bob,purchase,o4,shop,9,food",
        ]
        text = end.join([head, *rows]) + end
        delivery.put(f"purchase/arrived={DAY}/{number}.{form}", text)
    delivery.ingest()
    assert erase(delivery.data, [person], SETTINGS).search.elsewhere
    assert erase(delivery.data, [person], SETTINGS, inside_texts=True).is_whole
    kept = delivery.accepted("purchase").sort("event_id")
    assert kept.select("event_id", "line", "category").rows() == [
        row
        for number in range(len(files))
        for row in (
            (f"{number}p2", 2, "of erased-2-1\n, and all"),
            (f"{number}p4", 6, "food"),
        )
    ]
    assert_as_if_never_delivered(delivery, person)


def test_a_text_without_an_id_keeps_its_line_ends() -> None:
    edit = Edit((), {}, ErasedIds([ANN], mask="gone"))
    assert edit.of(1, "a\r\nb\n") == "a\r\nb\n"
    assert edit.of(1, f"a\r\n{ANN}\r\n") == "a\r\ngone-1\r\n"


def test_a_workbook_loses_her_rows_and_nothing_else(delivery: Delivery) -> None:
    rows = [deposit("e1", person_id=ANN), deposit("e2", person_id=BOB), deposit("e3")]
    file = delivery.write("xlsx", "payment", rows, "a", DAY)
    delivery.ingest()
    erasure = erase(delivery.data, [ANN], SETTINGS)
    assert erasure.files == {file: 1}
    assert erasure.is_whole
    book = openpyxl.load_workbook(delivery.data / "landing" / file)
    assert [[row[2].value for row in book["Orders"]]] == [["person_id", None, BOB, "ann"]]
    assert book["Notes"]["A1"].value == "made by hand"
    assert delivery.accepted("payment")["line"].to_list() == [3, 4]
    assert_as_if_never_delivered(delivery, ANN)


def test_a_workbook_with_formulas_in_her_rows_is_named(delivery: Delivery) -> None:
    rows = [deposit("e1", person_id=ANN) | {"note": "=1+1"}, deposit("e2", person_id=BOB)]
    file = delivery.write("xlsx", "payment", rows, "a", DAY)
    delivery.ndjson("payment", [deposit("e3", person_id=ANN)], name="b.ndjson")
    delivery.ingest()
    before = (delivery.data / "landing" / file).read_bytes()
    erasure = erase(delivery.data, [ANN], SETTINGS)
    assert erasure.by_hand == {file: "has formulas in rows that must go"}
    assert (delivery.data / "landing" / file).read_bytes() == before
    assert delivery.accepted("payment")["event_id"].to_list() == ["e2"]
    assert not erasure.is_whole
