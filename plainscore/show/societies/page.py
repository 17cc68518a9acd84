"""The page itself: one HTML file that needs no network and no other file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plainscore.common.standard import standard_folder
from plainscore.show.charts.line_chart import STYLES, Line, line_chart
from plainscore.show.societies.panels import Panel, Section, sections
from plainscore.show.societies.summary import summary_rows
from plainscore.show.style import base_style

HERE = standard_folder("dashboards/societies")
NOTHING = "\N{EN DASH}"

SUMMARY: Sequence[tuple[str, str, str, float, int]] = (
    ("scored", "scored", "people x months", 1, 0),
    ("mean_score", "mean score", "points", 1, 1),
    ("top_band_share", "top band", "% of the scored", 100, 1),
    ("moved_share", "other band than on the first", "% of the scored", 100, 1),
    ("gini", "Gini", "0 to 1", 1, 4),
    ("assortativity", "assortativity", "correlation", 1, 3),
    ("mobility", "Shorrocks index", "a month", 1, 3),
    ("auc", "AUC", "0.5 to 1", 1, 3),
    ("below_four_fifths", "below four fifths", "groups x benefits", 1, 1),
    ("farmed_points", "planted attacks gain", "points a head", 1, 2),
)
"""Figure, heading, unit, factor to that unit, decimals."""


def societies_page(record: Mapping[str, Any]) -> str:
    """Return the page of a record as `plainscore societies --format json` prints it."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))
    names = [row["society"] for row in record["societies"]]
    summary = [
        (
            row["society"],
            [shown(row[name], factor, digits) for name, _, _, factor, digits in SUMMARY],
        )
        for row in summary_rows(record)
    ]
    return template.render(
        record=record,
        base_style=Markup(base_style()),
        styles=STYLES,
        summary=summary,
        summary_heads=[(heading, unit) for _, heading, unit, _, _ in SUMMARY],
        sections=[(section, list(_drawn(section, record, names))) for section in sections(record)],
    )


def shown(value: float | None, factor: float, decimals: int) -> str:
    """Return a number as the page writes it; a dash where there is none."""
    return NOTHING if value is None else f"{value * factor:,.{decimals}f}"


def _drawn(
    section: Section, record: Mapping[str, Any], names: Sequence[str]
) -> Iterator[dict[str, Any]]:
    from markupsafe import Markup

    months = record["months"]
    for number, panel in enumerate(section.panels):
        key = f"{section.key}-{number}"
        lines = [Line(name, [panel.values.get((name, day)) for day in months]) for name in names]
        about = (
            f"{panel.title}, {panel.unit}, for each society and month; the table has the numbers."
        )
        labels = [day[:7] for day in months]
        chart = line_chart(key, panel.title, about, labels, lines, panel.decimals)
        yield {
            "key": key,
            "panel": panel,
            "chart": Markup(chart),  # its texts are escaped where it is drawn
            "rows": [(day, _cells(panel, names, day)) for day in months],
        }


def _cells(panel: Panel, names: Sequence[str], day: str) -> list[str]:
    return [shown(panel.values.get((name, day)), 1, panel.decimals) for name in names]
