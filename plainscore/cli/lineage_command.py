"""`plainscore lineage`: where a column comes from, down to the logs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from rich.tree import Tree

    from plainscore.contracts.lineage import ColumnName, Lineage


def lineage(
    column: str,
    *,
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Show the columns that a column is made from, and those below, down to the logs.

    Read from the SQL as it runs. Columns that only join tables are left out.

    Parameters
    ----------
    column
        table.column or schema.table.column, such as score.score or staging.bill.paid_date.
    data
        The data directory, where a plainscore.toml may name other scorecards.
    output_format
        table draws a tree, each column's sources once; json prints one object per column.
    """
    from plainscore.contracts.catalog import load_catalog
    from plainscore.contracts.lineage import lineage as trace
    from plainscore.scorecards.reading import read_scorecards
    from plainscore.settings import read_settings

    catalog = load_catalog(read_scorecards(read_settings(data).scorecards))
    traced = trace(catalog, column)
    if output_format == "json":
        print(json.dumps([_as_object(node) for node in traced.each_once()], indent=1))
        return 0
    from rich.console import Console
    from rich.text import Text

    console = Console()
    console.print(_tree(traced))
    console.print(Text(f"\nfrom the logs: {', '.join(traced.log_columns) or 'nothing'}"))
    return 0


def _as_object(node: "Lineage") -> dict[str, object]:
    return {
        "column": str(node.name),
        "type": node.declared.type,
        "unit": node.declared.unit or None,
        "doc": node.declared.doc,
        "from": [str(source.name) for source in node.sources],
    }


def _tree(traced: "Lineage") -> "Tree":
    from rich.tree import Tree

    root = Tree(_label(traced, is_shown=False))
    shown: set[ColumnName] = {traced.name}
    waiting = [(root, traced)]
    while waiting:
        branch, node = waiting.pop()
        below = []
        for source in node.sources:
            is_shown = source.name in shown and bool(source.sources)
            leaf = branch.add(_label(source, is_shown=is_shown))
            if source.name not in shown:
                shown.add(source.name)
                below.append((leaf, source))
        waiting += reversed(below)
    return root


def _label(node: "Lineage", *, is_shown: bool) -> str:
    return f"{node.name} ..." if is_shown else str(node.name)
