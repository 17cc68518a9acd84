"""Excel workbooks without some rows of a sheet; every other part of the file stays as it is.

A workbook is a zip of XML. A row that goes is left without cells, so that all others keep their
numbers. Texts stand in a list of their own, which cells of all sheets share: one that only cells
of such rows used is emptied.
"""

import io
import re
import zipfile
from collections.abc import Collection
from xml.etree import ElementTree

from plainscore.logs.sources import Format

_BOOK, _LINKS, _TEXTS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml"
_ROW = re.compile(r"<((?:\w+:)?)row\b([^>]*?)(?:/>|>(.*?)</\1row>)", re.DOTALL)
_NUMBER = re.compile(r'\br="(\d+)"')
_SHARED = re.compile(
    r"<(?:\w+:)?c\b[^>]*\bt=\"s\"[^>]*>\s*<(?:\w+:)?v>(\d+)</(?:\w+:)?v>\s*</(?:\w+:)?c>"
)
_TEXT = re.compile(r"<((?:\w+:)?)si\b[^>]*?(?:/>|>.*?</\1si>)", re.DOTALL)
_FORMULA = re.compile(r"<(?:\w+:)?f\b")


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
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for one, part in parts.items():
            new = texts[one.filename].encode() if one.filename in texts else part
            book.writestr(one, new, one.compress_type)
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
