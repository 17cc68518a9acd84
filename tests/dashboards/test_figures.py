"""A figure declares what it shows, and shows what the published tables hold."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.show.figures import (
    NOTHING,
    PAGES,
    FigureColumn,
    PageFigure,
    answer,
    figures,
    read_figure,
    script_json,
)
from plainscore.show.person import read_card
from plainscore.show.reader import PLANTED, Snapshots, open_snapshots
from plainscore.show.report import report_page

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
FIGURES = [figure for page in PAGES for figure in figures(page.key)]
NUMBERS = ("INTEGER", "BIGINT", "HUGEINT", "DOUBLE")


def figure(key: str) -> PageFigure:
    return next(one for one in FIGURES if one.key == key)


def rows(snapshots: Snapshots, key: str) -> list[Mapping[str, Any]]:
    return list(answer(snapshots, figure(key), OCTOBER, SEPTEMBER).rows)


def test_every_page_but_the_persons_has_figures() -> None:
    assert {page.key for page in PAGES if not figures(page.key)} == {"person"}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.key)
def test_a_figure_declares_the_columns_that_its_sql_gives_and_draws_some_of_them(
    figure: PageFigure, snapshots: Snapshots
) -> None:
    snapshots.know_planted()
    dates = {"as_of_date": OCTOBER, "before_date": SEPTEMBER}
    asked = {name: dates[name] for name in figure.parameters}
    described = snapshots.rows(f"describe {figure.sql}", asked)
    assert [name for name, *_ in described] == [column.name for column in figure.columns]
    for (_, kind, *_), column in zip(described, figure.columns, strict=True):
        assert bool(column.unit) == kind.startswith(NUMBERS), f"{column.name}: {kind}"
    if (chart := figure.chart) is not None:
        used = {chart.label, *chart.values, chart.series, chart.low, chart.high}
        used |= {chart.limit, chart.marked, chart.panel, chart.text, chart.to, chart.choice}
        used |= {chart.said}
        assert used - {""} <= {column.name for column in figure.columns}
        assert len(chart.values) == 1 or not chart.series or chart.kind == "distribution"


def test_no_two_rows_of_a_figure_are_drawn_in_one_place(snapshots: Snapshots) -> None:
    for one in FIGURES:
        if (chart := one.chart) is not None:
            places = (chart.choice, chart.panel, chart.label, chart.to or chart.series)
            names = [name for name in places if name]
            found = answer(snapshots, one, OCTOBER, SEPTEMBER).rows
            places = [tuple(row[name] for name in names) for row in found]
            assert len(set(places)) == len(places), one.key


def test_a_finding_names_the_nearest_gate_only_where_somebody_is_short_of_it(
    snapshots: Snapshots,
) -> None:
    shown = figure("overview-distribution")
    assert "points short of" in answer(snapshots, shown, OCTOBER, SEPTEMBER).finding
    gates = "select 900 as min_score, 0 as short_10"
    sql = f"with figure as ({shown.sql}), gates as ({gates}) {shown.finding}"
    dates = {"as_of_date": OCTOBER, "before_date": SEPTEMBER}
    [(finding,)] = snapshots.rows(sql, dates)
    assert finding.endswith("the largest band.")


def test_an_attack_of_one_month_is_named_so(snapshots: Snapshots) -> None:
    shorter = "with gaming as (select * replace (attack_no as contact_months) from gaming)"
    for key in ("gaming-gain", "gaming-bound", "gaming-price"):
        dates = {"as_of_date": OCTOBER}
        lasting = [row["attack"] for row in snapshots.records(shorter + figure(key).sql, dates)]
        assert lasting[0].endswith(", 1 month"), key
        assert lasting[1].endswith(", 2 months"), key


@pytest.mark.parametrize("before", [SEPTEMBER, None])
def test_every_figure_is_answered_with_an_earlier_date_and_without(
    before: date | None, snapshots: Snapshots
) -> None:
    day = OCTOBER if before else SEPTEMBER
    for one in FIGURES:
        result = answer(snapshots, one, day, before)
        read = json.loads(script_json(result.as_json()))
        assert [len(row) for row in read["rows"]] == [len(one.columns)] * len(result.rows), one.key
        assert one.empty
        assert result.finding == "" or result.finding.endswith("."), one.key


def test_most_figures_say_what_they_show_in_a_sentence_with_numbers(snapshots: Snapshots) -> None:
    shown = [answer(snapshots, one, OCTOBER, SEPTEMBER) for one in FIGURES if one.finding]
    said = {one.figure.key: one.finding for one in shown if one.rows and one.finding}
    assert len(said) > 20
    [(scored,)] = snapshots.rows("select count(score) from score where as_of_date = ?", (OCTOBER,))
    assert f"Of {scored} scored people" in said["overview-distribution"]


def test_a_kind_of_chart_that_is_not_drawn_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.sql"
    file.write_text(
        '/*\nnumber = 1\ntitle = "t"\nempty = "e"\n'
        'chart = { kind = "pie", label = "a", values = ["a"] }\n'
        "[columns]\na = {}\n*/\nselect 1 as a\n"
    )
    with pytest.raises(UsageError, match="mine.sql: chart kind 'pie' is none of lines, stack"):
        read_figure(file)


def test_bands_and_the_distribution_add_up_to_the_scored(snapshots: Snapshots) -> None:
    [(scored,)] = snapshots.rows("select count(score) from score where as_of_date = ?", (OCTOBER,))
    assert sum(row["people"] for row in rows(snapshots, "overview-distribution")) == scored
    bands = [row for row in rows(snapshots, "overview-bands") if row["as_of_date"] == OCTOBER]
    assert sum(row["people"] for row in bands) == scored
    assert sum(row["people_share"] for row in bands) == pytest.approx(1)


def test_no_bin_and_no_band_is_left_out_where_nobody_is_in_it(snapshots: Snapshots) -> None:
    starts = [row["score_from"] for row in rows(snapshots, "overview-distribution")]
    scores = list(dict.fromkeys(starts))
    assert scores == list(range(scores[0], scores[-1] + 10, 10))
    bands = [band for (band,) in snapshots.rows("select band from dim_band order by band_no")]
    result = [row["band"] for row in rows(snapshots, "overview-bands")]
    assert result == bands * len(snapshots.dates())
    moves = [
        (row["band_before"], row["band_after"]) for row in rows(snapshots, "overview-mobility")
    ]
    before, after = (list(dict.fromkeys(move[place] for move in moves)) for place in (0, 1))
    assert moves == [(one, other) for one in before for other in after]
    places = {band: place for place, band in enumerate(["no record", "not scored", *bands])}
    assert sorted(after, key=lambda band: places[band]) == after


def test_mean_and_median_are_those_of_the_scores(snapshots: Snapshots) -> None:
    [said] = [r for r in rows(snapshots, "overview-snapshots") if r["as_of_date"] == OCTOBER]
    [(mean, median)] = snapshots.rows(
        "select avg(score), quantile_disc(score, 0.5) from score where as_of_date = ?", (OCTOBER,)
    )
    assert (said["mean_score"], said["median_score"]) == (pytest.approx(mean), median)


@pytest.mark.parametrize(
    ("key", "label", "count", "sql"),
    [
        ("benefits-open", "benefit", "open_count", "select replace(benefit, '_', ' '), count(*) "
         "filter (where is_open) from benefit where as_of_date = ? group by benefit"),
        ("overview-not-scored", "not_scored_code", "people", "select not_scored_code, count(*) "
         "from score where as_of_date = ? and score is null group by 1"),
    ],
)  # fmt: skip
def test_people_are_counted_as_each_persons_rows_say(
    snapshots: Snapshots, key: str, label: str, count: str, sql: str
) -> None:
    said = {row[label]: row[count] for row in rows(snapshots, key) if row[count]}
    assert said == {name: people for name, people in snapshots.rows(sql, (OCTOBER,)) if people}


def test_who_crosses_a_gate_is_who_has_it_open_in_one_snapshot_alone(snapshots: Snapshots) -> None:
    sql = """
        select later.min_score, count(distinct person_id) filter (where later.is_open),
            count(distinct person_id) filter (where earlier.is_open)
        from benefit as later inner join benefit as earlier using (person_id, benefit)
        where later.as_of_date = ? and earlier.as_of_date = ? and later.is_open <> earlier.is_open
        group by later.min_score
    """
    crossed = {
        str(gate): (up, down) for gate, up, down in snapshots.rows(sql, (OCTOBER, SEPTEMBER))
    }
    result = {
        row["min_score"]: (row["gained"], row["lost"])
        for row in rows(snapshots, "benefits-crossings")
        if row["gained"] or row["lost"]
    }
    assert result == crossed


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        (FigureColumn("a", "a", "%", 1, 100), 0.1234, "12.3"),
        (FigureColumn("a", "a", "points"), 12345, "12,345"),
        (FigureColumn("a", "a", "points", 1), -0.04, "0.0"),
        (FigureColumn("a", "a", "ratio", None), 0.000123456, "0.0001235"),
        (FigureColumn("a", "a"), True, "yes"),
        (FigureColumn("a", "a"), date(2026, 10, 31), "2026-10-31"),
        (FigureColumn("a", "a", "points"), None, NOTHING),
    ],
)
def test_values_are_shown_as_people_read_them(column: FigureColumn, value: Any, shown: str) -> None:
    assert column.shown(value) == shown


def test_a_project_replaces_and_adds_figures_texts_and_advice(tmp_path: Path, autumn: Path) -> None:
    own = tmp_path / "dashboards"
    (own / "figures" / "checks").mkdir(parents=True)
    (own / "report").mkdir()
    head = 'number = 99\ntitle = "{}"\nempty = "Nothing."\n[columns]\nscore = {{ unit = "points" }}'
    for name in ("grid", "mine"):
        text = f"/*\n{head.format(name)}\n*/\nselect max(score) as score from score\n"
        (own / "figures" / "checks" / f"{name}.sql").write_text(text)
    (own / "report" / "report.css").write_text("body { color: rebeccapurple; }")
    (tmp_path / "transforms").mkdir()
    (tmp_path / "transforms" / "recourse.toml").write_text("")
    method = Method((*STANDARD_METHOD.layers, tmp_path), exclude=("dashboards/*/quarantine.sql",))
    standard = {one.name for one in figures("checks")}
    titles = {one.name: one.title for one in figures("checks", method)}
    assert set(titles) == standard - {"quarantine"} | {"mine"}
    assert titles["grid"] == "grid"
    with open_snapshots(autumn, method=method) as snapshots:
        page = report_page(snapshots, OCTOBER, [], is_invented=True)
        assert read_card(snapshots, OCTOBER).advice == {}
    assert "rebeccapurple" in page
    assert "<h3>mine</h3>" in page


def test_attackers_that_a_world_planted_are_counted_in_the_groups_that_were_found(
    own_autumn: Path,
) -> None:
    labels = own_autumn / PLANTED
    labels.parent.mkdir(parents=True)
    planted = "select unnest(['p5', 'elsewhere']) as person_id, 'fake_farm' as kind, 'fake' as role"
    duckdb.sql(planted).write_parquet(str(labels))
    with open_snapshots(own_autumn) as snapshots:
        farm, others = rows(snapshots, "gaming-planted")
        [(everyone,)] = snapshots.rows(
            "select count(*) from score where as_of_date = ?", (OCTOBER,)
        )
    assert (farm["part"], farm["people"], farm["is_planted"]) == ("fake farm: fake", 1, True)
    assert (others["part"], others["people"]) == ("everyone else", everyone - 1)


def test_the_ring_with_most_scored_members_is_drawn_with_its_ties(own_autumn: Path) -> None:
    """A ring of three who are friends, and a star whose hub is tied to two others."""
    members = "select * from (values {}) as one (person_id, ring_no, is_hub)"
    with open_snapshots(own_autumn) as snapshots:
        pair = snapshots.rows(
            "select person_id, friend_id from friend where as_of_date = ? and friend_id in "
            "(select person_id from score where as_of_date = $1) order by all limit 1",
            (OCTOBER,),
        )[0]
        found = members.format(
            f"('{pair[0]}', 1, false), ('{pair[1]}', 1, false), ('p1', 2, true), ('p2', 2, false)"
        )
        sql = (
            "with ring as (select 1 as ring_no, 'ring' as kind, 2 as people, 2 as scored_count, "
            "$as_of_date as as_of_date union all select 2, 'star', 2, 0, $as_of_date), "
            f"ring_member as (select *, $as_of_date as as_of_date from ({found})), "
        ) + figure("gaming-drawn").sql.removeprefix("with ")
        drawn = snapshots.records(sql, {"as_of_date": OCTOBER})
    ties = [(row["person"], row["friend"]) for row in drawn if row["friend"]]
    assert ties == [tuple(sorted(pair)), ("p1", "p2")]
    assert [row["part"] for row in drawn if row["person"] == "p1"] == ["hub", "hub"]
