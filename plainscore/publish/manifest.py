"""What stands in a run's ``manifest.json`` and ``contracts.json``. No clock, no machine."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.files import canonical_json, file_sha256
from plainscore.common.text import parquet_list
from plainscore.contracts.contract import Table
from plainscore.publish.check_results import CHECK_RESULT, PASSED, WARNED, CheckRow
from plainscore.publish.content_hash import Columns, combined_hash, content_hash
from plainscore.publish.people_root import hash_people, people_root
from plainscore.publish.people_tree import tree_head
from plainscore.publish.runs import CONTRACTS, MANIFEST, Run
from plainscore.publish.staging import StagedSnapshot, table_file
from plainscore.scorecards.card import Scorecard

FORMAT = 1


@dataclass(frozen=True)
class Provenance:
    """Where a snapshot comes from.

    ``cards``: champion first. ``input``: fingerprint of the input and list of its files, as JSON
    values that depend on nothing but the input. ``code_hash``: see
    plainscore.contracts.catalog.
    ``skipped_refused_files``: paths under landing/ that stood in the way and were passed over.
    ``erasures``: how many times people had been erased from the event store before.
    """

    cards: tuple[Scorecard, ...]
    input: Mapping[str, Any]
    code_version: str
    code_hash: str
    skipped_refused_files: tuple[str, ...] = field(default=())
    erasures: int = 0


def write_manifest(
    staged: StagedSnapshot, run: Run, provenance: Provenance, checks: Sequence[CheckRow]
) -> None:
    """Write ``contracts.json``, then ``manifest.json``, into the staged folder."""
    tables = (*staged.tables, CHECK_RESULT)
    contracts = canonical_json({table.short_name: contract_of(table) for table in tables})
    (staged.folder / CONTRACTS).write_bytes(contracts)
    columns = {
        table.short_name: [(column.name, column.type) for column in table.columns]
        for table in tables
    }
    with duckdb.connect(config=staged.limits) as con:
        hashed = hash_people(con, staged.folder, columns)
        entries = {
            table.short_name: table_entry(
                con, staged.folder, table, hashed.content_hashes.get(table.short_name)
            )
            for table in tables
        }
        people, scored = _people_counts(con, staged)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "as_of_date": str(run.dates.as_of_date),
        "known_on": str(run.dates.known_on),
        "run": run.name,
        "people": people,
        "scored": scored,
        "scorecards": [
            {"name": card.name, "version": card.version, "hash": card.hash, "base": card.base}
            for card in provenance.cards
        ],
        "content_hash": snapshot_hash(entries),
        "tables": entries,
        "contracts_sha256": hashlib.sha256(contracts).hexdigest(),
        "checks": {
            "passed": sum(row[4] == PASSED for row in checks),
            "warned": sum(row[4] == WARNED for row in checks),
        },
        "input": dict(provenance.input),
        "code": {"version": provenance.code_version, "hash": provenance.code_hash},
        "skipped_refused_files": sorted(provenance.skipped_refused_files),
        "erasures": provenance.erasures,
    }
    manifest["people_root"] = people_root(manifest, columns, tree_head(hashed.leaves))
    (staged.folder / MANIFEST).write_bytes(canonical_json(manifest))


def snapshot_hash(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the content hash of a snapshot, equal on every engine.

    ``entries``: table -> what the manifest says of it. Results of checks are no part of it, nor
    are figures that come from outside SQL.
    """
    return combined_hash(
        [
            (name, entry["content_hash"])
            for name, entry in entries.items()
            if name != CHECK_RESULT.short_name and not entry.get("is_statistic", False)
        ]
    )


def read_manifest(run: Run) -> dict[str, Any]:
    """Return a run's manifest; InputRefused where it is gone or none, or of a newer format."""
    manifest = read_json(run.folder / MANIFEST)
    if manifest["format"] > FORMAT:
        raise InputRefused(
            f"{run.folder / MANIFEST} is of format {manifest['format']}, and this version reads up "
            f"to {FORMAT}: install plainscore {manifest['code']['version']} or newer"
        )
    return manifest


def read_contracts(run: Run) -> dict[str, Any]:
    """Return table name -> contract, as published; InputRefused where they are gone."""
    return read_json(run.folder / CONTRACTS)


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a published JSON file; InputRefused where it is gone or is none."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InputRefused(
            f"{file} cannot be read ({error}): put the run's directory back as it was, "
            "or remove it whole and publish the date again"
        ) from error
    assert isinstance(content, dict), f"{file} holds an object"
    return content


def columns_of(contracts: Mapping[str, Any]) -> dict[str, Columns]:
    """Return (name, type) of every column of every table, by the contracts of a run."""
    return {
        table: [(column["name"], column["type"]) for column in contract["columns"]]
        for table, contract in contracts.items()
    }


def contract_of(table: Table) -> dict[str, Any]:
    """Return what stands in ``contracts.json`` of a table."""
    return {
        "title": table.title,
        "grain": table.grain,
        "key": list(table.key),
        "is_audit": table.is_audit,
        "columns": [
            {"name": column.name, "type": column.type, "unit": column.unit, "doc": column.doc}
            for column in table.columns
        ],
    }


def table_entry(
    con: duckdb.DuckDBPyConnection, folder: Path, table: Table, known_hash: str | None = None
) -> dict[str, Any]:
    """Return what stands in ``manifest.json`` of a table whose file is under ``folder``.

    ``known_hash``: its content hash, where that was computed already.
    """
    file = table_file(folder, table.short_name)
    columns = [(column.name, column.type) for column in table.columns]
    return {
        "rows": int(_one_row(con, file, "count(*)")[0]),
        "content_hash": known_hash or content_hash(con, file, columns),
        "file_sha256": file_sha256(file),
        "bytes": file.stat().st_size,
        **({"is_statistic": True} if table.is_statistic else {}),
    }


def _people_counts(con: duckdb.DuckDBPyConnection, staged: StagedSnapshot) -> tuple[int, int]:
    """Return (people, scored on the champion card)."""
    file = table_file(staged.folder, "score")
    champion = "filter (where scorecard_no = 1)"
    people, scored = _one_row(con, file, f"count(*) {champion}, count(score) {champion}")
    return int(people), int(scored)


def _one_row(con: duckdb.DuckDBPyConnection, file: Path, aggregates: str) -> tuple[Any, ...]:
    parquet = f"read_parquet({parquet_list([file])}, hive_partitioning = false)"
    row = con.execute(f"select {aggregates} from {parquet}").fetchone()
    assert row is not None, "an aggregate yields a row"
    return row
