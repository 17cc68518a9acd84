"""What `check` points at in rows that are accepted, and what it drafts for unknown files."""

import json
import tomllib
from pathlib import Path

import duckdb
import pytest

from plainscore.common.text import read_parquet
from plainscore.contracts.logs import read_logs
from plainscore.logs.check import CheckedLog, check_logs
from plainscore.logs.draft import draft_of_file, draft_source
from plainscore.logs.sources import read_sources
from tests.ingest.delivery import DAY, Delivery, Row, bill, deposit, purchase, verified
from tests.ingest.test_commands import run


def _checked(delivery: Delivery, log: str) -> CheckedLog:
    [found] = [one for one in check_logs(delivery.data / "landing").logs if one.log == log]
    return found


def _said(delivery: Delivery, log: str) -> str:
    return "\n".join(map(str, _checked(delivery, log).findings))


def _put(delivery: Delivery, log: str, *rows: Row) -> Delivery:
    delivery.csv(log, rows)
    return delivery


def test_ignored_repeats_are_reported_with_their_places(tmp_path: Path) -> None:
    rows = [purchase(f"p{number}", order_id="#1001") for number in range(3)]
    said = _said(_put(Delivery(tmp_path), "purchase", *rows), "purchase")
    assert "2 events of purchase are ignored" in said
    assert "'#1001'" in said
    assert f"purchase/arrived={DAY}/a.csv:3" in said


def test_orphans_are_counted_with_their_places(tmp_path: Path) -> None:
    lost = deposit("r", event_type="refund", order_id="o-9")
    checked = _checked(_put(Delivery(tmp_path), "purchase", purchase(), lost), "purchase")
    assert checked.orphans == 1
    [found] = [one for one in checked.findings if "of no purchase" in one.message]
    assert found.examples == [f"purchase/arrived={DAY}/a.csv:3"]


def test_people_without_an_account_are_pointed_at_and_lost_zeros_too(tmp_path: Path) -> None:
    delivery = _put(Delivery(tmp_path), "payment", deposit(person_id="123"))
    assert "opened" not in _said(delivery, "payment"), "without a profile log it is absent anyway"
    opened = {**verified(person_id="00123"), "event_type": "opened", "field": ""}
    said = _said(_put(delivery, "profile", opened), "payment")
    assert "1 of 1 people have no event opened" in said
    assert "there is a '00123' beside '123'" in said


@pytest.mark.parametrize("mark", ["\\N", "NULL", "nan", "N/A", "NaT", "<NA>"])
def test_marks_of_nothing_are_pointed_at(tmp_path: Path, mark: str) -> None:
    said = _said(_put(Delivery(tmp_path), "profile", verified(value_hash=mark)), "profile")
    assert f"value_hash is '{mark}' in 1 rows" in said


def test_ids_that_a_spreadsheet_mangled_are_pointed_at(tmp_path: Path) -> None:
    said = _said(_put(Delivery(tmp_path), "payment", deposit(person_id="4.00017E+15")), "payment")
    assert "person_id looks as a spreadsheet writes" in said
    assert "4.00017E+15" in said


def test_ids_that_went_through_a_float_are_pointed_at(tmp_path: Path) -> None:
    said = _said(_put(Delivery(tmp_path), "payment", deposit(person_id="1000.0")), "payment")
    assert "person_id is a whole number with '.0' in 1 rows, such as '1000.0'" in said


def test_a_record_that_swallows_others_is_pointed_at(tmp_path: Path) -> None:
    inside = "Kings\np2,2026-03-05,bob,purchase,o2,x,food,9\nend"
    delivery = _put(Delivery(tmp_path), "purchase", purchase(merchant_id=inside))
    assert "merchant_id spans several lines" in _said(delivery, "purchase")
    fine = _put(Delivery(tmp_path / "fine"), "purchase", purchase(merchant_id="a\nb, c"))
    assert "spans" not in _said(fine, "purchase")


def test_a_log_of_contacts_without_ties_is_pointed_at(tmp_path: Path) -> None:
    contact = {**deposit(), "event_type": "contact", "friend_id": "bob"}
    said = _said(_put(Delivery(tmp_path), "friendship", contact), "friendship")
    assert "no event of added; these need it: two_way_months" in said


def test_ordinary_rows_are_not_pointed_at(tmp_path: Path) -> None:
    row = purchase(is_own_name="true", merchant_id="NULLARBOR", category="1E")
    assert _said(_put(Delivery(tmp_path), "purchase", row), "purchase") == ""


@pytest.mark.parametrize(
    ("log", "row", "field", "feature"),
    [
        ("purchase", purchase(is_own_name="t"), "is_own_name", "own_name_share"),
        ("payment", bill(credit_limit="n/a"), "credit_limit", "utilisation"),
    ],
)
def test_optional_values_that_cannot_be_read_are_counted(
    tmp_path: Path, log: str, row: Row, field: str, feature: str
) -> None:
    said = _said(_put(Delivery(tmp_path), log, row), log)
    assert f"{field} could not be read in 1 rows; these need it: {feature}" in said
    assert f"{log}/arrived={DAY}/a.csv:2" in said


def test_ingest_says_what_was_delivered_and_is_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    delivery = Delivery(tmp_path)
    delivery.csv("shop", [deposit("e1", note="x"), deposit("e2", amount="-1", note="x")])
    (tmp_path / "plainscore.toml").write_text(DEPOSITS)
    assert run("ingest", "--data", tmp_path) == 0
    printed = capsys.readouterr().out
    assert f"shop: no event was made in 1 rows, such as shop/arrived={DAY}/a.csv:3" in printed
    assert "shop: columns not used: event_type, note" in printed


def test_quarantine_hides_the_columns_of_which_a_hash_is_made(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path)
    delivery.put(
        f"phones/arrived={DAY}/a.csv", f"id;when;who;phone\n1;{DAY};;secret\n2;{DAY};secret\n"
    )
    delivery.put(
        f"phones/arrived={DAY}/b.ndjson", json.dumps({"id": 3, "when": DAY, "phone": "secret"})
    )
    (tmp_path / "plainscore.toml").write_text(PHONES)
    delivery.ingest()
    rows = duckdb.sql(f"select raw from {read_parquet(delivery.store.files('quarantine'))}")
    texts = [raw for (raw,) in rows.order("raw").fetchall()]
    assert len(texts) == 3
    assert f"1;{DAY};;***" in texts
    assert "secret" not in "".join(texts)


PHONES = """\
[sources.phones]
format = { delimiter = ";" }
[[sources.phones.events]]
log = "profile"
event_type = { value = "verified" }
event_id = { from = "id" }
event_time = { from = "when" }
person_id = { from = "who" }
field = { value = "phone" }
value_hash = { sql = "sha256(phone)" }
"""

DEPOSITS = """\
[[sources.shop.events]]
log = "payment"
when = "amount > 0"
event_type = { value = "deposit" }
event_id = { from = "event_id" }
event_time = { from = "event_time" }
person_id = { from = "person_id" }
amount = { from = "amount" }
"""

SHOP = """\
Invoice No;Line;Date;Customer ID;Article;Qty;Unit price;Währung
A1;1;31/01/2026 10:00;c1;Lampe;2;1.042,50;EUR
A1;2;31/01/2026 10:00;c1;Stuhl;1;9,90;EUR
A2;1;13/02/2026 11:30;c2;Lampe;-1;42,50;EUR
"""


def test_a_draft_maps_a_folder_that_is_no_log(tmp_path: Path) -> None:
    folder = tmp_path / "landing" / "invoices" / f"arrived={DAY}"
    folder.mkdir(parents=True)
    (folder / "export.csv").write_bytes(SHOP.encode("cp1252"))
    text = draft_source(folder.parent, read_logs())
    settings = tomllib.loads(text)
    assert settings["currency"] == "EUR"
    source = settings["sources"]["invoices"]
    assert source["format"] == {
        "encoding": "windows-1252", "delimiter": ";", "decimal": ",", "thousands": ".",
    }  # fmt: skip
    sold, back = source["events"]
    assert (sold["log"], sold["when"], back["when"]) == ("purchase", "Qty > 0", "Qty < 0")
    assert sold["event_time"] == {"from": "Date", "format": "%d/%m/%Y %H:%M"}
    assert sold["person_id"] == {"from": "Customer ID"}
    assert sold["order_id"] == {"sql": "\"Invoice No\" || '/' || Line"}
    assert back["amount"] == {"sql": '-Qty * "Unit price"'}
    (tmp_path / "plainscore.toml").write_text(text, encoding="utf-8")
    assert "invoices" in read_sources(tmp_path / "plainscore.toml", read_logs())


@pytest.mark.parametrize(
    ("columns", "log", "kind"),
    [
        ("customer,registered,country\nc1,2026-01-01,DE", "profile", "opened"),
        ("client,date,due,amount\nc1,2026-01-01,2026-02-01,5", "payment", "bill"),
        ("customer_id,date,amount_usd\n1,1997-01-01,11.77", "purchase", "purchase"),
    ],
)
def test_a_draft_takes_the_log_that_the_columns_look_like(
    tmp_path: Path, columns: str, log: str, kind: str
) -> None:
    file = tmp_path / "x" / f"arrived={DAY}" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text(columns + "\n")
    [event, *_] = tomllib.loads(draft_source(tmp_path / "x", read_logs()))["sources"]["x"]["events"]
    assert (event["log"], event["event_type"]) == (log, {"value": kind})


def test_a_draft_of_a_file_says_where_to_put_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bestell-export.csv"
    file.write_text("Bestellnr;Bestelldatum;Kundennr;Menge;Einzelpreis\n1;31.01.2026;k1;2;9,90\n")
    assert run("check", file) == 2
    assert "arrived=YYYY-MM-DD" in capsys.readouterr().err
    assert run("check", file, "--draft") == 0
    text = capsys.readouterr().out
    assert "data/landing/bestell_export/arrived=YYYY-MM-DD/" in text
    [event] = tomllib.loads(text)["sources"]["bestell_export"]["events"]
    assert event["person_id"] == {"from": "Kundennr"}
    assert event["amount"] == {"sql": "Menge * Einzelpreis"}
    assert event["event_time"] == {"from": "Bestelldatum", "format": "%d.%m.%Y"}


def test_what_a_draft_cannot_guess_is_left_to_fill_in(tmp_path: Path) -> None:
    file = tmp_path / "x" / f"arrived={DAY}" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("a,b\n1,2\n")
    text = draft_source(tmp_path / "x", read_logs())
    assert 'person_id = { from = "?" }   # which column?' in text
    (tmp_path / "plainscore.toml").write_text(text)
    source = read_sources(tmp_path / "plainscore.toml", read_logs())["x"]
    assert "column ?, which [sources.x] reads, is absent" in str(source.absent_column(["a", "b"]))


@pytest.mark.parametrize(
    ("text", "columns", "row"),
    [
        ("k1;30.10.2026;5,00\nk2;29.10.2026;7,50\n", ["column0", "column1", "column2"], 1),
        ("Kunde;Betrag;EUR;Tag;EUR\nk1;5,00;a;30.10.2026;b\n",
         ["Kunde", "Betrag", "EUR", "Tag", "EUR_1"], 2),
    ],
)  # fmt: skip
def test_a_draft_names_the_columns_that_a_header_does_not(
    tmp_path: Path, text: str, columns: list[str], row: int
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(text)
    form = tomllib.loads(draft_of_file(file, "x", read_logs()))["sources"]["x"]["format"]
    assert (form["names"], form.get("skip", 0)) == (columns, row - 1)


@pytest.mark.parametrize(
    ("text", "event_time", "event_id"),
    [
        ("user_id,ts,id\n1,1793404800,7\n2,1793404801,8\n",
         {"from": "ts", "format": "epoch"}, {"from": "id"}),
        ("order no,user_id,day\n536365,1000000001,20261030\n536367,1000000002,20261029\n",
         {"from": "day", "format": "%Y%m%d"}, {"from": "order no"}),
        ("kunde,wann\n1,30.10.2026\n2,29.10.2026\n",
         {"from": "wann", "format": "%d.%m.%Y"}, {"content": True}),
    ],
)  # fmt: skip
def test_a_draft_finds_times_by_their_values_and_no_event_id_in_a_persons(
    tmp_path: Path, text: str, event_time: dict[str, str], event_id: dict[str, str]
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(text)
    [event] = tomllib.loads(draft_of_file(file, "x", read_logs()))["sources"]["x"]["events"]
    assert (event["event_time"], event["event_id"]) == (event_time, event_id)


def test_check_drafts_on_request_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "landing" / "shop" / f"arrived={DAY}" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("customer,date,amount\nc1,2026-01-01,5\n")
    assert run("check", tmp_path / "landing", "--draft") == 0
    assert "[sources.shop]" in capsys.readouterr().out
    file.parent.rename(file.parent.parent.parent / "arrived")
    (tmp_path / "landing" / "shop").rmdir()
    (tmp_path / "landing" / "arrived").rename(tmp_path / "landing" / "payment")
    assert run("check", tmp_path / "landing", "--draft") == 2
