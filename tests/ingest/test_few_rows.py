"""The text of a few rows is that which a reader of the whole file finds in their place."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plainscore.logs import packing, text_files
from plainscore.logs.landing import file_at
from plainscore.logs.sources import Format
from plainscore.logs.text_files import read_few, read_records

_PIECES = st.sampled_from(
    [
        b"a,b\n",
        b'"x\ny",z\n',
        b"\r\n",
        b"\n",
        b'"open\n',
        b"\xff\n",
        b"1,2",
        b"{}\r\n",
        b"y" * 300,
        b"z" * 200 + b"\r",
    ]
)
_TEXTS = st.lists(_PIECES, max_size=12).map(b"".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for files that are written over and over."""
    return tmp_path_factory.mktemp("few")


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson"])
@given(text=_TEXTS, begin=st.sampled_from([b"", b"\xef\xbb\xbf"]), block=st.integers(4, 400))
@settings(max_examples=100)
def test_few_rows_are_read_as_all_are(
    folder: Path, name: str, text: bytes, begin: bytes, block: int
) -> None:
    path = folder / "payment" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(begin + (b"h,i\n" if name == "a.csv" else b"") + text)
    file = file_at(folder, f"payment/{name}", date(2026, 3, 5))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(packing, "READ_BYTES", block)
        patched.setattr(text_files, "MAX_LINE_BYTES", 200)
        every = dict(read_records(file, Format()))
        for line, raw in every.items():
            assert read_few(file, Format(), {line}) == {line: raw}
        assert read_few(file, Format(), set(every)) == every
