"""Copies of a file without some rows, so that all other rows keep their places.

In a text a row is replaced by as many empty lines as it took: blank lines are no rows, and line
numbers stay true. In parquet the rows behind it move up. A workbook is a zip of XML and keeps the
row without cells. Its texts stand in a list of their own, which cells of all sheets share: one that
only cells of such rows used is emptied.
"""

import io
import re
import shutil
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from html import unescape
from itertools import islice
from pathlib import Path
from typing import IO
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import duckdb

from plainscore.common.files import fsync_path
from plainscore.common.text import file_literal, identifier, read_parquet
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.logs.documents import json_values
from plainscore.logs.landing import Packing
from plainscore.logs.masking import COMMAS
from plainscore.logs.packing import open_packed, pack
from plainscore.logs.sources import Format

_BOOK, _LINKS, _TEXTS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
_ROW = re.compile(r"<((?:\w+:)?)row\b([^>]*?)(?:/>|>(.*?)</\1row>)", re.DOTALL)
_NUMBER = re.compile(r'\br="(\d+)"')
_SHARED = re.compile(
    r"<(?:\w+:)?c\b[^>]*\bt=\"s\"[^>]*>\s*<(?:\w+:)?v>(\d+)</(?:\w+:)?v>\s*</(?:\w+:)?c>"
)
_TEXT = re.compile(r"<((?:\w+:)?)si\b[^>]*?(?:/>|>.*?</\1si>)", re.DOTALL)
_FORMULA = re.compile(r"<(?:\w+:)?f\b")
# A text may be cut into runs of their own format; how it is spoken (rPh) is no part of it.
_ANY_TEXT = re.compile(
    r"<(?P<prefix>(?:\w+:)?)(?P<runs>si|is|text)(?P<of_runs>(?:\s[^<>]*[^<>/])?)>(?P<body>.*?)"
    r"</(?P=prefix)(?P=runs)>|<(?P<leaf>[\w:]+)(?P<of_leaf>[^<>]*)>(?P<text>[^<]+)</(?P=leaf)>",
    re.DOTALL,
)
_SPOKEN = re.compile(r"<((?:\w+:)?)rPh\b.*?</\1rPh>", re.DOTALL)
_RUN = re.compile(r"<((?:\w+:)?)t\b[^>]*>([^<]*)</\1t>")
_IN_FORMULA = re.compile(r"(?:\w+:)?(?:f|definedName|formula\w*|\w+Formula)")
_COLUMN = re.compile(r'(<(?:\w+:)?tableColumn\b[^>]*?\sname=)"([^"]*)"')
_ATTRIBUTE = re.compile(r'\s(?!r=|ref=|sqref=)[\w:]+="([^"]+)"')


def without_rows(content: bytes, form: Format, gone: Collection[int]) -> bytes | None:
    """Return a workbook whose sheet, as ``form`` names it, has no cell in the rows ``gone``.

    None where one of them holds a formula, on which others may depend. Raises KeyError,
    ValueError or one of zipfile's where the file is no such workbook.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {one: book.read(one) for one in book.infolist()}
    texts = {one.filename: part.decode() for one, part in parts.items() if _is_text(one.filename)}
    sheet = _sheet_path(texts, form.sheet)
    number, removed = 0, ""

    def emptied(row: re.Match[str]) -> str:
        nonlocal number, removed
        given = _NUMBER.search(row[2])
        number = int(given[1]) if given else number + 1
        if number not in gone:
            return row[0]
        removed += row[0]
        return f"<{row[1]}row{row[2]}/>"

    texts[sheet] = _ROW.sub(emptied, texts[sheet])
    if _FORMULA.search(removed):
        return None
    if _TEXTS in texts:
        sheets = [text for name, text in texts.items() if name.startswith("xl/worksheets/")]
        used = {int(one) for text in sheets for one in _SHARED.findall(text)}
        unused = {int(one) for one in _SHARED.findall(removed)} - used
        at = -1

        def left(text: re.Match[str]) -> str:
            nonlocal at
            at += 1
            return f"<{text[1]}si><{text[1]}t/></{text[1]}si>" if at in unused else text[0]

        texts[_TEXTS] = _TEXT.sub(left, texts[_TEXTS])
    changed = {one: texts[one.filename].encode() for one in parts if one.filename in texts}
    return _zipped(parts | changed)


def with_masks(content: bytes, names: ErasedIds) -> bytes:
    """Return a workbook with masks inside its texts: those of cells, notes, drawings, properties.

    A text in which an id stands loses the formats of its runs. Formulas and names stay, but for
    the columns of a table, which must be called as their header.
    """
    masked = {}
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for one in book.infolist():
            part = book.read(one)
            if one.filename.endswith(".xml"):
                text = _ANY_TEXT.sub(lambda found: _masked(found, names), part.decode())
                if one.filename.startswith("xl/tables/"):
                    text = _COLUMN.sub(lambda found: _masked_name(found, names), text)
                part = text.encode()
            masked[one] = part
    return _zipped(masked)


def _text_of(found: re.Match[str]) -> str:
    if found["leaf"]:
        return unescape(found["text"])
    return "".join(unescape(run[1]) for run in _RUN.findall(_SPOKEN.sub("", found["body"])))


def _masked(found: re.Match[str], names: ErasedIds) -> str:
    element, text = found["leaf"] or found["prefix"] + found["runs"], _text_of(found)
    if _IN_FORMULA.fullmatch(element) or (masked := names.masked(text)) == text:
        return found[0]
    if found["leaf"]:
        return f"<{element}{found['of_leaf']}>{escape(masked)}</{element}>"
    run = f'<{found["prefix"]}t xml:space="preserve">{escape(masked)}</{found["prefix"]}t>'
    return f"<{element}{found['of_runs']}>{run}</{element}>"


def _masked_name(found: re.Match[str], names: ErasedIds) -> str:
    return f"{found[1]}{quoteattr(names.masked(unescape(found[2])))}"


def texts_in(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the parts of a workbook, each with its texts, and with what is left of it besides."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for one in book.namelist():
            part = book.read(one).decode("utf-8", "replace")
            texts = list(map(_text_of, _ANY_TEXT.finditer(part)))
            yield one, [*texts, _ANY_TEXT.sub("<>", part)]


def parts_with(content: bytes, names: ErasedIds) -> list[str]:
    """Return the parts of a workbook with an id inside a text, a formula or a name."""
    return [
        part
        for part, (*texts, rest) in texts_in(content)
        if any(map(names.are_inside, (*texts, *map(unescape, _ATTRIBUTE.findall(rest)))))
    ]


def _zipped(parts: dict[zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for one, part in parts.items():
            book.writestr(one, part, one.compress_type)
    return target.getvalue()


def _is_text(name: str) -> bool:
    return (
        name in (_BOOK, _LINKS, _TEXTS)
        or re.fullmatch(r"xl/worksheets/[^/]+\.xml", name) is not None
    )


def _sheet_path(texts: dict[str, str], wanted: str) -> str:
    """Return the part of a workbook that is the sheet of a name, or the first."""
    sheets = [one for one in ElementTree.fromstring(texts[_BOOK]).iter() if _name(one) == "sheet"]
    links = {one.get("Id"): one.get("Target", "") for one in ElementTree.fromstring(texts[_LINKS])}
    (sheet, *_) = [one for one in sheets if wanted in ("", one.get("name"))]
    link = next(value for key, value in sheet.items() if key.endswith("}id"))
    target = links[link]
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


# Copies


UNFINISHED = ".erasing"
_LINE_ENDINGS = (".csv", ".ndjson", ".jsonl", ".tsv", ".txt", ".toml", ".sql", ".md", ".html")
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
    if ending in _LINE_ENDINGS:
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
