"""DuckDB and the readers before it find the same lines, reasons and values."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainscore.logs import parquet_files, parquet_footer, parquet_rows, text_files, text_lines
from plainscore.logs.landing import LandingFile, file_at, list_landing
from tests.hostile.case import csv_text, parquet_bytes
from tests.hostile.corpus import deliver_all
from tests.hostile.seeds import SEEDS
from tests.hostile.test_parsers import CHANGES, CUTS, FIELDS
from tests.ingest.delivery import bill, deposit, purchase
from tests.ingest.side_by_side import differences, read_new, read_old

LOGS = ("profile", "purchase", "payment", "service", "friendship")
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "landing"
ARRIVED = date(2026, 3, 5)
BOMB_BYTES = 16 * 2**20
# What is refused as a whole now, and was read as lines that are no UTF-8.
NOW_REFUSED = {"UTF-16 is quarantined line by line", "packed twice is no text"}


def _differences(log: str, files: list[LandingFile], scratch: Path) -> list[str]:
    numbered = dict(enumerate(files))
    return differences(read_new(log, numbered, scratch), read_old(log, numbered))


@pytest.mark.parametrize("log", LOGS)
def test_the_sample_is_read_alike(log: str, tmp_path: Path) -> None:
    files = [file for file in list_landing(SAMPLE).files if file.log == log]
    assert len(files) > 10
    assert _differences(log, files, tmp_path) == []


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[LandingFile], set[str]]:
    """Return all hostile files, and the days of those that are refused on purpose now."""
    landing = tmp_path_factory.mktemp("corpus") / "landing"
    days = {desk.day for case, desk in deliver_all(landing) if case.name in NOW_REFUSED}
    return list_landing(landing).files, days


@pytest.mark.parametrize("log", LOGS)
def test_every_hostile_file_is_read_alike(
    log: str,
    corpus: tuple[list[LandingFile], set[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_lines, "_BOMB_BYTES", BOMB_BYTES)
    for module in (text_files, parquet_files, parquet_footer, parquet_rows):
        monkeypatch.setattr(module, "BOMB_BYTES", BOMB_BYTES)
    files = [one for one in corpus[0] if one.log == log and str(one.arrived) not in corpus[1]]
    assert _differences(log, files, tmp_path) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for files that are written over and over."""
    return tmp_path_factory.mktemp("both")


FORMATS = {"json": "a.ndjson", "csv": "a.csv", "gzip": "a.ndjson.gz", "parquet": "a.parquet"}


@pytest.mark.parametrize("form", FORMATS)
@given(data=st.data(), cuts=st.lists(CUTS, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_mutated_file_is_read_alike(
    folder: Path, form: str, data: st.DataObject, cuts: list[tuple[float, int, bytes]]
) -> None:
    content = data.draw(st.sampled_from(SEEDS[form]))
    for where, length, filling in cuts:
        at = int(where * len(content))
        content = content[:at] + filling + content[at + length :]
    (folder / FORMATS[form]).write_bytes(content)
    found = _differences("payment", [file_at(folder, FORMATS[form], ARRIVED)], folder)
    # Damage in a column that is not read is not looked for any more.
    assert found == [] or (form == "parquet" and found[0].startswith("file 0: None, not"))


@given(changes=st.lists(st.tuples(st.sampled_from([deposit, bill, purchase]), CHANGES), max_size=6))
@settings(max_examples=80, deadline=None)
@pytest.mark.parametrize("log", ["payment", "purchase"])
def test_rows_are_judged_alike_in_every_format(
    folder: Path, log: str, changes: list[tuple[Any, dict[str, str]]]
) -> None:
    rows = [dict.fromkeys(FIELDS, "") | make() | change for make, change in changes]
    rows = [rows[0] if rows else deposit(), *rows]
    contents: dict[str, bytes] = {
        "a.ndjson": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "a.csv": csv_text(rows).encode(),
        "a.parquet": parquet_bytes(rows),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    files = [file_at(folder, name, ARRIVED) for name in contents]
    assert _differences(log, files, folder) == []
