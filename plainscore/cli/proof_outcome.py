"""Check a proof from a file, and say what was checked against what."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.text import printable
from plainscore.publish.proof import ProofOutcome, ProvedScore, check_proof, published_roots
from plainscore.publish.sets import SNAPSHOTS

WRONG = 1
GIVEN = "--root"
_ROOT = re.compile("[0-9a-f]{64}")


def check_and_print(file: Path, root: str | None, data: Path, output_format: str) -> int:
    """Check a proof; return the exit code.

    Raises
    ------
    UsageError
        ``root`` is no root.
    InputRefused
        The file holds no proof, or it is sound in itself and there is no root to hold it against.
    """
    if root is not None and not _ROOT.fullmatch(root.lower()):
        raise UsageError(f"--root {root}: a root is 64 hexadecimal digits")
    try:
        outcome = check_proof(_read(file))
        roots = _trusted_roots(outcome, root, data)
    except (InputRefused, ValueError) as error:
        raise InputRefused(f"{file}: {error}") from error
    held = {where: trusted == outcome.people_root for where, trusted in roots.items()}
    if not held and not outcome.problems:
        raise InputRefused(
            f"{file} is sound in itself, but there is no root to hold it against: give --root, "
            f"or with --data a directory that published {outcome.as_of_date} known on "
            f"{outcome.known_on}"
        )
    is_good = _is_good(outcome, held)
    if output_format == "json":
        said = asdict(outcome) | {"root_held_against": held, "is_proved": is_good}
        print(json.dumps(said, ensure_ascii=True))
    else:
        _print(outcome, held, is_good)
    return 0 if is_good else WRONG


def _read(file: Path) -> Mapping[str, Any]:
    try:
        proof = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputRefused(f"this cannot be read ({error})") from error
    if not isinstance(proof, dict):
        raise InputRefused("this holds no proof, which is a json object")
    return proof


def _trusted_roots(outcome: ProofOutcome, root: str | None, data: Path) -> dict[str, str]:
    roots = {} if root is None else {GIVEN: root.lower()}
    if (data / SNAPSHOTS).is_dir():
        roots |= published_roots(data, outcome.as_of_date, outcome.known_on)
    return roots


def _is_good(outcome: ProofOutcome, held: Mapping[str, bool]) -> bool:
    """A given root must be met; of the runs of a data directory, one must be."""
    in_data = [is_met for where, is_met in held.items() if where != GIVEN]
    return not outcome.problems and held.get(GIVEN, True) and (any(in_data) or not in_data)


def _print(outcome: ProofOutcome, held: Mapping[str, bool], is_good: bool) -> None:
    print(
        f"person {printable(outcome.person_id)}, as of {printable(outcome.as_of_date)}, "
        f"known on {printable(outcome.known_on)}, one of {outcome.people:,} people"
    )
    for one in outcome.scores:
        print(f"  {_score_line(one)}")
    for problem in outcome.problems:
        print(f"wrong: {printable(problem)}")
    if not outcome.problems:
        print("rows, leaf and siblings lead to the proof's root; the points sum to the score")
    for where, is_met in held.items():
        print(f"the root is {'that' if is_met else 'NOT that'} of {printable(where)}")
    print("proved" if is_good else "NOT proved")


def _score_line(one: ProvedScore) -> str:
    if one.score is None:
        return printable(f"{one.scorecard}: not scored, {one.not_scored_code}")
    return printable(f"{one.scorecard}: {one.base} + {one.points} points = {one.score}")
