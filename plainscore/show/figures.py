"""The figures of the report and the app: TOML heads and SELECTs, their rows, charts and tables.

A folder of dashboards/figures is a page, a file is a figure: it begins with its declaration, in
TOML, and continues with one SELECT over the published views.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.show.charts import BarRow, Line, RangeRow, bar_chart, line_chart, range_chart
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

    def shown(self, value: Any) -> str:
        """Return a value as people read it; a dash where there is none."""
        if value is None:
            return NOTHING
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float):
            return self._shown_number(value * self.times)
        return str(value)

    def in_unit(self, value: Any) -> Any:
        """Return a value in the column's unit; anything but a number as it is."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        scaled = value * self.times
        return scaled if self.decimals is None else round(scaled, self.decimals)

    def _shown_number(self, number: float) -> str:
        if self.decimals is None:
            return f"{number:,.4g}"
        shown = f"{number:,.{self.decimals}f}"
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
    values: tuple[str, ...]
    series: str = ""
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class PageFigure:
    """A figure as it is declared; ``empty``: what to do where there are no rows."""

    page: str
    name: str
    title: str
    note: str
    sql: str
    columns: tuple[FigureColumn, ...]
    empty: str
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

    def values(self, name: str) -> list[Any]:
        """Return one column."""
        return [row[name] for row in self.rows]


@cache
def figures(page: str, method: Method = STANDARD_METHOD) -> tuple[PageFigure, ...]:
    """Return the figures of a page, in the order of their declared numbers."""
    files = method.files(f"dashboards/figures/{page}", ".sql").values()
    return tuple(_read(file) for _, file in sorted((_order(one), one) for one in files))


def answer(snapshots: Snapshots, figure: PageFigure, day: date, before: date | None) -> Answer:
    """Return the rows of a figure for a day; ``before``: the date to compare with, if any."""
    given = {"as_of_date": day, "before_date": before}
    parameters = {name: given[name] for name in figure.parameters}
    return Answer(figure, snapshots.records(figure.sql, parameters))


def _order(file: Path) -> int:
    return int(_parts(file)[0]["number"])


def _read(file: Path) -> PageFigure:
    head, sql = _parts(file)
    chart = head.get("chart")
    columns = [
        FigureColumn(name, entry.pop("heading", name.replace("_", " ")), **entry)
        for name, entry in head["columns"].items()
    ]
    return PageFigure(
        page=file.parent.name,
        name=file.stem,
        title=head["title"],
        note=head.get("note", ""),
        sql=sql,
        columns=tuple(columns),
        empty=head["empty"],
        chart=Chart(**chart | {"values": tuple(chart["values"])}) if chart else None,
    )


def _parts(file: Path) -> tuple[dict[str, Any], str]:
    found = _HEAD.fullmatch(file.read_text(encoding="utf-8"))
    assert found is not None, f"{file.name} opens with its declaration"
    return tomllib.loads(found[1]), found[2]


# --- drawn ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heading:
    """Of a table's column; ``is_text`` columns stand left."""

    title: str
    unit: str
    is_text: bool


@dataclass(frozen=True)
class Cell:
    """``shade``: 0 to 5, how large the value is in a matrix."""

    text: str
    is_text: bool
    shade: int = 0


@dataclass(frozen=True)
class Drawn:
    """``chart``: SVG text, its own texts escaped; ``legend``: of its lines or bars."""

    chart: str
    kind: str
    legend: Sequence[str]
    headings: Sequence[Heading]
    rows: Sequence[Sequence[Cell]]


def draw(answer: Answer) -> Drawn:
    """Return an answer with rows as chart and table."""
    chart = answer.figure.chart
    if chart is None:
        return Drawn("", "", (), *_table(answer))
    match chart.kind:
        case "matrix":
            return Drawn("", "matrix", (), *_matrix(answer, chart))
        case "lines":
            return _lines(answer, chart)
        case "bars":
            return _bars(answer, chart)
        case "ranges":
            return Drawn(_ranges(answer, chart), "ranges", (), *_table(answer))


def _table(answer: Answer) -> tuple[list[Heading], list[list[Cell]]]:
    columns = answer.figure.columns
    headings = [Heading(one.heading, one.unit, _is_text(one)) for one in columns]
    rows = [
        [Cell(one.shown(row[one.name]), _is_text(one)) for one in columns] for row in answer.rows
    ]
    return headings, rows


def _is_text(column: FigureColumn) -> bool:
    return not column.unit


def _matrix(answer: Answer, chart: Chart) -> tuple[list[Heading], list[list[Cell]]]:
    """Return the value of every label and series; an empty cell where there is none."""
    column = answer.figure.column(chart.values[0])
    label = answer.figure.column(chart.label)
    names = list(dict.fromkeys(answer.values(chart.series)))
    labels = list(dict.fromkeys(answer.values(chart.label)))
    values = {(row[chart.label], row[chart.series]): row[chart.values[0]] for row in answer.rows}
    most = max((one for one in values.values() if isinstance(one, int | float)), default=1)
    headings = [Heading(label.heading, "", True)]
    headings += [Heading(str(name), column.unit, _is_text(column)) for name in names]
    rows = [
        [
            Cell(label.shown(one), True),
            *(_shaded(column, values.get((one, name)), most) for name in names),
        ]
        for one in labels
    ]
    return headings, rows


def _shaded(column: FigureColumn, value: Any, most: float) -> Cell:
    shade = 0
    if isinstance(value, int | float) and value:
        shade = max(1, round(SHADES * value / most))
    return Cell("" if value is None else column.shown(value), _is_text(column), shade)


def _lines(answer: Answer, chart: Chart) -> Drawn:
    figure = answer.figure
    labels = [str(one) for one in dict.fromkeys(answer.values(chart.label))]
    if chart.series:
        values = {
            (row[chart.series], str(row[chart.label])): row[chart.values[0]] for row in answer.rows
        }
        names = list(dict.fromkeys(answer.values(chart.series)))
        columns = [figure.column(chart.values[0])] * len(names)
        series = [[values.get((name, label)) for label in labels] for name in names]
    else:
        columns = [figure.column(name) for name in chart.values]
        names = [column.heading for column in columns]
        series = [answer.values(column.name) for column in columns]
    lines = [
        Line(name, [_times(column, value) for value in values_of])
        for name, column, values_of in zip(names, columns, series, strict=True)
    ]
    drawn = line_chart(
        figure.key, figure.title, _about(columns), labels, lines, columns[0].decimals or 0
    )
    return Drawn(drawn, "lines", names, *_wide(answer, chart, names, labels, columns, series))


def _wide(
    answer: Answer,
    chart: Chart,
    names: Sequence[str],
    labels: Sequence[str],
    columns: Sequence[FigureColumn],
    series: Sequence[Sequence[Any]],
) -> tuple[list[Heading], list[list[Cell]]]:
    """Return the table beside lines: with series a column for each, without it the answer's own."""
    if not chart.series:
        return _table(answer)
    first = answer.figure.column(chart.label)
    headings = [Heading(first.heading, "", True)]
    headings += [Heading(name, columns[0].unit, False) for name in names]
    rows = [
        [
            Cell(label, True),
            *(Cell(columns[0].shown(values_of[place]), False) for values_of in series),
        ]
        for place, label in enumerate(labels)
    ]
    return headings, rows


def _bars(answer: Answer, chart: Chart) -> Drawn:
    columns = [answer.figure.column(name) for name in chart.values]
    rows = [
        BarRow(str(row[chart.label]), [_times(one, row[one.name]) for one in columns])
        for row in answer.rows
    ]
    drawn = bar_chart(
        answer.figure.key,
        answer.figure.title,
        _about(columns),
        rows,
        _decimals(list(chain.from_iterable(row.values for row in rows)), columns[0]),
    )
    return Drawn(drawn, "bars", [one.heading for one in columns], *_table(answer))


def _ranges(answer: Answer, chart: Chart) -> str:
    column = answer.figure.column(chart.values[0])
    rows = [
        RangeRow(
            str(row[chart.label]),
            _times(column, row[column.name]),
            _times(column, row[chart.low]),
            _times(column, row[chart.high]),
        )
        for row in answer.rows
    ]
    figure = answer.figure
    values = [row.value for row in rows]
    return range_chart(figure.key, figure.title, _about([column]), rows, _decimals(values, column))


def _decimals(values: Sequence[float | None], column: FigureColumn) -> int:
    """Return the decimals at an axis: none where the numbers are large."""
    known = [abs(value) for value in values if value is not None]
    return 0 if max(known, default=0) >= 10 else column.decimals or 0


def _times(column: FigureColumn, value: float | None) -> float | None:
    return None if value is None else value * column.times


def _about(columns: Sequence[FigureColumn]) -> str:
    shown = ", ".join(dict.fromkeys(f"{one.heading} in {one.unit}" for one in columns))
    return f"{shown}; the table has the numbers."
