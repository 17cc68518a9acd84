"""The figures of the report and the app: TOML heads and SELECTs, their rows, charts and tables.

A folder of dashboards/figures is a page, a file is a figure: it begins with its declaration, in
TOML, and continues with one SELECT over the published views.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.show.reader import Row, Snapshots

CHARTS = ("lines", "stack", "bars", "dots", "strip", "cells", "distribution", "graph")
NOTHING = "\N{EN DASH}"
_HEAD = re.compile(r"/\*\n(.*?)\*/\n(.*)", re.DOTALL)
_PARAMETER = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True)
class Page:
    """``key``: the folder of its figures, and its address on the page."""

    key: str
    title: str
    question: str


PAGES = (
    Page("overview", "Overview", "Who stands where, and what has changed?"),
    Page("story", "Four fears", "What do people fear of such a score, and what is there to it?"),
    Page("person", "Person", "Why has this person this score?"),
    Page("benefits", "Benefits", "What does a score open, and to how many?"),
    Page("gaming", "Gaming", "What does it cost to buy points?"),
    Page("gaps", "Gaps", "Who does the score leave behind?"),
    Page("quality", "Quality of score", "Does the score predict what becomes of people?"),
    Page("checks", "Quality of data", "What arrived, what was refused, what was checked?"),
    Page("method", "Method", "How is a score made?"),
)


@dataclass(frozen=True)
class FigureColumn:
    """How one column is shown; ``unit`` is empty for texts and dates, and for them alone.

    ``times``: the factor from a value to ``unit``, 100 for shares in per cent.
    ``decimals`` None: at most four significant digits.
    """

    name: str
    heading: str
    unit: str = ""
    decimals: int | None = 0
    times: float = 1

    def shown(self, value: Any) -> str:
        """Return a value as people read it; a dash where there is none."""
        if value is None or isinstance(value, bool):
            return {None: NOTHING, True: "yes", False: "no"}[value]
        if not isinstance(value, int | float):
            return str(value)
        shown = f"{value * self.times:,{'.4g' if self.decimals is None else f'.{self.decimals}f'}}"
        return shown.removeprefix("-") if not shown.strip("-0.") else shown


@dataclass(frozen=True)
class Chart:
    """How dashboards/report/charts.js draws a figure, by the names of its columns.

    lines: ``values`` over ``label``; with ``series``, one value and a line for each of those.
    stack: shares of ordered ``series`` that add up for every ``label``. bars: a bar of ``values``
    for every ``label``, with a tick at ``limit``. dots: a dot for each of ``values``, or for one
    with its interval from ``low`` to ``high``. strip: a dot for every ``label`` in a row of each
    of ``series``. cells: one value in rows of ``label`` and columns of ``series``. distribution:
    bars over the numbers ``label`` in colours of ``series``, with the rows of the figure ``gates``
    (page/name) as lines. graph: a dot for every ``label``, named where it has a ``series``, and a
    line for every row with ``to``, another ``label``. ``marked``: a flag; other rows are drawn
    faintly. ``text``: a column that is written in place of the value. ``choice``: the reader
    chooses one of its values, and ``said``, a column, is read out. ``panel``: a chart for each of
    its values. ``is_wide``: with the table below it, not next to it.
    """

    kind: str
    label: str
    values: Sequence[str]
    series: str = ""
    low: str = ""
    high: str = ""
    limit: str = ""
    marked: str = ""
    panel: str = ""
    gates: str = ""
    text: str = ""
    to: str = ""
    choice: str = ""
    said: str = ""
    is_wide: bool = False


@dataclass(frozen=True)
class PageFigure:
    """A figure as it is declared; ``empty``: what to do where there are no rows.

    ``finding``: SQL for one sentence of its rows, which it knows as the table ``figure``, and those
    of its chart's gates as ``gates``; ``$unit`` is that of the value that is drawn.
    """

    number: int
    page: str
    name: str
    title: str
    sql: str
    columns: tuple[FigureColumn, ...]
    empty: str
    note: str = ""
    finding: str = ""
    chart: Chart | None = None

    @property
    def key(self) -> str:
        """Its name on a page, for links."""
        return f"{self.page}-{self.name.replace('_', '-')}"

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the parameters that its SQL asks for."""
        return frozenset(_PARAMETER.findall(self.sql))


@dataclass(frozen=True)
class Answer:
    """A figure and its rows, each column name -> value, as the views have them.

    ``finding``: a sentence of them; empty where there is none. ``gates``: see `Chart`.
    """

    figure: PageFigure
    rows: Sequence[Row] = ()
    finding: str = ""
    gates: "Answer | None" = None

    def as_json(self) -> dict[str, Any]:
        """Return what charts.js and tables.js read."""
        figure = self.figure
        return {
            "title": self.finding or figure.title,
            "columns": [asdict(one) for one in figure.columns],
            "chart": figure.chart and asdict(figure.chart),
            "rows": [[_plain(row[one.name]) for one in figure.columns] for row in self.rows],
            "gates": self.gates and self.gates.as_json(),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if value is None or isinstance(value, int | float) else str(value)


def script_json(value: Any) -> str:
    """Return JSON text that ends no <script> element that holds it, whatever ids people have."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def figures_json(answers: Iterable[Answer]) -> str:
    """Return figures with rows for a <script>: key -> what charts.js and tables.js read."""
    return script_json({one.figure.key: one.as_json() for one in answers if one.rows})


@cache
def figures(
    page: str, method: Method = STANDARD_METHOD, bad: str | None = None
) -> tuple[PageFigure, ...]:
    """Return the figures of a page, in the order of their declared numbers.

    ``bad``: who is bad, for notes that say so with ``{bad}``; None: by the outcome of the method.
    """
    files = method.files(f"dashboards/figures/{page}", ".sql").values()
    shared = method.find(f"dashboards/figures/{page}.toml")
    head = tomllib.loads(shared.read_text(encoding="utf-8")) if shared else {}
    found = [_worded(read_figure(file, head), method, bad) for file in files]
    return tuple(sorted(found, key=lambda one: (one.number, one.name)))


def answer(snapshots: Snapshots, figure: PageFigure, day: date, before: date | None) -> Answer:
    """Return the rows of a figure for a day; ``before``: the date to compare with, if any."""
    given: dict[str, Any] = {"as_of_date": day, "before_date": before}
    if "planted_attacker()" in figure.sql:
        snapshots.know_planted()
    chart, gates = figure.chart, None
    if chart and chart.gates:
        page, _, name = chart.gates.partition("/")
        for one in (one for one in figures(page, snapshots.method) if one.name == name):
            gates = answer(snapshots, one, day, before)
            snapshots.rows("create or replace temp table gates as from figure")
    # Kept, so that what a finding is found in is not computed again.
    kept = f"create or replace temp table figure as {figure.sql}"
    snapshots.rows(kept, _asked(kept, given))
    rows, finding = snapshots.records("from figure"), ""
    if rows and figure.finding and not (chart and chart.gates and not gates):
        drawn = chart.values if chart else ()
        given["unit"] = next((one.unit for one in figure.columns if one.name in drawn), "")
        found = snapshots.rows(figure.finding, _asked(figure.finding, given))
        finding = next((text for (text,) in found if text), "")
    return Answer(figure, rows, finding, gates)


def _asked(sql: str, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in _PARAMETER.findall(sql)}


def _worded(figure: PageFigure, method: Method, bad: str | None) -> PageFigure:
    if "{bad}" not in figure.note:
        return figure
    return replace(figure, note=figure.note.replace("{bad}", bad or words_of_bad(method)))


def words_of_bad(method: Method) -> str:
    """Return who is bad, by the outcome of a method; one without an outcome evaluates nothing."""
    from plainscore.contracts.contract import OUTCOME_FILE, read_outcome

    return (
        read_outcome(method).bad if method.find(OUTCOME_FILE) else "no one: no outcome is declared"
    )


def read_figure(file: Path, shared: Mapping[str, Any] | None = None) -> PageFigure:
    """Return the figure that a file declares; ``shared``: the head that all of its page share.

    Raises UsageError for a kind of chart that is not one of CHARTS.
    """
    found = _HEAD.fullmatch(file.read_text(encoding="utf-8"))
    assert found is not None, f"{file.name} opens with its declaration"
    common, own = shared or {}, tomllib.loads(found[1])
    head = {**common, **own}
    columns = tuple(
        FigureColumn(name, **{"heading": name.replace("_", " "), **entry})
        for name, entry in {**common.get("columns", {}), **head.pop("columns")}.items()
    )
    chart = Chart(**head.pop("chart")) if "chart" in head else None
    if chart and chart.kind not in CHARTS:
        raise UsageError(f"{file}: chart kind '{chart.kind}' is none of {', '.join(CHARTS)}")
    return PageFigure(
        page=file.parent.name, name=file.stem, sql=found[2], columns=columns, chart=chart, **head
    )
