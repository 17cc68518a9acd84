"""The report as people use it: it renders, agrees with the tables, and works without a mouse."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from plainscore.show.figures import PAGES, Chart, FigureColumn, answer, figures
from plainscore.show.packages import chart_scripts
from plainscore.show.person import explain, read_card, read_people
from plainscore.show.reader import open_snapshots
from tests.dashboards.browser.conftest import Opened
from tests.dashboards.test_report import OCTOBER, SEPTEMBER

AXE = Path(".venv/axe/axe.min.js").resolve()
ROWS = "[...document.querySelectorAll('tbody tr:nth-child(n+9)')].forEach(row => row.remove())"
JUDGED = "key => axe.run(`#${key}`).then(found => found.violations.map(one => " \
         "[one.id, one.nodes[0].html]))"  # fmt: skip
CELLS = "panels => panels.map(p => [p.id, [...p.querySelectorAll('tbody tr')].map(r => " \
        "[...r.children].map(c => c.textContent))])"  # fmt: skip


def visible_pages(page: Page) -> list[str]:
    return [one.key for one in PAGES if page.locator(f"#{one.key}").is_visible()]


@pytest.mark.parametrize("width", [400, 1600])
def test_every_page_renders_alone_and_fits_without_a_complaint_or_a_request(
    opened: Opened, report_file: Path, width: int
) -> None:
    opened.page.set_viewport_size({"width": width, "height": 900})
    for one in PAGES:
        opened.page.click(f"nav a[href='#{one.key}']")
        opened.page.wait_for_selector(f"#{one.key}:not([hidden])")
        assert visible_pages(opened.page) == [one.key]
        assert opened.page.locator("nav a[aria-current=page]").inner_text() == one.title
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width, one.key
    assert opened.complaints == []
    assert opened.asked == [report_file.as_uri()]


@pytest.mark.skipif(chart_scripts() is None, reason="what draws charts is not here: `make install`")
@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1600, "light")])
def test_every_chart_is_drawn_and_pages_are_accessible(
    opened: Opened, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = opened.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    if AXE.is_file():
        page.evaluate(AXE.read_text(encoding="utf-8"))
    for one in PAGES:
        page.click(f"nav a[href='#{one.key}']")
        charts = page.locator(f"#{one.key} .chart")
        page.wait_for_function(
            "key => [...document.querySelectorAll(`#${key} .chart`)].every(one =>"
            " one.querySelector('svg[role=img][aria-label]'))",
            arg=one.key,
        )
        for place in range(charts.count()):
            box = charts.nth(place).bounding_box()
            assert box is not None
            assert box["height"] > 60, one.key
        assert page.evaluate("document.documentElement.scrollWidth") <= width, one.key
        if AXE.is_file():
            page.evaluate(ROWS)  # the rows of a table are alike, and there are thousands
            assert page.evaluate(JUDGED, one.key) == [], one.key
    assert opened.complaints == []


def test_the_browser_rounds_numbers_as_the_table_does(opened: Opened) -> None:
    columns = [FigureColumn("a", "a", "%", digits, by) for digits in (0, 1, 2) for by in (1, 100)]
    values = [0.3125, 0.125, 0.5, 1.5, 2.5, 0.025, -0.04, -2.25, -0.0, 1234.5, 12_345_678]
    shown = opened.page.evaluate(
        "([columns, values]) => columns.map(one => values.map(value => shown(one, value)))",
        [[asdict(one) for one in columns], values],
    )
    assert shown == [[one.shown(value) for value in values] for one in columns]


@pytest.mark.skipif(chart_scripts() is None, reason="what draws charts is not here: `make install`")
def test_a_mark_says_its_row_with_units(opened: Opened, autumn: Path) -> None:
    opened.page.click("nav a[href='#benefits']")
    bar = opened.page.locator("#benefits-open svg[role=img] rect").first
    bar.hover()
    tip = opened.page.locator("#benefits-open svg g[aria-label=tip]").text_content() or ""
    with open_snapshots(autumn) as snapshots:
        [one] = [one for one in figures("benefits") if one.name == "open"]
        row = answer(snapshots, one, OCTOBER, SEPTEMBER).rows[0]
    assert f"benefit: {row['benefit']}" in tip
    assert f"open to: {row['open_count']} people" in tip
    assert f"open share: {100 * row['open_share']:.1f} % of the scored" in tip


def test_a_table_is_sorted_filtered_and_saved(opened: Opened, autumn: Path) -> None:
    page = opened.page
    page.click("nav a[href='#benefits']")
    panel = page.locator("#benefits-open")
    cells = panel.locator("tbody tr:visible td:nth-child(3)")
    before = cells.all_text_contents()
    panel.get_by_role("button", name="open to").click()
    counts = [int(text.replace(",", "")) for text in cells.all_text_contents()]
    assert counts == sorted(int(text.replace(",", "")) for text in before)
    panel.get_by_role("button", name="open to").click()
    assert panel.locator("th[aria-sort=descending]").count() == 1
    panel.get_by_label("Filter rows").fill("visa")
    names = panel.locator("tbody tr:visible th").all_text_contents()
    assert 0 < len(names) < len(before)
    assert all("visa" in name for name in names)
    with page.expect_download() as started:
        panel.get_by_role("button", name="Download CSV").click()
    assert started.value.suggested_filename == "benefits-open.csv"
    with started.value.path().open(encoding="utf-8", newline="") as file:
        saved = list(csv.DictReader(file))
    with open_snapshots(autumn) as snapshots:
        [one] = [one for one in figures("benefits") if one.name == "open"]
        rows = answer(snapshots, one, OCTOBER, SEPTEMBER).rows
    assert [
        (row["benefit"], int(row["open_count"]), float(row["open_share"])) for row in saved
    ] == [(row["benefit"], row["open_count"], row["open_share"]) for row in rows]


def test_every_table_on_the_page_holds_what_the_catalog_answers(
    opened: Opened, autumn: Path
) -> None:
    shown = dict(opened.page.locator(".panel").evaluate_all(CELLS))
    with open_snapshots(autumn) as snapshots:
        for one in (figure for page in PAGES for figure in figures(page.key)):
            said = answer(snapshots, one, OCTOBER, SEPTEMBER)
            columns = one.columns
            cells = [[column.shown(row[column.name]) for column in columns] for row in said.rows]
            assert shown[one.key] == cells, one.key


def test_a_person_is_found_by_typing_and_explained_to_the_point(
    opened: Opened, autumn: Path
) -> None:
    opened.page.click("nav a[href='#person']")
    with open_snapshots(autumn) as snapshots:
        person, score = snapshots.rows(
            "select person_id, score from score where as_of_date = ? and score is not null "
            "order by person_id limit 1",
            (OCTOBER,),
        )[0]
        said = explain(snapshots, person, OCTOBER)
    opened.page.fill("#find", person)
    assert opened.page.locator("#shown h3").first.text_content() == (
        f"{person}: {said.score} {said.band}, as of {OCTOBER}"
    )
    points = opened.page.locator(".waterfall tr:not(.factor) td:nth-child(3)").all_text_contents()
    assert [int(one) for one in points if one] == list(said.points.values())
    totals = opened.page.locator(".waterfall td:nth-child(5)").all_text_contents()
    assert totals[-1] == str(score)
    assert opened.page.locator("#shown ol li").count() == len(said.reasons)


def test_the_whole_page_works_by_keyboard(opened: Opened) -> None:
    page = opened.page
    page.locator("nav a").first.focus()
    for _ in range([one.key for one in PAGES].index("person")):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#person:not([hidden])")
    assert visible_pages(page) == ["person"]
    page.focus("#found")
    first = page.locator("#shown h3").first.text_content()
    page.keyboard.press("ArrowDown")
    assert page.locator("#shown h3").first.text_content() != first
    page.click("nav a[href='#method']")
    if chart_scripts() is not None:
        page.focus(".lineage [data-table='staging.bill']")
        assert page.locator(".lineage path.on").count() == 1
        assert page.locator(".lineage text.on").count() == 2


def test_light_dark_and_paper_follow_the_reader(opened: Opened) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = opened.page.evaluate(paper)
    opened.page.emulate_media(color_scheme="dark")
    dark = opened.page.evaluate(paper)
    opened.page.click("#theme")
    assert dark != light == opened.page.evaluate(paper)
    opened.page.emulate_media(media="print")
    assert visible_pages(opened.page) == [one.key for one in PAGES]
    assert not opened.page.locator("#finder").is_visible()


def test_without_scripts_all_pages_but_the_persons_are_there(
    browser: Browser, report_file: Path
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(report_file.as_uri())
        assert visible_pages(page) == [one.key for one in PAGES]
        assert "needs JavaScript" in page.locator("noscript").first.inner_text()
        assert not page.locator("#finder").is_visible()


def test_the_browser_computes_every_person_as_python_does(opened: Opened, autumn: Path) -> None:
    computed = opened.page.evaluate("page.people.map(one => explanation(page.card, one))")
    with open_snapshots(autumn) as snapshots:
        people = read_people(
            snapshots, read_card(snapshots, OCTOBER), [one["person_id"] for one in computed]
        )
    assert computed == [json.loads(json.dumps(one.as_json())) for one in people]


def test_the_browser_computes_points_and_what_ifs_as_python_does(
    opened: Opened, autumn: Path
) -> None:
    """Of every feature: below, at and above the edge of each bin, at its limits, and missing."""
    with open_snapshots(autumn) as snapshots:
        person = explain(snapshots, "p5", OCTOBER)
    values = {
        one.feature: [
            *(edge + step for edge, _ in one.bins for step in (-0.001, 0, 0.001)),
            *(limit for limit in (one.least_value, one.most_value) if limit is not None),
            *([] if one.missing_points is None else [None]),
        ]
        for one in person.card.features
    }
    computed = opened.page.evaluate(
        "values => { const p5 = page.people.find(one => one.person_id === 'p5');"
        " return Object.entries(values).map(([name, of]) => [name, of.map(value =>"
        " [points(page.card, name, value), scoreWith(page.card, p5, {[name]: value})])]); }",
        values,
    )
    assert dict(computed) == {
        name: [
            [person.card.feature(name).points(one), person.with_(**{name: one}).score] for one in of
        ]
        for name, of in values.items()
    }


def test_another_value_is_answered_on_the_page(opened: Opened, autumn: Path) -> None:
    with open_snapshots(autumn) as snapshots:
        person = explain(snapshots, "p5", OCTOBER)
    name = person.reasons[0]["code"]
    then = person.with_(**{name: None})
    opened.page.goto(f"{opened.page.url}#person=p5")
    opened.page.select_option(".what-if select", name)
    opened.page.fill(".what-if input", "missing")
    answer = opened.page.locator(".person p[role=status]").inner_text()
    assert answer.startswith(f"{then.score} {then.band} (")
    opened.page.fill(".what-if input", "much")
    assert opened.page.locator(".person p[role=status]").inner_text().startswith("Write a number")


@pytest.mark.skipif(chart_scripts() is None, reason="what draws charts is not here: `make install`")
def test_the_reader_moves_the_pictures_of_the_fears_by_keyboard(
    opened: Opened, autumn: Path
) -> None:
    """Each choice shows its own rows, on one scale, and says its sentence."""
    page = opened.page
    page.click("nav a[href='#story']")
    with open_snapshots(autumn) as snapshots:
        answers = [answer(snapshots, one, OCTOBER, SEPTEMBER) for one in figures("story")]
    for one in answers:
        chart, key = one.figure.chart, one.figure.key
        assert chart is not None
        choices = list(dict.fromkeys(row[chart.choice] for row in one.rows))
        assert len(choices) > 1, key
        panel = page.locator(f"#{key}")
        control, scales = panel.locator(".choice input").first, []
        control.focus()
        for choice in choices:
            own = [row for row in one.rows if row[chart.choice] == choice]
            assert panel.locator("p[role=status]").text_content() == own[0][chart.said], key
            drawn = panel.locator("svg[role=img]")
            texts = drawn.locator("text").all_text_contents()
            [column] = [c for c in one.figure.columns if c.name == chart.values[0]]
            shown = {column.shown(row[chart.values[0]]) for row in own}
            assert shown <= {text.removesuffix(" %") for text in texts}, (key, choice)
            scales.append(drawn.locator("g").first.text_content())
            page.keyboard.press("ArrowRight")
        assert len(set(scales)) == 1, key
    assert opened.complaints == []


@pytest.mark.skipif(chart_scripts() is None, reason="what draws charts is not here: `make install`")
def test_a_graph_has_a_dot_for_everyone_and_a_line_for_every_tie(opened: Opened) -> None:
    names = ("person", "part", "is_scored", "months", "friend")
    ties = [("hub", "hub", True, None, None), ("a", "", False, None, None)]
    ties += [
        ("b", "", True, None, None),
        ("hub", "hub", True, 3, "a"),
        ("hub", "hub", True, 1, "b"),
    ]
    chart = Chart("graph", "person", ["months"], series="part", to="friend", marked="is_scored")
    columns = [asdict(FigureColumn(one, one)) for one in names]
    figure = {"title": "", "columns": columns, "rows": ties, "chart": asdict(chart)}
    drawn = opened.page.evaluate(
        "figure => { const drawn = chartOf(figure, pointsOf(figure), 400);"
        " document.body.append(drawn);"
        " return [...drawn.querySelectorAll('circle')].map(one => [one.getAttribute('r'),"
        " one.getAttribute('fill')]).concat([drawn.querySelectorAll('path[d]').length,"
        " drawn.textContent.includes('hub')]); }",
        figure,
    )
    filled, hollow = "var(--c1)", "var(--paper)"
    assert drawn == [["9", filled], ["6", hollow], ["6", filled], 2, True]


def test_a_person_in_a_table_leads_to_their_page(opened: Opened) -> None:
    link = opened.page.locator("#overview-largest-moves tbody a").first
    person = link.text_content() or ""
    link.click()
    opened.page.wait_for_selector("#person:not([hidden])")
    assert (opened.page.locator("#shown h3").first.text_content() or "").startswith(f"{person}: ")
