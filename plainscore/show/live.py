"""The live dashboard: the figures of the report for any date, and anyone's score, in Streamlit.

`plainscore dashboard` starts it with Streamlit's flags, ``--``, the data directory, and
``invented`` or not.
"""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import streamlit as st
from streamlit.web import cli

from plainscore.common.errors import PlainscoreError
from plainscore.common.standard import Method
from plainscore.scorecards.person import Card
from plainscore.show.figures import PAGES, Answer, PageFigure, answer, figures
from plainscore.show.person import read_card
from plainscore.show.reader import CatalogVersion, Snapshots, catalog_version, open_copy
from plainscore.show.report import change_of_card, figures_page, person_page

if __name__ == "__main__" and not st.runtime.exists():
    # Started by itself: all is imported before the first visitor comes. It does not return.
    cli.main(["run", __file__, *sys.argv[1:]])

LOOK_AGAIN_SECONDS = 20
KEPT_ANSWERS = 500
SUGGESTED = 20
NO_OTHER = "no other date"
# Column of a figure -> what the reader can choose of it, and the choice of all; Streamlit would
# show a docstring.
FILTERS = {"group_name": ("Group", "every group"), "benefit": ("Benefit", "every benefit")}
MOVED = """
select
    replace(feature, '_', ' ') as feature, value_before, value_after, points_before, points_after,
    points_change, rules_change, late_data_change, time_change, new_events_change
from why_changed(?, ?, ?)
where value_before is distinct from value_after or points_change <> 0
order by feature_no
"""


def show(data_dir: Path, is_invented: bool) -> None:
    """Show what is published in a data directory."""
    st.set_page_config(page_title="plainscore", layout="wide")
    version = catalog_version(data_dir)
    try:
        kept = opened(str(data_dir), version)
        with kept.again() as snapshots:
            _show_opened(version, snapshots, is_invented)
    except PlainscoreError as error:
        st.error(str(error))
    _look_again(data_dir, version)


@st.cache_resource(max_entries=1, show_spinner=False)
def opened(
    data_dir: str,
    version: CatalogVersion | None,  # noqa: ARG001 - a part of the cache's key
) -> Snapshots:
    """Open each version of the catalog once; readers of the older one finish with it."""
    return open_copy(Path(data_dir))


@st.cache_data(
    max_entries=KEPT_ANSWERS, show_spinner=False, hash_funcs={PageFigure: lambda figure: figure.key}
)
def _answer(
    _snapshots: Snapshots,
    version: CatalogVersion | None,  # noqa: ARG001 - a part of the cache's key
    figure: PageFigure,
    day: date,
    before: date | None,
) -> Answer:
    """Read a figure once for each catalog and dates."""
    return answer(_snapshots, figure, day, before)


@st.cache_resource(max_entries=KEPT_ANSWERS, show_spinner=False)
def _card(
    _snapshots: Snapshots,
    version: CatalogVersion | None,  # noqa: ARG001 - a part of the cache's key
    day: date,
) -> Card:
    """Read the card of a day once for each catalog."""
    return read_card(_snapshots, day)


def _show_opened(version: CatalogVersion | None, snapshots: Snapshots, is_invented: bool) -> None:
    """Let the reader choose two dates and a page, and show it."""
    dates, pages = snapshots.dates()[::-1], {page.key: page for page in PAGES}
    key = st.sidebar.radio(
        "Page",
        list(pages),
        format_func=lambda one: pages[one].title,
        key="page",
        bind="query-params",
    )
    day = st.sidebar.selectbox("As of", dates, key="day", bind="query-params")
    earlier = [one for one in dates if one < day]
    others = [*earlier, NO_OTHER]
    chosen = st.sidebar.selectbox("Compared with", others, key="before", bind="query-params")
    before = chosen if isinstance(chosen, date) else None
    if is_invented:
        st.warning("Every person here is invented, and so is everything they did.")
    else:
        st.warning("The scorecards are illustrative: nothing here is for decisions on anyone.")
    if sentence := change_of_card(snapshots, day):
        st.warning(sentence)
    st.title(pages[key].title)
    st.caption(pages[key].question)
    if key == "person":
        _show_person(snapshots, day, before, _card(snapshots, version, day))
    else:
        found = figures(key, snapshots.method)
        answers = [_answer(snapshots, version, one, day, before) for one in found]
        _show_figures(answers, snapshots.method)


@st.fragment(run_every=LOOK_AGAIN_SECONDS)
def _look_again(data_dir: Path, version: CatalogVersion | None) -> None:
    """Run the app again when a run has published."""
    if catalog_version(data_dir) != version:
        st.rerun()


def _show_figures(answers: list[Answer], method: Method) -> None:
    """Show the figures of a page as the report does, of all groups and benefits or of one."""
    for column, (label, every) in FILTERS.items():
        names = dict.fromkeys(row[column] for one in answers for row in one.rows if column in row)
        if not names:
            continue
        key = label.lower()
        chosen = st.selectbox(label, [every, *names], key=key, bind="query-params")
        answers = [
            replace(one, rows=[r for r in one.rows if chosen in (every, r.get(column, chosen))])
            for one in answers
        ]
    st.iframe(figures_page(answers, method), alt="Charts and tables of this page")


def _show_person(snapshots: Snapshots, day: date, before: date | None, card: Card) -> None:
    """Let the reader find a person; show them as the report does, and what moved."""
    asked = st.text_input(
        "Person", key="person", help="An id, or how it begins", bind="query-params"
    )
    rows = snapshots.rows(
        "select person_id from score where as_of_date = ? and person_id >= ? "
        "and starts_with(person_id, ?) order by person_id limit ?",
        (day, asked, asked, SUGGESTED),
    )
    if not rows:
        st.info(f"No id begins so as of {day}: ids are case-sensitive.")
        return
    found = [one for (one,) in rows]
    person_id = asked if asked in found else str(st.selectbox("Ids that begin so", found))
    page = person_page(snapshots, day, person_id, card)
    st.iframe(page, alt="The person's score, point by point")
    if before is not None:
        st.subheader(f"What moved since {before}")
        st.caption("Causes are empty until `plainscore compare` has computed these two dates.")
        moved = snapshots.records(MOVED, (person_id, before, day))
        st.dataframe(moved, hide_index=True, width="stretch")


if __name__ == "__main__":
    show(Path(sys.argv[1]), sys.argv[2] == "invented")
