"""One page that compares the same people under several rules: charts and tables, no network.

It is made of the record that `plainscore scenarios --format json` prints, by the figures of
dashboards/figures/scenarios, with a chart for each value of their first column.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from plainscore.common.standard import STANDARD_METHOD
from plainscore.show.figures import PageFigure, answer, figures, read_figure
from plainscore.show.reader import Row, Snapshots, render_page
from plainscore.show.report import page_parts

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
    with _opened(record) as opened:
        found = [_summary(), *figures("scenarios", bad=record["bad"])]
        answers = [answer(opened, one, date.max, None) for one in found]
    answers = [one for one in answers if one.rows]
    return render_page(
        "scenarios/page.html",
        record=record,
        answers=answers,
        **page_parts(answers, STANDARD_METHOD),
    )
