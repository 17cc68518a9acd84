"""`plainscore fit`: a scorecard of one's own, from what became of the scored."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from plainscore.analysis.fit_report import FitReport


def fit(
    *,
    first: Annotated[str | None, Parameter(name="--from")] = None,
    last: Annotated[str | None, Parameter(name="--to")] = None,
    out: Path | None = None,
    name: str = "fitted",
    scorecard: str = "standard",
    keep_caps: bool = False,
    report: Path | None = None,
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Fit a scorecard to the outcomes of published dates, and judge it on people it has not seen.

    Outcomes are those that `plainscore evaluate` publishes. Seven people of ten are fitted to, on
    all dates but the newest; the others, on the newest date, judge the card. Publishes nothing.

    Parameters
    ----------
    first
        The oldest published date to use; all whose outcome is known without it.
    last
        The newest published date to use.
    out
        Write the card to this .toml file, for `plainscore run --scorecard`.
    name
        The card's name.
    scorecard
        The card to start from: its directions, reasons, rules and social factor are kept.
    keep_caps
        Keep the most points of every factor; else they follow from the evidence.
    report
        Write the report to this file, as Markdown.
    data
        The data directory.
    output_format
        How the report is printed.
    """
    from plainscore.analysis.fit_report import fit_to_published, markdown, written_base
    from plainscore.cli.text_output import print_or_write
    from plainscore.show.reader import open_snapshots

    base = written_base(scorecard, out, report)
    with open_snapshots(data) as snapshots:
        study = fit_to_published(snapshots, (first, last), scorecard, name, keep_caps)
    if out is not None:
        from plainscore.analysis.fit_report import card_text

        print_or_write(card_text(study.card, base, study.summary), out)
    if report is not None:
        print_or_write(markdown(study), report)
    if not study.is_checked:
        print("scikit-learn is not installed: no check (pip install 'plainscore[fit]')",
              file=sys.stderr)  # fmt: skip
    _print(study, output_format)
    return 0


def _print(study: "FitReport", output_format: Literal["table", "json"]) -> None:
    from plainscore.cli.row_output import json_value, print_rows
    from plainscore.common.text import printable

    if output_format == "json":
        told = {
            "summary": study.summary,
            "tables": {
                table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
                for table in study.tables
            },
        }
        print(json.dumps(json_value(told), ensure_ascii=sys.stdout.isatty(), indent=1))
        return
    print(printable(study.summary))
    for table in study.tables:
        print(f"\n{printable(table.title)}")
        print_rows(table.columns, table.rows, "table")
