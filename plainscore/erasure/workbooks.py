"""Excel workbooks without some rows of a sheet, or with masks in their texts.

A workbook is a zip of XML. A row that goes is left without cells, so that all others keep their
numbers. Texts stand in a list of their own, which cells of all sheets share: one that only cells
of such rows used is emptied. All else stays as it is.
"""

import io
import re
import zipfile
from collections.abc import Collection, Iterator
from html import unescape
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from plainscore.erasure.erased_ids import ErasedIds
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
