"""A small line chart as SVG text: one idea, a few lines, gaps where nothing is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from plainscore.show.charts.scale import round_scale

WIDTH, HEIGHT = 480, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 30
STYLES = 6
"""The page's style sheet knows so many colours and dashes; further lines begin anew."""


@dataclass(frozen=True)
class Line:
    """A value at every label; None where there is none."""

    name: str
    values: Sequence[float | None]


def line_chart(
    key: str, title: str, about: str, labels: Sequence[str], lines: Sequence[Line], decimals: int
) -> str:
    """Return an <svg> element.

    Parameters
    ----------
    key
        Of this chart on its page: makes the ids that name it for screen readers.
    about
        What the chart shows, in a sentence, unit included.
    labels
        Of the places along the axis below: every line has a value for each.
    decimals
        Of the numbers at the other axis.
    """
    known = [value for line in lines for value in line.values if value is not None]
    low, high, step = round_scale(known, decimals)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{key}-t {key}-d">',
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(about)}</desc>',
    ]
    for place in range(round((high - low) / step) + 1):
        value = low + place * step
        y = _y(value, low, high)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="tick" x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">'
            f"{value:,.{decimals}f}</text>"
        )
    parts += _labels(labels)
    for number, line in enumerate(lines):
        parts.append(_path(number, line, low, high))
    return "".join([*parts, "</svg>"])


def _labels(labels: Sequence[str]) -> list[str]:
    """Name the first place, the last, and what stands in the middle."""
    shown = sorted({0, (len(labels) - 1) // 2, len(labels) - 1})
    anchors = {0: "start", len(labels) - 1: "end"} if len(labels) > 1 else {}
    return [
        f'<text class="tick" x="{_x(place, len(labels))}" y="{HEIGHT - 8}" '
        f'text-anchor="{anchors.get(place, "middle")}">{escape(labels[place])}</text>'
        for place in shown
    ]


def _path(number: int, line: Line, low: float, high: float) -> str:
    steps, is_drawing = [], False
    count = len(line.values)
    alone = []
    for place, value in enumerate(line.values):
        if value is None:
            is_drawing = False
            continue
        x, y = _x(place, count), _y(value, low, high)
        steps.append(f"{'L' if is_drawing else 'M'}{x} {y}")
        has_next = place + 1 < count and line.values[place + 1] is not None
        if not (is_drawing or has_next):
            alone.append(f'<circle class="s{number % STYLES}" cx="{x}" cy="{y}" r="3"/>')
        is_drawing = True
    drawn = f'<path class="s{number % STYLES}" d="{" ".join(steps)}"/>' if steps else ""
    return drawn + "".join(alone)


def _x(place: int, count: int) -> float:
    wide = WIDTH - LEFT - RIGHT
    return round(LEFT + (wide * place / (count - 1) if count > 1 else wide / 2), 1)


def _y(value: float, low: float, high: float) -> float:
    tall = HEIGHT - TOP - BOTTOM
    return round(TOP + tall * (high - value) / (high - low), 1)
