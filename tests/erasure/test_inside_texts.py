"""An id inside other texts is masked where the operator asks for it, and nothing else changes."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from plainscore.common.errors import InputRefused
from plainscore.erasure.erase import erase
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.search import search
from plainscore.settings import Settings
from tests.erasure.erased import assert_as_if_never_delivered
from tests.erasure.shared_ids import FORMATS
from tests.ingest.delivery import DAY, Delivery, bill, deposit, purchase, verified

ID = "annabel"
TEXTS = {
    "order annabel-7": "order gone-1-7",
    "xannabelx": "xgone-1x",
    "annabel and annabel": "gone-1 and gone-1",
    '{"a": "\\u0061nnabel"}': '{"a": "gone-1"}',
    "of annabelle-7": "of annabelle-7",
    "12345 1234.5 1234": "12345 1234.5 1234",
    "a1234 12-1234-5": "agone-2 12-gone-2-5",
    "2026-01-12T10:00:00Z": "2026-01-12T10:00:00Z",
    "ann bo": "ann bo",
    'quo""te': "gone-5",
    "two\nlines": "gone-6\n",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_mask_takes_the_place_of_an_id_and_of_no_other_text(text: str) -> None:
    ids = [ID, "1234", "2026", "ann", 'quo"te', "two\nlines"]
    names = ErasedIds(ids, others=["annabelle"], mask="gone")
    assert names.masked(text) == TEXTS[text]
    assert names.are_inside(text) == (TEXTS[text] != text)


def test_ids_inside_texts_are_masked_as_if_they_had_been_delivered_so(
    delivery: Delivery,
) -> None:
    for name in FORMATS:
        rows = [
            purchase(f"p-{ID} {name}", person_id="bob", order_id=f"o{ID}x", is_own_name="true"),
            purchase(f"p-{ID} {name}", person_id="bob", order_id=f"o{ID}x", is_own_name="true"),
            purchase(f"p-{ID} {name}", person_id="bob", order_id=f"o{ID}x", category=ID),
            purchase("p2", person_id="bob", merchant_id=f"shop of {ID}", amount="1.234"),
            purchase(f"p3 {name}", person_id="annabelle", merchant_id="of annabelle"),
            purchase(f"p4 {name}", person_id=ID),
            purchase(f"p5 {name}", person_id="bob", **{f"note_{ID}": "x"}),
        ]
        delivery.write(name, "purchase", rows, "a", DAY)
    delivery.ndjson("profile", [verified("v1", person_id="bob", value_hash=f"#{ID}#")])
    delivery.put("_notes.md", f"see annabelle\nsee un{ID}like\n")
    delivery.ingest()
    assert erase(delivery.data, [ID], Settings()).search.elsewhere
    erasure = erase(delivery.data, [ID], Settings(), inside_texts=True)
    assert erasure.search.found == erasure.search.elsewhere == []
    assert erasure.is_whole
    assert_as_if_never_delivered(delivery, ID)
    kept = delivery.accepted("purchase").rows_by_key("event_id", named=True, unique=True)
    masked = {name: kept.pop(f"p-erased-2-1 {name}") for name in FORMATS}
    assert {row["order_id"] for row in masked.values()} == {"oerased-2-1x"}
    assert {kept.pop(f"p3 {name}")["merchant_id"] for name in FORMATS} == {"of annabelle"}
    assert {kept.pop(f"p5 {name}")["merchant_id"] for name in FORMATS} == {"shop"}
    assert kept == {}
    assert delivery.accepted("profile")["value_hash"].to_list() == ["#erased-2-1#"]
    notes = (delivery.data / "landing" / "_notes.md").read_text()
    assert notes == "see annabelle\nsee unerased-2-1like\n"
    ledger = delivery.store.ledger()
    noted = ledger.filter(ledger["log"] == "purchase")["unknown_columns"].to_list()
    assert noted == ['["note_erased-2-1"]'] * len(FORMATS)


def _marked(book: Path, parts: dict[str, tuple[str, str]]) -> None:
    """Replace texts in parts of a workbook."""
    with zipfile.ZipFile(book) as packed:
        found = {name: packed.read(name).decode() for name in packed.namelist()}
    with zipfile.ZipFile(book, "w") as packed:
        for name, text in found.items():
            old, new = parts.get(name, ("", ""))
            assert old in text
            packed.writestr(name, text.replace(old, new) if old else text)


def test_every_text_of_a_workbook_is_masked(delivery: Delivery) -> None:
    rows = [deposit("e1", person_id="bob"), deposit("e2", person_id="bob", note=f"sub{ID} & <y>")]
    file = delivery.xlsx("payment", [*rows, deposit("e3", person_id="annabelle")])
    book = delivery.data / "landing" / file
    runs = f"<is><r><t>an</t></r><r><t>nabel-7 </t></r><r><t>&amp; co</t></r><rPh><t>{ID}</t></rPh>"
    spoken = "<is><r><t>annabel</t></r><r><t>le</t></r></is>"
    cells = f'<row r="2"><c r="A2" t="inlineStr">{runs}</is></c><c r="B2" t="inlineStr">{spoken}'
    _marked(
        book,
        {
            "docProps/core.xml": ("openpyxl</dc:creator>", f"of {ID}.</dc:creator>"),
            "xl/worksheets/sheet2.xml": ("</sheetData>", f"{cells}</c></row></sheetData>"),
        },
    )
    delivery.ingest()
    erasure = erase(delivery.data, [ID], Settings(), inside_texts=True)
    assert erasure.is_whole
    assert erasure.files == {file: 0}
    assert erasure.search.elsewhere == []
    read = openpyxl.load_workbook(book)
    cells_now = [[cell.value for cell in row] for row in read["Orders"].rows]
    assert "suberased-1-1 & <y>" in cells_now[2]
    assert "annabelle" in cells_now[3]
    assert [cell.value for cell in read["Notes"][2]] == ["erased-1-1-7 & co", "annabelle"]
    assert read.properties.creator == "of erased-1-1."
    assert_as_if_never_delivered(delivery, ID)


@pytest.mark.parametrize("place", ["a formula", "the name of a sheet", "no workbook"])
def test_what_cannot_be_masked_in_a_workbook_is_named(delivery: Delivery, place: str) -> None:
    rows = [deposit("e1", person_id=ID), deposit(f"of {ID}", person_id="bob")]
    file = delivery.xlsx("payment", rows)
    book = delivery.data / "landing" / file
    if place == "a formula":
        _marked(
            book, {"xl/worksheets/sheet2.xml": ("</c>", f'</c><c r="B1"><f>"{ID}"&amp;1</f></c>')}
        )
    elif place == "the name of a sheet":
        _marked(book, {"xl/workbook.xml": ('name="Notes"', f'name="Notes on {ID}"')})
    else:
        book.write_bytes(b"no zip")
        delivery.csv("payment", rows, day="2026-03-06")
    delivery.ingest()
    erasure = erase(delivery.data, [ID], Settings(), inside_texts=True)
    assert list(erasure.by_hand) == [file]
    assert not erasure.is_whole
    accepted = delivery.accepted("payment")["event_id"].to_list()
    assert accepted == ["of erased-1-1"]


def test_words_of_the_logs_are_no_texts(delivery: Delivery) -> None:
    delivery.csv("payment", [bill("b1", person_id="bob"), deposit("e1", person_id="card")])
    delivery.ingest()
    erasure = erase(delivery.data, ["card"], Settings(), inside_texts=True)
    assert erasure.rows == 1
    assert delivery.accepted("payment")["bill_type"].to_list() == ["card"]
    assert_as_if_never_delivered(delivery, "card")


def test_a_text_that_is_nowhere_is_no_reason_to_begin(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("e1", person_id="bob")])
    delivery.ingest()
    with pytest.raises(InputRefused, match="zoe-zoe is not known"):
        erase(delivery.data, ["zoe-zoe"], Settings(), inside_texts=True)


def test_no_byte_of_her_is_left_in_the_store(delivery: Delivery) -> None:
    for person in ("000-first-of-all", "zzz-last-of-all", "mmm-in-between"):
        rows = [deposit(f"{person} {n}", person_id=person, bill_id=person) for n in range(3)]
        delivery.ndjson("payment", [*rows, rows[0]], name=f"{person[:3]}.ndjson")
        delivery.parquet("payment", [deposit("x", person_id=person)], name=f"{person[:3]}.parquet")
    delivery.ndjson("payment", [deposit("e1", person_id="bob")], day="2026-04-01")
    delivery.ingest()
    erased = ["000-first-of-all", "zzz-last-of-all", "mmm-in-between"]
    assert search(delivery.data, ErasedIds(erased)).found
    assert erase(delivery.data, erased, Settings()).is_whole
    for path in delivery.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(one.encode() in content for one in erased), path
    assert_as_if_never_delivered(delivery, *erased)
