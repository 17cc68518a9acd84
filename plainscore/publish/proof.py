"""A proof of one person's rows in a snapshot: made from the snapshot, checked without it.

It holds the person's own rows, what hides their digest in the tree, the hashes beside the way
from their leaf to the root, and the root. Nobody else's rows are in it or can be found from it.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from plainscore.common.errors import InputRefused, PlainscoreError
from plainscore.common.text import identifier, parquet_list
from plainscore.publish.content_hash import Columns
from plainscore.publish.manifest import columns_of, read_contracts, read_manifest
from plainscore.publish.people_root import PROVED_TABLES, hash_people, people_root
from plainscore.publish.people_tree import siblings, tree_head
from plainscore.publish.proof_check import FORMAT
from plainscore.publish.runs import MANIFEST, SNAPSHOTS, Run
from plainscore.publish.staging import table_file


def make_proof(run: Run, person_id: str) -> dict[str, Any]:
    """Return the proof of a person's rows in a published run, as a JSON value.

    Costs a reading of everyone's features, points and scores: the tree is not stored.

    Raises
    ------
    InputRefused
        The run was published before there were proofs, or knows nobody of that id.
    PlainscoreError
        The run's files are not what was published.
    """
    manifest, columns = read_manifest(run), columns_of(read_contracts(run))
    if "people_root" not in manifest:
        raise InputRefused(
            f"{run.relative_folder} was published before there were proofs: "
            f"publish {run.dates.as_of_date} again with --force"
        )
    with duckdb.connect() as con:
        position = _position(con, run, person_id)
        hashed = hash_people(con, run.folder, columns)
        own_rows = {name: _own_rows(con, run, name, columns, person_id) for name in PROVED_TABLES}
    root = people_root(manifest, columns, tree_head(hashed.leaves))
    if root != manifest["people_root"]:
        raise PlainscoreError(
            f"{run.relative_folder} is not what was published: plainscore verify says where"
        )
    return {
        "format": FORMAT,
        "person_id": person_id,
        **{name: manifest[name] for name in ("as_of_date", "known_on", "people", "scorecards")},
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
        f"from {_source(run, 'score')} where person_id <= $person_id"
    )
    before, own = con.execute(sql, {"person_id": person_id}).fetchall()[0]
    if not own:
        raise InputRefused(f"{run.relative_folder} knows no person '{person_id}'")
    return int(before)


def _own_rows(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    table_name: str,
    columns: Mapping[str, Columns],
    person_id: str,
) -> list[list[Any]]:
    cells = ", ".join(_as_json(*column) for column in columns[table_name])
    rows = con.execute(
        f"select {cells} from {_source(run, table_name)} where person_id = ?", [person_id]
    )
    return [list(row) for row in rows.fetchall()]


def _as_json(name: str, column_type: str) -> str:
    """Return a cell as JSON has it: dates and times as the texts that are hashed."""
    is_plain = column_type in ("VARCHAR", "BIGINT", "INTEGER", "DOUBLE", "BOOLEAN")
    return identifier(name) if is_plain else f"cast({identifier(name)} as varchar)"


def _source(run: Run, table_name: str) -> str:
    files = parquet_list([table_file(run.folder, table_name)])
    return f"read_parquet({files}, hive_partitioning = false)"
