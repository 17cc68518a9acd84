"""The report: one HTML page for each snapshot, which needs no network and no other file."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.scorecards.person import PersonOnCard
from plainscore.show.changes import CAUSES, TITLES
from plainscore.show.figures import PAGES, Answer, answer, figures, figures_json, script_json
from plainscore.show.packages import chart_scripts
from plainscore.show.person import read_card, read_people
from plainscore.show.reader import Snapshots, render_page

if TYPE_CHECKING:
    from plainscore.contracts.contract import Table

PERSON, REPORT = ("report/card.js", "report/person.js"), ("report/lineage.js", "report/report.js")
EVENLY, MOVED, UNSCORED = 240, 40, 4
"""People on the page: evenly by rank, with the largest moves, and for each rule of no score."""
_HISTORY = """
select person_id, cast(as_of_date as varchar), score, score_rank
from score
where as_of_date <= $day and person_id in (select unnest($people))
order by person_id, as_of_date
"""
_CHANGES = f"""
select
    person_id, cast(change.as_of_date_before as varchar), cast(change.as_of_date as varchar),
    score_change, {{{", ".join(f"'{cause}': {cause}_change" for cause in CAUSES)}}}
from change
inner join run as earlier
    on as_of_date_before = earlier.as_of_date and known_on_before = earlier.known_on
inner join run as later
    on change.as_of_date = later.as_of_date and change.known_on = later.known_on
where earlier.is_shown and later.is_shown and score_change is not null
    and change.as_of_date <= $day and person_id in (select unnest($people))
order by person_id, change.as_of_date, as_of_date_before
"""
"""Between default runs: both dates, the change of the score, and its causes, where computed."""


_OTHER_CARDS = """
with champion as (
    select as_of_date, scorecard || ' ' || version as card
    from card
    where scorecard_no = 1 and as_of_date <= $day
)

select
    max(earlier.as_of_date),
    string_agg(distinct earlier.card, ', ' order by earlier.card),
    any_value(now.card)
from champion as earlier
inner join champion as now on now.as_of_date = $day and earlier.card <> now.card
"""


def change_of_card(snapshots: Snapshots, day: date) -> str:
    """Return a sentence where earlier dates were scored by another champion; else nothing."""
    [(last, earlier, now)] = snapshots.rows(_OTHER_CARDS, {"day": day})
    if last is None:
        return ""
    return (
        f"Dates up to {last} were scored by {earlier}, {day} by {now}: what differs between them "
        "is due to rules as well. `plainscore compare` splits it by cause."
    )


def report_page(
    snapshots: Snapshots, day: date, tables: "Sequence[Table]", is_invented: bool
) -> str:
    """Return the page of a published day; the same page for the same published snapshots.

    ``tables``: the tables that a score is made by, for the drawing of the method. ``is_invented``:
    whether `plainscore synthesise` wrote the logs: the page says so at the top.
    """
    method, before = snapshots.method, snapshots.previous(day)
    ids = choose_people(snapshots, day, before)
    answers = {
        page.key: [answer(snapshots, one, day, before) for one in figures(page.key, method)]
        for page in PAGES
    }
    return render_page(
        "report/page.html",
        method,
        day=day,
        before=before,
        change_of_card=change_of_card(snapshots, day),
        run=snapshots.run_of(day),
        is_invented=is_invented,
        pages=PAGES,
        answers=answers,
        people=_people_json(snapshots, day, ids),
        tables=tables,
        lineage=script_json([_made_from(one) for one in tables]),
        **page_parts([one for page in answers.values() for one in page], method, *PERSON, *REPORT),
    )


def page_parts(answers: Iterable[Answer], method: Method, *further: str) -> dict[str, Any]:
    """Return what a template needs to show figures: style, scripts, and their rows as JSON.

    ``further``: scripts of dashboards/. ``library`` is None where what draws charts is missing.
    """
    scripts = ("style/page.js", "report/charts.js", "report/tables.js", *further)
    return {
        "style": page_style(method),
        "library": chart_scripts(),
        "script": "".join(method.text(f"dashboards/{name}") for name in scripts),
        "figures": figures_json(answers),
    }


def figures_page(answers: Sequence[Answer], method: Method) -> str:
    """Return a page of some figures, as the report draws them."""
    return render_page(
        "report/figures.html", method, answers=answers, **page_parts(answers, method)
    )


def _made_from(table: "Table") -> dict[str, Any]:
    """Return what lineage.js draws of a table."""
    inputs = sorted(table.inputs)
    return {"name": table.name, "schema": table.schema, "title": table.title, "inputs": inputs}


def person_page(snapshots: Snapshots, day: date, person_id: str) -> str:
    """Return a page of one person of a published day, as the report draws them."""
    method = snapshots.method
    return render_page(
        "report/person.html",
        method,
        style=page_style(method),
        script="".join(person_scripts(method).values()),
        people=_people_json(snapshots, day, [person_id]),
    )


def page_style(method: Method = STANDARD_METHOD) -> str:
    """Return the style sheet of a page with figures and people: light, dark, narrow, print."""
    return method.text("dashboards/style/base.css") + method.text("dashboards/report/report.css")


def person_scripts(method: Method = STANDARD_METHOD) -> dict[str, str]:
    """Return the scripts that compute and draw a person on a card: file name -> text, in order."""
    names = ("style/page.js", *PERSON)
    return {name.rpartition("/")[2]: method.text(f"dashboards/{name}") for name in names}


def choose_people(snapshots: Snapshots, day: date, before: date | None) -> list[str]:
    """Return the ids of a few hundred people of a snapshot; the highest score first."""
    sql = snapshots.method.text("dashboards/report/people.sql")
    counts = {"even_count": EVENLY, "moved_count": MOVED, "unscored_count": UNSCORED}
    rows = snapshots.rows(sql, {"as_of_date": day, "before_date": before, **counts})
    return [person_id for (person_id,) in rows]


def _people_json(snapshots: Snapshots, day: date, ids: Sequence[str]) -> str:
    """Return the card of a day and people for a <script>: what card.js and person.js read."""
    card, asked = read_card(snapshots, day), {"day": day, "people": list(ids)}
    history: dict[str, list[Any]] = {}
    changes: dict[str, list[Any]] = {}
    for found, sql in ((history, _HISTORY), (changes, _CHANGES)):
        for person_id, *cells in snapshots.rows(sql, asked):
            found.setdefault(person_id, []).append(cells)
    people = [
        {
            **_short_person(person),
            "next_band": person.next_band(),
            "history": history.get(person.person_id, []),
            "changes": changes.get(person.person_id, []),
        }
        for person in read_people(snapshots, card, ids)
    ]
    page = {"card": card.as_json(), "causes": TITLES, "people": people}
    return script_json(page)


def _short_person(person: PersonOnCard) -> dict[str, Any]:
    """Return a person without what the card says; ``values``, ``points``: in its order.

    `explanation` in card.js makes `PersonOnCard.as_json` of it.
    """
    features = person.card.features
    words = ("code", "family", "points_lost", "method", "benchmark_points", "reason", "what_to_do")
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
