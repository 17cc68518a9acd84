"""Plain lines and rows set aside together are the rows that the standard library reads."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plainscore.logs import packing, text_files
from plainscore.logs.landing import file_at
from plainscore.logs.packing import HashedFile
from plainscore.logs.plain_lines import ESCAPE, ESCAPES, MARK, SEPARATOR, prepare
from plainscore.logs.sources import Format
from plainscore.logs.text_files import csv_records, header, numbered_lines

FORM = Format()
PIECES = ("a", "b,c", ",", '"', '""', "\n", "\r\n", "\r", " ", "é", MARK, SEPARATOR, "\ufeff")
Rows = dict[int, tuple[list[str], str | None]]


def _unescaped(text: str) -> str:
    for sign, letter in reversed(ESCAPES.items()):
        text = text.replace(ESCAPE + letter, sign)
    return text


def _prepared(path: Path, scratch: Path) -> Rows:
    file = file_at(path.parents[2], path.relative_to(path.parents[2]).as_posix(), date.min)
    with path.open("rb") as stream:
        found, source = prepare(file, FORM, ("x", "y"), lambda _: None, scratch, stream)
    assert source.size == path.stat().st_size
    rows: Rows = {}
    assert found.path is not None
    whole = found.path.read_bytes().decode().removeprefix("\ufeff").removesuffix("\n")
    lines = whole.split("\n")[found.first_line - 1 :]
    for line, text in enumerate(lines, found.first_line):
        if not text.startswith(MARK) and found.row_count:
            rows[line] = text.split(","), None
    odd = found.odd.read_text().split("\n")[:-1] if found.odd else []
    for text in odd:
        number, reason, *fields = text.split(SEPARATOR)
        assert int(number) not in rows
        rows[int(number)] = list(map(_unescaped, fields)), reason or None
    return rows


def _expected(path: Path) -> Rows:
    file = file_at(path.parents[2], path.relative_to(path.parents[2]).as_posix(), date.min)
    with path.open("rb") as stream:
        lines = numbered_lines(file, FORM, HashedFile(stream))
        width = len(header(lines, FORM))
        return {
            line: (fields or ["", ""], reason)
            for line, _, fields, reason in csv_records(lines, FORM, width)
        }


@given(st.lists(st.sampled_from(PIECES)).map("".join), st.integers(1, 9), st.integers(1, 4))
@example('a,b\n"c\nd",e\n"f', 1, 2)
@example("\n\n\n", 4, 1)
def test_no_row_is_lost_or_made(text: str, block: int, longest_record: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        path = Path(folder, "shop", "arrived=2026-03-05", "a.csv")
        path.parent.mkdir(parents=True)
        path.write_bytes(f"x,y\n{text}".encode())
        patched.setattr(packing, "READ_BYTES", block)
        patched.setattr(text_files, "MAX_RECORD_LINES", longest_record)
        assert _prepared(path, Path(folder, "1.txt")) == _expected(path)
