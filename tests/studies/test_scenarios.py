"""`plainscore scenarios` on the sample: the page, the JSON and the published tables agree."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest
from playwright.sync_api import sync_playwright

from plainscore.analysis.gaming import built_scores
from plainscore.analysis.metrics import shorrocks_index
from plainscore.analysis.prices import price_list
from plainscore.analysis.scenarios import (
    BANDS_OF_PEOPLE,
    add_rules,
    band_moves,
    choose_months,
    compare_scenarios,
    open_people,
)
from plainscore.cli.options import Limits
from plainscore.cli.study import scenarios
from plainscore.common.errors import InputRefused, UsageError
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.runs.pipeline import snapshot_dates
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import read_settings
from plainscore.show.figures import NOTHING
from plainscore.show.packages import chart_scripts
from plainscore.show.report import scenarios_page
from plainscore.synthetic.world import WorldError
from tests.dashboards.browser.conftest import CHROMIUM, FLAGS
from tests.dashboards.browser.test_report_page import AXE, ROWS
from tests.flows.conftest import SAMPLE
from tests.scorecard.small_card import SMALL

MONTHS = {"from_": date(2026, 5, 1), "to": date(2026, 6, 30)}
Compared = tuple[dict[str, Any], str, Path]
NAMES = ["standard_3", "reported_b_3", "no_social", "naive"]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, where nothing is published."""
    data = tmp_path_factory.mktemp("scenarios")
    shutil.copytree(SAMPLE / "landing", data / "landing")
    return data


@pytest.fixture(scope="module")
def compared(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The record of two months, the text that was printed, and the page."""
    page = tmp_path_factory.mktemp("page") / "page.html"
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: lines.append(str(words[0])))
        scenarios(data=landed, out=page, output_format="json", **MONTHS)
    text = next(line for line in lines if line.startswith("{"))
    return json.loads(text), text, page


@pytest.fixture(scope="module")
def june(landed: Path, compared: object) -> Iterator[DuckDBEngine]:
    """An engine with every scenario's scores of June."""
    settings = read_settings(landed)
    dates = snapshot_dates(date(2026, 6, 30), None, settings)
    with built_scores(landed, dates, settings) as engine:
        add_rules(engine, read_scorecards(settings.scorecards))
        yield engine


def test_the_same_people_are_in_every_scenario(compared: Compared) -> None:
    record, _, _ = compared
    assert record["months"] == ["2026-05-31", "2026-06-30"]
    assert [row["society"] for row in record["societies"]] == NAMES
    for month in record["months"]:
        figures = [row for row in record["figures"] if row["as_of_date"] == month]
        assert [row["society"] for row in figures] == NAMES
        assert len({(row["people"], row["scored"], row["outcomes"]) for row in figures}) == 1
        for row in figures:
            bands = [
                band["people"]
                for band in record["bands"]
                if (band["society"], band["as_of_date"]) == (row["society"], month)
            ]
            assert sum(bands) == row["scored"] > 0


def test_the_record_says_what_the_scores_say(compared: Compared, june: DuckDBEngine) -> None:
    record, _, _ = compared
    counted = june.con.execute(
        "select scorecard, count(score), avg(score) from scores.score group by scorecard"
    ).fetchall()
    last = {r["society"]: r for r in record["figures"] if r["as_of_date"] == "2026-06-30"}
    assert {name for name, _, _ in counted} == set(NAMES)
    for name, scored, mean in counted:
        assert last[name]["scored"] == scored
        assert last[name]["mean_score"] == pytest.approx(mean)


def test_without_friends_the_record_alone_decides_on_the_whole_scale(june: DuckDBEngine) -> None:
    rows = june.con.execute(
        "select score.score, own.own_points from scores.score as score "
        "inner join scores.own_points as own using (person_key, scorecard) "
        "where scorecard = 'no_social' and score is not null"
    ).fetchall()
    assert rows
    for score, own in rows:
        assert score == 350 + own + (2 * own * 30 + 570) // 1140


def test_the_naive_rule_counts_friends_from_the_best_fifth(june: DuckDBEngine) -> None:
    con = june.con
    own = dict(
        con.execute(
            "select person_key, own_ppm from scores.friend_reliability "
            "where scorecard = 'standard_3'"
        ).fetchall()
    )
    bar = sorted(own.values())[len(own) * 4 // 5]
    good = dict.fromkeys(own, 0)
    for one, other in con.execute(
        "select person_key, friend_key from staging.tie where contact_months > 0"
    ).fetchall():
        if one in own and own.get(other, -1) >= bar:
            good[one] += 1
    gained = con.execute(
        "select naive.person_key, naive.score - card.score + record.friend_points "
        "from scores.score as naive inner join scores.score as card using (person_key) "
        "inner join scores.friend_reliability as record "
        "on record.person_key = naive.person_key and record.scorecard = 'standard_3' "
        "where naive.scorecard = 'naive' and card.scorecard = 'standard_3'"
    ).fetchall()
    assert max(good.values()) > 0
    assert dict(gained) == {key: (16 * min(n, 20) * 2 + 20) // 40 for key, n in good.items()}


def test_the_page_shows_the_numbers_of_the_record_and_needs_nothing_else(
    compared: Compared,
) -> None:
    record, _, file = compared
    page = file.read_text(encoding="utf-8")
    assert "Every person here is invented" in page
    assert "People here do not react to rules" in page
    assert "content=\"default-src 'none';" in page
    outside = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"https?://|<script[^>]* src|@import|url\((?!data:)", outside)
    cells = (
        r'Mean score</th><td class="text">2026-06-30</td><td class="text">\w+</td><td>(.*?)</td>'
    )
    means = [
        f"{row['mean_score']:,.1f}"
        for row in record["figures"]
        if row["as_of_date"] == "2026-06-30"
    ]
    assert re.findall(cells, page) == means


@pytest.mark.skipif(
    CHROMIUM is None or chart_scripts() is None, reason="there is no chromium, or `make install`"
)
@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1600, "light")])
def test_every_chart_of_the_page_is_drawn_accessible_and_without_a_complaint(
    compared: Compared, width: int, scheme: Literal["dark", "light"]
) -> None:
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(compared[2].as_uri())
        page.wait_for_function(
            "[...document.querySelectorAll('.chart')].every("
            "one => one.querySelector('svg[role=img]'))"
        )
        assert page.locator(".chart").count() > 5
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if AXE.is_file():
            page.evaluate(AXE.read_text(encoding="utf-8"))
            page.evaluate(ROWS)
            found = "axe.run().then(run => run.violations.map(one => [one.id, one.nodes[0].html]))"
            assert page.evaluate(found) == []
        browser.close()
    assert complaints == []


def test_the_same_events_make_the_same_bytes_and_nothing_is_published(
    landed: Path,
    compared: Compared,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, text, page = compared
    again = tmp_path / "again.html"
    scenarios(data=landed, out=again, output_format="json", limits=Limits(threads=1), **MONTHS)
    assert capsys.readouterr().out.strip() == text
    assert again.read_bytes() == page.read_bytes()
    assert {path.name for path in landed.iterdir() if path.name[0] != "."} == {
        "landing",
        "events",
        "format.json",
    }


def test_without_dates_the_months_are_those_whose_outcomes_are_known(landed: Path) -> None:
    settings = read_settings(landed)
    store = open_people(landed, None, None, settings)
    months = choose_months(store, None, None, settings)
    assert months[-1] == date(2026, 6, 30)
    assert len(months) <= 24
    with pytest.raises(UsageError, match="no month ends between 2026-06-01 and 2026-06-20"):
        choose_months(store, date(2026, 6, 1), date(2026, 6, 20), settings)
    with pytest.raises(InputRefused, match="nothing had arrived by 2020-01-31"):
        choose_months(store, date(2020, 1, 1), date(2020, 3, 31), settings)


def test_a_world_that_is_asked_for_is_not_mixed_with_other_logs(landed: Path) -> None:
    with pytest.raises(WorldError, match="landing"):
        scenarios(data=landed, people=150)


def test_a_month_without_anybody_has_no_figures_and_breaks_nothing(landed: Path) -> None:
    record = compare_scenarios(
        open_people(landed, None, None, read_settings(landed)),
        [date(2019, 1, 31)],
        read_settings(landed),
    )
    assert [row["scored"] for row in record["figures"]] == [0] * 4
    assert NOTHING in scenarios_page(record)


def test_a_card_with_other_factors_is_compared_and_played_against(
    landed: Path, tmp_path: Path
) -> None:
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    settings = read_settings(landed, scorecards=(str(file),))
    store = open_people(landed, None, None, settings)
    record = compare_scenarios(store, [date(2026, 6, 30)], settings)
    # Nothing of friends is in it, so there is no rule that varies what friends do.
    assert [row["society"] for row in record["figures"]] == ["small"]
    assert 0 < record["figures"][0]["mean_score"] < 100
    assert sum(row["people"] for row in record["bands"]) == record["figures"][0]["scored"] > 0
    cards = read_scorecards(settings.scorecards)
    dates = snapshot_dates(date(2026, 6, 30), None, settings)
    with built_scores(landed, dates, settings) as engine:
        found = price_list(engine, cards, horizons=(365,), is_single=True)
    assert {row["scorecard"] for row in found} == {"small"}
    gained = [(row["acts"], row["points_gained"]) for row in found if row["score_before"]]
    assert {points for acts, points in gained if acts == "befriend the reliable 20 x"} == {0}
    assert max(points for _, points in gained) > 0


def test_what_cannot_be_meant_is_refused_before_a_world_is_made(tmp_path: Path) -> None:
    own = tmp_path / "naive.toml"
    own.write_text('extends = "standard_3"\nname = "naive"\n')
    with pytest.raises(UsageError, match="rename the card"):
        scenarios(data=tmp_path / "new", card=(str(own),))
    with pytest.raises(UsageError, match="is no directory"):
        scenarios(data=tmp_path / "new", out=tmp_path / "nowhere" / "page.html")
    assert not (tmp_path / "new").exists()
    (tmp_path / "empty" / "landing").mkdir(parents=True)
    with pytest.raises(InputRefused, match="no events in"):
        scenarios(data=tmp_path / "empty")


def test_only_who_is_in_both_moves_and_the_index_is_that_of_shorrocks() -> None:
    bands = {
        "then": {1: 1, 2: 1, 3: 2, 4: 2, 5: None, 9: 3},
        "now": {1: 1, 2: 2, 3: 2, 4: 2, 5: 1, 7: 2},
    }
    with duckdb.connect() as con:
        con.execute(
            "create schema scores; "
            "create table scores.score (scorecard varchar, person_key bigint, band_no int)"
        )

        def score(month: str) -> None:
            con.execute("delete from scores.score")
            rows = [("card", *one) for one in bands[month].items()]
            con.executemany("insert into scores.score values (?, ?, ?)", rows)

        score("then")
        before = con.execute(BANDS_OF_PEOPLE).fetchnumpy()
        still = band_moves(con, before)
        score("now")
        moved = band_moves(con, before)
        assert band_moves(con, None) == {}
    assert still == {("card", no, no): count for no, count in ((0, 1), (1, 2), (2, 2), (3, 1))}
    assert moved == {
        ("card", 0, 1): 1, ("card", 1, 1): 1, ("card", 1, 2): 1, ("card", 2, 2): 2
    }  # fmt: skip
    # Rows: not scored stays 0 of 1, band 1 stays 1 of 2, band 2 stays 2 of 2: (3 - 1.5) / 2.
    assert shorrocks_index([(*move[1:], people) for move, people in moved.items()]) == 0.75
    assert shorrocks_index([(*move[1:], people) for move, people in still.items()]) == 0
    assert shorrocks_index([(3, 3, 5)]) is None


def test_who_is_in_another_band_than_on_the_first_card(
    compared: Compared, june: DuckDBEngine
) -> None:
    rows = june.con.execute("select scorecard, person_key, band_no from scores.score").fetchall()
    first = {key: band for card, key, band in rows if card == "standard_3" and band is not None}
    sides: Counter[tuple[str, bool]] = Counter(
        (card, band > first[key]) for card, key, band in rows if band and band != first[key]
    )
    last = [row for row in compared[0]["figures"] if row["as_of_date"] == "2026-06-30"]
    for row in last:
        name = row["society"]
        assert (row["band_up"], row["band_down"]) == (sides[name, True], sides[name, False])
    assert sum(sides.values()) > 0
