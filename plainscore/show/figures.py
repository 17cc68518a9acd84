"""The figures of the report and the app: TOML heads and SELECTs, their rows, charts and tables.

A folder of dashboards/figures is a page, a file is a figure: it begins with its declaration, in
TOML, and continues with one SELECT over the published views.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.show.charts import chart as chart_of
from plainscore.show.reader import Row, Snapshots

NOTHING = "\N{EN DASH}"
SHADES = 5
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

    def in_unit(self, value: Any) -> Any:
        """Return a value in the column's unit; anything but a number as it is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        scaled = value * self.times
        return scaled if self.decimals is None else round(scaled, self.decimals)

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
    """How a figure is drawn, by the names of its columns.

    lines: ``values`` over ``label``; with ``series``, one value and a line for each of those.
    bars: a bar of each of ``values`` for every ``label``. ranges: one value with the interval
    ``low`` to ``high`` for every ``label``. matrix: one value in rows of ``label`` and columns of
    ``series``, which are the table as well.
    """

    kind: Literal["lines", "bars", "ranges", "matrix"]
    label: str
    values: Sequence[str]
    series: str = ""
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class PageFigure:
    """A figure as it is declared; ``empty``: what to do where there are no rows."""

    number: int
    page: str
    name: str
    title: str
    sql: str
    columns: tuple[FigureColumn, ...]
    empty: str
    note: str = ""
    chart: Chart | None = None

    @property
    def key(self) -> str:
        """Its name on a page, for links."""
        return f"{self.page}-{self.name.replace('_', '-')}"

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the parameters that its SQL asks for."""
        return frozenset(_PARAMETER.findall(self.sql))

    def column(self, name: str) -> FigureColumn:
        """Return a column by its name."""
        return next(one for one in self.columns if one.name == name)


@dataclass(frozen=True)
class Answer:
    """A figure and its rows, each column name -> value, as the views have them."""

    figure: PageFigure
    rows: Sequence[Row] = field(default_factory=tuple)


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
    given = {"as_of_date": day, "before_date": before}
    parameters = {name: given[name] for name in figure.parameters}
    return Answer(figure, snapshots.records(figure.sql, parameters))


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
    """Return the figure that a file declares, and the head that all of its page share."""
    found = _HEAD.fullmatch(file.read_text(encoding="utf-8"))
    assert found is not None, f"{file.name} opens with its declaration"
    common, own = shared or {}, tomllib.loads(found[1])
    head = {**common, **own}
    columns = tuple(
        FigureColumn(name, **{"heading": name.replace("_", " "), **entry})
        for name, entry in {**common.get("columns", {}), **head.pop("columns")}.items()
    )
    chart = Chart(**head.pop("chart")) if "chart" in head else None
    return PageFigure(
        page=file.parent.name, name=file.stem, sql=found[2], columns=columns, chart=chart, **head
    )


@dataclass(frozen=True)
class Cell:
    """``shade``: 0 to 5, how large the value is in a matrix."""

    text: str
    shade: int = 0


@dataclass(frozen=True)
class Drawn:
    """``chart``: SVG text, its own texts escaped; ``legend``: of its lines or bars."""

    kind: str
    headings: Sequence[FigureColumn]
    rows: Sequence[Sequence[Cell]]
    chart: str = ""
    legend: Sequence[str] = ()


def draw(answer: Answer) -> Drawn:
    """Return an answer with rows as chart and table."""
    figure, chart = answer.figure, answer.figure.chart
    columns, rows = (figure.columns, answer.rows) if chart is None else _table(answer, chart)
    if chart is not None and chart.kind == "matrix":
        return Drawn("matrix", columns, [_shaded(columns, row, rows) for row in rows])
    cells = [[Cell(one.shown(row[one.name])) for one in columns] for row in rows]
    if chart is None:
        return Drawn("", columns, cells)
    values = [figure.column(name) for name in chart.values]
    interval = [figure.column(name) for name in (chart.low, chart.high) if name]
    drawn = columns[1:] if chart.series else [*values, *interval]
    series = [
        [None if row[one.name] is None else row[one.name] * one.times for row in rows]
        for one in drawn
    ]
    about = ", ".join(f"{one.heading} in {one.unit}" for one in values)
    texts = (figure.key, figure.title, f"{about}; the table has the numbers.")
    decimals, labels = values[0].decimals or 0, [str(row[chart.label]) for row in rows]
    if chart.kind != "lines":
        shown = series[:1] if interval else series
        largest = max(
            (abs(value) for one in shown for value in one if value is not None), default=0
        )
        decimals = 0 if largest >= 10 else decimals
    svg = chart_of(chart.kind, texts, labels, series, decimals)
    return Drawn(
        chart.kind, columns, cells, svg, () if interval else [one.heading for one in drawn]
    )


def _table(answer: Answer, chart: Chart) -> tuple[Sequence[FigureColumn], Sequence[Row]]:
    """Return the columns and rows of the table; with series, a column for each of them."""
    figure = answer.figure
    if not chart.series:
        return figure.columns, answer.rows
    value = figure.column(chart.values[0])
    names = {row[chart.series]: f"series {row[chart.series]}" for row in answer.rows}
    columns = [replace(figure.column(chart.label), unit="")]
    columns += [replace(value, name=key, heading=str(name)) for name, key in names.items()]
    rows: dict[Any, Row] = {}
    for row in answer.rows:
        label = row[chart.label]
        wide = rows.setdefault(label, {chart.label: label, **dict.fromkeys(names.values())})
        wide[names[row[chart.series]]] = row[value.name]
    return columns, list(rows.values())


def _shaded(columns: Sequence[FigureColumn], row: Row, rows: Sequence[Row]) -> list[Cell]:
    """Return a row of a matrix, shaded by value; empty where there is none."""
    first, *others = columns
    values = [one[column.name] for one in rows for column in others]
    most = max((one for one in values if isinstance(one, int | float)), default=1)

    def shaded(column: FigureColumn) -> Cell:
        value = row[column.name]
        is_shaded = value and isinstance(value, int | float)
        shade = max(1, round(SHADES * value / most)) if is_shaded else 0
        return Cell("" if value is None else column.shown(value), shade)

    return [Cell(first.shown(row[first.name])), *map(shaded, others)]
