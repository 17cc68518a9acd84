"""The views over computed changes: ``change``, ``change_feature`` and ``change_pair``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plainscore.common.text import text_literal
from plainscore.contracts.contract import Column
from plainscore.publish.change_sets import ChangeSet, change_tables, current_change_sets
from plainscore.publish.runs import Run
from plainscore.publish.view import View
from plainscore.publish.view_apart import view_apart

_PAIR_COLUMNS = (
    Column("as_of_date_before", "DATE", "as_of_date of the earlier snapshot."),
    Column("known_on_before", "DATE", "known_on of the earlier snapshot."),
    Column("run_before", "VARCHAR", "Run of the earlier snapshot within its dates."),
    Column("as_of_date", "DATE", "as_of_date of the later snapshot."),
    Column("known_on", "DATE", "known_on of the later snapshot."),
    Column("run", "VARCHAR", "Run of the later snapshot within its dates."),
    Column("people", "BIGINT", "People of either snapshot.", "people"),
    Column("scored_in_both", "BIGINT", "Of these, scored in both.", "people"),
    Column("moved", "BIGINT", "Of these, with another score.", "people"),
    Column("carried", "BIGINT", "Of the scored, not scored somewhere on the way.", "people"),
    Column("notes", "VARCHAR", "What to know when reading the causes; empty: nothing."),
)


def change_views(data_dir: Path, manifests: Mapping[Run, Mapping[str, Any]]) -> list[View]:
    """Return the views; ``manifests``: those of all published runs. Empty where none is computed.

    They show what still holds of today's code: see `current_change_sets`.
    """
    sets = current_change_sets(data_dir, manifests)
    folders, asked = [one.folder for one in sets], "every pair of snapshots that `why` was asked of"
    views = [view_apart(table, folders, asked) for table in change_tables()]
    return [*views, _pair_view(sets)]


def _pair_view(sets: Sequence[ChangeSet]) -> View:
    rows = [_pair_row(one.manifest) for one in sets] or [["null"] * len(_PAIR_COLUMNS)]
    names = ", ".join(column.name for column in _PAIR_COLUMNS)
    cells = ", ".join(f"cast({c.name} as {c.type}) as {c.name}" for c in _PAIR_COLUMNS)
    values = ", ".join(f"({', '.join(row)})" for row in rows)
    sql = f"select {cells} from (values {values}) as computed({names}) where run is not null"
    comment = "Pairs of snapshots whose changes are computed: one row per pair of runs."
    return View("change_pair", sql, comment, _PAIR_COLUMNS)


def _pair_row(manifest: Mapping[str, Any]) -> list[str]:
    ends = [manifest[end]["run"] for end in ("before", "after")]
    days = [text_literal(end[name]) for end in ends for name in ("as_of_date", "known_on", "run")]
    counts = [str(int(manifest[n])) for n in ("people", "scored_in_both", "moved", "carried")]
    return [*days, *counts, text_literal("; ".join(manifest["notes"]))]
