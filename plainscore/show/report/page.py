"""The report of one snapshot, filled: figures, people, method."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from plainscore.common.standard import standard_folder
from plainscore.show.charts.layers import Box, layer_drawing
from plainscore.show.charts.line_chart import STYLES
from plainscore.show.examples.reading import choose_examples, read_examples
from plainscore.show.figures.figure import Answer, answer, figures
from plainscore.show.report.contents import PAGES
from plainscore.show.report.drawing import draw
from plainscore.show.report.people import people_object
from plainscore.show.snapshots import Snapshots
from plainscore.show.style import base_style, theme_script

HERE = standard_folder("dashboards/report")


def report_page(snapshots: Snapshots, day: date, boxes: Sequence[Box], is_invented: bool) -> str:
    """Return the page of a published day; the same page for the same published snapshots.

    Parameters
    ----------
    boxes
        The tables that a score is made by, for the drawing of the method.
    is_invented
        Whether the logs were written by `plainscore synthesise`: the page says so loudly.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_text("page.html"))
    before = previous_day(snapshots, day)
    people = choose_examples(snapshots, day, before)
    examples = read_examples(snapshots, people, day)
    run = snapshots.records("from run where as_of_date = ? and is_shown", (day,))[0]
    answers = {
        page.key: [_shown(answer(snapshots, one, day, before)) for one in figures(page.key)]
        for page in PAGES
    }
    return template.render(
        day=day,
        before=before,
        run=run,
        is_invented=is_invented,
        pages=PAGES,
        answers=answers,
        styles=STYLES,
        style=Markup(page_style()),
        script=Markup(theme_script() + person_script() + _text("report.js")),
        people=Markup(_as_json(people_object(snapshots, examples, day))),
        lineage=Markup(layer_drawing("Tables", "what each is made from", boxes)),
        boxes=boxes,
    )


def page_style() -> str:
    """Return the style sheet of a page with figures and people."""
    return base_style() + _text("report.css")


def person_script() -> str:
    """Return the script that draws an explained person."""
    return _text("person.js")


def previous_day(snapshots: Snapshots, day: date) -> date | None:
    """Return the published date before a day, None where it is the first."""
    return max((one for one in snapshots.dates() if one < day), default=None)


def _shown(told: Answer) -> dict[str, Any]:
    from markupsafe import Markup

    drawn = draw(told) if told.rows else None
    return {
        "figure": told.figure,
        "drawn": drawn,
        "chart": Markup(drawn.chart) if drawn else "",  # its texts are escaped where it is drawn
    }


def _as_json(told: Any) -> str:
    """Return JSON that ends no <script> element, whatever ids people have."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
