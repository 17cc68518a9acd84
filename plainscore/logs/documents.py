"""Files that are one document: JSON values in an array, and Excel workbooks.

Neither can be read line by line, so their size is bounded, and a row's line is its place: that of
the value among the values (from 1), or the number of the row in the sheet.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from python_calamine import CalamineError, CalamineWorkbook

from plainscore.logs.landing import FileRefused
from plainscore.logs.sources import Format

MAX_DOCUMENT_BYTES = 2**28
_WHOLE_NUMBERS = 2**53
_DECODER = json.JSONDecoder()
_BLANK = " \t\r\n"
DAMAGED_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, IndexError, NotImplementedError, OSError,
    RuntimeError, ValueError, struct.error,
)  # fmt: skip
"""What zipfile may raise: also for an unknown version, a password, a name in no encoding."""


def refuse_large(size: int, instead: str) -> None:
    """Raise FileRefused where a document, unpacked, is too large to be held as a whole."""
    if size > MAX_DOCUMENT_BYTES:
        raise FileRefused(
            f"is one document of more than {MAX_DOCUMENT_BYTES >> 20} MiB", f"deliver {instead}"
        )


def json_values(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each value begins and ends: those of an array, or values one after the other.

    Raises FileRefused where the text is anything else, or ends too early.
    """
    at, count = _behind_blanks(text, 0), 0
    is_array = text.startswith("[", at)
    at = _behind_blanks(text, at + is_array)
    is_done = at == len(text) or (is_array and text[at] == "]")
    if is_done and not is_array:
        raise FileRefused("holds no JSON", "deliver an array of objects")
    while not is_done:
        count += 1
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise FileRefused(
                f"cannot be read as JSON from value {count} on ({error})",
                "deliver an array of objects, or one object a line as .ndjson",
            ) from error
        yield at, end
        at = _behind_blanks(text, end)
        if not is_array:
            is_done = at == len(text)
        elif text.startswith(",", at):
            at = _behind_blanks(text, at + 1)
        elif is_done := text.startswith("]", at):
            pass
        else:
            raise FileRefused(
                f"is cut short or damaged behind value {count}", "deliver the whole file again"
            )
    if is_array and _behind_blanks(text, at + 1) != len(text):
        raise FileRefused("has more text behind its array", "deliver one array in each file")


def _behind_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def read_sheet(content: bytes, form: Format) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the columns of a sheet, and its further rows: number and cells as text.

    The header is the first row with a value below those that ``form`` skips. Rows without any
    value are left out. Raises FileRefused where the workbook or its sheet cannot be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            refuse_large(sum(part.file_size for part in parts.infolist()), "its rows as .csv")
            if damaged := parts.testzip():  # also where a part is larger than it says
                raise zipfile.BadZipFile(f"{damaged} is damaged")
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = form.sheet or workbook.sheet_names[0]
        if name not in workbook.sheet_names:
            raise FileRefused(
                f"has no sheet {name!r}, only {', '.join(workbook.sheet_names)}",
                "correct sheet = in its format in plainscore.toml",
            )
        cells = enumerate(workbook.get_sheet_by_name(name).iter_rows(), start=1)
        rows = ((number, list(map(_text, row))) for number, row in cells if number > form.skip)
        kept = iter([(number, row) for number, row in rows if any(row)])
    except (CalamineError, *DAMAGED_ZIP) as error:
        raise FileRefused(
            f"is no readable workbook ({str(error)[:200]})", "deliver it as .xlsx or .csv again"
        ) from error
    if form.names:
        return list(form.names), kept
    header: Sequence[str] = next(kept, (0, []))[1]
    if not header:
        raise FileRefused(f"has no row in its sheet {name!r}", "deliver it with a header")
    return list(named(header)), kept


def named(header: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of a header, each with a name."""
    return tuple(one or f"(column {at} without a name)" for at, one in enumerate(header, 1))


def _text(value: object) -> str:
    """Return a cell as text; numbers have no exponent, times are of ISO 8601."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) < _WHOLE_NUMBERS
        return str(int(value)) if is_whole else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)
