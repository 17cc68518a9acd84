"""Publish what compares two snapshots: all of it, or none of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from plainscore.analysis.changes.chain import Chain
from plainscore.publish.apart import publish_apart
from plainscore.publish.change_sets import (
    ChangePair,
    change_folder,
    change_tables,
    run_identity,
)
from plainscore.publish.manifest import read_manifest
from plainscore.publish.runs import Run

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
    """Publish the tables of a pair, with how they came about; see `publish_apart`."""
    head = _manifest_head(con, pair, chain, notes)
    publish_apart(data_dir, con, change_tables(), staging, change_folder(data_dir, pair), head)


def _manifest_head(
    con: duckdb.DuckDBPyConnection, pair: ChangePair, chain: Chain, notes: Sequence[str]
) -> dict[str, Any]:
    counted = con.execute(_COUNTS)
    names = [column[0] for column in counted.description or ()]
    return {
        "format": FORMAT,
        "before": _end(pair.before),
        "after": _end(pair.after),
        **dict(zip(names, counted.fetchall()[0], strict=True)),
        "states": {state: _told(made) for state, made in chain.between.items()},
        "notes": list(notes),
    }


def _end(run: Run) -> Mapping[str, Any]:
    manifest = read_manifest(run)
    return {
        "run": run_identity(run, manifest),
        "scorecard": manifest["scorecards"][0],
        "code": manifest["code"],
    }


def _told(made: object) -> str:
    return f"equals {made}" if isinstance(made, str) else str(made)
