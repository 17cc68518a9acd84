"""`plainscore societies`: the same people under other rules, on one page."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits

CARDS = ("standard", "reported_b")
SUMMARY_DECIMALS = 4


def societies(
    *,
    out: Path | None = None,
    data: Path = Path("societies"),
    card: Annotated[tuple[str, ...], Parameter(show_default=False)] = (),
    from_: Annotated[date | None, Parameter(name="--from")] = None,
    to: date | None = None,
    people: int | None = None,
    seed: int | None = None,
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json", "csv"], Parameter(name="--format")] = "table",
) -> int:
    """Score the same people under several rules, month by month, and compare what becomes of them.

    The rules: the standard card, reported_b, every card of --card, the standard card without its
    social factor, and with a count of good friends in the place of the neighbour mean. Prints one
    line per rule; nothing is published, and what is published stays as it is.

    Parameters
    ----------
    out
        Write the page with charts and tables here: one HTML file that needs no network.
    data
        The data directory; what is new in its landing/ is ingested. Where it has neither landing/
        nor events/, a world of 40 months is invented there.
    card
        A further scorecard, packaged or a file, such as one that was fitted; once for each.
    from_
        The first month end is on or after this day.
    to
        The last is on or before it. Without both: the newest 24 whose outcomes are known.
    people
        How many people to invent, 2,000 by default.
    seed
        Another seed, another world; 1 by default.
    limits
        What the command may take of the machine.
    output_format
        table and csv: a line per rule; json: every figure of every month.
    """
    import json
    import sys

    from plainscore.analysis.scenarios import choose_months, compare_scenarios, open_people
    from plainscore.cli.row_output import print_rows
    from plainscore.common.errors import UsageError
    from plainscore.runs.observers import spinner
    from plainscore.settings import read_settings
    from plainscore.show.scenarios import scenarios_page, summary_rows

    if out is not None and not out.resolve().parent.is_dir():
        raise UsageError(f"--out {out}: {out.parent} is no directory")
    settings = read_settings(data, scorecards=(*CARDS, *card), **limits.wishes)
    store = open_people(data, people, seed, settings)
    with spinner("scoring"):
        record = compare_scenarios(store, choose_months(store, from_, to), settings)
    if out is not None:
        out.write_text(scenarios_page(record), encoding="utf-8")
        print(f"wrote {out}", file=sys.stderr)
    if output_format == "json":
        print(json.dumps(record, ensure_ascii=False))
        return 0
    summary = list(summary_rows(record))
    rows = [[_rounded(cell) for cell in row.values()] for row in summary]
    print_rows(list(summary[0]), rows, output_format)
    return 0


def _rounded(cell: object) -> object:
    return round(cell, SUMMARY_DECIMALS) if isinstance(cell, float) else cell
