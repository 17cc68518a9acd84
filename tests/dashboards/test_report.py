"""The report shows what is published, on one page that fetches nothing."""

import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.publish.publication import new_staging, publish, stage_snapshot
from plainscore.show import packages, report
from plainscore.show.figures import PAGES
from plainscore.show.packages import chart_scripts
from plainscore.show.person import explain
from plainscore.show.reader import Snapshots, open_snapshots
from plainscore.show.report import choose_people, report_page
from tests.publish import invented
from tests.publish.invented import PEOPLE

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
BOXES: list[Any] = [
    SimpleNamespace(
        schema=schema,
        name=f"{schema}.bill",
        short_name="bill",
        title=title,
        inputs=inputs,
    )
    for schema, title, inputs in (
        ("raw", "Bills <1>", ()),
        ("staging", "Bills & more", ("raw.bill",)),
    )
]
MOST_BYTES = 3_000_000
EVERYONE_FROZEN = "update features.eligibility set is_frozen = true"


@pytest.fixture(scope="module")
def page(autumn: Path) -> str:
    with open_snapshots(autumn) as snapshots:
        return report_page(snapshots, OCTOBER, BOXES, is_invented=True)


def people_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="people">(.*?)</script>', page, re.S)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_people_on_the_page_are_those_that_the_command_explains(
    page: str, snapshots: Snapshots
) -> None:
    told = people_of(page)
    assert len(told["people"]) == PEOPLE
    for short in told["people"][::3]:
        alone = explain(snapshots, short["person_id"], OCTOBER)
        assert told["card"] == json.loads(json.dumps(alone.card.as_json()))
        assert short["values"] == list(alone.values.values())
        assert short["points"] == list(alone.points.values())
        assert short["next_band"] == json.loads(json.dumps(alone.next_band()))
        assert [row["code"] for row in short["reasons"]] == [row["code"] for row in alone.reasons]
        assert short["history"][-1][:2] == [str(OCTOBER), alone.score]


def test_examples_lie_evenly_over_many_people(snapshots: Snapshots) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(report, "EVENLY", 5)
        patched.setattr(report, "MOVED", 0)
        patched.setattr(report, "UNSCORED", 1)
        people = choose_people(snapshots, OCTOBER, SEPTEMBER)
    ranks = [
        rank
        for (rank,) in snapshots.rows(
            "select score_rank from score where as_of_date = ? and person_id in (select unnest(?)) "
            "and score is not null order by score_rank",
            (OCTOBER, people),
        )
    ]
    assert len(ranks) == 5
    assert len(people) == 6
    assert max(later - earlier for earlier, later in pairwise(ranks)) <= PEOPLE // 5 + 2


def test_the_page_holds_all_pages_asks_no_host_and_is_small(page: str) -> None:
    assert all(f'id="{one.key}"' in page for one in PAGES)
    own = page.replace(chart_scripts() or "", "")
    assert re.findall(r"""(?:src|href|action|data)\s*=\s*["']?(?!#|data:)[^\s"'>]+""", own) == []
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|//[a-z]+\.", own) == []
    assert "default-src 'none'" in page
    assert len(page.encode()) < MOST_BYTES


def test_the_same_snapshots_make_the_same_page_which_says_whether_people_are_invented(
    page: str, snapshots: Snapshots
) -> None:
    assert report_page(snapshots, OCTOBER, BOXES, is_invented=True) == page
    assert "Every person here is invented" in page
    first = report_page(snapshots, SEPTEMBER, BOXES, is_invented=False)
    assert "Every person here is invented" not in first
    assert "nothing on these pages is for decisions on anyone" in first
    assert "There is no snapshot of an earlier date to compare with." in first


def test_a_snapshot_that_scores_nobody_has_a_report(tmp_path: Path) -> None:
    dates = invented.OCTOBER
    made = invented.engine(dates, edits={"features.eligibility": EVERYONE_FROZEN})
    try:
        staged = stage_snapshot(made.con, invented.house(), dates, new_staging(tmp_path, dates))
    finally:
        made.close()
    publish(tmp_path, staged, invented.provenance(), [])
    with open_snapshots(tmp_path) as snapshots:
        page = report_page(snapshots, OCTOBER, BOXES, is_invented=True)
    people = people_of(page)["people"]
    assert people
    assert all(person["not_scored_code"] and not person["points"] for person in people)


def test_no_id_or_title_can_be_markup(page: str) -> None:
    assert "<script>alert" not in page
    assert "Bills &lt;1&gt;" in page
    assert "Bills &amp; more" in page
    assert '"inputs":["raw.bill"]' in page


def test_without_what_draws_charts_every_table_is_there_and_the_command_says_how_to_get_it(
    autumn: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(packages, "charts_folder", lambda: tmp_path / "nothing")
    file = tmp_path / "page.html"
    assert run_command_line(["report", "--data", str(autumn), "--out", str(file)]) == 0
    assert "install npm (Debian: apt-get install npm)" in capsys.readouterr().err
    page = file.read_text(encoding="utf-8")
    charts = page.count('class="chart"')
    assert charts > 10
    assert page.count("made without what draws charts") == charts
    assert page.count("<table>") > charts
    assert "Mike Bostock" not in page
