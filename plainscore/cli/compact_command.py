"""`plainscore compact`: rewrite finished months of the event store by person."""

import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def compact(
    *,
    data: Path = Path("data"),
    grace_days: int = 7,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Put every finished month of the event store into one file sorted by person.

    No row changes. Readers that opened the old files go on reading them: those are deleted only
    after the grace period.

    Parameters
    ----------
    data
        The directory that holds events/.
    grace_days
        Delete files that have been out of use for this many days.
    output_format
        How the figures are printed.
    """
    from plainscore.runs.upkeep import compact_events

    tables = [asdict(one) for one in compact_events(data, grace_days)]
    if output_format == "json":
        for row in tables:
            print(json.dumps(row))
        return 0
    columns = ("table", "months", "files_before", "files_after", "deleted")
    if output_format == "csv":
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(tables)
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns)
    for row in tables:
        table.add_row(*(str(row[name]) for name in columns))
    Console().print(table)
    return 0
