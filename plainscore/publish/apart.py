"""Publish tables that stand beside the snapshots and are part of none: all, or none of them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.files import (
    canonical_json,
    fsync_tree,
    move_into_place,
    translating_write_errors,
)
from plainscore.common.signals import stop_if_interrupted
from plainscore.contracts.contract import Table
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.content_hash import combined_hash
from plainscore.publish.manifest import contract_of, table_entry
from plainscore.publish.runs import CONTRACTS, MANIFEST
from plainscore.publish.staging import table_file, write_sorted


def publish_apart(
    data_dir: Path,
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[Table],
    staging: Path,
    folder: Path,
    head: Mapping[str, Any],
) -> None:
    """Write the tables and a manifest beginning with ``head``, move them to ``folder``.

    The caller holds the writer lock. ``staging`` is an empty folder. Killed before the rename,
    nothing is published; killed after it, the next `refresh_catalog` shows it. Raises
    PlainscoreError where something cannot be written, Interrupted where a signal came before.
    """
    with translating_write_errors(data_dir):
        for table in tables:
            file = table_file(staging, table.short_name)
            file.parent.mkdir(parents=True)
            write_sorted(con, table, file)
        _write_manifest(staging, tables, head)
        fsync_tree(staging)
        stop_if_interrupted()
        move_into_place(staging, folder)
        rebuild_catalog(data_dir)


def _write_manifest(staging: Path, tables: Sequence[Table], head: Mapping[str, Any]) -> None:
    contracts = canonical_json({table.short_name: contract_of(table) for table in tables})
    (staging / CONTRACTS).write_bytes(contracts)
    with duckdb.connect(config={"threads": 1}) as reading:
        entries = {table.short_name: table_entry(reading, staging, table) for table in tables}
    manifest = {
        **head,
        "content_hash": combined_hash([(n, e["content_hash"]) for n, e in entries.items()]),
        "tables": entries,
        "contracts_sha256": hashlib.sha256(contracts).hexdigest(),
    }
    (staging / MANIFEST).write_bytes(canonical_json(manifest))
