"""Check a proof with nothing but itself: rows, leaf, path, root, and points against scores."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plainscore.common.errors import InputRefused
from plainscore.publish.people_root import PROVED_TABLES, people_root, person_text
from plainscore.publish.people_tree import head_by_path, leaf_hash

FORMAT = "plainscore proof 1"
_PERSON_KEYS = ("person_id", "as_of_date", "known_on")
_CARD_KEYS = ("scorecard", "scorecard_no")
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class ProvedScore:
    """One scorecard's outcome: score = base + points, or a code where there is no score."""

    scorecard: str
    base: int
    points: int | None
    score: int | None
    not_scored_code: str | None


@dataclass(frozen=True)
class ProofOutcome:
    """What a proof says, and what is wrong with it: nothing, where ``problems`` is empty."""

    person_id: str
    as_of_date: str
    known_on: str
    people: int
    people_root: str
    scores: tuple[ProvedScore, ...]
    problems: tuple[str, ...]


def check_proof(proof: Mapping[str, Any]) -> ProofOutcome:
    """Compute rows, leaf, path and root again, and hold the points against the scores.

    That the root is a published one is for the caller to find out. Raises InputRefused where
    this is no proof.
    """
    try:
        if proof["format"] != FORMAT:
            raise InputRefused(f"it says format {proof['format']!r}, and not {FORMAT!r}")
        rows = {name: _rows(proof["tables"][name]) for name in PROVED_TABLES}
        scores = tuple(_scores(proof, rows))
        problems = (*_label_problems(proof, rows), *_sum_problems(scores), *_root_problems(proof))
        return ProofOutcome(
            person_id=proof["person_id"],
            as_of_date=proof["as_of_date"],
            known_on=proof["known_on"],
            people=proof["people"],
            people_root=proof["people_root"],
            scores=scores,
            problems=problems,
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = f"{type(error).__name__} {error}"
        raise InputRefused(f"this is no whole proof ({what}): make it again") from error


def _rows(table: Mapping[str, Any]) -> Rows:
    names = [name for name, _ in table["columns"]]
    return [dict(zip(names, row, strict=True)) for row in table["rows"]]


def _scores(proof: Mapping[str, Any], rows: Mapping[str, Rows]) -> Iterator[ProvedScore]:
    """Yield a score for each row of ``score``, with the sum of the points beside it."""
    bases = {card["name"]: card["base"] for card in proof["scorecards"]}
    points = {row["scorecard"]: row for row in rows["points"]}
    for row in rows["score"]:
        own = {
            name: value
            for name, value in points.get(row["scorecard"], {}).items()
            if name not in (*_PERSON_KEYS, *_CARD_KEYS)
        }
        yield ProvedScore(
            scorecard=row["scorecard"],
            base=bases[row["scorecard"]],
            points=sum(filter(None, own.values())) if own else None,
            score=row["score"],
            not_scored_code=row["not_scored_code"],
        )


def _label_problems(proof: Mapping[str, Any], rows: Mapping[str, Rows]) -> Iterator[str]:
    """Tell of rows that are of somebody or something else than the proof says."""
    for name in PROVED_TABLES:
        for row in rows[name]:
            for key in _PERSON_KEYS:
                if row[key] != proof[key]:
                    yield f"a row of {name} has {key} {row[key]!r}, the proof says {proof[key]!r}"
    cards = [card["name"] for card in proof["scorecards"]]
    if [row["scorecard"] for row in rows["score"]] != cards:
        yield f"there is not one score for each of the scorecards {', '.join(cards)}"


def _sum_problems(scores: tuple[ProvedScore, ...]) -> Iterator[str]:
    for one in scores:
        if one.score is None and one.not_scored_code is None:
            yield f"{one.scorecard}: there is neither a score nor a code that tells why not"
        if (one.score is None) != (one.points is None):
            yield f"{one.scorecard}: there is a score without points, or points without a score"
        elif one.score is not None and one.score != one.base + (one.points or 0):
            yield f"{one.scorecard}: {one.base} + {one.points} points are not {one.score}"


def _root_problems(proof: Mapping[str, Any]) -> Iterator[str]:
    columns = {
        name: [(str(column), str(kind)) for column, kind in proof["tables"][name]["columns"]]
        for name in PROVED_TABLES
    }
    digests = {
        name: [_row_digest(row, columns[name]) for row in proof["tables"][name]["rows"]]
        for name in PROVED_TABLES
    }
    person = hashlib.sha256(person_text(digests).encode()).digest()
    leaf = leaf_hash(bytes.fromhex(proof["blind"]), person)
    path = [bytes.fromhex(sibling) for sibling in proof["siblings"]]
    head = head_by_path(leaf, proof["position"], proof["people"], path)
    if head is None:
        yield "its siblings are no path from that position among so many people"
    elif people_root(proof, columns, head) != proof["people_root"]:
        yield "its rows and siblings do not make its people_root"


def _row_digest(row: list[Any], columns: list[tuple[str, str]]) -> str:
    cells = [_cell(value, kind) for value, (_, kind) in zip(row, columns, strict=True)]
    return hashlib.sha256("\n".join(cells).encode()).hexdigest()


def _cell(value: Any, column_type: str) -> str:
    """Return a cell's text as the definition of the content hash has it."""
    if value is None:
        return ""
    if column_type == "VARCHAR":
        return f"{len(value.encode())}:{value}"
    if column_type == "BOOLEAN":
        return "true" if value else "false"
    if column_type == "DOUBLE":
        return repr(float(value))
    return str(value)
