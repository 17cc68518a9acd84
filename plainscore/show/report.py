"""Whole pages: the report of a snapshot, documents about it, a comparison of rules.

A page needs no network and no other file. Every query in a document becomes its rows, with the
command that runs it again. The comparison is made of the record that `plainscore scenarios --format
json` prints, by the figures of dashboards/figures/scenarios.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import duckdb

from plainscore.common.files import translating_write_errors
from plainscore.common.lock import writer_lock
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import printable
from plainscore.contracts.catalog import AUDITS, STATISTICS, Catalog, load_catalog
from plainscore.contracts.contract import Column, Table
from plainscore.publish.publication import publish_report, report_file
from plainscore.scorecards.person import Card, PersonOnCard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import read_settings
from plainscore.show.changes import CAUSES, TITLES
from plainscore.show.figures import (
    PAGES,
    Answer,
    PageFigure,
    answer,
    figures,
    figures_json,
    read_figure,
    script_json,
    words_of_bad,
)
from plainscore.show.packages import chart_scripts
from plainscore.show.person import read_card, read_people
from plainscore.show.reader import ResultTable, Row, Snapshots, open_snapshots, query, render_page

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


def report_page(snapshots: Snapshots, day: date, tables: Sequence[Table], is_invented: bool) -> str:
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
        people=_people_json(snapshots, day, ids, read_card(snapshots, day)),
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


def _made_from(table: Table) -> dict[str, Any]:
    """Return what lineage.js draws of a table."""
    inputs = sorted(table.inputs)
    return {"name": table.name, "schema": table.schema, "title": table.title, "inputs": inputs}


def person_page(snapshots: Snapshots, day: date, person_id: str, card: Card) -> str:
    """Return a page of one person of a published day on its card, as the report draws them."""
    method = snapshots.method
    return render_page(
        "report/person.html",
        method,
        style=page_style(method),
        script="".join(person_scripts(method).values()),
        people=_people_json(snapshots, day, [person_id], card),
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


def _people_json(snapshots: Snapshots, day: date, ids: Sequence[str], card: Card) -> str:
    """Return the card of a day and people for a <script>: what card.js and person.js read."""
    asked = {"day": day, "people": list(ids)}
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


# Documents: a model card and a datasheet


QUERY = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOTHING = "*No rows: this snapshot has nothing to show here.*"
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def escaped(text: str) -> str:
    """Return ``text`` as Markdown that shows it and has no other effect."""
    return _MARKS.sub(r"\\\1", html.escape(printable(text)))


def read_document(name: Literal["model-card", "datasheet"]) -> str:
    """Return a document with its queries."""
    return STANDARD_METHOD.text(f"dashboards/documents/{name.replace('-', '_')}.md")


def fill(document: str, snapshots: Snapshots) -> str:
    """Return a document in which each block of SQL is replaced by its rows as a Markdown table.

    Below each table is the command that runs its query; ``{bad}`` becomes the words of the outcome.
    Raises QuestionError where a query is wrong, or reads what is not published.
    """
    document = document.replace("{bad}", escaped(words_of_bad(snapshots.method)))
    return QUERY.sub(lambda found: _answered(found[1].strip(), snapshots), document)


def _answered(sql: str, snapshots: Snapshots) -> str:
    result = query(snapshots.con, sql)
    answered = markdown_table(ResultTable(result.columns, list(result.rows)))
    return f'{answered}\n\n```sh\nplainscore query "{sql}"\n```'


def markdown_table(table: ResultTable) -> str:
    """Return rows as a table of Markdown."""
    rows = list(table.rows)
    if not rows:
        return NOTHING
    lines = [
        [escaped(name.replace("_", " ")) for name in table.columns],
        [
            "---:" if all(isinstance(one, int | float | Decimal | None) for one in cells) else "---"
            for cells in zip(*rows, strict=True)
        ],
        *(map(_cell, row) for row in rows),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{float(value):.4g}"
    return escaped(str(value))


def dictionary(catalog: Catalog) -> str:
    """Return every table and column, as the contracts declare them, as Markdown."""
    schemas = {
        schema: sorted(tables, key=lambda table: table.name)
        for schema in catalog.schemas
        if (tables := catalog.of_schema(schema))
    }
    page = render_page("documents/tables.md", schemas=schemas, bounds=_bounds)
    return page.rstrip("\n") + "\n"


def _bounds(column: Column) -> str:
    low, high = column.minimum, column.maximum
    said = {
        f"one of {', '.join(column.among)}": bool(column.among),
        f"{low} to {high}": low is not None and high is not None,
        f"from {low}": low is not None and high is None,
        f"up to {high}": low is None and high is not None,
        "may be empty": column.nullable,
    }
    return "; ".join(text for text, is_so in said.items() if is_so)


# The same people under several rules


TABLES = ("figures", "bands", "gaps", "benefits", "four_fifths", "planted")
DECIMALS = 4


@contextmanager
def _opened(record: Mapping[str, Any]) -> Iterator[Snapshots]:
    """Open a record as tables; ``society_no`` is the place of a row's society."""
    with TemporaryDirectory() as folder, Snapshots(duckdb.connect()) as opened:
        file = Path(folder, "record.json")
        file.write_text(json.dumps(record), encoding="utf-8")
        opened.con.execute("set threads = 1")  # floats are summed in one order
        opened.con.execute("set variable record_file = ?", [str(file)])
        opened.con.execute(STANDARD_METHOD.text("dashboards/scenarios/record.sql"))
        for name in TABLES:
            opened.con.execute(
                f"create table {name} as select *, list_position("
                "(select [one.society for one in societies] from record), society) as society_no "
                f"from (select unnest({name}, recursive := true) from record)"
            )
        yield opened


def _summary() -> PageFigure:
    return read_figure(STANDARD_METHOD.file("dashboards/scenarios/summary.sql"))


def summary_rows(record: Mapping[str, Any]) -> list[Row]:
    """Return the figures of every society over the whole time, rounded; see summary.sql."""
    with _opened(record) as opened:
        return opened.records(
            f"select society, scored, round_even(columns(* exclude (society, scored)), {DECIMALS}) "
            f"from ({_summary().sql})"
        )


def scenarios_page(record: Mapping[str, Any]) -> str:
    """Return the page of a record as `plainscore scenarios --format json` prints it."""
    with _opened(record) as opened:
        found = [_summary(), *figures("scenarios", bad=record["bad"])]
        answers = [answer(opened, one, date.max, None) for one in found]
    answers = [one for one in answers if one.rows]
    return render_page(
        "scenarios/page.html",
        record=record,
        answers=answers,
        **page_parts(answers, STANDARD_METHOD),
    )


# The report of a date as a file


DRAWN_SCHEMAS = ("events", "raw", "staging", "features", "scores", AUDITS, STATISTICS)
TRUTH_OF_INVENTED = "landing/_truth/world.json"


def configured_catalog(data_dir: Path) -> Catalog:
    """Return the tables that the settings and scorecards of a data directory make.

    Raises UsageError for invalid settings or scorecards.
    """
    settings = read_settings(data_dir)
    cards = read_scorecards(settings.scorecards, settings.method)
    return load_catalog(cards, method=settings.method)


def is_invented_world(data_dir: Path) -> bool:
    """Return whether `plainscore synthesise` wrote the logs of a data directory."""
    return (data_dir / TRUTH_OF_INVENTED).is_file()


def make_report(data_dir: Path, word: str, catalog: Catalog) -> str:
    """Return the report page of the published date that a word means (see `Snapshots.day`).

    Raises NothingPublishedError, DateNotPublishedError, or QuestionError if the word is no date.
    """
    with open_snapshots(data_dir) as snapshots:
        day = snapshots.day(word)
        return report_page(snapshots, day, drawn_tables(catalog), is_invented_world(data_dir))


def write_report(data_dir: Path, day: date, catalog: Catalog) -> None:
    """Write the report of a run's date, in the place of an older one.

    A run writes it from what is published, after it is published: a page that cannot be written
    costs no snapshot.
    """
    page = make_report(data_dir, str(day), catalog)
    with translating_write_errors(data_dir):
        publish_report(page, report_file(data_dir, day))


def write_report_of(data_dir: Path, word: str, out: Path | None) -> Path:
    """Write the report of a published date again, to ``out`` or where a run writes it."""
    catalog = configured_catalog(data_dir)
    with open_snapshots(data_dir) as snapshots:
        day = snapshots.day(word)
    file = report_file(data_dir, day) if out is None else out.resolve()
    # Made under the lock too: the report of a run that ends meanwhile would be newer than ours.
    with writer_lock(data_dir, "report") if out is None else nullcontext():
        page = make_report(data_dir, str(day), catalog)
        with translating_write_errors(file.parent):
            publish_report(page, file)
    return file


def drawn_tables(catalog: Catalog) -> list[Table]:
    """Return the tables of a catalog that the drawing of the method shows."""
    return [table for schema in DRAWN_SCHEMAS for table in catalog.of_schema(schema)]
