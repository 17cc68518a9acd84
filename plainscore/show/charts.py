"""Drawings as SVG text, made of plain numbers: no library, no script, no network.

Every chart takes ``key``, which makes its ids unique on a page, ``title``, and ``about``: one
sentence for screen readers, unit included. ``decimals`` are those of the numbers at the axis.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from plainscore.show.reader import render_page

STYLES = 6
"""Colours and dashes in the style sheet; further lines begin again with the first."""

LINES_WIDTH, LINES_HEIGHT = 480, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 14, 30


@dataclass(frozen=True)
class Scale:
    """The ends of an axis, the step between its numbers, and the decimals of those."""

    low: float
    high: float
    step: float
    decimals: int

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield the numbers of the axis, and as they are written."""
        for place in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + place * self.step
            yield value, f"{value:,.{self.decimals}f}"


def round_scale(values: Sequence[float], decimals: int) -> Scale:
    """Return an axis of about four round steps, never finer than ``decimals`` can show."""
    lowest, highest = min(values, default=0.0), max(values, default=1.0)
    finest = 10.0**-decimals
    span = max(highest - lowest, finest)
    size = 10.0 ** floor(log10(span / 4))
    step = max(next(size * n for n in (1, 2, 2.5, 5, 10) if size * n * 4 >= span), finest)
    low = floor(lowest / step + 1e-9) * step
    high = max(ceil(highest / step - 1e-9) * step, low + step)
    return Scale(low, high, step, decimals)


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
    scale = round_scale(known, decimals)
    parts = []
    for value, text in scale.ticks():
        y = _y(value, scale)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{LINES_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="tick" x="{_LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        )
    parts += _labels(labels)
    parts += [_path(number, line, scale) for number, line in enumerate(lines)]
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


def _path(number: int, line: Line, scale: Scale) -> str:
    """Return a path with gaps where values are missing, and dots for values without neighbours."""
    steps, dots, is_drawing = [], [], False
    count = len(line.values)
    for place, value in enumerate(line.values):
        if value is None:
            is_drawing = False
            continue
        x, y = _x(place, count), _y(value, scale)
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


def _y(value: float, scale: Scale) -> float:
    tall = LINES_HEIGHT - _TOP - _BOTTOM
    return round(_TOP + tall * (scale.high - value) / (scale.high - scale.low), 1)


# --- bars and ranges: a row for every label ------------------------------------------------------

_ROWS_WIDTH, _ROWS_LEFT, _ROWS_RIGHT = 640, 250, 36
_ROWS_TOP, _ROWS_BOTTOM, _BAR, _SPACE = 8, 24, 13, 9
_LABEL_LETTERS = 38

Numbers = Sequence[float | None]


def row_chart(
    key: str,
    title: str,
    about: str,
    labels: Sequence[str],
    rows: Sequence[Numbers],
    decimals: int,
    is_range: bool,
) -> str:
    """Return an <svg> element with a row of marks for every label, above the axis of their values.

    A bar from zero for each number of a row; or, for a range of value, low and high, a dot and an
    interval. None: no mark.
    """
    known = [value for row in rows for value in row if value is not None]
    scale = round_scale(known if is_range else [0, *known], decimals)
    tall = _BAR * (1 if is_range else max(map(len, rows), default=1)) + _SPACE
    bottom = _ROWS_TOP + len(rows) * tall
    parts = []
    for value, text in scale.ticks():
        x, zero = _row_x(value, scale), " zero" if abs(value) < scale.step / 1000 else ""
        parts.append(
            f'<line class="grid{zero}" x1="{x}" x2="{x}" y1="{_ROWS_TOP}" y2="{bottom:.1f}"/>'
            f'<text class="tick" x="{x}" y="{bottom + _ROWS_BOTTOM - 6:.1f}" '
            f'text-anchor="middle">{text}</text>'
        )
    for place, (label, row) in enumerate(zip(labels, rows, strict=True)):
        top = _ROWS_TOP + place * tall
        if len(label) > _LABEL_LETTERS:
            label = f"{label[: _LABEL_LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"
        parts.append(
            f'<text class="label" x="{_ROWS_LEFT - 8}" y="{top + tall / 2 + 4:.1f}" '
            f'text-anchor="end">{escape(label)}</text>'
        )
        parts += _interval(row, top + tall / 2, scale) if is_range else _bars(row, top, scale)
    return _svg(_ROWS_WIDTH, bottom + _ROWS_BOTTOM, key, title, about, "".join(parts))


def _bars(row: Numbers, top: float, scale: Scale) -> Iterator[str]:
    for number, value in enumerate(row):
        if value is not None:
            left, right = sorted((_row_x(0, scale), _row_x(value, scale)))
            yield (
                f'<rect class="b{number}" x="{left}" y="{top + _SPACE / 2 + number * _BAR:.1f}" '
                f'height="{_BAR - 2}" width="{max(right - left, 0.5):.1f}"/>'
            )


def _interval(row: Numbers, y: float, scale: Scale) -> Iterator[str]:
    value, low, high = (None if one is None else _row_x(one, scale) for one in row)
    if low is not None and high is not None:
        yield f'<line class="interval" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
    if value is not None:
        yield f'<circle class="s1" cx="{value}" cy="{y}" r="4.5"/>'


def _row_x(value: float, scale: Scale) -> float:
    wide = _ROWS_WIDTH - _ROWS_LEFT - _ROWS_RIGHT
    return round(_ROWS_LEFT + wide * (value - scale.low) / (scale.high - scale.low), 1)


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
    columns: dict[str, list[Box]] = {}
    for box in boxes:
        columns.setdefault(box.layer, []).append(box)
    lefts = {layer: number * (_BOX_WIDTH + _BETWEEN) for number, layer in enumerate(columns)}
    places = {
        box.full_name: (lefts[layer], _LAYERS_TOP + row * (_BOX_HEIGHT + _GAP))
        for layer, own in columns.items()
        for row, box in enumerate(own)
    }
    ends = [(name, box.full_name) for box in boxes for name in box.inputs if name in places]
    return render_page(
        "report/lineage.html",
        label=f"{title}: {about}",
        width=len(lefts) * (_BOX_WIDTH + _BETWEEN) - _BETWEEN,
        height=_LAYERS_TOP + max(map(len, columns.values()), default=0) * (_BOX_HEIGHT + _GAP),
        box_size=(_BOX_WIDTH, _BOX_HEIGHT),
        lefts=lefts,
        boxes=[(box, *places[box.full_name]) for box in boxes],
        arrows=[(*names, _curve(*(places[name] for name in names))) for names in ends],
    )


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a path from the right side of one box to the left of another, or around a column."""
    x1, y1 = start[0] + _BOX_WIDTH, start[1] + _BOX_HEIGHT / 2
    x2, y2 = end[0], end[1] + _BOX_HEIGHT / 2
    middle = (x2 - x1) / 2
    bend = f"C {x1 + middle:g} {y1} {x2 - middle:g} {y2} {x2} {y2}"
    if start[0] == end[0]:  # of one layer: along its right side
        bend = f"C {x1 + 30} {y1} {x1 + 30} {y2} {x1} {y2}"
    return f"M {x1} {y1} {bend}"
