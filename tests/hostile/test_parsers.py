"""Whatever is done to a valid file, it is refused as a whole or all its rows are accounted for."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.accounting import Account, account_for, json_rows_in
from tests.hostile.case import csv_text, parquet_bytes
from tests.hostile.seeds import SEEDS
from tests.ingest.delivery import bill, deposit, purchase

NASTY = st.binary(max_size=3) | st.sampled_from(
    [b"\0", b"\xff", b'"', b"\n", b"\r\n", b",", b"{", b"[", b"\\u", b"\xef\xbb\xbf", b"9" * 30]
)
CUTS = st.tuples(st.floats(0, 1), st.integers(0, 40), NASTY)
FORMATS = {"json": "a.ndjson", "csv": "a.csv", "gzip": "a.ndjson.gz", "parquet": "a.parquet"}

FOREIGN = {
    b"\xfe\xff": "has UTF-16 text",
    b"\xff\xfe": "has UTF-16 text",
    b"\x1f\x8b\x08": "is packed (gzip) under a name that does not say so",
}
"""How a text begins that is refused as a whole."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for files that are written over and over."""
    return tmp_path_factory.mktemp("parsers")


@pytest.mark.parametrize("form", FORMATS)
@given(data=st.data(), cuts=st.lists(CUTS, min_size=1, max_size=4))
@settings(max_examples=40)
def test_a_mutated_file_is_refused_or_accounted_for(
    folder: Path, form: str, data: st.DataObject, cuts: list[tuple[float, int, bytes]]
) -> None:
    content = data.draw(st.sampled_from(SEEDS[form]))
    for where, length, filling in cuts:
        at = int(where * len(content))
        content = content[:at] + filling + content[at + length :]
    path = folder / FORMATS[form]
    path.write_bytes(content)
    account = account_for(path)
    if form == "json":
        refusal = next((why for mark, why in FOREIGN.items() if content.startswith(mark)), None)
        assert account.refusal == refusal
        assert refusal or account.row_count == json_rows_in(content)
    if form == "parquet" and account.refusal is None:
        claimed = duckdb.execute("select num_rows from parquet_file_metadata(?)", [str(path)])
        assert claimed.fetchone() == (account.row_count,)


TEXTS = st.sampled_from(
    ["", "0", "007", "NA", "null", "true", "1e400", "-0", "-1", "NaN", "12.345", "1e2", " 5", "é",
     "10000000000.01", "2026-03-05", "2026-03-05T23:30-01:00", "2026-03-06", "0001-01-01", "card",
     "10000-01-01", "2026-03-05T23:59:60", "2046-03-05", "2046-03-06", "ann", "=1+1", 'a"b,c',
     "\ufeff", "a\nb", "\u2028", "\x1b[31m", "deposit", "bill", "payment", "\0"]
)  # fmt: skip
FIELDS = ("event_id", "event_time", "person_id", "event_type", "amount", "due_date", "bill_type",
          "balance", "counterparty_id", "category", "order_id")  # fmt: skip
CHANGES = st.dictionaries(st.sampled_from(FIELDS), TEXTS, max_size=3)


@given(
    changes=st.lists(st.tuples(st.sampled_from([deposit, bill, purchase]), CHANGES), max_size=25)
)
@settings(max_examples=15)
@pytest.mark.parametrize("log", ["payment", "purchase"])
def test_a_row_is_judged_alike_in_every_format(
    folder: Path, log: str, changes: list[tuple[Any, dict[str, str]]]
) -> None:
    rows = [dict.fromkeys(FIELDS, "") | make() | change for make, change in changes]
    rows = [rows[0] if rows else deposit(), *rows]
    contents: dict[str, bytes] = {
        "a.ndjson": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "a.csv": csv_text(rows).encode(),
        "a.parquet": parquet_bytes(rows),
    }
    verdicts = []
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        verdicts.append(_by_order(account_for(folder / name, log)))
    assert verdicts[0] == verdicts[1] == verdicts[2]


def _by_order(account: Account) -> list[str | None]:
    """Return the reason of each row in the order of the file: lines differ between formats."""
    assert account.refusal is None
    reasons: dict[int, str | None] = dict.fromkeys(account.accepted)
    return [reason for _, reason in sorted((reasons | dict(account.refused)).items())]
