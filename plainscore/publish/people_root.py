"""The root over the people of a snapshot: what stands in its manifest as ``people_root``."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb

from plainscore.publish.content_hash import Columns, HashedRows, header_digest
from plainscore.publish.people_tree import ROOT, blinds, leaf_hash, marked_hash
from plainscore.publish.staging import table_file

PROVED_TABLES = ("features", "points", "score")


@dataclass(frozen=True)
class HashedPeople:
    """Everyone in the order of their ids' UTF-8 bytes, and the tree over them.

    ``people``: their digests, ``leaves`` what stands for them in the tree, ``blinds`` what a leaf
    hides a digest with. ``content_hashes``: of the tables that were read for it.
    """

    people: Sequence[bytes]
    blinds: Sequence[bytes]
    leaves: Sequence[bytes]
    content_hashes: Mapping[str, str]


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
    people = [
        hashlib.sha256(text.encode()).digest()
        for text in _texts_of_people([_texts(name, rows) for name, rows in tables.items()])
    ]
    blinded = blinds(people)
    leaves = [leaf_hash(*pair) for pair in zip(blinded, people, strict=True)]
    hashes = {name: rows.content_hash for name, rows in tables.items()}
    return HashedPeople(people, blinded, leaves, hashes)


def people_root(manifest: Mapping[str, Any], columns: Mapping[str, Columns], head: bytes) -> str:
    """Return the root (64 hex digits): the tree's head, bound to the snapshot that it is of.

    ``manifest`` gives dates, scorecards and the number of people.
    """
    said = {name: manifest[name] for name in ("as_of_date", "known_on", "people", "scorecards")}
    said["tables"] = {name: header_digest(columns[name]) for name in PROVED_TABLES}
    said["tree"] = head.hex()
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return marked_hash(ROOT, text.encode()).hex()


def person_text(rows: Mapping[str, Sequence[str]]) -> str:
    """Return a person's text: a line for each row, the tables in the order of PROVED_TABLES.

    ``rows``: table -> digests of the person's rows in the order of the table's key.
    """
    return "".join(_lines(name, rows.get(name, ())) for name in PROVED_TABLES)


def _lines(table_name: str, digests: Sequence[str]) -> str:
    return "".join([f"{table_name} {digest}\n" for digest in digests])


def _texts(table_name: str, rows: HashedRows) -> Iterator[tuple[str, str]]:
    """Yield (person_id, lines) for everyone in a table, in its order."""
    for person_id, own in groupby(rows, key=itemgetter(0)):
        yield person_id, _lines(table_name, [digest for _, digest in own])


def _texts_of_people(tables: Sequence[Iterator[tuple[str, str]]]) -> Iterator[str]:
    """Yield everyone's text: their lines in the first table, the second and so on."""
    waiting = [next(table, None) for table in tables]
    while any(waiting):
        # Python orders texts by code points, which is the order of their UTF-8 bytes.
        first = min([one[0] for one in waiting if one])
        text = ""
        for place, one in enumerate(waiting):
            if one and one[0] == first:
                text += one[1]
                waiting[place] = next(tables[place], None)
        yield text
