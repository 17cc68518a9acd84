"""A view over a table that stands beside the snapshots, in one folder for each time it was made."""

from collections.abc import Sequence
from pathlib import Path

from plainscore.common.text import identifier, parquet_list
from plainscore.contracts.contract import Table
from plainscore.publish.staging import table_file
from plainscore.publish.view import View


def view_apart(table: Table, folders: Sequence[Path], asked: str) -> View:
    """Return the view of a table over folders; without any, an empty one of the same types.

    ``asked``: of what its rows are, for the comment.
    """
    cells = ", ".join(
        f"cast({identifier(c.name) if folders else 'null'} as {c.type}) as {identifier(c.name)}"
        for c in table.columns
    )
    files = parquet_list(table_file(folder, table.short_name) for folder in folders)
    source = f"from read_parquet({files}, hive_partitioning = false)" if folders else "where false"
    comment = f"{table.title}: {table.grain}; of {asked}."
    return View(table.short_name, f"select {cells} {source}", comment, table.columns)
