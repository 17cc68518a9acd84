"""The text of a row as kept in quarantine: without identity values, and of bounded length."""

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

from flows.ingest.csv_rows import split_record
from flows.ingest.log_fields import MASK, MASKED_FIELD

MAX_RAW_CHARACTERS = 65_536

_SCALAR = re.compile(
    rf'("{MASKED_FIELD}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|null|true|false|[-+0-9.eE]+)',
    re.DOTALL | re.IGNORECASE,
)
_REST = re.compile(rf"{MASKED_FIELD}.*", re.DOTALL | re.IGNORECASE)


def mask_json(raw: str, *, has_identity: bool = True) -> str:
    """Return a JSON line with every ``value_hash`` masked, in any case, also where it is broken.

    Where a broken line could hide one, everything from there on is masked. ``has_identity``: the
    log defines the field, so that a line that lost its beginning may be the end of one.
    """
    if has_identity and not raw.lstrip().startswith("{") and '"' in raw:
        return MASK
    if MASKED_FIELD not in raw.lower() and "\\u" not in raw:
        return shorten(raw)
    masked = _SCALAR.sub(rf'\1"{MASK}"', raw)
    try:
        read = json.loads(masked, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        hidden = MASK if "\\u" in raw else _REST.sub(f"{MASKED_FIELD} {MASK}", raw)
        return shorten(hidden)
    if not isinstance(read, dict):
        return shorten(_REST.sub(f"{MASKED_FIELD} {MASK}", raw))
    if _is_masked(read):
        return shorten(masked)
    return shorten(json.dumps(mask_value(json.loads(raw)), ensure_ascii=False))


def mask_csv(raw: str, names: Sequence[str], *, has_identity: bool = True) -> str:
    """Return a csv record's text with its ``value_hash`` masked; ``names`` is the file's header.

    In a record with too few or too many fields nobody knows which one it is, so every field that
    it could be is masked; in one with broken quotes, everything after it too. Where the log
    defines the field (``has_identity``) and the header does not name it, surplus fields may be it.
    """
    lowered = [name.lower() for name in names]
    if MASKED_FIELD not in lowered and not has_identity:
        return shorten(raw)
    read = split_record(raw)
    fields = raw.split(",") if read is None else read
    if MASKED_FIELD in lowered:
        place, slack = lowered.index(MASKED_FIELD), abs(len(fields) - len(names))
        first, end = max(0, place - slack), min(len(fields), place + slack + 1)
    else:
        first, end = len(names), len(fields)
    if first >= len(fields):
        return shorten(raw)
    for at in range(first, len(fields) if read is None else end):
        fields[at] = MASK if fields[at] else ""
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(fields)
    return shorten(written.getvalue())


def shorten(raw: str) -> str:
    """Return at most MAX_RAW_CHARACTERS of a row; the landing file holds the rest."""
    if len(raw) <= MAX_RAW_CHARACTERS:
        return raw
    return f"{raw[:MAX_RAW_CHARACTERS]}... ({len(raw)} characters)"


def _is_masked(read: Any) -> bool:
    if isinstance(read, dict):
        return all(
            value == MASK if name.lower() == MASKED_FIELD else _is_masked(value)
            for name, value in read.items()
        )
    return all(map(_is_masked, read)) if isinstance(read, list) else True


def mask_value(read: Any) -> Any:
    """Return a parsed value with every ``value_hash`` in it masked, however deep; null stays."""
    if isinstance(read, dict):
        return {
            name: MASK if name.lower() == MASKED_FIELD and value is not None else mask_value(value)
            for name, value in read.items()
        }
    return [mask_value(value) for value in read] if isinstance(read, list) else read
