"""Horizontal bars as SVG text, and values with their intervals: a row for every label."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from plainscore.show.charts.scale import round_scale

WIDTH, LEFT, RIGHT = 640, 250, 36
TOP, BOTTOM, BAR, BETWEEN = 8, 24, 13, 9
LABEL_LETTERS = 38


@dataclass(frozen=True)
class BarRow:
    """A label and a value for each series; None where there is none."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class RangeRow:
    """A label, a value, and the interval it lies in."""

    label: str
    value: float | None
    low: float | None
    high: float | None


def bar_chart(key: str, title: str, about: str, rows: Sequence[BarRow], decimals: int) -> str:
    """Return an <svg> element with bars from zero; parameters as of `line_chart`."""
    numbers = [value for row in rows for value in row.values if value is not None]
    axis = _Axis(round_scale([0, *numbers], decimals), decimals)
    series = max((len(row.values) for row in rows), default=1)
    tall = BAR * series + BETWEEN
    parts = []
    for place, row in enumerate(rows):
        top = TOP + place * tall
        parts.append(_label(row.label, top + tall / 2))
        for number, value in enumerate(row.values):
            if value is not None:
                left, right = sorted((axis.x(0), axis.x(value)))
                y = top + BETWEEN / 2 + number * BAR
                parts.append(
                    f'<rect class="b{number}" x="{left}" y="{y:.1f}" height="{BAR - 2}" '
                    f'width="{max(right - left, 0.5):.1f}"/>'
                )
    return axis.framed(key, title, about, parts, len(rows) * tall)


def range_chart(key: str, title: str, about: str, rows: Sequence[RangeRow], decimals: int) -> str:
    """Return an <svg> element with a dot and an interval a row; parameters as of `line_chart`."""
    numbers = [n for row in rows for n in (row.value, row.low, row.high) if n is not None]
    axis = _Axis(round_scale(numbers, decimals), decimals)
    tall = BAR + BETWEEN
    parts = []
    for place, row in enumerate(rows):
        y = TOP + place * tall + tall / 2
        parts.append(_label(row.label, y))
        if row.low is not None and row.high is not None:
            parts.append(
                f'<line class="interval" x1="{axis.x(row.low)}" x2="{axis.x(row.high)}" '
                f'y1="{y}" y2="{y}"/>'
            )
        if row.value is not None:
            parts.append(f'<circle class="s1" cx="{axis.x(row.value)}" cy="{y}" r="4.5"/>')
    return axis.framed(key, title, about, parts, len(rows) * tall)


def _label(label: str, y: float) -> str:
    shown = (
        label
        if len(label) <= LABEL_LETTERS
        else f"{label[: LABEL_LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
    )
    place = f'x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end"'
    return f'<text class="label" {place}>{escape(shown)}</text>'


@dataclass(frozen=True)
class _Axis:
    """The value axis below the rows."""

    scale: tuple[float, float, float]
    decimals: int

    def x(self, value: float) -> float:
        low, high, _ = self.scale
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low), 1)

    def framed(self, key: str, title: str, about: str, parts: Sequence[str], tall: float) -> str:
        """Return the whole drawing: grid, rows, numbers."""
        height = TOP + tall + BOTTOM
        low, high, step = self.scale
        grid = []
        for place in range(round((high - low) / step) + 1):
            value = low + place * step
            x, zero = self.x(value), " zero" if abs(value) < step / 1000 else ""
            grid.append(
                f'<line class="grid{zero}" x1="{x}" x2="{x}" y1="{TOP}" y2="{TOP + tall:.1f}"/>'
                f'<text class="tick" x="{x}" y="{height - 6:.1f}" text-anchor="middle">'
                f"{value:,.{self.decimals}f}</text>"
            )
        return "".join(
            [
                f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
                f'aria-labelledby="{key}-t {key}-d">',
                f'<title id="{key}-t">{escape(title)}</title>',
                f'<desc id="{key}-d">{escape(about)}</desc>',
                *grid,
                *parts,
                "</svg>",
            ]
        )
