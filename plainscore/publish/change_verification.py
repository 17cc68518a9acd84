"""Hash again what compares two snapshots, and say what is not as its manifest says."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.files import file_sha256
from plainscore.publish.change_sets import CHANGES, standing_change_folders
from plainscore.publish.content_hash import combined_hash
from plainscore.publish.file_verification import problems_of_table, strange_files
from plainscore.publish.manifest import read_json
from plainscore.publish.runs import CONTRACTS, MANIFEST


def verify_changes(data_dir: Path) -> list[str]:
    """Return one sentence for everything that is wrong with computed changes; empty is good.

    Those of replaced runs or older code are hashed too. What is wrong can be removed: the next
    `why` or `compare` computes it again.
    """
    with duckdb.connect() as con:
        return [
            f"{problem}: remove the folder, `plainscore why` computes it again"
            for folder in standing_change_folders(data_dir)
            for problem in _told_problems_of(con, folder)
        ]


def _told_problems_of(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    try:
        yield from _problems_of(con, folder)
    except (KeyError, TypeError, AttributeError) as error:
        yield f"{CHANGES}/{folder.name}/{MANIFEST} does not say what it must ({error})"


def _problems_of(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    where = f"{CHANGES}/{folder.name}"
    try:
        manifest, contracts = read_json(folder / MANIFEST), read_json(folder / CONTRACTS)
    except InputRefused as error:
        yield str(error)
        return
    if file_sha256(folder / CONTRACTS) != manifest["contracts_sha256"]:
        yield f"{where}/{CONTRACTS} is not what was published"
    tables = manifest["tables"]
    for name, entry in tables.items():
        yield from problems_of_table(con, folder, where, name, entry, contracts[name]["columns"])
    if (
        combined_hash([(n, e["content_hash"]) for n, e in tables.items()])
        != manifest["content_hash"]
    ):
        yield f"{where}/{MANIFEST}: its content_hash is not that of its tables"
    yield from strange_files(folder, where, set(tables))
