"""Ids of people: which texts name one of them, which hold one inside, and what masks it there."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from plainscore.common.text import text_literal

DISTINCTIVE_CHARACTERS = 4
"""Shorter ids ("7", "ann") occur in numbers and words that name no one."""

_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_JSON_WITH_TEXTS = re.compile(r'[ \t\r\n]*[\[{"]')
_BETWEEN_TOKENS = re.compile(r"[\s,;|\"'`(){}\[\]<>=]")
_LONGEST_TOKEN = 512
_NUMBER_OR_TIME = re.compile(
    r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?"
)


class ErasedIds:
    """Some ids, looked for as whole values, as whole words, and inside other texts.

    ``others`` are words that are never masked: ids of other people that hold one of these, as
    "annabelle" holds "annabel", and the words of the logs.
    ``mask`` is the beginning of what replaces an id inside a text.
    """

    def __init__(
        self, ids: Sequence[str], others: Collection[str] = (), mask: str = "erased"
    ) -> None:
        self.ids = tuple(dict.fromkeys(ids))
        self.distinctive_ids = tuple(i for i in self.ids if len(i) >= DISTINCTIVE_CHARACTERS)
        self._others = frozenset(others)
        # "_" parts words here: it often joins an id to what it is the id of.
        self._word = _pattern(self.ids, r"(?<![^\W_])", r"(?![^\W_])")
        self._distinctive = _pattern(self.distinctive_ids, r"(?<![^\W_])", r"(?![^\W_])")
        # A number is no part of a longer number: "12345" does not hold "1234".
        self._part = _pattern(self.distinctive_ids, r"(?<![0-9](?=[0-9]))", r"(?!(?<=[0-9])[0-9])")
        self.forms = tuple(form for one in self.ids for form in _written_forms(one))
        self._masks = {
            form: f"{mask}-{number}" + "\n" * form.count("\n")
            for number, one in enumerate(self.ids, 1)
            for form in _written_forms(one)
        }

    def may_be_in(self, text: str, *, is_json: bool = False) -> bool:
        """Return quickly whether a text can hold an id; JSON may hide one behind escapes."""
        if any(form in text for form in self.forms):
            return True
        if not is_json or "\\" not in text:
            return False
        texts = list(json_texts(text))
        return not texts or any(one in leaf for leaf in texts for one in self.ids)

    def may_hold(self, column: str) -> str:
        """Return the like as a SQL condition on a column of any type."""
        text = f"cast({column} as varchar)"
        parts = (*self.ids, "\\")
        return "(" + " or ".join(f"contains({text}, {text_literal(one)})" for one in parts) + ")"

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

    def are_inside(self, text: str) -> bool:
        """Return whether a text is an id, or holds a distinctive one as a part."""
        return text in self.ids or self.masked(text) != text

    def masked(self, text: str) -> str:
        """Return a text with a mask for every distinctive id in it, in any way of writing it.

        Ids of other people stay, and what is a number or a time and no more. A mask takes as many
        lines as the id does.
        """
        if self._part is None:
            return text
        if "\\" in text:
            text = _JSON_TEXT.sub(self._masked_json_text, text)
        return self._part.sub(self._mask_of, text)

    def _masked_json_text(self, found: re.Match[str]) -> str:
        if "\\" not in found[0]:
            return found[0]
        try:
            plain = json.loads(found[0], strict=False)
        except ValueError:
            return found[0]
        masked = self.masked(plain)
        return found[0] if masked == plain else json.dumps(masked, ensure_ascii=False)

    def _mask_of(self, found: re.Match[str]) -> str:
        near = max(0, found.start() - _LONGEST_TOKEN)
        before = _BETWEEN_TOKENS.split(found.string[near : found.start()])[-1]
        after = _BETWEEN_TOKENS.split(found.string[found.end() : found.end() + _LONGEST_TOKEN])[0]
        token = before + found[0] + after
        words = [token, *re.split(r"[\W_]", token)]
        is_of_another = any(word in self._others and found[0] in word for word in words)
        if is_of_another or _NUMBER_OR_TIME.fullmatch(token):
            return found[0]
        return self._masks[found[0]]


def _pattern(ids: Sequence[str], before: str, after: str) -> re.Pattern[str] | None:
    forms = sorted({form for one in ids for form in _written_forms(one)}, key=len, reverse=True)
    if not forms:
        return None
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, forms))}){after}")


def _written_forms(one: str) -> set[str]:
    """Return how an id may be written: as it is, in JSON, within quotes in csv."""
    in_json = (json.dumps(one, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return {one, one.replace('"', '""'), *in_json}


def json_texts(document: str, *, with_numbers: bool = True) -> Iterator[str]:
    """Yield every key and text of a JSON document, and numbers in it; nothing where it is none."""
    if not _JSON_WITH_TEXTS.match(document):
        return
    number = str if with_numbers else None
    try:
        read = json.loads(document, parse_int=number, parse_float=number)
    except (ValueError, RecursionError):
        return
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
