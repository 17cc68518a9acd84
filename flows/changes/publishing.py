"""Publish what compares two snapshots: all of it, or none of it."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from flows.changes.chain import Chain
from flows.interruption import stop_if_interrupted
from flows.publish.catalog import rebuild_catalog
from flows.publish.change_sets import (
    ChangePair,
    change_folder,
    change_tables,
    run_identity,
)
from flows.publish.content_hash import combined_hash
from flows.publish.durable import fsync_tree, move_into_place, told_in_a_line
from flows.publish.manifest import canonical_json, contract_of, read_manifest, table_entry
from flows.publish.runs import CONTRACTS, MANIFEST, Run
from flows.publish.staging import table_file, write_sorted

FORMAT = 1
_COUNTS = """
select
    count(*) as people,
    count(score_change) as scored_in_both,
    count(*) filter (where score_change <> 0) as moved,
    count(*) filter (where is_carried) as carried
from changes.change
"""


def publish_changes(
    data_dir: Path,
    con: duckdb.DuckDBPyConnection,
    pair: ChangePair,
    chain: Chain,
    staging: Path,
    notes: Sequence[str],
) -> None:
    """Write the tables of a pair and their manifest, move them into place, show them.

    The caller holds the writer lock. ``staging`` is an empty folder. Killed before the rename,
    nothing is published; killed after it, the next `refresh_catalog` shows it. Raises
    PlainscoreError where something cannot be written, Interrupted where a signal came before.
    """
    with told_in_a_line(data_dir):
        for table in change_tables():
            file = table_file(staging, table.short_name)
            file.parent.mkdir(parents=True)
            write_sorted(con, table, file)
        _write_manifest(con, pair, chain, staging, notes)
        fsync_tree(staging)
        stop_if_interrupted()
        move_into_place(staging, change_folder(data_dir, pair))
        rebuild_catalog(data_dir)


def _write_manifest(
    con: duckdb.DuckDBPyConnection,
    pair: ChangePair,
    chain: Chain,
    staging: Path,
    notes: Sequence[str],
) -> None:
    tables = change_tables()
    contracts = canonical_json({table.short_name: contract_of(table) for table in tables})
    (staging / CONTRACTS).write_bytes(contracts)
    with duckdb.connect(config={"threads": 1}) as reading:
        entries = {table.short_name: table_entry(reading, staging, table) for table in tables}
    counted = con.execute(_COUNTS)
    names = [column[0] for column in counted.description or ()]
    counts = dict(zip(names, counted.fetchall()[0], strict=True))
    manifest = {
        "format": FORMAT,
        "before": _end(pair.before),
        "after": _end(pair.after),
        **counts,
        "states": {state: _told(made) for state, made in chain.between.items()},
        "notes": list(notes),
        "content_hash": combined_hash([(n, e["content_hash"]) for n, e in entries.items()]),
        "tables": entries,
        "contracts_sha256": hashlib.sha256(contracts).hexdigest(),
    }
    (staging / MANIFEST).write_bytes(canonical_json(manifest))


def _end(run: Run) -> Mapping[str, Any]:
    manifest = read_manifest(run)
    return {
        "run": run_identity(run, manifest),
        "scorecard": manifest["scorecards"][0],
        "code": manifest["code"],
    }


def _told(made: object) -> str:
    return f"equals {made}" if isinstance(made, str) else str(made)
