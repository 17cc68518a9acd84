"""Prove one person's rows in a snapshot, and verify everything that is published.

A proof is a path in a tree of hashes over people. One root stands for everyone in a snapshot
(``people_root`` of its manifest); a short path proves one of them. The tree is that of RFC 6962
(Certificate Transparency): leaves in the order of the ids' UTF-8 bytes, each level pairs its
neighbours, one without a neighbour goes up as it is. What is hashed begins with a byte that says
what it is, so that nothing can pass for something else. docs/reference/proofs.md has the whole
definition; a test computes it again from there.

A proof holds the person's own rows, what hides their digest in the tree, the sibling hashes on
the way from their leaf to the root, and the root. No one else's rows are in it or follow from it.
"""

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import groupby, starmap
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.errors import InputRefused, PlainscoreError
from plainscore.common.text import identifier
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import (
    CATALOG,
    PRUNED,
    DerivedSet,
    Run,
    derived_folders,
    pruned_of,
    published_runs,
    runs_of,
)
from plainscore.publish.sets import (
    MANIFEST,
    SNAPSHOTS,
    Columns,
    HashedRows,
    header_digest,
    problems_of_set,
    read_columns,
    read_manifest,
    table_file,
)
from plainscore.publish.views import HOME

PROOF_FORMAT = "plainscore proof 1"
PROVED_TABLES = ("features", "points", "score")
LEAF, NODE, SECRET, BLIND, ROOT = (bytes([number]) for number in range(5))
_PERSON_KEYS = ("person_id", "as_of_date", "known_on")
_CARD_KEYS = ("scorecard", "scorecard_no")
_SNAPSHOT = ("as_of_date", "known_on", "people", "scorecards")
Rows = list[dict[str, Any]]


# The tree


def marked_hash(mark: bytes, *parts: bytes) -> bytes:
    """Return SHA-256 of a mark and the parts."""
    return hashlib.sha256(mark + b"".join(parts)).digest()


def tree_head(leaves: Sequence[bytes]) -> bytes:
    """Return the hash at the top of the tree; of no leaves, that of nothing."""
    return deque(_levels(leaves), maxlen=1)[0][0]


def siblings(leaves: Sequence[bytes], position: int) -> list[bytes]:
    """Return the hashes that lead from the leaf at ``position`` (from 0) to the head."""
    path = []
    for height, level in enumerate(_levels(leaves)):
        neighbour = (position >> height) ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
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


def _levels(leaves: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the leaves, then the nodes above them, up to the one at the top."""
    sha256, level = hashlib.sha256, list(leaves) or [hashlib.sha256().digest()]
    yield level
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(NODE + left + right).digest() for left, right in pairs]
        level = above + level[len(above) * 2 :]
        yield level


# The root of a snapshot


@dataclass(frozen=True)
class HashedPeople:
    """The tree over everyone in the order of their ids' UTF-8 bytes.

    ``blinds``: what a leaf hides a person's digest with. ``columns``: those of each table;
    ``content_hashes``: of the tables that were read for it.
    """

    blinds: Sequence[bytes]
    leaves: Sequence[bytes]
    columns: Mapping[str, Columns]
    content_hashes: Mapping[str, str]

    def root(self, manifest: Mapping[str, Any]) -> str:
        """Return the root of the snapshot of a manifest; see ``people_root``."""
        return people_root(manifest, self.columns, tree_head(self.leaves))


def hash_people(
    con: duckdb.DuckDBPyConnection, folder: Path, columns: Mapping[str, Columns]
) -> HashedPeople:
    """Return everyone in a run's folder; ``columns``: those of each table in it.

    Memory: about 200 bytes for each person. Raises duckdb.Error where a file cannot be read.
    """
    tables = {
        name: HashedRows(con, table_file(folder, name), columns[name], ("person_id",))
        for name in PROVED_TABLES
    }
    # Python orders texts by code points, which is the order of their UTF-8 bytes; of one person,
    # the rows of the first table come first.
    lines = merge(*starmap(_lines, tables.items()), key=itemgetter(0))
    by_person = groupby(lines, key=itemgetter(0))
    people = [_person_digest(line for _, line in own) for _, own in by_person]
    # It follows from everyone's rows together: who has them all can make it again, and no one
    # else can, so that a leaf does not show whether a guess at a neighbour's rows is right.
    secret = marked_hash(SECRET, *people)
    blinds = [marked_hash(BLIND, secret, person) for person in people]
    leaves = [marked_hash(LEAF, *pair) for pair in zip(blinds, people, strict=True)]
    hashes = {name: rows.content_hash for name, rows in tables.items()}
    return HashedPeople(blinds, leaves, columns, hashes)


def _lines(table_name: str, rows: HashedRows) -> Iterator[tuple[str, str]]:
    return ((person_id, f"{table_name} {digest}\n") for person_id, digest in rows)


def _person_digest(lines: Iterable[str]) -> bytes:
    """Return the digest of a person: of a line for each row, tables in order, rows by their key."""
    return hashlib.sha256("".join(lines).encode()).digest()


def people_root(manifest: Mapping[str, Any], columns: Mapping[str, Columns], head: bytes) -> str:
    """Return the root (64 hex digits): the tree's head, bound to the snapshot that it is of.

    ``manifest`` gives dates, scorecards and the number of people.
    """
    said = {name: manifest[name] for name in _SNAPSHOT}
    said["tables"] = {name: header_digest(columns[name]) for name in PROVED_TABLES}
    said["tree"] = head.hex()
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return marked_hash(ROOT, text.encode()).hex()


def published_roots(data_dir: Path, as_of_date: str, known_on: str) -> Mapping[str, str]:
    """Return where a root stands -> the root, of every run of these dates, pruned ones too.

    Raises ValueError where a text is no date, InputRefused where a manifest cannot be read.
    """
    dates = SnapshotDates(date.fromisoformat(as_of_date), date.fromisoformat(known_on))
    roots = {}
    for run in runs_of(data_dir, dates):
        where = data_dir / SNAPSHOTS / run.relative_folder / MANIFEST
        roots[str(where)] = read_manifest(run).get("people_root")
    for one in pruned_of(data_dir, dates):
        roots[f"{data_dir / SNAPSHOTS / PRUNED}: run {one['run']}"] = one["people_root"]
    return {where: str(root) for where, root in roots.items() if root is not None}


# Making a proof


def make_proof(run: Run, person_id: str) -> dict[str, Any]:
    """Return the proof of a person's rows in a published run, as a JSON value.

    Costs a reading of everyone's features, points and scores: the tree is not stored. Raises
    InputRefused where the run was published before there were proofs, or knows no one of that id,
    PlainscoreError where its files are not what was published.
    """
    manifest, columns = read_manifest(run), read_columns(run)
    if "people_root" not in manifest:
        raise InputRefused(
            f"{run.relative_folder} was published before there were proofs: "
            f"publish {run.dates.as_of_date} again with --force"
        )
    with duckdb.connect() as con:
        position = _position(con, run, person_id)
        hashed = hash_people(con, run.folder, columns)
        own_rows = {
            name: _own_rows(con, run, name, columns[name], person_id) for name in PROVED_TABLES
        }
    root = hashed.root(manifest)
    if root != manifest["people_root"]:
        raise PlainscoreError(
            f"{run.relative_folder} is not what was published: plainscore verify says where"
        )
    return {
        "format": PROOF_FORMAT,
        "person_id": person_id,
        **{name: manifest[name] for name in _SNAPSHOT},
        "tables": {
            name: {"columns": [list(column) for column in columns[name]], "rows": own_rows[name]}
            for name in PROVED_TABLES
        },
        "position": position,
        "blind": hashed.blinds[position].hex(),
        "siblings": [sibling.hex() for sibling in siblings(hashed.leaves, position)],
        "people_root": root,
        "root_stands_in": f"{SNAPSHOTS}/{run.relative_folder}/{MANIFEST}",
    }


def _position(con: duckdb.DuckDBPyConnection, run: Run, person_id: str) -> int:
    """Return the person's place, from 0, among all in the order of their ids' UTF-8 bytes."""
    sql = (
        "select count(distinct person_id) filter (where person_id < $person_id), "
        "count(*) filter (where person_id = $person_id) "
        f"from {run.source('score')} where person_id <= $person_id"
    )
    before, own = con.execute(sql, {"person_id": person_id}).fetchall()[0]
    if not own:
        raise InputRefused(f"{run.relative_folder} knows no person '{person_id}'")
    return int(before)


def _own_rows(
    con: duckdb.DuckDBPyConnection, run: Run, table_name: str, columns: Columns, person_id: str
) -> list[list[Any]]:
    """Return the person's rows as JSON has them: dates and times as the texts that are hashed."""
    plain = ("VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN")
    cells = ", ".join(
        identifier(name) if kind in plain else f"cast({identifier(name)} as varchar)"
        for name, kind in columns
    )
    sql = f"select {cells} from {run.source(table_name)} where person_id = ?"
    return [list(row) for row in con.execute(sql, [person_id]).fetchall()]


# Checking a proof, with nothing but itself


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
        if proof["format"] != PROOF_FORMAT:
            raise InputRefused(f"it says format {proof['format']!r}, and not {PROOF_FORMAT!r}")
        rows = {name: _rows(proof["tables"][name]) for name in PROVED_TABLES}
        scores = tuple(_scores(proof, rows))
        problems = (*_label_problems(proof, rows), *_sum_problems(scores), *_root_problems(proof))
        said = ("person_id", "as_of_date", "known_on", "people", "people_root")
        facts = {name: proof[name] for name in said}
        return ProofOutcome(**facts, scores=scores, problems=problems)
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
    """Report rows that are of another person or table than the proof says."""
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
            yield f"{one.scorecard}: there is neither a score nor a code that says why not"
        if (one.score is None) != (one.points is None):
            yield f"{one.scorecard}: there is a score without points, or points without a score"
        elif one.score is not None and one.score != one.base + (one.points or 0):
            yield f"{one.scorecard}: {one.base} + {one.points} points are not {one.score}"


def _root_problems(proof: Mapping[str, Any]) -> Iterator[str]:
    columns = {
        name: [(str(column), str(kind)) for column, kind in proof["tables"][name]["columns"]]
        for name in PROVED_TABLES
    }
    lines = (
        f"{name} {_row_digest(row, columns[name])}\n"
        for name in PROVED_TABLES
        for row in proof["tables"][name]["rows"]
    )
    leaf = marked_hash(LEAF, bytes.fromhex(proof["blind"]), _person_digest(lines))
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


# Hashing everything again


def verify(data_dir: Path) -> list[str]:
    """Return one sentence for everything that is wrong with what is published; empty is good.

    Every file's bytes and every table's content are hashed again, derived sets of replaced runs
    and older code included, and the catalog is compared with the run directories. Costs a
    reading of everything that is published.
    """
    runs = published_runs(data_dir)
    with duckdb.connect() as con:
        problems = [problem for run in runs for problem in _problems_of_run(con, run)]
        problems += [
            f"{problem}: remove the folder; the command that made it computes it again"
            for folder in derived_folders(data_dir)
            for problem in problems_of_set(con, DerivedSet(folder, {}))
        ]
    return [*problems, *_problems_of_catalog(data_dir, runs)]


def _problems_of_run(con: duckdb.DuckDBPyConnection, run: Run) -> Iterator[str]:
    where = run.relative_folder
    hashes: Mapping[str, str] = {}
    try:
        manifest, columns = read_manifest(run), read_columns(run)
        said = (manifest["as_of_date"], manifest["known_on"], manifest["run"])
        if said != run.text_key:
            yield f"{where}: its manifest is of {' / '.join(said)}"
        if "people_root" in manifest:
            hashed = hash_people(con, run.folder, columns)
            hashes = hashed.content_hashes
            if hashed.root(manifest) != manifest["people_root"]:
                yield f"{where}/{MANIFEST}: its people_root is not that of its people"
    except (InputRefused, duckdb.Error, KeyError, TypeError, AttributeError):
        pass  # a manifest or file that cannot be read is reported below
    yield from problems_of_set(con, run, hashes)


def _problems_of_catalog(data_dir: Path, runs: list[Run]) -> Iterator[str]:
    catalog = data_dir / CATALOG
    if not catalog.is_file():
        if runs:
            yield f"{catalog} is missing: the next run writes it"
        return
    try:
        with duckdb.connect(str(catalog), read_only=True) as con:
            found = con.execute("select as_of_date, known_on, run from run").fetchall()
            shown, there = {tuple(map(str, row)) for row in found}, {run.text_key for run in runs}
            for missing in sorted(there - shown):
                name = " / ".join(missing)
                yield f"{CATALOG} does not show {name}: the next run writes it again"
            for gone in sorted(shown - there):
                yield f"{CATALOG} shows {' / '.join(gone)}, which is not there"
            listed = "select view_name from duckdb_views() where not internal order by 1"
            views = [view for (view,) in con.execute(listed).fetchall()]
            if HOME in views and (elsewhere := list(_problem_of_view(con, HOME, "is_at_home"))):
                views = []  # every view that reads files would say the same
                yield from elsewhere
            for view in views:
                yield from _problem_of_view(con, view)
    except duckdb.Error as error:
        yield f"{catalog} cannot be opened: {str(error).splitlines()[0]}"


def _problem_of_view(
    con: duckdb.DuckDBPyConnection, view: str, counted: str = "*"
) -> Iterator[str]:
    try:
        con.execute(f"select count({counted}) from {identifier(view)}").fetchall()
    except duckdb.Error as error:
        yield f"{CATALOG}: view {view} cannot be read: {str(error).splitlines()[0]}"
