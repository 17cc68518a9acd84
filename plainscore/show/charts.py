"""Drawings as SVG text, by templates of dashboards/report: no library, no script, no network."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from plainscore.show.reader import render_page

if TYPE_CHECKING:
    from plainscore.contracts.contract import Table

STYLES = 6
"""Colours and dashes in the style sheet; further lines begin again with the first."""


def round_ticks(values: Sequence[float], decimals: int) -> list[float]:
    """Return about five round numbers around values, never closer than ``decimals`` can show."""
    lowest, highest = min(values, default=0.0), max(values, default=1.0)
    finest = 10.0**-decimals
    span = max(highest - lowest, finest)
    size = 10.0 ** floor(log10(span / 4))
    step = max(next(size * n for n in (1, 2, 2.5, 5, 10) if size * n * 4 >= span), finest)
    first = floor(lowest / step + 1e-9)
    last = max(ceil(highest / step - 1e-9), first + 1)
    return [place * step for place in range(first, last + 1)]


def chart(
    kind: str,
    texts: tuple[str, str, str],
    labels: Sequence[str],
    series: Sequence[Sequence[float | None]],
    decimals: int,
) -> str:
    """Return an <svg> element of series that have a number, or none, for every label.

    ``kind``: lines, bars, or ranges of the series value, low and high. ``texts``: a key, which
    makes its ids unique on a page, a title, and a sentence for screen readers, unit included.
    ``decimals``: of the numbers at the axis.
    """
    known = [value for one in series for value in one if value is not None]
    ticks = round_ticks([0, *known] if kind == "bars" else known, decimals)

    def at(value: float, start: float, length: float) -> float:
        return round(start + length * (value - ticks[0]) / (ticks[-1] - ticks[0]), 1)

    drawn = render_page(
        "report/svg.html",
        texts=texts,
        kind=kind,
        labels=labels,
        series=series,
        ticks=ticks,
        at=at,
        decimals=decimals,
        styles=STYLES,
    )
    return drawn.replace("\n", "")


def layer_drawing(label: str, tables: "Sequence[Table]") -> str:
    """Return an <svg> element: a column for every schema in order of appearance, arrows between.

    Inputs that are not among the tables are left out. Each box names its table in ``data-box`` and
    each arrow its ends in ``data-from`` and ``data-to``.
    """
    layers: dict[str, list[Table]] = {}
    for table in tables:
        layers.setdefault(table.schema, []).append(table)
    return render_page("report/lineage.html", label=label, layers=layers)
