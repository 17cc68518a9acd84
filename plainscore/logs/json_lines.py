"""JSON lines: the shape that most of them share, and one by one those that have another.

A line of the shape is one flat object of plain values with known keys, none of them twice: DuckDB
reads it. Most prove it by being what their cells give when they are written again, the others by
a regular expression, which takes longer. The standard library reads all that do neither, keeps
the digits of numbers, and says why a line cannot be read.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plainscore.common.text import escape_glob, identifier, text_literal

MAX_NESTING = 100
"""Readers give up at a depth of their own, which a new version may change; this stays."""
NOT_TEXT = "is neither text nor an integer"

_MAX_KEYS = 40
_FEW_LINES, _MANY_LINES = 10, 1_000
_ORDINARY_KEY = re.compile(r'"([A-Za-z0-9_]{1,60})":( *)(.)')
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_VALUES = r'"[^"\\\x00-\x1f]*"|0|-?[1-9][0-9]{0,17}|null'
_OTHER_VALUES = r"|(?:0|[1-9][0-9]{0,8})\.[0-9]{1,6}|true|false"


class JsonShape:
    """The order of keys that the lines of some files share; not all keys need be in each."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        # How values begin, by key; the blanks before them, and whether one follows a comma.
        self._begins = defaultdict[str, Counter[str]](Counter)
        self._blanks = Counter[str]()
        self._gaps = Counter[str]()

    def add(self, lines: Sequence[bytes]) -> bool:
        """Merge the keys of some lines; return whether most are in the order of those before."""
        # Of many files that are alike, few lines of each are enough.
        few = lines[: max(_FEW_LINES, _MANY_LINES - self._gaps.total())]
        chosen = [line.decode(errors="ignore") for line in few]
        self._gaps.update(", " if ', "' in line else "," for line in chosen)
        orders = Counter[tuple[str, ...]]()
        alike = Counter(tuple(_ORDINARY_KEY.findall(line)) for line in chosen)
        for found, count in alike.items():
            orders[tuple(key for key, _, _ in found)] += count
            for key, blank, begin in found:
                self._begins[key][begin] += count
                self._blanks[blank] += count
        keys, others = list(self.keys), 0
        for order, count in orders.most_common():
            merged = _merged(keys, order)
            if merged is None:
                others += count
            else:
                keys = merged
        if self.keys and 2 * others > orders.total():
            return False
        self.keys = keys[:_MAX_KEYS]
        return True

    def pattern(self, texts: frozenset[str]) -> str:
        """Return the regular expression; the columns ``texts`` hold texts and integers alone."""
        pairs = (
            rf'(?:"{key}": *(?:{_VALUES}{"" if key in texts else _OTHER_VALUES}) *(?:, *|\}}$))?'
            for key in self.keys
        )
        return r"\{ *" + "".join(pairs)

    def proof(self, raw: str, cells: Mapping[str, str], texts: frozenset[str]) -> str:
        """Return SQL: whether the text ``raw`` is its cells written again, without an escape.

        ``cells``: SQL for the text of each key. Where it is true, the line is of the shape.
        """
        blank = max(self._blanks, key=self._blanks.__getitem__, default="")
        gap = max(self._gaps, key=self._gaps.__getitem__, default=",")
        written: list[str] = []
        plain: list[str] = []
        for key in self.keys:
            cell, begins = cells[key], self._begins[key]
            before = f'{gap if written else "{"}"{key}":{blank}'
            absent = f" else {text_literal(before + 'null')}" if begins["n"] else ""
            quote = '"' if begins['"'] * 2 > begins.total() - begins["n"] else ""
            there = f"case when {cell} is not null then"
            written += [f"{there} {text_literal(before + quote)}{absent} end", cell]
            if quote:
                written.append(f"{there} {text_literal(quote)} end")
            elif key in texts:
                plain.append(f"coalesce(regexp_full_match({cell}, '-?[0-9]+'), true)")
            else:
                # A number, and no list or object.
                plain.append(f"coalesce({cell} < 'A' or {cell} in ('true', 'false'), true)")
        same = f"{raw} = concat({', '.join(written)}, '}}')" if written else "false"
        return " and ".join([f"not contains({raw}, '\\')", same, *plain])


def _merged(keys: list[str], order: tuple[str, ...]) -> list[str] | None:
    """Return keys with those of a line at their places; None where they are in another order."""
    merged, at = list(keys), 0
    for key in order:
        if key not in merged:
            merged.insert(at, key)
        elif merged.index(key) < at:
            return None
        at = merged.index(key) + 1
    return merged


def read_line(
    raw: str, columns: Sequence[str], texts: frozenset[str]
) -> tuple[list[str | None], list[str | None], str | None, set[str]]:
    """Return a line's columns as text, their faults, why it cannot be read, and its other keys."""
    fields, reason = _read_object(raw)
    cells, faults = list[str | None](), list[str | None]()
    for name in columns:
        value = fields.get(name)
        text = None if value is None else _as_text(value, is_text=name in texts)
        cells.append(text or None)
        faults.append(NOT_TEXT if text is None and value is not None else None)
    return cells, faults, reason, fields.keys() - set(columns)


class _Number(str):
    """A JSON number that is no integer, as written."""


class _Repeated(ValueError):
    """An object names a key twice."""


def _read_object(raw: str) -> tuple[dict[str, Any], str | None]:
    if is_too_deep(raw):
        return {}, f"line is nested more than {MAX_NESTING} deep"
    try:
        read = _DECODER.decode(raw)
    except _Repeated:
        return {}, "line repeats a key"
    except ValueError:
        return {}, "line is not JSON"
    return (read, None) if isinstance(read, dict) else ({}, "line is not a JSON object")


def is_too_deep(line: str) -> bool:
    """Return whether a line nests deeper than MAX_NESTING; brackets in texts do not count."""
    if line.count("[") + line.count("{") <= MAX_NESTING:
        return False
    depth = 0
    for step in map(_STEPS.get, _TEXT.sub("", line)):
        if step is not None:
            depth += step
            if depth > MAX_NESTING:
                return True
    return False


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise _Repeated
    return read


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unrepeated, parse_int=str, parse_float=_Number, parse_constant=_Number
)


def _as_text(value: Any, *, is_text: bool) -> str | None:
    """Return a value as text; None where it is to be an id and is nothing that can be one."""
    if isinstance(value, bool):
        value = _Number("true" if value else "false")
    elif isinstance(value, list | dict):
        value = _Number(json.dumps(value, ensure_ascii=True))
    if is_text and isinstance(value, _Number):
        return None
    text = str(value)
    return text if text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text) else None


def rows_of(path: Path, kinds: Mapping[str, str], rows: Iterable[Sequence[object]]) -> str:
    """Write rows into a file, and return SQL that reads them with columns of these SQL types.

    The first parameter of any statement makes DuckDB import pandas, which takes .4 s: so do small
    tables come in without one.
    """
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(dict(zip(kinds, row, strict=True)), default=str) + "\n")
    columns = ", ".join(f"{identifier(name)}: {text_literal(kind)}" for name, kind in kinds.items())
    return (
        f"select * from read_json({text_literal(escape_glob(str(path)))}, "
        f"format = 'newline_delimited', maximum_object_size = {2**28}, "
        f"hive_partitioning = false, columns = {{{columns}}})"
    )
