"""The text of a row as kept in quarantine: without identity values, and of bounded length."""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from plainscore.logs.json_lines import is_too_deep

MASK = "***"
MASKED_FIELD = "value_hash"
MAX_RAW_CHARACTERS = 65_536

_REST = re.compile(rf"{MASKED_FIELD}.*", re.DOTALL | re.IGNORECASE)
_TEXT = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:\s*)?')
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_CSV_FIELD = re.compile(r'(?:^|,)("(?:[^"]|"")*"|[^,]*)')


def mask_json(raw: str, *, has_identity: bool = True) -> str:
    """Return a JSON line with every ``value_hash`` masked, in any case, also where it is broken.

    Where a broken line could hide one, everything from there on is masked. ``has_identity``: the
    log defines the field, so that a line that lost its beginning may be the end of one.
    """
    if has_identity and not raw.lstrip().startswith("{") and '"' in raw:
        return MASK
    if MASKED_FIELD not in raw.lower() and "\\u" not in raw:
        return shorten(raw)
    try:
        read = None if is_too_deep(raw) else _DECODER.decode(raw)
    except ValueError:
        read = None
    if isinstance(read, dict):
        return shorten(_mask_values(raw))
    hidden = MASK if "\\u" in raw else _REST.sub(f"{MASKED_FIELD} {MASK}", raw)
    return shorten(hidden)


def _mask_values(raw: str) -> str:
    """Return a JSON object with the values of every ``value_hash`` masked, all else as it was."""
    parts, at = [], 0
    for found in _TEXT.finditer(raw):
        is_key = found[2] is not None and found.start() >= at
        if is_key and _DECODER.decode(found[1]).lower() == MASKED_FIELD:
            _, end = _DECODER.raw_decode(raw, found.end())
            parts += [raw[at : found.end()], f'"{MASK}"']
            at = end
    return "".join([*parts, raw[at:]])


@dataclass(frozen=True)
class CsvShape:
    """What masking needs to know of a header: its ``width``, and where ``value_hash`` stands."""

    width: int
    masked_at: int | None


def csv_shape(names: Sequence[str]) -> CsvShape:
    """Return the shape of a header."""
    lowered = [name.lower() for name in names]
    masked_at = lowered.index(MASKED_FIELD) if MASKED_FIELD in lowered else None
    return CsvShape(len(names), masked_at)


def mask_csv(raw: str, shape: CsvShape, *, has_identity: bool = True) -> str:
    """Return a csv record's text with its ``value_hash`` masked and all else as it was.

    In a record with too few or too many fields it is unknown which one it is, so every field that
    it could be is masked; in one with broken quotes, everything after it too. Where the log
    defines the field (``has_identity``) and the header does not name it, surplus fields may be it.
    """
    if shape.masked_at is None and not has_identity:
        return shorten(raw)
    read = split_record(raw)
    fields = raw.split(",") if read is None else _CSV_FIELD.findall(raw)
    if read is not None and len(read) != len(fields):
        return MASK
    if shape.masked_at is None:
        first, end = shape.width, len(fields)
    else:
        slack = abs(len(fields) - shape.width)
        first = max(0, shape.masked_at - slack)
        end = min(len(fields), shape.masked_at + slack + 1)
    for at in range(first, len(fields) if read is None else end):
        fields[at] = MASK if fields[at] else ""
    return shorten(",".join(fields))


def split_record(raw: str) -> list[str] | None:
    """Return the fields of one record's text; None where it is not csv."""
    try:
        return next(csv.reader([line + "\n" for line in raw.split("\n")], strict=True), [])
    except csv.Error:
        return None


def shorten(raw: str) -> str:
    """Return at most MAX_RAW_CHARACTERS of a row; the landing file holds the rest."""
    if len(raw) <= MAX_RAW_CHARACTERS:
        return raw
    return f"{raw[:MAX_RAW_CHARACTERS]}... ({len(raw)} characters)"
