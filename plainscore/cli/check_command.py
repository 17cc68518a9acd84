"""`plainscore check`: say what is wrong with logs, without taking them in."""

import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from plainscore.cli.ingest_command import progress_bar
from plainscore.cli.refused_files import printable, tell_refused

if TYPE_CHECKING:
    from plainscore.logs.check_logs import CheckedLog

_COUNTS = ("files", "rows", "accepted", "duplicates", "quarantined", "orphans")


def check(
    log_dir: Path,
    /,
    *,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Say, per log, what is wrong with delivered logs, and which features will be missing.

    Nothing is taken in and LOG_DIR is not written. Exit code 5 says that a file was refused.

    Parameters
    ----------
    log_dir
        A landing directory, with LOG/arrived=YYYY-MM-DD/FILE below it.
    output_format
        How the findings are printed; json: one object per log.
    """
    from plainscore.common.errors import InputRefused, UsageError
    from plainscore.logs.check_logs import check_logs

    if (log_dir / "landing").is_dir():
        raise UsageError(f"{log_dir} is a data directory: check {log_dir / 'landing'}")
    with progress_bar("checking logs") as progress:
        checked = check_logs(log_dir, progress)
    if output_format == "table":
        _print_findings(checked.logs)
    elif output_format == "json":
        for log in checked.logs:
            print(json.dumps(asdict(log), default=str))
    else:
        _print_csv(checked.logs)
    tell_refused(checked.refused)
    return InputRefused.exit_code if checked.refused else 0


def _print_findings(logs: "list[CheckedLog]") -> None:
    """Print the counts of every log as a table, then what is wrong, in words."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("log", *_COUNTS)
    for log in logs:
        table.add_row(log.log, *(f"{getattr(log, name):,}" for name in _COUNTS))
    console.print(table)
    for log in logs:
        for line in _findings(log):
            console.print(printable(line), markup=False, highlight=False, soft_wrap=True)


def _findings(log: "CheckedLog") -> list[str]:
    lines = [
        f"{log.log}: {reason.count:,} x {reason.reason}: {', '.join(reason.examples)}"
        for reason in log.reasons
    ]
    if log.orphans:
        lines.append(
            f"{log.log}: {log.orphans:,} events whose other half is not in these files; they count "
            "once it is"
        )
    if log.unknown_columns:
        lines.append(f"{log.log}: columns kept out: {', '.join(log.unknown_columns)}")
    if log.missing_features:
        lines.append(f"{log.log}: no rows, so missing: {', '.join(log.missing_features)}")
    return lines


def _print_csv(logs: "list[CheckedLog]") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("log", *_COUNTS, "missing_features"))
    for log in logs:
        counts = (getattr(log, name) for name in _COUNTS)
        writer.writerow((log.log, *counts, " ".join(log.missing_features)))
