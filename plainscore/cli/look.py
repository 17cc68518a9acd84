"""Commands that look at what is published: people, changes, SQL, pages and documents."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import date
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from plainscore.cli.options import (
    DATA,
    NO_LIMITS,
    Cards,
    DataDir,
    First,
    FirstKnownOn,
    Flag,
    Format,
    Last,
    LastKnownOn,
    Limits,
    OneFile,
    Person,
    PublishedDate,
    reading,
    writing,
)
from plainscore.cli.output import (
    ResultTable,
    emit,
    json_value,
    note,
    show,
    table_of,
    write_text,
)
from plainscore.common.errors import InputRefused, LimitPassed, UsageError

if TYPE_CHECKING:
    from plainscore.publish.runs import Run
    from plainscore.show.changes import Pair, SnapshotComparison
    from plainscore.show.reader import Snapshots

Record = dict[str, Any]
ALL_ELSE_EQUAL = "all else equal: bills to come, other people's scores and purchases as they are"
POINT_COLUMNS = ("factor", "feature", "value", "unit", "points", "max_points")
CHANGED_COLUMNS = ("feature", "value_now", "value_then", "points_now", "points_then")
BAND_COLUMNS = (
    "attribute", "group_name", "band_from", "band_to", "band_no_to", "is_up", "people",
)  # fmt: skip
ROWS_AT_ONCE = 2_000
STEP_COLUMNS = ("within_days", "kind", "feature", "goal", "points", "act", "score_then")


def explain(
    person: Person,
    *,
    as_of: PublishedDate = "latest",
    proof: Flag = False,
    data: DataDir = DATA,
    output_format: Format = "table",
) -> None:
    """Explain one person's score, point by point, on the champion scorecard.

    Parameters
    ----------
    proof
        Print, as json, a proof of the person's rows for `plainscore verify --proof`.
    """
    from plainscore.show.person import explain as explain_person
    from plainscore.show.terminal import waterfall

    with reading(data) as snapshots:
        day = snapshots.day(as_of)
        if proof:
            emit("json", document=_proof(data, person, snapshots, day))
            return
        explained = explain_person(snapshots, person, day)
    document = explained.as_json()
    points = table_of(document["points"], POINT_COLUMNS)
    emit(output_format, points, document=document, shown=lambda: [waterfall(explained)])


def _proof(data: Path, person: str, snapshots: "Snapshots", day: date) -> dict[str, Any]:
    from plainscore.publish.proof import make_proof

    [(known_on, run)] = snapshots.rows(
        "select known_on, run from dim_date where as_of_date = ?", (day,)
    )
    return make_proof(_run(data, (day, known_on, run)), person)


def what_if(
    person: Person,
    *,
    set_values: Annotated[tuple[str, ...], Parameter(name="--set", show_default=False)] = (),
    as_of: PublishedDate = "latest",
    data: DataDir = DATA,
    output_format: Format = "table",
) -> None:
    """Show the score with other values, or which honest acts lead to the next band.

    Exact on the champion scorecard's integer points. Without --set: ways made of honest acts and
    of time, the fastest first; friends and purchases are never advised.

    Parameters
    ----------
    set_values
        feature=value, or feature=missing; repeat the flag for more.
    """
    from plainscore.show.person import explain as explain_person
    from plainscore.show.person import parse_values, recourse, require_scored
    from plainscore.show.person import what_if as answer

    with reading(data) as snapshots:
        scored = require_scored(explain_person(snapshots, person, snapshots.day(as_of)))
    if not set_values:
        found = recourse(scored)
        emit(output_format, _steps(found), document=found, shown=lambda: _ways(found))
        return
    found = answer(scored, parse_values(set_values, scored.card))
    table = table_of(found["features"], CHANGED_COLUMNS)
    emit(output_format, table, document=found, shown=lambda: _answer(found, table))


def _answer(found: Record, table: ResultTable) -> Iterator[Any]:
    change = found["score_then"] - found["score_now"]
    yield (
        f"{found['person_id']}: {found['score_now']} {found['band_now']} -> "
        f"{found['score_then']} {found['band_then']} ({change:+d})   "
        f"as of {found['as_of_date']}, scorecard {found['scorecard']}"
    )
    yield table
    yield from (f"{name}: {', '.join(found[name])}" for name in ("opens", "closes") if found[name])
    yield ALL_ELSE_EQUAL


def _steps(found: Record) -> ResultTable:
    steps = [
        {"within_days": way["days"], "kind": kind, **step, "points": step["points_gained"],
         "score_then": way["score_then"]}
        for way in found["ways"]
        for kind, of_kind in (("act", way["acts"]), ("waiting", way["waiting"]))
        for step in of_kind
    ]  # fmt: skip
    return table_of(steps, STEP_COLUMNS)


def _ways(found: Record) -> Iterator[str]:
    from plainscore.show.terminal import next_band_lines

    yield (
        f"{found['person_id']}: {found['score']} {found['band']}   "
        f"as of {found['as_of_date']}, scorecard {found['scorecard']}"
    )
    if found["at_least"] is None:
        yield "there is no higher band"
        return
    upward = {
        "band": found["next_band"],
        "at_least": found["at_least"],
        "points_missing": found["at_least"] - found["score"],
        "ways": found["ways"],
    }
    first, *lines = next_band_lines(upward)
    yield first
    for line in lines:
        is_way = upward["ways"] and not line.startswith(" ")
        yield f"\n{line}" if is_way else line
    yield f"\n{ALL_ELSE_EQUAL}"


def why(
    person: Person,
    *,
    first: First = None,
    last: Last = None,
    known_on: LastKnownOn = None,
    known_on_from: FirstKnownOn = None,
    scorecard: Cards = None,
    data: DataDir = DATA,
    limits: Limits = NO_LIMITS,
    output_format: Format = "table",
) -> None:
    """Explain why one person's score changed: rules, late data, time, new events.

    Computes the causes for everyone where they are not published yet.
    """
    from plainscore.show.changes import CAUSES
    from plainscore.show.changes import why as explain_change
    from plainscore.show.terminal import why_table

    wanted = (first, last, known_on_from, known_on)
    with _changes(data, wanted, scorecard, limits, person) as (snapshots, chosen):
        found = explain_change(snapshots, person, chosen)
    values_of = ("factor", "feature", "value_before", "value_after", "points_before")
    columns = (*values_of, *(f"{cause}_change" for cause in CAUSES), "points_after")
    rows = [
        {**row, **{f"{cause}_change": row["causes"][cause] for cause in CAUSES}}
        for row in found.features
    ]
    values: dict[str, Any] = json_value(found)
    before, after = values.pop("pair").values()
    document = {"person_id": values.pop("person_id"), "before": before, "after": after, **values}
    table = table_of(rows, columns)
    emit(output_format, table, document=document, shown=lambda: [why_table(found)])


def compare(
    first: First = None,
    last: Last = None,
    *,
    known_on: LastKnownOn = None,
    known_on_from: FirstKnownOn = None,
    fail_over: str | None = None,
    scorecards: tuple[str, str] | None = None,
    scorecard: Cards = None,
    data: DataDir = DATA,
    limits: Limits = NO_LIMITS,
    output_format: Format = "table",
) -> None:
    """Explain why everyone's scores changed: rules, late data, time, new events.

    Computes the causes where they are not published yet. As json or csv: one row per person.

    Parameters
    ----------
    fail_over
        Exit code 7 where scores moved by more points on average (5), or where more people have
        another score or status (10%).
    scorecards
        Instead compare two scorecards of --to: who would change band, and gain or lose a benefit.
    """
    from plainscore.show.changes import compare as compare_everyone
    from plainscore.show.changes import compare_scorecards, everyone
    from plainscore.show.terminal import comparison_table

    if scorecards is not None:
        if first or known_on or known_on_from or fail_over or scorecard:
            raise UsageError("--scorecards goes with --to, --data and --format only")
        with reading(data) as snapshots:
            day = snapshots.day(last or "latest")
            cards = compare_scorecards(snapshots, day, *scorecards)
        bands = table_of(cards["bands"], BAND_COLUMNS)
        emit(output_format, bands, document=cards, shown=lambda: _scorecard_tables(cards))
        return
    limit = None if fail_over is None else _limit(fail_over)
    wanted = (first, last, known_on_from, known_on)
    with _changes(data, wanted, scorecard, limits) as (snapshots, chosen):
        comparison = compare_everyone(snapshots, chosen)
        if output_format == "table":
            show(comparison_table(comparison))
        else:
            found = everyone(snapshots, chosen)
            columns = [column[0] for column in found.description or ()]
            batches = iter(lambda: found.fetchmany(ROWS_AT_ONCE), [])
            emit(output_format, ResultTable(columns, chain.from_iterable(batches)))
    if limit is not None:
        _refuse_over(comparison, *limit)


def _limit(text: str) -> tuple[float, bool]:
    """Return a limit and whether it is in percent."""
    number = text.removesuffix("%")
    if not number.replace(".", "", 1).isdigit():
        raise UsageError(f"--fail-over {text}: write points (5) or a share of people (10%)")
    return float(number), text.endswith("%")


def _refuse_over(comparison: "SnapshotComparison", limit: float, is_percent: bool) -> None:
    moved, points = comparison.moved_percent, comparison.mean_absolute_points
    if (moved if is_percent else points) <= limit:
        return
    if is_percent:
        what = f"{moved:.2f} % of the people have another score or status"
        raise LimitPassed(f"{what}, more than the limit of {limit:g} %")
    what = f"scores moved by {points:.2f} points on average"
    raise LimitPassed(f"{what}, more than the limit of {limit:g}")


@contextmanager
def _changes(
    data: Path,
    wanted: tuple[str | None, str | None, date | None, date | None],
    cards: Cards,
    limits: Limits,
    person: str | None = None,
) -> "Iterator[tuple[Snapshots, Pair]]":
    """Open the snapshots with the changes of a pair in them, computed where they are not yet."""
    from plainscore.show.changes import choose_pair, is_computed, require_person

    with reading(data) as snapshots:
        pair = choose_pair(snapshots, *wanted)
        if person is not None:
            require_person(snapshots, person, pair)
        if is_computed(snapshots, pair):
            yield snapshots, pair
            return
    from plainscore.analysis.changes import compute_changes
    from plainscore.publish.runs import RunPair
    from plainscore.settings import read_settings

    settings = read_settings(data, scorecards=cards, **limits.overrides)
    with ExitStack() as stack:
        try:
            stack.enter_context(writing(data, f"why {pair.before.as_of_date}"))
        except InputRefused as error:
            raise InputRefused(
                f"the changes from {pair.before} to {pair.after} are not computed yet ({error}): "
                "ask someone with write access to run `plainscore compare` for them once"
            ) from error
        runs = RunPair(_run(data, pair.before.key), _run(data, pair.after.key))
        compute_changes(data, runs, settings)
    with reading(data) as snapshots:
        yield snapshots, pair


def _run(data: Path, key: tuple[date, date, str]) -> "Run":
    from plainscore.publish.runs import published_runs

    for run in published_runs(data):
        if (run.dates.as_of_date, run.dates.known_on, run.name) == key:
            return run
    raise InputRefused(f"{key[0]}, known on {key[1]}, run {key[2]}: not published any more")


def _scorecard_tables(found: Record) -> Iterator[Any]:
    dates = f"as of {found['as_of_date']}, known on {found['known_on']}"
    yield f"{found['first']} -> {found['second']}   {dates}"
    everyone = [one for one in found["bands"] if one["attribute"] == "everyone"]
    by_second = sorted(everyone, key=lambda one: one["band_no_to"])
    bands = list(dict.fromkeys(one["band_to"] for one in by_second))
    matrix = []
    for band, moves in groupby(everyone, key=lambda one: one["band_from"]):
        people = {one["band_to"]: one["people"] for one in moves}
        matrix.append((band, *(people.get(name, 0) for name in bands)))
    title = "Bands: rows on the first scorecard, columns on the second"
    yield ResultTable(("", *bands), matrix, title)
    moved = []
    for group, moves in groupby(found["bands"], key=itemgetter("attribute", "group_name")):
        own = list(moves)
        people_in = sum(one["people"] for one in own)
        up = sum(one["people"] for one in own if one["is_up"])
        stay = sum(one["people"] for one in own if one["band_from"] == one["band_to"])
        down = people_in - up - stay
        moved.append((*group, people_in, up, down, round(100 * (up + down) / people_in, 1)))
    columns = ("attribute", "group", "people", "up", "down", "moved %")
    yield ResultTable(columns, moved, "Who changes band, by group")
    benefits = [
        (one["benefit"], one["gained_count"], one["lost_count"])
        for one in found["benefits"]
        if one["attribute"] == "everyone"
    ]
    yield ResultTable(("benefit", "gain", "lose"), benefits, "Who gains or loses a benefit")


def query(
    sql: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    *,
    file: OneFile = None,
    data: DataDir = DATA,
    output_format: Annotated[
        Literal["table", "json", "csv", "parquet"],
        Parameter(name="--format", help="table shows the first 200 rows; the others hold all."),
    ] = "table",
) -> None:
    """Run one SQL statement over the published snapshots.

    It can only read: the catalog is opened read-only, and statements that write files or settings
    (COPY, EXPORT, ATTACH, SET, ...) are refused. For a session:
    `duckdb -readonly DATA/plainscore.duckdb`.

    Parameters
    ----------
    sql
        DuckDB SQL, such as "from score limit 5"; "show tables" lists the views.
    file
        File that holds the statement instead, such as one of queries/.
    """
    from plainscore.common.errors import QuestionError
    from plainscore.show.reader import query as run_query
    from plainscore.show.reader import statements

    text = _statement(sql, file)
    with reading(data) as snapshots:
        asked = statements(text)
        if len(asked) != 1:
            raise QuestionError(
                f"one statement at a time, not {len(asked)}: run the command once for each"
            )
        if output_format == "parquet":
            _emit_parquet(snapshots, asked[0])
            return
        answer = run_query(snapshots.con, asked[0])
        emit(output_format, ResultTable(answer.columns, answer.rows))


def _statement(sql: str | None, file: Path | None) -> str:
    """Return the statement of the command line or of the file: one of them must be given."""
    if (sql is None) == (file is None):
        raise UsageError("give either a statement or --file with a file that holds it")
    if file is None:
        return str(sql)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputRefused(f"{file} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputRefused(f"{file} is no text in UTF-8 ({error})") from error


def _emit_parquet(snapshots: "Snapshots", statement: str) -> None:
    from plainscore.show.reader import write_parquet

    if sys.stdout.isatty():
        raise UsageError("parquet is not for a terminal: add > answer.parquet")
    with tempfile.TemporaryDirectory(prefix="plainscore-") as folder:
        file = Path(folder) / "answer.parquet"
        write_parquet(snapshots.con, statement, file)
        with file.open("rb") as opened:
            shutil.copyfileobj(opened, sys.stdout.buffer)


def report(*, as_of: PublishedDate = "latest", out: OneFile = None, data: DataDir = DATA) -> None:
    """Write the report of a published date: one HTML file that needs no network.

    A run writes it too, unless the setting ``report`` is false. It includes what `compare`,
    `drift` and `evaluate` have computed by then.

    Parameters
    ----------
    out
        File to write; DATA/reports/DATE.html by default.
    """
    from plainscore.common.files import translating_write_errors
    from plainscore.common.lock import writer_lock
    from plainscore.publish.retention import publish_report, report_file
    from plainscore.runs.report import make_report
    from plainscore.runs.request import configured_catalog

    if out is not None and (out.is_dir() or not out.resolve().parent.is_dir()):
        raise UsageError(f"--out {out}: name a file in a directory that exists")
    catalog = configured_catalog(data)
    with reading(data) as snapshots:
        day = snapshots.day(as_of)
    file = report_file(data, day) if out is None else out.resolve()
    # Made under the lock too: the report of a run that ends meanwhile would be newer than ours.
    with writer_lock(data, "report") if out is None else nullcontext():
        _, page = make_report(data, str(day), catalog)
        with translating_write_errors(file.parent):
            publish_report(page, file)
    show(str(file))


def dashboard(
    *,
    address: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 8501,
    data: DataDir = DATA,
) -> None:
    """Serve the figures of any two published dates, and anyone's score, to a browser.

    Needs the extra ``dashboard``. It only reads, and shows what is published while it runs.
    Ctrl-C ends it.

    Parameters
    ----------
    address
        Address to listen on. Other than loopback shows everyone's score to whoever can reach it:
        there is no log-in.
    port
        Port to listen on.
    """
    from importlib.util import find_spec

    from plainscore.runs.inputs import is_invented_world
    from plainscore.show import LIVE_APP

    if find_spec("streamlit") is None:
        raise UsageError("the dashboard needs Streamlit: pip install 'plainscore[dashboard]'")
    with reading(data):
        pass  # reports here what is missing
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(LIVE_APP)]
    command += [f"--{name}={value}" for name, value in options.items()]
    world = "invented" if is_invented_world(data) else "delivered"
    note(f"http://{address}:{port} shows {data.resolve()}; Ctrl-C ends it", "info")
    sys.stderr.flush()
    os.execv(sys.executable, [*command, "--", str(data.resolve()), world])


def site(
    out: Path,
    *,
    as_of: Annotated[list[str] | None, Parameter(name="--as-of")] = None,
    engine: OneFile = None,
    data: DataDir = DATA,
) -> None:
    """Write a site without a server: reports, and a page that looks up and explains anyone.

    The browser does it by itself, with DuckDB compiled to WebAssembly over files of this folder.
    Its engine is fetched with npm when the site is written; the site itself fetches nothing from
    elsewhere. Whoever can read the folder can read everyone's score.

    Parameters
    ----------
    out
        Folder to write. One that holds a site is replaced as a whole, any other must be empty.
    as_of
        Published date, month, or latest (by default); repeat the flag for more dates.
    engine
        Folder that keeps the engine, or has it: then neither npm nor a network is needed.
    """
    from plainscore.runs.inputs import is_invented_world
    from plainscore.runs.report import boxes
    from plainscore.runs.request import configured_catalog
    from plainscore.show.site import SiteRequest, refuse_other_folder, write_site

    folder = out.resolve()
    refuse_other_folder(folder)
    method, is_invented = boxes(configured_catalog(data)), is_invented_world(data)
    write_site(SiteRequest(data, as_of or ["latest"], folder, engine, method, is_invented))
    show(str(folder / "index.html"))


def document(
    name: Literal["model-card", "datasheet"], *, write: OneFile = None, data: DataDir = DATA
) -> None:
    """Write a document about what is published, with the query behind every figure.

    Parameters
    ----------
    name
        model-card: what the score is for, how good it is, who can game it, whose data is missing.
        datasheet: what the logs hold, how they arrived, what was refused.
    write
        File to write; standard output by default.
    """
    from plainscore.show.documents import fill, read_document

    with reading(data) as snapshots:
        text = fill(read_document(name), snapshots)
    write_text(text, write)
