"""Anybody's score: point by point, what moved it between two dates, and what would."""

from datetime import date

import streamlit as st

from plainscore.show.errors import QuestionError, ReadingError
from plainscore.show.explanation import Explanation, explanation_of
from plainscore.show.method_of_day import MethodOfDay
from plainscore.show.person_rows import PersonRows, read_person
from plainscore.show.record import Record, record_of
from plainscore.show.snapshots import Snapshots
from plainscore.show.what_if import read_values, what_if

SUGGESTED = 20


def show_person(snapshots: Snapshots, method: MethodOfDay, asked: str, before: date | None) -> None:
    """Show a person of the method's day, and what moved since ``before``."""
    try:
        person = read_person(snapshots, asked, method.day)
    except ReadingError as error:
        st.error(str(error))
        return
    told = explanation_of(person, method)
    _headline(told)
    if told.not_scored is not None:
        st.warning(f"{told.not_scored.reason}. {told.not_scored.what_to_do}")
    _points(told)
    if told.score is not None:
        _lost_and_next(told)
    _history(snapshots, asked, method.day)
    if before is not None:
        _changes(snapshots, asked, before, method.day)
    if told.score is not None:
        _friends(person)
        _what_if(snapshots, record_of(person, method))


def choose_person(snapshots: Snapshots, day: date) -> str | None:
    """Let the reader write an id, or choose among those that begin so; None: nobody's does."""
    asked = st.text_input("Person", key="person", help="An id, or how it begins")
    found = people_like(snapshots, asked, day)
    if asked in found:
        return asked
    if not found:
        st.info(f"Nobody's id begins so as of {day}: ids are case-sensitive.")
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


def _headline(told: Explanation) -> None:
    score, band, known_on = st.columns(3)
    score.metric("score", "not scored" if told.score is None else told.score)
    band.metric("band", told.band or (told.not_scored.code if told.not_scored else ""))
    known_on.metric("known on", str(told.known_on))


def _points(told: Explanation) -> None:
    st.subheader("Points by feature")
    total, rows = told.base, []
    for row in told.points:
        total += row.points or 0
        rows.append(
            {
                "factor": row.factor.replace("_", " "),
                "feature": row.feature.replace("_", " "),
                "value": row.value,
                "unit": row.unit,
                "points": row.points,
                "of": row.max_points,
                "share earned": None if row.points is None else row.points / row.max_points,
                "total": total if row.points is not None else None,
            }
        )
    bars = st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent")
    st.caption(f"From the base, {told.base} points, to the score. An empty value is missing.")
    st.dataframe(rows, hide_index=True, width="stretch", column_config={"share earned": bars})


def _lost_and_next(told: Explanation) -> None:
    st.subheader("Where most points were lost")
    for reason in told.reasons:
        st.markdown(f"{reason.rank}. {reason.points_lost} points: {reason.reason}.")
        st.caption(reason.what_to_do)
    if told.next_band is None:
        st.write("There is no higher band.")
        return
    upward = told.next_band
    st.subheader(f"{upward.points_missing} points to {upward.band} (from {upward.at_least})")
    for move in (*upward.one_feature_moves, *upward.two_feature_moves):
        steps = " and ".join(f"{step.feature} {step.goal}" for step in move.steps)
        st.text(f"{move.score_change:+} points with {steps}")


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


def _friends(person: PersonRows) -> None:
    st.subheader("Friends who count")
    rows = [
        {
            "friend": row["friend_id"] or "the prior of the scorecard",
            "tie (days)": row["tie_days"],
            "contact (months)": row["weight"],
            "record (of 100)": row["record_ppm"] / 1e4,
            "weight (%)": row["weight_share"] * 100,
            "adds (0 to 1)": row["contribution"],
        }
        for row in person.friends
    ]
    st.dataframe(rows, hide_index=True, width="stretch")


def _what_if(snapshots: Snapshots, record: Record) -> None:
    st.subheader("What if")
    feature = st.selectbox("Feature", list(record.features))
    value = st.text_input("Another value", help="A number, or: missing")
    if not value:
        return
    try:
        then = what_if(snapshots, record, read_values([f"{feature}={value}"], record))
    except QuestionError as error:
        st.error(str(error))
        return
    st.metric("score then", then.score_then, then.score_then - then.score_now)
    opens, closes = (", ".join(names) or "nothing" for names in (then.opens, then.closes))
    st.caption(f"Band {then.band_then}. Opens: {opens}. Closes: {closes}.")
