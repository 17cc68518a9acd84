"""A small line chart as SVG text: one idea, a line per society, gaps where nothing is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 480, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 30
STYLES = 6
"""The page's style sheet knows so many colours and dashes; further lines begin anew."""


@dataclass(frozen=True)
class Line:
    """A society's value on every date; None where there is none."""

    name: str
    values: Sequence[float | None]


def line_chart(
    key: str, title: str, about: str, dates: Sequence[str], lines: Sequence[Line], decimals: int
) -> str:
    """Return an <svg> element.

    Parameters
    ----------
    key
        Of this chart on its page: makes the ids that name it for screen readers.
    about
        What the chart shows, in a sentence, unit included.
    decimals
        Of the labels at the axis.
    """
    low, high, step = _scale([v for line in lines for v in line.values if v is not None], decimals)
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
    parts += _dates(dates)
    for number, line in enumerate(lines):
        parts.append(_path(number, line, low, high))
    return "".join([*parts, "</svg>"])


def _scale(values: Sequence[float], decimals: int) -> tuple[float, float, float]:
    """Return the ends of the axis and the step between its labels: about four round steps."""
    lowest, highest = min(values, default=0.0), max(values, default=1.0)
    finest = 10.0**-decimals
    span = max(highest - lowest, finest)
    size = 10.0 ** floor(log10(span / 4))
    step = max(next(size * n for n in (1, 2, 2.5, 5, 10) if size * n * 4 >= span), finest)
    low = floor(lowest / step + 1e-9) * step
    high = max(ceil(highest / step - 1e-9) * step, low + step)
    return low, high, step


def _dates(dates: Sequence[str]) -> list[str]:
    """Label the first, the last, and what stands in the middle."""
    shown = sorted({0, (len(dates) - 1) // 2, len(dates) - 1})
    anchors = {0: "start", len(dates) - 1: "end"}
    return [
        f'<text class="tick" x="{_x(place, len(dates))}" y="{HEIGHT - 8}" '
        f'text-anchor="{anchors.get(place, "middle")}">{dates[place][:7]}</text>'
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
