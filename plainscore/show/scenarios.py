"""One page that compares the same people under several rules: charts and tables, no network.

It is made of the record that `plainscore scenarios --format json` prints, by the figures of
dashboards/figures/scenarios: each is a section, with a panel for each value of its first column.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from plainscore.common.standard import STANDARD_METHOD
from plainscore.show.charts import STYLES
from plainscore.show.figures import Answer, Drawn, PageFigure, draw, figures, read_figure
from plainscore.show.reader import Row, Snapshots, render_page

TABLES = ("figures", "bands", "gaps", "benefits", "four_fifths", "planted")
DECIMALS = 4


@contextmanager
def _opened(record: Mapping[str, Any]) -> Iterator[Snapshots]:
    """Open a record as tables; ``society_no`` is the place of a row's society."""
    with TemporaryDirectory() as folder, Snapshots(duckdb.connect()) as opened:
        file = Path(folder, "record.json")
        file.write_text(json.dumps(record), encoding="utf-8")
        opened.con.execute("set threads = 1")  # floats are summed in one order
        opened.con.execute("set variable record_file = ?", [str(file)])
        opened.con.execute(STANDARD_METHOD.text("dashboards/scenarios/record.sql"))
        for name in TABLES:
            opened.con.execute(
                f"create table {name} as select *, list_position("
                "(select [one.society for one in societies] from record), society) as society_no "
                f"from (select unnest({name}, recursive := true) from record)"
            )
        yield opened


def _summary() -> PageFigure:
    return read_figure(STANDARD_METHOD.file("dashboards/scenarios/summary.sql"))


def summary_rows(record: Mapping[str, Any]) -> list[Row]:
    """Return the figures of every society over the whole time, rounded; see summary.sql."""
    with _opened(record) as opened:
        return opened.records(
            f"select society, scored, round_even(columns(* exclude (society, scored)), {DECIMALS}) "
            f"from ({_summary().sql})"
        )


def scenarios_page(record: Mapping[str, Any]) -> str:
    """Return the page of a record as `plainscore scenarios --format json` prints it."""
    from markupsafe import Markup

    with _opened(record) as opened:
        summary = draw(Answer(_summary(), opened.records(_summary().sql)))
        sections = [
            (figure, list(_panels(figure, opened.records(figure.sql))))
            for figure in figures("scenarios", bad=record["bad"])
        ]
    return render_page(
        "scenarios/page.html",
        record=record,
        base_style=Markup(STANDARD_METHOD.text("dashboards/style/base.css")),
        styles=STYLES,
        summary=summary,
        sections=[section for section in sections if section[1]],
    )


def _panels(figure: PageFigure, rows: list[Row]) -> Iterator[tuple[str, Drawn]]:
    for number, (title, own) in enumerate(groupby(rows, key=lambda row: str(row["panel"]))):
        panel = replace(figure, name=f"{figure.name}-{number}", title=title)
        yield title, draw(Answer(panel, list(own)))
