"""A tree of hashes over people: one root stands for everyone, a short path proves one of them.

The tree is that of RFC 6962 (Certificate Transparency): leaves in order, each level pairs its
neighbours, one without a neighbour goes up as it is. What is hashed begins with a byte that says
what it is, so that nothing can pass for something else. docs/operating.md has the whole
definition, a test computes it again from there.
"""

import hashlib
from collections.abc import Sequence

LEAF, NODE, SECRET, BLIND, ROOT = (bytes([number]) for number in range(5))


def marked_hash(mark: bytes, *parts: bytes) -> bytes:
    """Return SHA-256 of a mark and the parts."""
    return hashlib.sha256(mark + b"".join(parts)).digest()


def blinds(people: Sequence[bytes]) -> list[bytes]:
    """Return what each person's digest is hidden with in their leaf.

    It follows from everyone's rows together: whoever has them all can make it again, and nobody
    else can, so that a leaf does not tell whether a guess at a neighbour's rows is right.
    """
    secret = marked_hash(SECRET, *people)
    return [marked_hash(BLIND, secret, person) for person in people]


def leaf_hash(blind: bytes, person: bytes) -> bytes:
    """Return a person's leaf."""
    return marked_hash(LEAF, blind, person)


def tree_head(leaves: Sequence[bytes]) -> bytes:
    """Return the hash at the top of the tree; of no leaves, that of nothing."""
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def siblings(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """Return the hashes that lead from the leaf at ``position`` (from 0) to the head."""
    path: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            path.append(level[beside])
        level, position = _level_above(level), position // 2
    return path


def head_by_path(leaf: bytes, position: int, people: int, path: Sequence[bytes]) -> bytes | None:
    """Return the head that a leaf and its siblings make; None where they are no such path."""
    if not 0 <= position < people:
        return None
    climbed, left = leaf, list(path)
    while people > 1:
        if position ^ 1 < people:
            if not left:
                return None
            sibling = left.pop(0)
            pair = (sibling, climbed) if position % 2 else (climbed, sibling)
            climbed = marked_hash(NODE, *pair)
        people, position = (people + 1) // 2, position // 2
    return None if left else climbed


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    sha256 = hashlib.sha256
    above = [
        sha256(NODE + left + right).digest()
        for left, right in zip(level[::2], level[1::2], strict=False)
    ]
    return above if len(level) % 2 == 0 else [*above, level[-1]]
