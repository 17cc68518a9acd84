"""Drawings as SVG text, made of plain numbers: no library, no script, no network.

Every chart takes ``key``, which makes its ids unique on a page, ``title``, and ``about``: one
sentence for screen readers, unit included. ``decimals`` are those of the numbers at the axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

STYLES = 6
"""Colours and dashes in the style sheet; further lines begin again with the first."""

LINES_WIDTH, LINES_HEIGHT = 480, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 14, 30


def round_scale(values: Sequence[float], decimals: int) -> tuple[float, float, float]:
    """Return the ends of an axis and the step between its numbers: about four round steps.

    Steps are never finer than ``decimals`` can show.
    """
    lowest, highest = min(values, default=0.0), max(values, default=1.0)
    finest = 10.0**-decimals
    span = max(highest - lowest, finest)
    size = 10.0 ** floor(log10(span / 4))
    step = max(next(size * n for n in (1, 2, 2.5, 5, 10) if size * n * 4 >= span), finest)
    low = floor(lowest / step + 1e-9) * step
    high = max(ceil(highest / step - 1e-9) * step, low + step)
    return low, high, step


def _svg(width: float, height: float, key: str, title: str, about: str, parts: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(about)}</desc>'
        f"{parts}</svg>"
    )


# --- lines ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A value at every label; None where there is none."""

    name: str
    values: Sequence[float | None]


def line_chart(
    key: str, title: str, about: str, labels: Sequence[str], lines: Sequence[Line], decimals: int
) -> str:
    """Return an <svg> element with a line for each of ``lines``, a value for every label."""
    known = [value for line in lines for value in line.values if value is not None]
    low, high, step = round_scale(known, decimals)
    parts = []
    for place in range(round((high - low) / step) + 1):
        value = low + place * step
        y = _y(value, low, high)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{LINES_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">'
            f"{value:,.{decimals}f}</text>"
        )
    parts += _labels(labels)
    parts += [_path(number, line, low, high) for number, line in enumerate(lines)]
    return _svg(LINES_WIDTH, LINES_HEIGHT, key, title, about, "".join(parts))


def _labels(labels: Sequence[str]) -> list[str]:
    """Name the first place, the last, and the one in the middle."""
    shown = sorted({0, (len(labels) - 1) // 2, len(labels) - 1})
    anchors = {0: "start", len(labels) - 1: "end"} if len(labels) > 1 else {}
    return [
        f'<text class="tick" x="{_x(place, len(labels))}" y="{LINES_HEIGHT - 8}" '
        f'text-anchor="{anchors.get(place, "middle")}">{escape(labels[place])}</text>'
        for place in shown
    ]


def _path(number: int, line: Line, low: float, high: float) -> str:
    """Return a path with gaps where values are missing, and dots for values without neighbours."""
    steps, dots, is_drawing = [], [], False
    count = len(line.values)
    for place, value in enumerate(line.values):
        if value is None:
            is_drawing = False
            continue
        x, y = _x(place, count), _y(value, low, high)
        steps.append(f"{'L' if is_drawing else 'M'}{x} {y}")
        has_next = place + 1 < count and line.values[place + 1] is not None
        if not (is_drawing or has_next):
            dots.append(f'<circle class="s{number % STYLES}" cx="{x}" cy="{y}" r="3"/>')
        is_drawing = True
    drawn = f'<path class="s{number % STYLES}" d="{" ".join(steps)}"/>' if steps else ""
    return drawn + "".join(dots)


def _x(place: int, count: int) -> float:
    wide = LINES_WIDTH - _LEFT - _RIGHT
    return round(_LEFT + (wide * place / (count - 1) if count > 1 else wide / 2), 1)


def _y(value: float, low: float, high: float) -> float:
    tall = LINES_HEIGHT - _TOP - _BOTTOM
    return round(_TOP + tall * (high - value) / (high - low), 1)


# --- bars and ranges: a row for every label ------------------------------------------------------

_ROWS_WIDTH, _ROWS_LEFT, _ROWS_RIGHT = 640, 250, 36
_ROWS_TOP, _ROWS_BOTTOM, _BAR, _SPACE = 8, 24, 13, 9
_LABEL_LETTERS = 38


@dataclass(frozen=True)
class BarRow:
    """A label and a value for each series; None where there is none."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class RangeRow:
    """A label, a value, and the interval around it."""

    label: str
    value: float | None
    low: float | None
    high: float | None


def bar_chart(key: str, title: str, about: str, rows: Sequence[BarRow], decimals: int) -> str:
    """Return an <svg> element with bars from zero."""
    numbers = [value for row in rows for value in row.values if value is not None]
    axis = _Axis(round_scale([0, *numbers], decimals), decimals)
    tall = _BAR * max((len(row.values) for row in rows), default=1) + _SPACE
    parts = []
    for place, row in enumerate(rows):
        top = _ROWS_TOP + place * tall
        parts.append(_row_label(row.label, top + tall / 2))
        for number, value in enumerate(row.values):
            if value is not None:
                left, right = sorted((axis.x(0), axis.x(value)))
                parts.append(
                    f'<rect class="b{number}" x="{left}" '
                    f'y="{top + _SPACE / 2 + number * _BAR:.1f}" height="{_BAR - 2}" '
                    f'width="{max(right - left, 0.5):.1f}"/>'
                )
    return axis.framed(key, title, about, parts, len(rows) * tall)


def range_chart(key: str, title: str, about: str, rows: Sequence[RangeRow], decimals: int) -> str:
    """Return an <svg> element with a dot and an interval a row."""
    numbers = [n for row in rows for n in (row.value, row.low, row.high) if n is not None]
    axis = _Axis(round_scale(numbers, decimals), decimals)
    tall = _BAR + _SPACE
    parts = []
    for place, row in enumerate(rows):
        y = _ROWS_TOP + place * tall + tall / 2
        parts.append(_row_label(row.label, y))
        if row.low is not None and row.high is not None:
            parts.append(
                f'<line class="interval" x1="{axis.x(row.low)}" x2="{axis.x(row.high)}" '
                f'y1="{y}" y2="{y}"/>'
            )
        if row.value is not None:
            parts.append(f'<circle class="s1" cx="{axis.x(row.value)}" cy="{y}" r="4.5"/>')
    return axis.framed(key, title, about, parts, len(rows) * tall)


def _row_label(label: str, y: float) -> str:
    if len(label) > _LABEL_LETTERS:
        label = f"{label[: _LABEL_LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
    place = f'x="{_ROWS_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end"'
    return f'<text class="label" {place}>{escape(label)}</text>'


@dataclass(frozen=True)
class _Axis:
    """The value axis below the rows."""

    scale: tuple[float, float, float]
    decimals: int

    def x(self, value: float) -> float:
        low, high, _ = self.scale
        wide = _ROWS_WIDTH - _ROWS_LEFT - _ROWS_RIGHT
        return round(_ROWS_LEFT + wide * (value - low) / (high - low), 1)

    def framed(self, key: str, title: str, about: str, parts: Sequence[str], tall: float) -> str:
        """Return the whole drawing: grid, rows, numbers."""
        height = _ROWS_TOP + tall + _ROWS_BOTTOM
        low, high, step = self.scale
        grid = []
        for place in range(round((high - low) / step) + 1):
            value = low + place * step
            x, zero = self.x(value), " zero" if abs(value) < step / 1000 else ""
            grid.append(
                f'<line class="grid{zero}" x1="{x}" x2="{x}" y1="{_ROWS_TOP}" '
                f'y2="{_ROWS_TOP + tall:.1f}"/>'
                f'<text class="tick" x="{x}" y="{height - 6:.1f}" text-anchor="middle">'
                f"{value:,.{self.decimals}f}</text>"
            )
        return _svg(_ROWS_WIDTH, height, key, title, about, "".join([*grid, *parts]))


# --- tables in layers ----------------------------------------------------------------------------

_BOX_WIDTH, _BOX_HEIGHT, _GAP, _BETWEEN, _LAYERS_TOP = 168, 22, 6, 62, 26


@dataclass(frozen=True)
class Box:
    """A table of a layer; ``inputs``: full names, ``layer.name``, of the tables it reads."""

    layer: str
    name: str
    title: str
    inputs: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The name by which others name it as an input."""
        return f"{self.layer}.{self.name}"


def layer_drawing(title: str, about: str, boxes: Sequence[Box]) -> str:
    """Return an <svg> element: a column for every layer in order of appearance, arrows between.

    Inputs that are not among the boxes are left out. Each box names itself in ``data-box`` and
    each arrow its ends in ``data-from`` and ``data-to``.
    """
    layers = list(dict.fromkeys(box.layer for box in boxes))
    columns = {layer: [box for box in boxes if box.layer == layer] for layer in layers}
    places = {
        box.full_name: (
            number * (_BOX_WIDTH + _BETWEEN),
            _LAYERS_TOP + row * (_BOX_HEIGHT + _GAP),
        )
        for number, layer in enumerate(layers)
        for row, box in enumerate(columns[layer])
    }
    width = len(layers) * (_BOX_WIDTH + _BETWEEN) - _BETWEEN
    height = _LAYERS_TOP + max(map(len, columns.values()), default=0) * (_BOX_HEIGHT + _GAP)
    heads = [
        f'<text class="layer" x="{number * (_BOX_WIDTH + _BETWEEN)}" y="16">{escape(layer)}</text>'
        for number, layer in enumerate(layers)
    ]
    arrows = [
        _arrow(name, box.full_name, places[name], places[box.full_name])
        for box in boxes
        for name in box.inputs
        if name in places
    ]
    drawn = [_box(box, *places[box.full_name]) for box in boxes]
    return (
        f'<svg class="lineage" viewBox="-2 0 {width + 4} {height}" role="group" '
        f'aria-label="{escape(title)}: {escape(about)}">{"".join([*heads, *arrows, *drawn])}</svg>'
    )


def _box(box: Box, x: int, y: int) -> str:
    return (
        f'<g class="box" tabindex="0" data-box="{escape(box.full_name)}">'
        f"<title>{escape(f'{box.full_name}: {box.title}')}</title>"
        f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="3"/>'
        f'<text x="{x + 7}" y="{y + 15}">{escape(box.name)}</text></g>'
    )


def _arrow(source: str, target: str, start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a curve from the right side of one box to the left of another, or around a column."""
    x1, y1 = start[0] + _BOX_WIDTH, start[1] + _BOX_HEIGHT / 2
    x2, y2 = end[0], end[1] + _BOX_HEIGHT / 2
    if start[0] == end[0]:  # of one layer: along its right side
        x2 = x1
        bend = f"C {x1 + 30} {y1} {x2 + 30} {y2} {x2} {y2}"
    else:
        middle = (x2 - x1) / 2
        bend = f"C {x1 + middle:g} {y1} {x2 - middle:g} {y2} {x2} {y2}"
    return (
        f'<path class="arrow" data-from="{escape(source)}" data-to="{escape(target)}" '
        f'd="M {x1} {y1} {bend}"/>'
    )
