"""The app that `plainscore dashboard` starts: its one argument is the data directory."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from plainscore.show.errors import ReadingError
from plainscore.show.figures.figure import Answer, Figure, answer
from plainscore.show.live.current import CurrentSnapshots, Version
from plainscore.show.live.figures_page import show_figures
from plainscore.show.live.person_page import choose_person, show_person
from plainscore.show.method_of_day import MethodOfDay, read_method
from plainscore.show.report.contents import PAGES
from plainscore.show.snapshots import Snapshots

LOOK_AGAIN_SECONDS = 20
KEPT_ANSWERS = 500
KEPT_METHODS = 50
NO_OTHER = "no other date"


def show(data_dir: Path, is_invented: bool) -> None:
    """Show what is published in a data directory."""
    st.set_page_config(page_title="plainscore", layout="wide")
    current = _current(str(data_dir))
    try:
        version, snapshots = current.open()
        with snapshots:
            _show_opened(current, version, snapshots, is_invented)
    except ReadingError as error:
        st.error(str(error))


@st.cache_resource
def _current(data_dir: str) -> CurrentSnapshots:
    return CurrentSnapshots(Path(data_dir))


@st.cache_data(
    max_entries=KEPT_ANSWERS, show_spinner=False, hash_funcs={Figure: lambda figure: figure.key}
)
def _rows(
    _snapshots: Snapshots,
    version: Version | None,  # noqa: ARG001 - of the catalog: a part of the cache's key
    figure: Figure,
    day: date,
    before: date | None,
) -> list[dict[str, Any]]:
    """Ask a figure once for each catalog and dates."""
    return [dict(row) for row in answer(_snapshots, figure, day, before).rows]


@st.cache_resource(max_entries=KEPT_METHODS, show_spinner=False)
def _method(
    _snapshots: Snapshots,
    version: Version | None,  # noqa: ARG001 - of the catalog: a part of the cache's key
    day: date,
) -> MethodOfDay:
    """Read the method of a day once for each catalog."""
    return read_method(_snapshots, day)


def _show_opened(
    current: CurrentSnapshots, version: Version | None, snapshots: Snapshots, is_invented: bool
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
        asked = choose_person(snapshots, day)
        if asked is not None:
            show_person(snapshots, _method(snapshots, version, day), asked, before)
    else:

        def ask(figure: Figure, day: date, before: date | None) -> Answer:
            rows = _rows(snapshots, version, figure, day, before)
            return Answer(figure, rows)

        show_figures(page.key, ask, day, before)
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


def _look_again(current: CurrentSnapshots, version: Version | None) -> None:
    """Run the app again when something has been published."""

    @st.fragment(run_every=LOOK_AGAIN_SECONDS)
    def watch() -> None:
        if current.version() != version:
            st.rerun()

    watch()


if __name__ == "__main__":
    show(Path(sys.argv[1]), sys.argv[2] == "invented")
