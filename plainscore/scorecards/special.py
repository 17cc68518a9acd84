"""Special values of a feature: codes, each with points and words of its own.

Data of others has several kinds of missing: -1 where no file was found, 999 where it never was.
Such a value becomes a bin of its own among the others, as narrow as values of the column can
be, so that whatever reads bins reads it, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from plainscore.scorecards.card import Bin, Words

WHOLE, FINEST = Decimal(1), Decimal("0.000001")
"""How wide the bin of a special value is, of whole numbers and of others."""


def with_special_bins(
    bins: Sequence[Bin], special: Iterable[tuple[Decimal, int]], width: Decimal
) -> tuple[Bin, ...]:
    """Return bins in which each special value has a bin of its own.

    ``bins``: from the lowest values up. ``special``: (value, points). ``width``: of the column,
    WHOLE or FINEST. A value beside a special one earns what it earned before.
    """
    found = list(bins)
    for value, points in sorted(special):
        if value <= found[0].at_least:  # lower values keep the points of the first bin
            found.insert(0, replace(found[0], at_least=value - width))
        before = [one for one in found if one.at_least <= value][-1]
        end = value + width
        if all(one.at_least != end for one in found):
            found.append(replace(before, at_least=end, is_special=False))
        found = [one for one in found if one.at_least != value]
        found.append(Bin(value, points, is_special=True))
        found.sort(key=lambda one: one.at_least)
    return tuple(found)


def with_special_words(
    words: Iterable[Words], special: Iterable[tuple[Decimal, str, str]], width: Decimal
) -> tuple[Words, ...]:
    """Return words in which each special value has its own; ranges around it keep theirs.

    ``words``: ranges that do not overlap. ``special``: (value, reason, what to do).
    """
    found = list(words)
    for value, reason, what_to_do in special:
        own = Words(value, value + width, reason, what_to_do)
        found = [part for one in found for part in _around(one, own)] + [own]
    return tuple(sorted(found, key=lambda one: (one.at_least is not None, one.at_least or 0)))


def _around(words: Words, own: Words) -> Iterator[Words]:
    """Yield the parts of a range that lie below and above the range of a special value."""
    assert own.at_least is not None and own.below is not None, "it is one value"  # noqa: PT018
    below = own.at_least if words.below is None else min(words.below, own.at_least)
    at_least = own.below if words.at_least is None else max(words.at_least, own.below)
    if words.at_least is None or words.at_least < below:
        yield replace(words, below=below)
    if words.below is None or at_least < words.below:
        yield replace(words, at_least=at_least)
