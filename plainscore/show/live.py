"""The live dashboard: the figures of the report for any date, and anyone's score, in Streamlit.

`plainscore dashboard` starts it; its arguments are the data directory, and ``invented`` or not.
"""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from plainscore.common.errors import PlainscoreError, QuestionError
from plainscore.scorecards.person import Card, PersonOnCard
from plainscore.show.charts import STYLES
from plainscore.show.figures import PAGES, Answer, PageFigure, answer, draw, figures
from plainscore.show.person import parse_values, read_card, read_person, what_if
from plainscore.show.reader import CatalogVersion, CurrentSnapshots, Snapshots, render_page
from plainscore.show.report import page_style
from plainscore.show.terminal import next_band_lines

LOOK_AGAIN_SECONDS = 20
KEPT_ANSWERS = 500
KEPT_CARDS = 50
SUGGESTED = 20
NO_OTHER = "no other date"
EVERYONE = "every group"
CHART_WIDTH = 740


def show(data_dir: Path, is_invented: bool) -> None:
    """Show what is published in a data directory."""
    st.set_page_config(page_title="plainscore", layout="wide")
    current = _current(str(data_dir))
    try:
        version, snapshots = current.open()
        with snapshots:
            _show_opened(current, version, snapshots, is_invented)
    except PlainscoreError as error:
        st.error(str(error))


@st.cache_resource
def _current(data_dir: str) -> CurrentSnapshots:
    return CurrentSnapshots(Path(data_dir))


@st.cache_data(
    max_entries=KEPT_ANSWERS, show_spinner=False, hash_funcs={PageFigure: lambda figure: figure.key}
)
def _rows(
    _snapshots: Snapshots,
    version: CatalogVersion | None,  # noqa: ARG001 - a part of the cache's key
    figure: PageFigure,
    day: date,
    before: date | None,
) -> list[dict[str, Any]]:
    """Read the rows of a figure once for each catalog and dates."""
    return [dict(row) for row in answer(_snapshots, figure, day, before).rows]


@st.cache_resource(max_entries=KEPT_CARDS, show_spinner=False)
def _card(
    _snapshots: Snapshots,
    version: CatalogVersion | None,  # noqa: ARG001 - a part of the cache's key
    day: date,
) -> Card:
    """Read the card of a day once for each catalog."""
    return read_card(_snapshots, day)


def _show_opened(
    current: CurrentSnapshots,
    version: CatalogVersion | None,
    snapshots: Snapshots,
    is_invented: bool,
) -> None:
    day, before, key = _choose(snapshots)
    if is_invented:
        st.warning("Every person here is invented, and so is everything they did.")
    else:
        st.warning("The scorecards are illustrative: nothing here is for decisions on anyone.")
    page = next(page for page in PAGES if page.key == key)
    st.title(page.title)
    st.caption(page.question)
    if page.key == "person":
        person_id = _choose_person(snapshots, day)
        if person_id is not None:
            _show_person(snapshots, _card(snapshots, version, day), person_id, before)
    else:
        _show_figures([
            Answer(one, _rows(snapshots, version, one, day, before)) for one in figures(page.key)
        ])  # fmt: skip
    _look_again(current, version)


def _choose(snapshots: Snapshots) -> tuple[date, date | None, str]:
    """Let the reader choose two dates and a page."""
    dates = snapshots.dates()[::-1]
    titles = {page.key: page.title for page in PAGES}
    key = st.sidebar.radio("Page", list(titles), format_func=lambda one: titles[one], key="page")
    day = st.sidebar.selectbox("As of", dates, key="day")
    earlier = [one for one in dates if one < day]
    before = st.sidebar.selectbox("Compared with", [*earlier, NO_OTHER], key="before")
    return day, before if isinstance(before, date) else None, key


def _look_again(current: CurrentSnapshots, version: CatalogVersion | None) -> None:
    """Run the app again when a run has published."""

    @st.fragment(run_every=LOOK_AGAIN_SECONDS)
    def watch() -> None:
        if current.version() != version:
            st.rerun()

    watch()


# --- figures -------------------------------------------------------------------------------------


def _show_figures(answers: list[Answer]) -> None:
    """Show the figures of a page: each with its note, its chart and its table."""
    group = _choose_group(answers)
    for one in answers:
        st.subheader(one.figure.title, anchor=one.figure.key)
        st.caption(one.figure.note)
        shown = one
        if group != EVERYONE and one.rows and "group_name" in one.rows[0]:
            shown = Answer(one.figure, [row for row in one.rows if row["group_name"] == group])
        if not shown.rows:
            st.info(one.figure.empty)
            continue
        drawn = draw(shown)
        if drawn.chart:
            chart = render_page("report/chart.html", drawn=drawn, styles=STYLES)
            # In a frame: Streamlit removes SVG from other HTML. All texts in it are escaped.
            st.iframe(f"<style>{chart_style()}</style>{chart}", alt=shown.figure.title)
        st.dataframe(table_of(shown), hide_index=True, width="stretch")


def chart_style() -> str:
    """Return the report's style sheet for a frame that holds one chart."""
    return f"{page_style()} body {{ margin: 0; padding: 0; max-width: {CHART_WIDTH}px; }}"


def _choose_group(answers: list[Answer]) -> str:
    """Let the reader look at one group alone, where a page has groups."""
    groups = list(
        dict.fromkeys(
            row["group_name"] for one in answers for row in one.rows if "group_name" in row
        )
    )
    if not groups:
        return EVERYONE
    return str(st.selectbox("Group", [EVERYONE, *groups]))


def table_of(answer: Answer) -> list[dict[str, Any]]:
    """Return an answer's rows with headings and units, numbers in their units."""
    return [
        {
            f"{one.heading} ({one.unit})" if one.unit else one.heading: one.in_unit(row[one.name])
            for one in answer.figure.columns
        }
        for row in answer.rows
    ]


# --- a person ------------------------------------------------------------------------------------


def _choose_person(snapshots: Snapshots, day: date) -> str | None:
    """Let the reader write an id, or choose among those that begin so; None: there are none."""
    asked = st.text_input("Person", key="person", help="An id, or how it begins")
    found = people_like(snapshots, asked, day)
    if asked in found:
        return asked
    if not found:
        st.info(f"No id begins so as of {day}: ids are case-sensitive.")
        return None
    return str(st.selectbox("Ids that begin so", found))


def people_like(snapshots: Snapshots, start: str, day: date) -> list[str]:
    """Return up to twenty ids of a day that begin so, in order; without a beginning the first."""
    rows = snapshots.rows(
        "select person_id from score where as_of_date = ? and person_id >= ? "
        "and starts_with(person_id, ?) order by person_id limit ?",
        (day, start, start, SUGGESTED),
    )
    return [person_id for (person_id,) in rows]


def _show_person(snapshots: Snapshots, card: Card, person_id: str, before: date | None) -> None:
    """Show a person of the card's day, and what moved since ``before``."""
    try:
        person = read_person(snapshots, card, person_id)
    except PlainscoreError as error:
        st.error(str(error))
        return
    rule = person.not_scored
    score, band, known_on = st.columns(3)
    score.metric("score", "not scored" if person.score is None else person.score)
    band.metric("band", person.band or (rule["code"] if rule else ""))
    known_on.metric("known on", str(card.known_on))
    if rule is not None:
        st.warning(f"{rule['reason']}. {rule['what_to_do']}")
    _points(person)
    if person.score is not None:
        _lost_and_next(person)
    _history(snapshots, person_id, card.as_of_date)
    if before is not None:
        _changes(snapshots, person_id, before, card.as_of_date)
    if person.score is not None:
        _friends(person)
        _what_if(person)


def _points(person: PersonOnCard) -> None:
    st.subheader("Points by feature")
    rows = [
        {
            "factor": row["factor"].replace("_", " "),
            "feature": row["feature"].replace("_", " "),
            "value": row["value"],
            "unit": row["unit"],
            "points": row["points"],
            "of": row["max_points"],
            "share earned": None if row["points"] is None else row["points"] / row["max_points"],
            "total": row["total"],
        }
        for row in person.point_rows()
    ]
    bars = st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent")
    base = person.card.base
    st.caption(f"From the base, {base} points, to the score. An empty value is missing.")
    st.dataframe(rows, hide_index=True, width="stretch", column_config={"share earned": bars})


def _lost_and_next(person: PersonOnCard) -> None:
    st.subheader("Where most points were lost")
    for row in person.reasons:
        st.markdown(f"{row['rank']}. {row['points_lost']} points: {row['reason']}.")
        st.caption(row["what_to_do"])
    upward = person.next_band()
    if upward is None:
        st.write("There is no higher band.")
        return
    first, *ways = next_band_lines(upward)
    st.subheader(first)
    st.text("\n".join(ways))


def _history(snapshots: Snapshots, person_id: str, day: date) -> None:
    st.subheader("Every published date")
    rows = snapshots.records(
        'select as_of_date as "as of", score, band, not_scored_code as rule from score '
        "where person_id = ? and as_of_date <= ? order by as_of_date",
        (person_id, day),
    )
    st.dataframe(rows, hide_index=True, width="stretch")


def _changes(snapshots: Snapshots, person_id: str, before: date, day: date) -> None:
    st.subheader(f"What moved since {before}")
    rows = snapshots.records(
        "select replace(feature, '_', ' ') as feature, value_before, value_after, points_before, "
        "points_after, points_change, rules_change, late_data_change, time_change, "
        "new_events_change from why_changed(?, ?, ?) where value_before is distinct from "
        "value_after or points_change <> 0 order by feature_no",
        (person_id, before, day),
    )
    st.caption("Causes are empty until `plainscore compare` has computed these two dates.")
    st.dataframe(rows, hide_index=True, width="stretch")


def _friends(person: PersonOnCard) -> None:
    terms = person.terms()
    if not terms:
        return
    st.subheader("Friends who count")
    rows = [
        {
            "friend": term["friend_id"] or "the prior of the scorecard",
            "tie (days)": term["tie_days"],
            "contact (months)": term["contact_months"],
            "record (of 100)": term["friend_ppm"] / 1e4,
            "weight (%)": term["weight_share"] * 100,
            "adds (0 to 1)": term["contribution"],
        }
        for term in terms
    ]
    st.dataframe(rows, hide_index=True, width="stretch")


def _what_if(person: PersonOnCard) -> None:
    st.subheader("What if")
    feature = st.selectbox("Feature", [one.feature for one in person.card.features])
    value = st.text_input("Another value", help="A number, or: missing")
    if not value:
        return
    try:
        then = what_if(person, parse_values([f"{feature}={value}"], person.card))
    except QuestionError as error:
        st.error(str(error))
        return
    st.metric("score then", then["score_then"], then["score_then"] - then["score_now"])
    opens, closes = (", ".join(then[name]) or "nothing" for name in ("opens", "closes"))
    st.caption(f"Band {then['band_then']}. Opens: {opens}. Closes: {closes}.")


if __name__ == "__main__":
    show(Path(sys.argv[1]), sys.argv[2] == "invented")
