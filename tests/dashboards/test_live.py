"""The live dashboard shows what the report shows, for any date and anybody, and keeps up."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from plainscore.cli.app import main
from plainscore.show import LIVE_APP
from plainscore.show.figures import PAGES, Answer, answer, figures, figures_json
from plainscore.show.live import opened
from plainscore.show.person import explain
from plainscore.show.reader import Snapshots, catalog_version
from tests.dashboards.test_report import people_of
from tests.publish.invented import OCTOBER_LATER, SEPTEMBER, published

OCTOBER = date(2026, 10, 31)


@pytest.fixture
def app(autumn: Path) -> Iterator[AppTest]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.argv", [str(LIVE_APP), str(autumn), "invented"])
        yield AppTest.from_file(str(LIVE_APP), default_timeout=120)


def answers(snapshots: Snapshots) -> list[Answer]:
    return [
        answer(snapshots, one, OCTOBER, SEPTEMBER.as_of_date)
        for page in PAGES
        for one in figures(page.key)
    ]


def test_every_page_shows_the_tables_of_the_report(app: AppTest, snapshots: Snapshots) -> None:
    app.run()
    assert "invented" in app.warning[0].value
    for page in PAGES:
        if page.key == "person":
            continue
        app.sidebar.radio(key="page").set_value(page.key).run()
        assert not app.exception
        result = [one for one in answers(snapshots) if one.figure.page == page.key]
        [frame] = app.get("iframe")
        assert figures_json(result) in frame.proto.srcdoc
        assert frame.proto.srcdoc.count("<table>") == sum(1 for one in result if one.rows)


def test_a_person_is_explained_as_the_command_does(app: AppTest, snapshots: Snapshots) -> None:
    [(person,)] = snapshots.rows(
        "select person_id from score where as_of_date = ? and score is not null "
        "order by person_id desc limit 1",
        (OCTOBER,),
    )
    result = explain(snapshots, person, OCTOBER)
    app.run()
    app.sidebar.radio(key="page").set_value("person").run()
    app.text_input(key="person").set_value(person).run()
    assert not app.exception
    [frame] = app.get("iframe")
    shown = people_of(frame.proto.srcdoc)
    [person_shown] = shown["people"]
    assert person_shown["points"] == list(result.points.values())
    assert shown["card"]["base"] + sum(person_shown["points"]) == result.score
    codes = [row["code"] for row in result.reasons]
    assert [row["code"] for row in person_shown["reasons"]] == codes
    moved = app.dataframe[0].value
    assert list(moved["points_after"] - moved["points_before"]) == list(moved["points_change"])


def test_an_address_names_page_date_and_benefit(app: AppTest, snapshots: Snapshots) -> None:
    found = [one for one in answers(snapshots) if one.figure.page == "benefits"]
    [benefit, *_] = [row["benefit"] for one in found for row in one.rows if "benefit" in row]
    app.query_params.update({"page": "Benefits", "day": str(OCTOBER), "benefit": benefit})
    app.run()
    assert not app.exception
    assert app.title[0].value == "Benefits"
    of_one = [
        replace(one, rows=[row for row in one.rows if row.get("benefit", benefit) == benefit])
        for one in found
    ]
    assert of_one != found
    [frame] = app.get("iframe")
    assert figures_json(of_one) in frame.proto.srcdoc


def test_an_address_names_a_person_and_an_older_date(app: AppTest) -> None:
    app.query_params.update({"day": str(SEPTEMBER.as_of_date), "page": "Person", "person": "p"})
    app.run()
    assert app.sidebar.selectbox(key="day").value == SEPTEMBER.as_of_date
    assert app.text_input(key="person").value == "p"


def test_a_new_snapshot_is_seen_by_who_opened_the_old_one(own_autumn: Path) -> None:
    first = catalog_version(own_autumn)
    old = opened(str(own_autumn), first)
    published(own_autumn, OCTOBER_LATER, seed=4)
    second = catalog_version(own_autumn)
    new = opened(str(own_autumn), second)
    assert first != second == catalog_version(own_autumn)
    assert [one.run_of(OCTOBER)["run"] for one in (old, new)] == ["0002", "0003"]


def test_where_nothing_is_published_the_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dashboard", "--data", str(tmp_path)])
    assert ended.value.code == 5
    assert "nothing is published" in capsys.readouterr().err
