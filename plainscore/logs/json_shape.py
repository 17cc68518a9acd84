"""The shape that most JSON lines of a delivery share: plain values under keys in one order.

One pattern per delivery proves a line to be a flat object with known keys, none twice, each with a
value of a type its field may have. Proving all that apart took 3 times as long.
"""

import re

import polars as pl

from plainscore.logs.log_fields import Log

_NO_CONTROL = r'[^"\\\x00-\x1f]'
TEXT = rf'"{_NO_CONTROL}*"'
KEY = rf'"[^":\\\x00-\x1f]{_NO_CONTROL}*"'
INTEGER = r"(?:0|-?[1-9][0-9]{0,17})"
DECIMAL = r"(?:0|[1-9][0-9]{0,8})\.[0-9]{1,6}"
_SAMPLE_LINES, _SAMPLE_CHARS, _MAX_KEYS = 100, 4_000, 40
_ORDINARY_KEY = re.compile(r'"([A-Za-z0-9_]{1,60})": *')


def keys_in_order(lines: pl.Series) -> list[str]:
    """Return the keys of the first lines, merged into one order.

    The order is a guess: lines of another one do not match the pattern, and are read elsewhere.
    """
    order: list[str] = []
    for line in lines.head(_SAMPLE_LINES).drop_nulls().str.head(_SAMPLE_CHARS):
        at = 0
        for key in _ORDINARY_KEY.findall(line):
            if key not in order:
                order.insert(at, key)
            at = order.index(key) + 1
    return order[:_MAX_KEYS]


def match_shape(log: Log, keys: list[str], lines: pl.Series) -> pl.Series:
    """Tell which lines are flat objects of plain values with some of the keys, in their order."""
    pairs = (rf'(?:"{key}": *(?:{_values(log, key)}) *(?:, *|\}}$))?' for key in keys)
    pattern = r"^\{ *" + "".join(pairs) + "$"
    # The pattern alone lets a comma pass in the place of the closing brace.
    return lines.str.contains(pattern) & lines.str.ends_with("}")


def _values(log: Log, key: str) -> str:
    """Return the pattern of the values that a key may have; a key nobody knows may have any."""
    kind = "any"
    if key in log.names:
        kind = next((own.kind for own in log.fields if own.name == key), "text")
    values = [TEXT, INTEGER, "null"]
    if kind in ("amount", "year", "any"):
        values.append(DECIMAL)
    if kind in ("flag", "any"):
        values += ["true", "false"]
    return "|".join(values)
