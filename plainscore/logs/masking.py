"""The text of a row as kept in quarantine: without hidden values, and of bounded length.

Hidden are the fields of the kind ``hash`` of any log, and the delivered columns that become one.
"""

import csv
import json
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache

from plainscore.logs.json_lines import is_too_deep
from plainscore.logs.sources import Format
from plainscore.logs.text_files import csv_reader

MASK, COMMAS = "***", Format()
MAX_RAW_CHARACTERS = 65_536

_TEXT = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:\s*)?')
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def mask_json(raw: str, hidden: Set[str], *, has_identity: bool = True) -> str:
    """Return a JSON line with the value of every hidden key masked, also where it is broken.

    Where a broken line could hide one, everything from there on is masked.

    Parameters
    ----------
    raw
        The line.
    hidden
        The keys, in small letters; they are found in any case.
    has_identity
        Whether the line's log has such a field, so that a line that lost its beginning may be the
        end of one.
    """
    if has_identity and not raw.lstrip().startswith("{") and '"' in raw:
        return MASK
    if "\\u" not in raw and not any(name in raw.lower() for name in hidden):
        return shorten(raw)
    try:
        read = None if is_too_deep(raw) else _DECODER.decode(raw)
    except ValueError:
        read = None
    if isinstance(read, dict):
        return shorten(_mask_values(raw, hidden))
    return shorten(MASK if "\\u" in raw else _rest(frozenset(hidden)).sub(rf"\1 {MASK}", raw))


@cache
def _rest(hidden: frozenset[str]) -> re.Pattern[str]:
    """Match everything from the first hidden name on."""
    names = "|".join(map(re.escape, sorted(hidden, key=len, reverse=True)))
    return re.compile(f"({names}).*", re.DOTALL | re.IGNORECASE)


def _mask_values(raw: str, hidden: Set[str]) -> str:
    """Return a JSON object with the values of hidden keys masked, all else as it was."""
    parts, at = [], 0
    for found in _TEXT.finditer(raw):
        is_key = found[2] is not None and found.start() >= at
        if is_key and _DECODER.decode(found[1]).lower() in hidden:
            _, end = _DECODER.raw_decode(raw, found.end())
            parts += [raw[at : found.end()], f'"{MASK}"']
            at = end
    return "".join([*parts, raw[at:]])


@dataclass(frozen=True)
class CsvShape:
    """What masking needs to know of a file: its ``width``, and where hidden columns stand."""

    width: int
    masked_at: tuple[int, ...]
    form: Format


def csv_shape(names: Sequence[str], hidden: Set[str], form: Format = COMMAS) -> CsvShape:
    """Return the shape of a file with these columns."""
    places = (at for at, name in enumerate(names) if name.lower() in hidden)
    return CsvShape(len(names), tuple(places), form)


def mask_csv(raw: str, shape: CsvShape, *, has_identity: bool = True) -> str:
    """Return a csv record's text with its hidden fields masked and all else as it was.

    In a record with too few or too many fields it is unknown which ones they are, so every field
    that could be one is masked; in one with broken quotes, everything after it too. Where the log
    has such a field (``has_identity``) and the header does not name it, surplus fields may be it.
    """
    if not shape.masked_at and not has_identity:
        return shorten(raw)
    read = _split(raw, shape.form)
    delimiter, quote = re.escape(shape.form.delimiter), re.escape(shape.form.quote)
    quoted = f"{quote}(?:[^{quote}]|{quote}{quote})*{quote}|" if quote else ""
    fields = raw.split(shape.form.delimiter)
    if read is not None:
        fields = re.findall(f"(?:^|{delimiter})({quoted}[^{delimiter}]*)", raw)
        if len(read) != len(fields):
            return MASK
    slack = abs(len(fields) - shape.width)
    masked = {at + by for at in shape.masked_at for by in range(-slack, slack + 1)}
    first = min(masked, default=shape.width)
    if read is None or not shape.masked_at:
        masked |= set(range(max(first, 0), len(fields)))
    for at in masked & set(range(len(fields))):
        fields[at] = MASK if fields[at] else ""
    return shorten(shape.form.delimiter.join(fields))


def _split(raw: str, form: Format) -> list[str] | None:
    """Return the fields of one record's text; None where it is not csv."""
    reader = csv_reader([line + "\n" for line in raw.split("\n")], form)
    try:
        return next(reader, [])
    except csv.Error:
        return None


def shorten(raw: str) -> str:
    """Return at most MAX_RAW_CHARACTERS of a row; the landing file holds the rest."""
    if len(raw) <= MAX_RAW_CHARACTERS:
        return raw
    return f"{raw[:MAX_RAW_CHARACTERS]}... ({len(raw)} characters)"
