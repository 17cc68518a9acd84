"""`plainscore synthesise`: an invented world, and its figures against their targets."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.synthetic.synthesise import Progress, SynthesisResult


def synthesise(
    *,
    people: int = 10_000,
    from_: Annotated[date, Parameter(name="--from")] = date(2024, 11, 1),
    to: date = date(2026, 10, 31),
    seed: int = 1,
    data: Path = Path("data"),
    file_format: Literal["parquet", "ndjson", "ndjson.gz", "csv", "csv.gz", "mixed"] = "parquet",
    arrivals: Literal["daily", "monthly"] = "daily",
    proxy: bool = False,
    threads: int | None = None,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Invent a world of people and write its five logs under DATA/landing.

    The same settings make the same rows. A world that is there already is left as it is; one that
    ends earlier gets the days it lacks.

    Parameters
    ----------
    people
        How many people live in it.
    from_
        First day on which anything arrives.
    to
        Last day on which anything arrives.
    seed
        Another seed, another world.
    data
        The directory that gets landing/.
    file_format
        Ending of the files; mixed: each log and month in another format.
    arrivals
        daily, or monthly: a month's rows arrive together on its last day.
    proxy
        Let region cause means and reliability, so that it stands in for them.
    threads
        How many logs are written at a time; all processors by default.
    output_format
        How the figures are printed.
    """
    from plainscore.synthetic.synthesise import synthesise as make_world
    from plainscore.synthetic.world import WorldSettings

    settings = WorldSettings(
        people=people,
        first=from_,
        last=to,
        seed=seed,
        landing=data / "landing",
        file_format=file_format,
        arrivals=arrivals,
        is_region_causal=proxy,
    )
    with _progress_bar() as progress:
        made = make_world(settings, threads, progress)
    if output_format == "table":
        _print_table(made, settings.landing)
    elif output_format == "json":
        print(json.dumps({"is_new": made.is_new, "rows": made.rows, "targets": _targets(made)}))
    else:
        writer = csv.DictWriter(sys.stdout, _TARGET_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_targets(made))
    return 0


_TARGET_COLUMNS = ("name", "low", "high", "generated", "is_met")


def _targets(made: "SynthesisResult") -> list[dict[str, object]]:
    return [{name: getattr(target, name) for name in _TARGET_COLUMNS} for target in made.targets]


@contextmanager
def _progress_bar() -> Iterator["Progress | None"]:
    """Show how far the writing is, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("writing logs", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_table(made: "SynthesisResult", landing: Path) -> None:
    """Print rows by log, then every target beside what was generated."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    state = "made" if made.is_new else "was there already, nothing to do:"
    rows = ", ".join(f"{log} {count:,}" for log, count in made.rows.items())
    console.print(f"{landing} {state} {sum(made.rows.values()):,} rows ({rows})", soft_wrap=True)
    table = Table("figure", "wanted", "generated", "")
    for target in made.targets:
        shown = "-" if target.generated is None else f"{target.generated:,.4g}"
        verdict = {True: "met", False: "MISSED", None: "not in this window"}[target.is_met]
        table.add_row(target.name, f"{target.low:,g} to {target.high:,g}", shown, verdict)
    console.print(table)
