"""An answer as an interactive chart: what it is drawn from is what the report draws."""

from typing import TYPE_CHECKING, Any

from plainscore.show.figures.figure import Answer, Chart, Column

if TYPE_CHECKING:
    import altair

# Okabe and Ito's colours, told apart by people with any kind of colour vision; dashes help as well.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a7f00", "#56b4e9")
DASHES = ([1, 0], [7, 4], [2, 4], [11, 4, 2, 4], [5, 3, 2, 3], [14, 5])
ROW_PIXELS = 26


def chart_of(answer: Answer) -> "altair.Chart | altair.LayerChart | None":
    """Return the chart of an answer; None where it has none, or is a table by itself."""
    chart = answer.figure.chart
    if chart is None or not answer.rows:
        return None
    match chart.kind:
        case "lines":
            return _lines(answer, chart)
        case "bars":
            return _bars(answer, chart)
        case "ranges":
            return _ranges(answer, chart)
        case "matrix":
            return None


def table_of(answer: Answer) -> list[dict[str, Any]]:
    """Return an answer's rows with headings and units, numbers in their units."""
    return [
        {title(column): in_unit(column, row[column.name]) for column in answer.figure.columns}
        for row in answer.rows
    ]


def title(column: Column) -> str:
    """Return a column's heading with its unit."""
    return f"{column.heading} ({column.unit})" if column.unit else column.heading


def in_unit(column: Column, value: Any) -> Any:
    """Return a value in the unit that its column is shown in."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    scaled = value * column.times
    return scaled if column.decimals is None else round(scaled, column.decimals)


def _long(answer: Answer, chart: Chart) -> tuple[list[dict[str, Any]], list[str]]:
    """Return one row for every number that is drawn, and the names of the series in order."""
    columns = [answer.figure.column(name) for name in chart.values]
    rows = [
        {
            "label": str(row[chart.label]),
            "series": row[chart.series] if chart.series else column.heading,
            "value": in_unit(column, row[column.name]),
        }
        for row in answer.rows
        for column in columns
    ]
    return rows, list(dict.fromkeys(str(row["series"]) for row in rows))


def _lines(answer: Answer, chart: Chart) -> "altair.Chart":
    import altair as alt

    rows, names = _long(answer, chart)
    colours = alt.Scale(domain=names, range=list(COLOURS))
    dashes = alt.Scale(domain=names, range=list(DASHES))
    unit = answer.figure.column(chart.values[0]).unit
    drawn: alt.Chart = (
        alt.Chart({"values": rows})
        .mark_line(point=True)
        .encode(
            x=alt.X("label:N", sort=None, title=answer.figure.column(chart.label).heading),
            y=alt.Y("value:Q", scale=alt.Scale(zero=False), title=unit),
            color=alt.Color("series:N", scale=colours, sort=None, title=None),
            strokeDash=alt.StrokeDash("series:N", scale=dashes, sort=None, title=None),
            tooltip=["label:N", "series:N", "value:Q"],
        )
    )
    return drawn


def _bars(answer: Answer, chart: Chart) -> "altair.Chart":
    import altair as alt

    rows, names = _long(answer, chart)
    colours = alt.Scale(domain=names, range=list(COLOURS))
    drawn: alt.Chart = (
        alt.Chart({"values": rows}, height=ROW_PIXELS * max(len(rows), 4))
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=answer.figure.column(chart.values[0]).unit),
            y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            yOffset=alt.YOffset("series:N", sort=None),
            color=alt.Color("series:N", scale=colours, sort=None, title=None),
            tooltip=["label:N", "series:N", "value:Q"],
        )
    )
    return drawn


def _ranges(answer: Answer, chart: Chart) -> "altair.LayerChart":
    import altair as alt

    column = answer.figure.column(chart.values[0])
    rows = [
        {
            "label": str(row[chart.label]),
            "value": in_unit(column, row[column.name]),
            "low": in_unit(column, row[chart.low]),
            "high": in_unit(column, row[chart.high]),
        }
        for row in answer.rows
    ]
    base = alt.Chart({"values": rows}, height=ROW_PIXELS * max(len(rows), 4)).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=260))
    )
    scale = alt.Scale(zero=False)
    whiskers = base.mark_rule(color=COLOURS[0]).encode(
        x=alt.X("low:Q", scale=scale, title=column.unit), x2="high:Q"
    )
    dots = base.mark_circle(color=COLOURS[0], size=90).encode(
        x=alt.X("value:Q", scale=scale), tooltip=["label:N", "value:Q", "low:Q", "high:Q"]
    )
    drawn: alt.LayerChart = whiskers + dots
    return drawn
