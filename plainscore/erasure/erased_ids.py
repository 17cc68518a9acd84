"""The ids of the people to be erased, and which texts name one of them."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

NAMING_FIELDS = ("person_id", "friend_id", "counterparty_id")
"""The fields that name people, in every log and column list."""

DISTINCTIVE_CHARACTERS = 4
"""Shorter ids ("7", "ann") occur in numbers and words that name no one."""


class ErasedIds:
    """Some ids, looked for as whole values and as whole words."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = tuple(dict.fromkeys(ids))
        self._word = _pattern(self.ids)
        self.distinctive_ids = tuple(i for i in self.ids if len(i) >= DISTINCTIVE_CHARACTERS)
        self._distinctive = _pattern(self.distinctive_ids)
        self._forms = tuple(form.encode() for one in self.ids for form in _written_forms(one))

    def may_be_in(self, text: bytes, *, is_json: bool = False) -> bool:
        """Return quickly whether a text can name anyone; JSON may hide an id behind escapes."""
        return (is_json and b"\\" in text) or any(form in text for form in self._forms)

    def are_words_of(self, text: str) -> bool:
        """Return whether a text holds an id as a whole word, in any way of writing it."""
        if self._word is not None and self._word.search(text):
            return True
        return "\\" in text and any(self.are_words_of(leaf) for leaf in json_texts(text))

    def matches(self, text: str) -> bool:
        """Return whether a text of ours mentions anyone: it is an id, or holds a distinctive one.

        A short id within a longer text is a date's day or a number's digits more often than not.
        """
        if text in self.ids:
            return True
        return self._distinctive is not None and bool(self._distinctive.search(text))

    def taken_out_of(self, text: str) -> str:
        """Return a text with "erased" instead of every distinctive id."""
        return self._distinctive.sub("erased", text) if self._distinctive else text


def json_texts(document: str, *, with_numbers: bool = True) -> Iterator[str]:
    """Yield every key and text of a JSON document, and its numbers; nothing where it is none."""
    number = str if with_numbers else None
    try:
        read = json.loads(document, parse_int=number, parse_float=number)
    except (ValueError, RecursionError):
        return
    if isinstance(read, dict | list):
        yield from texts_within(read)


def texts_within(read: Any) -> Iterator[str]:
    """Yield every key and text within a parsed JSON value."""
    if isinstance(read, str):
        yield read
    elif isinstance(read, list):
        for value in read:
            yield from texts_within(value)
    elif isinstance(read, dict):
        for key, value in read.items():
            yield key
            yield from texts_within(value)


def _pattern(ids: Sequence[str]) -> re.Pattern[str] | None:
    forms = sorted({form for one in ids for form in _written_forms(one)})
    if not forms:
        return None
    # "_" parts words here: it often joins an id to what it is the id of.
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, forms))})(?![^\W_])")


def _written_forms(one: str) -> set[str]:
    """Return how an id may be written: as it is, in JSON, within quotes in csv."""
    in_json = (json.dumps(one, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return {one, one.replace('"', '""'), *in_json}


# Which cells of a column hold an id, whatever the column's type.


def cells_that_may_match(column: pl.Series, names: ErasedIds) -> pl.Series:
    """Mark quickly the cells that could hold an id; all that are no plain value are marked."""
    if column.dtype == pl.String:
        return column.str.contains_any(list(names.ids)).fill_null(False)
    if _is_plain(column.dtype):
        return column.cast(pl.String).is_in(names.ids).fill_null(False)
    return column.is_not_null()


def matching_cells(column: pl.Series, names: ErasedIds) -> pl.Series:
    """Mark the cells that are an id, or hold a distinctive one as a word."""
    marked = cells_that_may_match(column, names)
    if _is_plain(column.dtype) or not marked.any():
        return marked
    places = marked.arg_true()
    found = [names.matches(_text_of(cell)) for cell in column.gather(places)]
    return marked.scatter(places, found)


def _is_plain(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean


def _text_of(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
