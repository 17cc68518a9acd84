"""A drawing of tables in layers, and of what each is made from, as SVG text."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

BOX_WIDTH, BOX_HEIGHT, GAP, BETWEEN, TOP = 168, 22, 6, 62, 26


@dataclass(frozen=True)
class Box:
    """A table of a layer; ``inputs``: full names, ``layer.name``, of what it is made from."""

    layer: str
    name: str
    title: str
    inputs: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """Return the name by which others name it as an input."""
        return f"{self.layer}.{self.name}"


def layer_drawing(title: str, about: str, boxes: Sequence[Box]) -> str:
    """Return an <svg> element: a column for every layer in order of appearance, arrows between.

    Inputs that are not among the boxes are left out. Each box names itself and its inputs in
    ``data-box`` and each arrow its ends in ``data-from`` and ``data-to``.
    """
    layers = list(dict.fromkeys(box.layer for box in boxes))
    columns = {layer: [box for box in boxes if box.layer == layer] for layer in layers}
    places = {
        box.full_name: (number * (BOX_WIDTH + BETWEEN), TOP + row * (BOX_HEIGHT + GAP))
        for number, layer in enumerate(layers)
        for row, box in enumerate(columns[layer])
    }
    width = len(layers) * (BOX_WIDTH + BETWEEN) - BETWEEN
    height = TOP + max(map(len, columns.values()), default=0) * (BOX_HEIGHT + GAP)
    heads = [
        f'<text class="layer" x="{number * (BOX_WIDTH + BETWEEN)}" y="16">{escape(layer)}</text>'
        for number, layer in enumerate(layers)
    ]
    arrows = [
        _arrow(name, box.full_name, places[name], places[box.full_name])
        for box in boxes
        for name in box.inputs
        if name in places
    ]
    drawn = [_box(box, *places[box.full_name]) for box in boxes]
    return "".join(
        [
            f'<svg class="lineage" viewBox="-2 0 {width + 4} {height}" role="group" '
            f'aria-label="{escape(title)}: {escape(about)}">',
            *heads,
            *arrows,
            *drawn,
            "</svg>",
        ]
    )


def _box(box: Box, x: int, y: int) -> str:
    told = f"{box.full_name}: {box.title}"
    return (
        f'<g class="box" tabindex="0" data-box="{escape(box.full_name)}">'
        f"<title>{escape(told)}</title>"
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="3"/>'
        f'<text x="{x + 7}" y="{y + 15}">{escape(box.name)}</text></g>'
    )


def _arrow(source: str, target: str, start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a curve from the right side of one box to the left of another, or around a column."""
    x1, y1 = start[0] + BOX_WIDTH, start[1] + BOX_HEIGHT / 2
    x2, y2 = end[0], end[1] + BOX_HEIGHT / 2
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
