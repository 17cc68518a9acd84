"""Copies of a file without some rows, so that all other rows keep their places.

In a text a row is replaced by as many empty lines as it took: blank lines are no rows, and line
numbers stay true. A workbook keeps the row without cells. In parquet the rows behind it move up.
"""

import io
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import duckdb

from plainscore.common.files import fsync_path
from plainscore.common.text import file_literal, identifier, read_parquet
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.workbooks import parts_with, with_masks, without_rows
from plainscore.logs.documents import json_values
from plainscore.logs.landing import Packing
from plainscore.logs.masking import COMMAS
from plainscore.logs.packing import open_packed, pack
from plainscore.logs.sources import Format

UNFINISHED = ".erasing"
_TEXTS = (".csv", ".ndjson", ".jsonl", ".tsv", ".txt", ".toml", ".sql", ".md", ".html")
_MARK = "\ufeff"
_PIECE_CHARACTERS = 2**26
_PACKINGS: dict[str, Packing] = {".gz": "gz", ".zst": "zst"}


class ByHand(Exception):
    """A file holds a person and cannot be rewritten by us; the message says why."""


def kind_of(path: Path) -> str:
    """Return what a file is by its name: csv, other lines, json, parquet, xlsx, or nothing."""
    name, packing = path.name.lower(), packing_of(path)
    name = name.removesuffix(f".{packing}")
    ending = name[name.rfind(".") :]
    if ending in _TEXTS:
        return "csv" if ending == ".csv" else "lines"
    is_whole = ending in (".parquet", ".xlsx") and not packing
    return ending[1:] if ending == ".json" or is_whole else ""


def packing_of(path: Path) -> Packing:
    """Return how a file is packed by its name."""
    return _PACKINGS.get(path.suffix.lower(), "")


def unpacked(path: Path) -> IO[bytes]:
    """Open a file, unpacked as its name says."""
    return open_packed(path.open("rb"), packing_of(path))


@contextmanager
def text_lines(path: Path, encoding: str = "utf-8") -> Iterator[Iterator[str]]:
    """Open a text file: its lines with their ends, parts of one that is enormous."""
    with unpacked(path) as stream, _text(stream, encoding) as text:
        yield iter(lambda: text.readline(_PIECE_CHARACTERS), "")


def _text(stream: IO[bytes], encoding: str) -> io.TextIOWrapper:
    errors = "strict" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(stream, encoding, errors, newline="\n")


@dataclass(frozen=True)
class Edit:
    """What becomes of a file: rows that go, by line, and masks for the ids in all other texts.

    ``spans``: how many lines the rows take that hold an id.
    """

    gone: Collection[int]
    spans: Mapping[int, int]
    masks: ErasedIds | None = None
    form: Format = COMMAS

    def of(self, line: int, text: str) -> str:
        """Return the new text of a row, with the line ends that it has."""
        if line in self.gone:
            return "\n" * text.count("\n")
        if self.masks is None:
            return text
        plain = text.replace("\r\n", "\n")
        if (masked := self.masks.masked(plain)) == plain:
            return text
        return masked if plain == text else masked.replace("\n", "\r\n")


def rewritten(path: Path, edit: Edit) -> Path | None:
    """Write a copy of a file as edited; return it, or None where nothing would change.

    Raises ByHand where the file is of another kind.
    """
    copy, kind = path.with_name(f".{path.name}{UNFINISHED}"), kind_of(path)
    copiers = {"json": _copy_document, "parquet": _copy_parquet, "xlsx": _copy_workbook}
    if not kind:
        raise ByHand("is of a kind that is not written here")
    if not copiers.get(kind, _copy_lines)(path, copy, edit):
        copy.unlink(missing_ok=True)
        return None
    shutil.copymode(path, copy)
    fsync_path(copy)
    return copy


def _copy_lines(path: Path, copy: Path, edit: Edit) -> bool:
    is_changed, number = False, 1
    with (
        text_lines(path, edit.form.encoding) as lines,
        _written(path, copy, edit.form.encoding) as text,
    ):
        for first in lines:
            old = first + "".join(islice(lines, edit.spans.get(number, 1) - 1))
            new = edit.of(number, old)
            text.write(new)
            is_changed = is_changed or new != old
            number += old.count("\n")
    return is_changed


def _copy_document(path: Path, copy: Path, edit: Edit) -> bool:
    """Copy JSON with null in the place of each value that goes: a null is no row."""
    with text_lines(path, edit.form.encoding) as lines:
        old = "".join(lines)
    mark, body = old[: old.startswith(_MARK)], old.removeprefix(_MARK)
    parts, at = [mark], 0
    for number, (begin, end) in enumerate(json_values(body) if edit.gone else (), start=1):
        if number in edit.gone:
            parts += [body[at:begin], "null"]
            at = end
    new = edit.of(0, "".join([*parts, body[at:]]))
    with _written(path, copy, edit.form.encoding) as text:
        text.write(new)
    return new != old


@contextmanager
def _written(path: Path, copy: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Open the copy of a text file for writing, packed as the file is."""
    with ExitStack() as opened:
        target = opened.enter_context(copy.open("wb"))
        yield opened.enter_context(
            _text(opened.enter_context(pack(target, packing_of(path))), encoding)
        )


def _copy_workbook(path: Path, copy: Path, edit: Edit) -> bool:
    """Copy a workbook without the cells of its rows that go, and with masks in its texts."""
    old = path.read_bytes()
    new = without_rows(old, edit.form, edit.gone) if edit.gone else old
    if new is None:
        raise ByHand("has formulas in rows that must go")
    if edit.masks and parts_with(new, edit.masks):
        new = with_masks(new, edit.masks)
    copy.write_bytes(new)
    return new != old


def _copy_parquet(path: Path, copy: Path, edit: Edit) -> bool:
    source, masks = read_parquet([path]), edit.masks
    with duckdb.connect() as con:
        columns = {row[0]: row[1] for row in con.execute(f"describe from {source}").fetchall()}
        texts: dict[str, str] = {}
        if masks:
            con.create_function("masked", masks.masked, ["VARCHAR"], "VARCHAR")
            cells = {name: _masked_cell(identifier(name), kind) for name, kind in columns.items()}
            texts = {name: text for name, text in cells.items() if text}
        names = {name: masks.masked(name) if masks else name for name in columns}
        held = " or ".join(f"{text} <> {identifier(one)}" for one, text in texts.items())
        is_changed = edit.gone or any(old != new for old, new in names.items())
        asked = f"select 1 from {source} where {held or 'false'} limit 1"
        if not is_changed and not con.execute(asked).fetchone():
            return False
        chosen = ", ".join(
            f"{texts.get(old, identifier(old))} as {identifier(new)}" for old, new in names.items()
        )
        numbered = source.removesuffix(")") + ", file_row_number = true)"
        con.execute(
            f"copy (select {chosen} from {numbered} where not "
            f"list_contains({list(edit.gone)}::bigint[], file_row_number + 1)) "
            f"to {file_literal(copy)} (format parquet, compression zstd)"
        )
    return True


def _masked_cell(column: str, kind: str) -> str | None:
    """Return SQL for a cell with masks inside its texts; None where it holds none."""
    if kind == "VARCHAR":
        return f"masked({column})"
    if "VARCHAR" not in kind and kind != "JSON":
        return None
    text = f"masked(cast(to_json({column}) as varchar))"
    return f"cast(cast({text} as json) as {kind})"
