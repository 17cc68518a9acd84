"""What somebody could put into landing/ to do harm: no traceback, no hang, every row accounted."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainscore.common.errors import InputRefused
from plainscore.logs import packing, text_files
from plainscore.logs.masking import MAX_RAW_CHARACTERS, csv_shape, mask_csv, mask_json
from tests.ingest.delivery import DAY, Delivery, deposit, verified

HIDDEN = {"value_hash"}


NASTY_TEXTS = [
    "'; drop table events; --",
    '"; rm -rf / #',
    "$(touch x)",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "\u202egnp.exe",
    "\x1b[31mred\x07",
    "\x00",
    "a\nb\r\nc",
    "\ufeffbom",
    "\U0010ffff",
    "e\u0301" * 50,
    "%s%n{0}{}",
    "arrived_month=2020-01",
    "x" * 100_000,
]


@pytest.mark.parametrize("file_format", ["ndjson", "csv", "parquet"])
def test_any_text_can_be_an_id(delivery: Delivery, file_format: str) -> None:
    rows = [
        deposit(
            f"e{number}-{text}", event_type="transfer", person_id=text, counterparty_id="c" + text
        )
        for number, text in enumerate(NASTY_TEXTS)
    ]
    delivery.write(file_format, "payment", rows, "a", DAY)
    delivery.write(file_format, "payment", rows, "b", "2026-03-06")
    report = delivery.ingest()
    assert [(one.accepted, one.duplicates) for one in report.files] == [
        (len(rows), 0),
        (0, len(rows)),
    ]
    ids = set(delivery.accepted("payment")["person_id"])
    kept = {text.replace("\r\n", "\n") for text in NASTY_TEXTS} if file_format == "csv" else None
    assert ids == (kept or set(NASTY_TEXTS))


def test_a_rejudged_row_with_a_nasty_id_is_found_again(delivery: Delivery) -> None:
    rows = [deposit(text, amount="1") for text in NASTY_TEXTS]
    delivery.ndjson("payment", rows, day="2026-03-06")
    delivery.ingest()
    delivery.ndjson("payment", [deposit(text, amount="2") for text in NASTY_TEXTS], day=DAY)
    report = delivery.ingest()
    assert [one.quarantined for one in report.rejudged] == [len(rows)]


def test_a_data_directory_whose_name_no_database_can_have_is_refused(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path / "a?b")
    delivery.ndjson("payment", [deposit()])
    with pytest.raises(InputRefused, match="choose another data directory"):
        delivery.ingest()


def test_a_data_directory_may_have_almost_any_name(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path / "it's 100% a%20b [dir] * é#")
    delivery.ndjson("payment", [deposit("x", amount="2")], day="2026-03-06")
    delivery.ingest()
    delivery.ndjson("payment", [deposit("x", amount="1")], day="2026-03-05")
    delivery.ingest()
    assert delivery.accepted("payment")["amount_cents"].to_list() == [100]


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_the_first_and_last_years_are_days_like_others(delivery: Delivery, year: str) -> None:
    day = f"{year}-12-31"
    rows = [deposit("e1", event_time=f"{day}T23:59:59"), deposit("e2", event_time="10000-01-01")]
    delivery.ndjson("payment", rows, day=day)
    (report,) = delivery.ingest().files
    assert (report.accepted, report.quarantined) == (1, 1)


def test_a_huge_line_is_one_refused_row(delivery: Delivery) -> None:
    huge = b'{"event_id":"' + b"x" * (30 * 2**20) + b'"}\n'
    good = json.dumps(deposit()).encode() + b"\n"
    delivery.put(f"payment/arrived={DAY}/a.ndjson", good + huge + good.replace(b"e1", b"e2"))
    (report,) = delivery.ingest().files
    assert (report.rows, report.accepted, report.quarantined) == (3, 2, 1)
    (row,) = delivery.quarantine().to_dicts()
    assert (row["line"], row["reason"]) == (
        2,
        f"line is longer than {text_files.MAX_LINE_BYTES} bytes",
    )
    assert len(row["raw"]) < MAX_RAW_CHARACTERS + 100
    assert delivery.accepted("payment")["line"].to_list() == [1, 3]


_SNIPPETS = st.sampled_from(
    ["{", "}", "[", "]", '"', ",", ":", "\\", "\\u", "\n", "\r", "\0", "event_id", "value_hash",
     '"event_id":"e"', '"event_type":"deposit"', "deposit", "e1", "1", "-", "2026-03-05", "é", " "]
)  # fmt: skip
_SOUP = st.lists(_SNIPPETS | st.text(max_size=3), max_size=30).map("".join).map(str.encode)
_CSV_HEAD = b"event_id,event_time,person_id,event_type,value_hash\n"


# Two bytes at the beginning mean UTF-16, and such a file is refused as a whole.
_FILE = st.lists(_SOUP | st.binary(max_size=20), max_size=6).map(b"".join)
_FILE = _FILE.filter(lambda soup: not soup.startswith((b"\xff\xfe", b"\xfe\xff")))


@given(st.lists(_FILE, max_size=8))
@settings(max_examples=8)
def test_any_bytes_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, soups: list[bytes]
) -> None:
    delivery = Delivery(tmp_path_factory.mktemp("soup"))
    soups.append(b"")
    for number, soup in enumerate(soups):
        for day, name, head in (("05", "ndjson", b""), ("06", "csv", _CSV_HEAD)):
            folder = f"landing/profile/arrived=20{10 + number}-03-{day}"
            path = delivery.data / folder / f"{number}.{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(head + soup)
    ingested = delivery.ingest()
    marks = [soup for soup in soups if soup.startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b"))]
    assert len(ingested.refused) <= len(marks), "bytes that say that they are no UTF-8 text"
    assert len(ingested.files) + len(ingested.refused) == 2 * len(soups)
    for report in ingested.files:
        assert report.rows == report.accepted + report.duplicates + report.quarantined
        stem, _, form = report.file.rpartition("/")[2].partition(".")
        # A byte order mark at the beginning of a file is no part of its first line.
        mark = b"" if form == "csv" else b"\xef\xbb\xbf"
        text = soups[int(stem)].removeprefix(mark)
        lines = [line for line in text.split(b"\n") if line.strip(b" \t\r")]
        assert report.rows <= len(lines)
        assert report.rows == len(lines) or form == "csv"


@given(st.text(max_size=60))
def test_a_masked_text_never_holds_the_masked_value(secret: str) -> None:
    marked = f"s3cr3t{secret}s3cr3t"
    line = json.dumps(verified(value_hash=marked))
    assert "s3cr3t" not in mask_json(line, HIDDEN)
    assert "s3cr3t" not in mask_json(line.replace("}", ""), HIDDEN)
    assert "s3cr3t" not in mask_csv(f"a,{marked!r}", csv_shape(["event_id", "value_hash"], HIDDEN))


@pytest.mark.parametrize(
    "line",
    [
        'sh":"SECRET"}',
        'SECRET"}',
        '["value_hash","SECRET"]',
        '{"VALUE_HASH":"SECRET","event_id":1}',
        '{"event_id":{"Value_Hash":["SECRET"]}}',
        '{"event_id":"e","Value_hash":"SECRET',
    ],
)
def test_a_torn_or_odd_line_of_the_profile_log_shows_no_identity_value(line: str) -> None:
    assert "SECRET" not in mask_json(line, HIDDEN)


def test_a_csv_field_that_may_be_an_identity_value_is_not_shown() -> None:
    header = ["event_id", "event_time", "person_id", "event_type", "field"]
    assert "SECRET" not in mask_csv(
        "d1,2026-01-01,ann,verified,phone,SECRET", csv_shape(header, HIDDEN)
    )
    assert "SECRET" not in mask_csv("d1,SECRET", csv_shape(["event_id", "Value_Hash"], HIDDEN))


def test_what_is_no_identity_log_keeps_its_torn_lines() -> None:
    assert mask_json('ount":"12"}', HIDDEN, has_identity=False) == 'ount":"12"}'


def test_a_nested_parquet_value_is_masked(delivery: Delivery) -> None:
    row = verified(field="no such kind") | {"extra": {"value_hash": "SECRET"}}
    delivery.parquet("profile", pl.DataFrame([row]))
    delivery.ingest()
    raws = delivery.quarantine()["raw"].to_list()
    assert len(raws) == 1
    assert "SECRET" not in raws[0]


def test_a_chunk_of_csv_never_ends_within_a_quoted_field(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "READ_BYTES", 97)
    people = [f'{number} "a"\nb,{"x" * (number % 40)}' for number in range(300)]
    rows = [deposit(f"e{number:03}", person_id=one) for number, one in enumerate(people)]
    delivery.csv("payment", rows)
    delivery.ingest()
    assert delivery.accepted("payment")["person_id"].to_list() == people
    assert delivery.accepted("payment")["line"].to_list() == [2 + 2 * n for n in range(300)]


def test_lines_are_numbered_through_chunks(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "READ_BYTES", 50)
    monkeypatch.setattr(text_files, "MAX_LINE_BYTES", 200)
    lines = [json.dumps(deposit(f"e{number:03}")) for number in range(50)]
    lines[10] = '{"x":"' + "y" * 500 + '"}'
    lines[20] = ""
    file = delivery.lines("payment", lines)
    (report,) = delivery.ingest().files
    assert (report.rows, report.quarantined) == (49, 1)
    stored = delivery.accepted("payment").select("event_id", "line").rows()
    assert stored == [(f"e{n:03}", n + 1) for n in range(50) if n not in (10, 20)]
    assert delivery.quarantine().select("file", "line").rows() == [(file, 11)]
