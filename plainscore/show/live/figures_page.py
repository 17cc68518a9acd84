"""A page of figures: each with its note, its chart and its table."""

from collections.abc import Callable
from datetime import date

import streamlit as st

from plainscore.show.figures.figure import Answer, Figure, figures
from plainscore.show.live.charts import chart_of, table_of

Ask = Callable[[Figure, date, date | None], Answer]

EVERYONE = "every group"


def show_figures(page: str, ask: Ask, day: date, before: date | None) -> None:
    """Show every figure of a page for two dates."""
    answers = [ask(figure, day, before) for figure in figures(page)]
    group = _choose_group(answers)
    for told in answers:
        st.subheader(told.figure.title, anchor=told.figure.key)
        st.caption(told.figure.note)
        if group != EVERYONE and told.rows and "group_name" in told.rows[0]:
            of_group = [row for row in told.rows if row["group_name"] == group]
            told = Answer(told.figure, of_group)
        if not told.rows:
            st.info(told.figure.empty)
            continue
        chart = chart_of(told)
        if chart is not None:
            st.altair_chart(chart, width="stretch")
        st.dataframe(table_of(told), hide_index=True, width="stretch")


def _choose_group(answers: list[Answer]) -> str:
    """Let the reader look at one group alone, where a page tells of groups."""
    groups = list(
        dict.fromkeys(
            row["group_name"] for told in answers for row in told.rows if "group_name" in row
        )
    )
    if not groups:
        return EVERYONE
    return str(st.selectbox("Group", [EVERYONE, *groups]))
