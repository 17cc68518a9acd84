"""The report: one HTML page for each snapshot, which needs no network and no other file."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.scorecards.person import Card, PersonOnCard
from plainscore.show.changes import CAUSES, TITLES
from plainscore.show.charts import STYLES, Box, layer_drawing
from plainscore.show.figures import PAGES, answer, draw, figures
from plainscore.show.person import read_card, read_people, rows_by_person
from plainscore.show.reader import Snapshots, method_text, render_page

EVENLY, MOVED, UNSCORED = 240, 40, 4
"""People on the page: evenly by rank, with the largest moves, and for each rule of no score."""


def report_page(snapshots: Snapshots, day: date, boxes: Sequence[Box], is_invented: bool) -> str:
    """Return the page of a published day; the same page for the same published snapshots.

    Parameters
    ----------
    boxes
        The tables that a score is made by, for the drawing of the method.
    is_invented
        Whether the logs were written by `plainscore synthesise`: the page says so at the top.
    """
    from markupsafe import Markup

    before = snapshots.previous(day)
    people = _people_object(snapshots, read_card(snapshots, day), before)
    answers = {
        page.key: [
            (one, draw(found) if found.rows else None)
            for one in figures(page.key, snapshots.method)
            for found in [answer(snapshots, one, day, before)]
        ]
        for page in PAGES
    }
    method = snapshots.method
    report_script = method_text("dashboards/report/report.js", method)
    people_json = json.dumps(people, ensure_ascii=False, separators=(",", ":"))
    # Nothing in it ends the <script> element that holds it, whatever ids people have.
    for sign in "<\u2028\u2029":
        people_json = people_json.replace(sign, f"\\u{ord(sign):04x}")
    return render_page(
        "report/page.html",
        method,
        day=day,
        before=before,
        run=snapshots.run_of(day),
        is_invented=is_invented,
        pages=PAGES,
        answers=answers,
        styles=STYLES,
        style=Markup(page_style(method)),
        script=Markup("".join([*person_scripts(method).values(), report_script])),
        people=Markup(people_json),
        lineage=Markup(layer_drawing("Tables", "what each is made from", boxes)),
        boxes=boxes,
    )


def page_style(method: Method = STANDARD_METHOD) -> str:
    """Return the style sheet of a page with figures and people."""
    return base_style(method) + method_text("dashboards/report/report.css", method)


def base_style(method: Method = STANDARD_METHOD) -> str:
    """Return the style sheet of every page: light, dark, narrow, wide, print."""
    return method_text("dashboards/style/base.css", method)


def person_scripts(method: Method = STANDARD_METHOD) -> dict[str, str]:
    """Return the scripts that compute and draw a person on a card: file name -> text, in order."""
    names = ("style/theme.js", "report/card.js", "report/person.js")
    return {name.rpartition("/")[2]: method_text(f"dashboards/{name}", method) for name in names}


# --- people --------------------------------------------------------------------------------------


def _people_object(snapshots: Snapshots, card: Card, before: date | None) -> dict[str, Any]:
    """Return the card and some of its people, for JSON: what card.js and person.js read."""
    ids = choose_people(snapshots, card.as_of_date, before)
    history = _history(snapshots, ids, card.as_of_date)
    changes = _changes(snapshots, ids, card.as_of_date)
    people = [
        {
            **_short_person(person),
            "next_band": person.next_band(),
            "history": history.get(person.person_id, []),
            "changes": changes.get(person.person_id, []),
        }
        for person in read_people(snapshots, card, ids)
    ]
    return {"card": card.as_json(), "causes": TITLES, "people": people}


def choose_people(snapshots: Snapshots, day: date, before: date | None) -> list[str]:
    """Return the ids of a few hundred people of a snapshot; the highest score first."""
    sql = method_text("dashboards/report/people.sql", snapshots.method)
    counts = {"even_count": EVENLY, "moved_count": MOVED, "unscored_count": UNSCORED}
    rows = snapshots.rows(sql, {"as_of_date": day, "before_date": before, **counts})
    return [person_id for (person_id,) in rows]


def _short_person(person: PersonOnCard) -> dict[str, Any]:
    """Return a person without what the card says; ``values``, ``points``: in its order.

    `explanation` in card.js makes `PersonOnCard.as_json` of it.
    """
    features = person.card.features
    words = ("code", "points_lost", "reason", "what_to_do")
    return {
        "person_id": person.person_id,
        "values": [person.values[one.feature] for one in features],
        "points": [person.points[one.feature] for one in features if person.points],
        "reasons": [{name: row[name] for name in words} for row in person.reasons],
        "not_scored_code": person.not_scored_code,
        "ties": [
            [tie.friend_id, tie.tie_days, tie.contact_months, tie.friend_ppm] for tie in person.ties
        ],
    }


def _history(snapshots: Snapshots, people: Sequence[str], day: date) -> dict[str, list[Any]]:
    """Return date and score (None: not scored) of every published date that knows a person."""
    rows = snapshots.records(
        "select person_id, as_of_date, score from score "
        "where as_of_date <= $day and person_id in (select unnest($people)) "
        "order by person_id, as_of_date",
        {"day": day, "people": list(people)},
    )
    return {
        person: [[str(row["as_of_date"]), row["score"]] for row in own]
        for person, own in rows_by_person(rows).items()
    }


def _changes(snapshots: Snapshots, people: Sequence[str], day: date) -> dict[str, list[Any]]:
    """Return the computed changes between default runs: both dates, the change, its causes."""
    rows = snapshots.records(
        "select change.* from change "
        "inner join run as earlier on change.as_of_date_before = earlier.as_of_date "
        "and change.known_on_before = earlier.known_on and earlier.is_shown "
        "inner join run as later on change.as_of_date = later.as_of_date "
        "and change.known_on = later.known_on and later.is_shown "
        "where change.as_of_date <= $day and change.score_change is not null "
        "and change.person_id in (select unnest($people)) "
        "order by change.person_id, change.as_of_date, change.as_of_date_before",
        {"day": day, "people": list(people)},
    )
    return {
        person: [
            [
                str(row["as_of_date_before"]), str(row["as_of_date"]), row["score_change"],
                {cause: row[f"{cause}_change"] for cause in CAUSES},
            ]
            for row in own
        ]
        for person, own in rows_by_person(rows).items()
    }  # fmt: skip
