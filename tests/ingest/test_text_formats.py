"""Text files as exporters write them, read as ``format`` of their source says."""

import gzip
from datetime import date
from pathlib import Path

import duckdb
import pytest

from plainscore.contracts.logs import read_logs
from plainscore.logs.judge import judge_sql
from plainscore.logs.landing import file_at
from plainscore.logs.mapping import log_rows
from plainscore.logs.quarantine import quarantined_texts
from plainscore.logs.readers import Reader
from plainscore.logs.sources import read_sources

DAY = date(2026, 3, 5)
HEADER = "event_id,event_time,person_id,event_type,amount"
ROWS = ["e1,2026-03-05,José,deposit,1.50", "e2,2026-03-05,bob,deposit,-1"]
WHOLE = [("e1", "José", 150, None), ("e2", "bob", None, "amount is negative")]


def _read(
    folder: Path, name: str, content: bytes, form: str = "", log: str = "payment", events: str = ""
) -> list[tuple[object, ...]] | str:
    """Read one file; return id, person, cents and reason of its rows, or why it is refused."""
    settings = folder / "plainscore.toml"
    settings.write_text(f"[sources.{log}]\nformat = {{ {form} }}\n{events}")
    (folder / log).mkdir(exist_ok=True)
    (folder / log / name).write_bytes(content)
    logs = read_logs()
    source = read_sources(settings, logs)[log]
    file = file_at(folder, f"{log}/{name}", DAY)
    with duckdb.connect() as con:
        con.execute(f"create temp table batch_file as select 0 as file_no, date '{DAY}' as arrived")
        reader, found = Reader(con, source, logs, {0: file}, folder), list[tuple[object, ...]]()
        for cells in reader.parts():
            for at, event in enumerate(source.events):
                rows = log_rows(source, event, logs[event.log], cells, at == 0)
                sql = judge_sql(logs[event.log], rows.sql, rows.faulty, rows.typed)
                kept = "event_id, person_id, amount_cents, reason"
                kept = kept if event.log == "payment" else "event_id, person_id, line, reason"
                found += con.execute(f"select {kept} from ({sql}) order by line").fetchall()
        return reader.refused[0].reason if reader.refused else found


def _text(delimiter: str = ",", end: str = "\n", header: str | None = HEADER) -> str:
    lines = [line for line in (header, *ROWS) if line is not None]
    return "".join(line.replace(",", delimiter) + end for line in lines)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (_text().encode(), ""),
        (_text(end="\r\n").encode("utf-8-sig"), ""),
        (_text(";").encode(), 'delimiter = ";"'),
        (_text("\t").encode(), 'delimiter = "\\t"'),
        (_text(end=",,\n").encode(), ""),
        (_text("|", "\r\n").encode(), 'delimiter = "|"'),
        (_text("§").encode(), 'delimiter = "§"'),
        (_text().encode("windows-1252"), 'encoding = "windows-1252"'),
        (_text().encode("utf-16"), 'encoding = "utf-16"'),
        (_text(";", "\r\n").encode("utf-16"), 'encoding = "utf-16", delimiter = ";"'),
        (_text().encode("utf-16-be"), 'encoding = "utf-16-be"'),
        (
            _text(header=None).encode(),
            f"names = [{', '.join(repr(name) for name in HEADER.split(','))}]",
        ),
        (b"A report\n\n" + _text().encode(), "skip = 2"),
        (_text().replace("José", "'José'").encode(), 'quote = "\'"'),
        (_text().replace("José", '"José"').encode(), ""),
        (_text().replace("-1", "NULL").replace("bob", "-").encode(), 'null = ["", "NULL"]'),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_csv_is_read_as_its_source_says(
    tmp_path: Path, content: bytes, form: str, is_packed: bool
) -> None:
    name, packed = (
        ("a.csv.gz", gzip.compress(content, mtime=0)) if is_packed else ("a.csv", content)
    )
    last = [("e2", "-", None, "amount is missing")] if "null" in form else WHOLE[1:]
    assert _read(tmp_path, name, packed, form) == [WHOLE[0], *last]


def test_a_quote_that_is_none_is_a_sign(tmp_path: Path) -> None:
    content = _text().replace("José", '"Jo"sé').encode()
    rows = _read(tmp_path, "a.csv", content, 'quote = ""')
    assert rows == [("e1", '"Jo"sé', 150, None), WHOLE[1]]


def test_lines_of_json_may_have_another_encoding(tmp_path: Path) -> None:
    line = '{"event_id":"e1","event_time":"2026-03-05","person_id":"José",'
    line += '"event_type":"deposit","amount":1.5}\r\n'
    rows = _read(tmp_path, "a.ndjson", line.encode("utf-16"), 'encoding = "utf-16"')
    assert rows == [WHOLE[0]]


@pytest.mark.parametrize(
    ("name", "content", "form", "reason"),
    [
        ("a.csv", _text().encode("utf-16"), "", "has a header that is not UTF-8 but UTF-16"),
        ("a.ndjson", "{}\n".encode("utf-16"), "", "has UTF-16 text"),
        ("a.csv", b"a,b\n\x81\n", 'encoding = "windows-1252"', "is not in the encoding cp1252"),
        ("a.csv", _text(";").encode(), "", "has fields that no comma separates"),
        ("a.csv", _text().encode(), 'delimiter = ";"', "has fields that no ';' separates"),
        (
            "a.ndjson",
            gzip.compress(b"{}\n", mtime=0),
            "",
            "is packed (gzip) under a name that does not",
        ),
        (
            "a.csv.gz",
            gzip.compress(gzip.compress(_text().encode(), mtime=0), mtime=0),
            "",
            "is packed (gzip) twice",
        ),
    ],
)
def test_a_file_that_is_not_what_its_source_says_is_refused(
    tmp_path: Path, name: str, content: bytes, form: str, reason: str
) -> None:
    found = _read(tmp_path, name, content, form)
    assert isinstance(found, str)
    assert found.startswith(reason)


@pytest.mark.parametrize("begin", ["x^", "BZh", "PK\x03\x04", "x\x01"])
def test_an_id_that_begins_as_packed_bytes_do_is_an_id(tmp_path: Path, begin: str) -> None:
    content = f"person_id,event_id,event_time,event_type,amount\n{begin}1,e,2026-03-05,deposit,1\n"
    names = 'names = ["person_id", "event_id", "event_time", "event_type", "amount"]'
    assert _read(tmp_path, "a.csv", content.encode()) == [("e", f"{begin}1", 100, None)]
    body = content.partition("\n")[2].encode()
    assert _read(tmp_path, "a.csv", body, names) == [("e", f"{begin}1", 100, None)]


def test_a_delivered_column_that_becomes_a_hash_is_masked(tmp_path: Path) -> None:
    events = """
[[sources.crm.events]]
log        = "profile"
event_id   = { from = "Id" }
event_time = { from = "When" }
person_id  = { from = "Who" }
event_type = { value = "verified" }
field      = { value = "phone" }
value_hash = { from = "Phone" }
"""
    content = b"Id;When;Who;Phone\n1;soon;ann;s3cr3t\n2;2026-03-05;bob;s3cr3t;x\n"
    rows = _read(tmp_path, "a.csv", content, 'delimiter = ";"', "crm", events)
    assert [row[3] for row in rows] == [
        "event_time is not an ISO 8601 time",
        "line has too many fields",
    ]
    logs = read_logs()
    source = read_sources(tmp_path / "plainscore.toml", logs)["crm"]
    file = file_at(tmp_path, "crm/a.csv", DAY)
    assert quarantined_texts({file: [2, 3]}, source, logs)[file] == {
        2: "1;soon;ann;***",
        3: "2;2026-03-05;***;***;***",
    }
