"""One figure: its declaration, its SQL, and the answer that a snapshot gives."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from plainscore.common.standard import standard_folder
from plainscore.show.snapshots import Snapshots

HERE = standard_folder("dashboards/figures")
NOTHING = "\N{EN DASH}"
_HEAD = re.compile(r"/\*\n(.*?)\*/\n(.*)", re.DOTALL)
_PARAMETER = re.compile(r"\$([a-z_]+)")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """How one column is shown; ``unit`` is empty for texts and dates, and for them alone.

    ``times``: what a value is multiplied with to be in ``unit``, 100 for shares in per cent.
    ``decimals`` None: as the value is, at most four significant digits.
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
class Figure:
    """A figure as it is declared: ``empty`` is what to do where there are no rows."""

    page: str
    name: str
    title: str
    note: str
    sql: str
    columns: tuple[Column, ...]
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

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(one for one in self.columns if one.name == name)


@dataclass(frozen=True)
class Answer:
    """A figure and its rows, each column name -> value, as the views have them."""

    figure: Figure
    rows: Sequence[Row] = field(default_factory=tuple)

    def values(self, name: str) -> list[Any]:
        """Return one column."""
        return [row[name] for row in self.rows]


@cache
def figures(page: str) -> tuple[Figure, ...]:
    """Return the figures of a page, in the order of their declared numbers."""
    return tuple(_read(file) for _, file in sorted((_order(f), f) for f in _files(page)))


def answer(snapshots: Snapshots, figure: Figure, day: date, before: date | None) -> Answer:
    """Ask a figure of the snapshot of a day; ``before``: the day it is compared with, if any."""
    given = {"as_of_date": day, "before_date": before}
    asked = {name: given[name] for name in figure.parameters}
    return Answer(figure, snapshots.records(figure.sql, asked))


def _files(page: str) -> list[Path]:
    return sorted((HERE / page).glob("*.sql"))


def _order(file: Path) -> int:
    return int(_parts(file)[0]["number"])


def _read(file: Path) -> Figure:
    head, sql = _parts(file)
    chart = head.get("chart")
    columns = [
        Column(name, said.pop("heading", name.replace("_", " ")), **said)
        for name, said in head["columns"].items()
    ]
    return Figure(
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
