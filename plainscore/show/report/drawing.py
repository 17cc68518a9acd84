"""An answer as the page shows it: a chart, its legend, and a table with every number."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from plainscore.show.charts.bar_chart import BarRow, RangeRow, bar_chart, range_chart
from plainscore.show.charts.line_chart import Line, line_chart
from plainscore.show.figures.figure import Answer, Chart, Column

SHADES = 5


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


def _is_text(column: Column) -> bool:
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


def _shaded(column: Column, value: Any, most: float) -> Cell:
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
        Line(name, [_times(column, value) for value in told])
        for name, column, told in zip(names, columns, series, strict=True)
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
    columns: Sequence[Column],
    series: Sequence[Sequence[Any]],
) -> tuple[list[Heading], list[list[Cell]]]:
    """Return the table beside lines: with series a column for each, without it the answer's own."""
    if not chart.series:
        return _table(answer)
    first = answer.figure.column(chart.label)
    headings = [Heading(first.heading, "", True)]
    headings += [Heading(name, columns[0].unit, False) for name in names]
    rows = [
        [Cell(label, True), *(Cell(columns[0].shown(told[place]), False) for told in series)]
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


def _decimals(values: Sequence[float | None], column: Column) -> int:
    """Return the decimals at an axis: none where the numbers are large."""
    known = [abs(value) for value in values if value is not None]
    return 0 if max(known, default=0) >= 10 else column.decimals or 0


def _times(column: Column, value: float | None) -> float | None:
    return None if value is None else value * column.times


def _about(columns: Sequence[Column]) -> str:
    shown = ", ".join(dict.fromkeys(f"{one.heading} in {one.unit}" for one in columns))
    return f"{shown}; the table has the numbers."
