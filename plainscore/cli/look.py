"""Commands that look at what is published: people, changes, SQL, pages and documents."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from plainscore.cli import options as opt
from plainscore.cli.output import (
    OutputFormat,
    emit,
    filled,
    note,
    note_missing_charts,
    show,
    table_of,
    write_text,
)
from plainscore.common.errors import InputRefused, LimitPassed, QuestionError, UsageError
from plainscore.scorecards.person import is_never
from plainscore.show import changes, reader, terminal
from plainscore.show import person as people
from plainscore.show.reader import ResultTable

ExportFormat = Literal["duckdb", "parquet", "csv", "xlsx"]

if TYPE_CHECKING:
    from plainscore.scorecards.person import Card, CardFeature, PersonOnCard, Value

ALL_ELSE_EQUAL = "all else equal: bills to come, other people's scores and purchases as they are"
POINT_COLUMNS = ("factor", "feature", "value", "unit", "points", "max_points")
CHANGED_COLUMNS = ("feature", "value_now", "value_then", "points_now", "points_then")
STEP_COLUMNS = ("within_days", "kind", "feature", "goal", "points", "act", "score_then")
WHY_COLUMNS = (
    *("factor", "feature", "value_before", "value_after", "points_before"),
    *(f"{cause}_change" for cause in changes.CAUSES), "points_after",
)  # fmt: skip
BAND_COLUMNS = (
    "attribute", "group_name", "band_from", "band_to", "band_no_to", "is_up", "people",
)  # fmt: skip


def explain(
    person: opt.Person,
    *,
    as_of: opt.PublishedDate = "latest",
    notice: opt.Flag = False,
    benefit: str | None = None,
    proof: opt.Flag = False,
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> None:
    """Explain one person's score, point by point, on the champion scorecard.

    Args:
        notice: Print one page for the person: result, reasons, what is not on record, how other
            data would have changed the score, where the data came from.
        benefit: What the person asked for, of the card's benefits; with --notice.
        proof: Print, as json, a proof of the person's rows for `plainscore verify --proof`.
    """
    if benefit is not None and not notice:
        raise UsageError("--benefit is said on a notice: add --notice")
    with reader.open_snapshots(data) as snapshots:
        day = snapshots.day(as_of)
        if proof:
            from plainscore.publish.proof import make_proof
            from plainscore.publish.runs import find_run

            row = snapshots.run_of(day)
            run = find_run(data, day, row["known_on"], row["run"])
            emit("json", document=make_proof(run, person))
            return
        explained = people.explain(snapshots, person, day)
    if notice:
        _emit_notice(explained, benefit, data, output_format)
        return
    document = explained.as_json()
    table = table_of(document["points"], POINT_COLUMNS)
    emit(output_format, table, document=document, shown=terminal.waterfall(explained))


def _emit_notice(
    explained: "PersonOnCard", benefit: str | None, data: Path, output_format: OutputFormat
) -> None:
    from plainscore.erasure.search import delivered_events

    delivered = delivered_events(data, explained.person_id, explained.card.known_on)
    found = terminal.notice(explained, benefit, delivered)
    page = filled(terminal.TEMPLATE, **terminal.page_values(found))
    emit(output_format, table_of(found["reasons"]), document=found, shown=[page])


def what_if(
    person: opt.Person,
    *,
    set_values: Annotated[tuple[str, ...], Parameter(name="--set", show_default=False)] = (),
    as_of: opt.PublishedDate = "latest",
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> None:
    """Show the score with other values, or which honest acts and time lead to the next band.

    Args:
        set_values: feature=value, or feature=missing; repeat the flag for more.
    """
    with reader.open_snapshots(data) as snapshots:
        explained = people.explain(snapshots, person, snapshots.day(as_of))
    scored = people.require_scored(explained)
    if not set_values:
        found = people.recourse(scored)
        steps = [
            {**step, "within_days": way["days"], "kind": kind, "score_then": way["score_then"],
             "points": step["points_gained"]}
            for way in found["ways"]
            for kind, of_kind in (("act", way["acts"]), ("waiting", way["waiting"]))
            for step in of_kind
        ]  # fmt: skip
        table, shown = table_of(steps, STEP_COLUMNS), _ways(found)
    else:
        found = people.what_if(scored, people.parse_values(set_values, scored.card))
        table = table_of(found["features"], CHANGED_COLUMNS)
        shown = _answer(found, scored.card)
    emit(output_format, table, document=found, shown=shown)


def _answer(found: reader.Row, on: "Card") -> Iterator[Any]:
    scores = "{person_id}: {score_now} {band_now} -> {score_then} {band_then}".format(**found)
    change = f"({found['score_then'] - found['score_now']:+d})"
    yield f"{scores} {change}   as of {found['as_of_date']}, scorecard {found['scorecard']}"
    rows = [
        {**row, **{n: _shown(row[n], on.feature(row["feature"])) for n in CHANGED_COLUMNS[1:3]}}
        for row in found["features"]
    ]
    yield table_of(rows, CHANGED_COLUMNS)
    yield from (f"{name}: {', '.join(found[name])}" for name in ("opens", "closes") if found[name])
    yield ALL_ELSE_EQUAL


def _shown(value: "Value", feature: "CardFeature") -> Any:
    """Return a value of a feature; a code, such as 999, as what it stands for."""
    return terminal.NEVER if is_never(value, feature.definition) else value


def _ways(found: reader.Row) -> Iterator[str]:
    yield "{person_id}: {score} {band}   as of {as_of_date}, scorecard {scorecard}".format(**found)
    band = None
    if found["at_least"] is None:
        yield "there is no higher band"
    else:
        missing = found["at_least"] - found["score"]
        band = {**found, "band": found["next_band"], "points_missing": missing}
    for first, *lines in terminal.ways_upward(band, found["next_gate"]):
        yield first
        yield from (line if line.startswith(" ") else f"\n{line}" for line in lines)
        yield ""
    yield ALL_ELSE_EQUAL


def why(
    person: opt.Person,
    *,
    first: opt.First = None,
    last: opt.Last = None,
    known_on: opt.LastKnownOn = None,
    known_on_from: opt.FirstKnownOn = None,
    scorecard: opt.Cards = None,
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.Format = "table",
) -> None:
    """Explain why one person's score changed: rules, late data, time, new events.

    Computes the causes for everyone where they are not published yet.
    """
    wanted = (first, last, known_on_from, known_on)
    with _changes(data, wanted, scorecard, limits, person) as (snapshots, pair):
        found = changes.why(snapshots, person, pair)
        asked = "select distinct on (feature) feature, definition from feature_card"
        definitions = dict(snapshots.rows(f"{asked} order by feature, as_of_date desc"))
    rows = [
        {**row, **{f"{cause}_change": points for cause, points in row["causes"].items()}}
        for row in found["features"]
    ]
    table = table_of(rows, WHY_COLUMNS)
    emit(output_format, table, document=found, shown=changes.why_parts(found, definitions))


def compare(
    first: opt.First = None,
    last: opt.Last = None,
    *,
    known_on: opt.LastKnownOn = None,
    known_on_from: opt.FirstKnownOn = None,
    fail_over: str | None = None,
    scorecards: tuple[str, str] | None = None,
    scorecard: opt.Cards = None,
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.Format = "table",
) -> None:
    """Explain why everyone's scores changed: rules, late data, time, new events.

    Computes the causes where they are not published yet. As json or csv: one row per person.

    Args:
        fail_over: Exit code 7 where scores moved by more points (5) or of more people (10%).
        scorecards: Compare two scorecards of --to instead: who changes band, or gains a benefit.
    """
    if scorecards is not None:
        if first or known_on or known_on_from or fail_over or scorecard:
            raise UsageError("--scorecards goes with --to, --data and --format only")
        with reader.open_snapshots(data) as snapshots:
            day = snapshots.day(last or "latest")
            cards = changes.compare_scorecards(snapshots, day, *scorecards)
        bands = table_of(cards["bands"], BAND_COLUMNS)
        emit(output_format, bands, document=cards, shown=changes.scorecards_parts(cards))
        return
    limit = re.fullmatch(r"(\d*\.?\d+|\d+\.)(%?)", fail_over or "0")
    if limit is None:
        raise UsageError(f"--fail-over {fail_over}: write points (5) or a share of people (10%)")
    wanted = (first, last, known_on_from, known_on)
    with _changes(data, wanted, scorecard, limits) as (snapshots, pair):
        total = changes.compare(snapshots, pair)
        if output_format == "table":
            show(*changes.comparison_parts(snapshots, pair))
        else:
            emit(output_format, changes.everyone(snapshots, pair))
    most, what = float(limit[1]), "scores moved by {mean_absolute_points:.2f} points on average"
    figure = total["mean_absolute_points"]
    if limit[2]:
        figure = total["moved_percent"]
        what = "{moved_percent:.2f} % of the people have another score or status"
    if fail_over is not None and figure > most:
        limited = f"more than the limit of {most:g}{limit[2] and ' %'}"
        raise LimitPassed(f"{what.format(**total)}, {limited}")


@contextmanager
def _changes(
    data: Path,
    wanted: tuple[str | None, str | None, date | None, date | None],
    cards: opt.Cards,
    limits: opt.Limits,
    person: str | None = None,
) -> Iterator[tuple[reader.Snapshots, changes.Pair]]:
    """Open the snapshots with the changes of a pair in them, computed where they are not yet."""
    with reader.open_snapshots(data) as snapshots:
        pair = changes.choose_pair(snapshots, *wanted)
        if person is not None:
            changes.require_person(snapshots, person, pair)
        if changes.is_computed(snapshots, pair):
            yield snapshots, pair
            return
    from plainscore.analysis.changes import compute_changes
    from plainscore.publish.runs import RunPair, find_run
    from plainscore.settings import read_settings

    settings = read_settings(data, scorecards=cards, **limits.overrides)
    with ExitStack() as stack:
        try:
            stack.enter_context(opt.writing(data, f"why {pair.before.as_of_date}"))
        except InputRefused as error:
            raise InputRefused(
                f"the changes from {pair.before} to {pair.after} are not computed yet ({error}): "
                "ask someone with write access to run `plainscore compare` for them once"
            ) from error
        compute_changes(data, RunPair(*(find_run(data, *end) for end in pair)), settings)
    with reader.open_snapshots(data) as snapshots:
        yield snapshots, pair


def query(
    sql: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    *,
    file: opt.OneFile = None,
    data: opt.DataDir = opt.DATA,
    output_format: Annotated[
        Literal["table", "json", "csv", "parquet"],
        Parameter(name="--format", help="table shows the first 200 rows; the others hold all."),
    ] = "table",
) -> None:
    """Run one SQL statement that reads over the published snapshots.

    For a session: `duckdb -readonly DATA/plainscore.duckdb`.

    Args:
        sql: DuckDB SQL, such as "from score limit 5"; "show tables" lists the views.
        file: File that holds the statement instead, such as one of queries/.
    """
    if (sql is None) == (file is None):
        raise UsageError("give either a statement or --file with a file that holds it")
    try:
        text = str(sql) if file is None else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputRefused(f"{file} has another encoding than UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise InputRefused(f"--file {file}: {error.strerror}") from error
    with reader.open_snapshots(data) as snapshots:
        asked = reader.statements(text)
        if len(asked) != 1:
            raise QuestionError(
                f"one statement at a time, not {len(asked)}: run the command once for each"
            )
        if output_format != "parquet":
            answer = reader.query(snapshots.con, asked[0])
            emit(output_format, ResultTable(answer.columns, answer.rows))
            return
        if sys.stdout.isatty():
            raise UsageError("parquet is not for a terminal: add > answer.parquet")
        with tempfile.TemporaryDirectory(prefix="plainscore-") as folder:
            written = Path(folder) / "answer.parquet"
            reader.write_parquet(snapshots.con, asked[0], written)
            with written.open("rb") as opened:
                shutil.copyfileobj(opened, sys.stdout.buffer)


def report(
    *,
    as_of: opt.PublishedDate = "latest",
    out: opt.OneFile = None,
    data: opt.DataDir = opt.DATA,
) -> None:
    """Write the report of a published date, with all that is computed: one HTML file.

    Args:
        out: File to write; DATA/reports/DATE.html by default.
    """
    from plainscore.show.report import write_report_of

    if out is not None and (out.is_dir() or not out.resolve().parent.is_dir()):
        raise UsageError(f"--out {out}: name a file in a directory that exists")
    show(str(write_report_of(data, as_of, out)))
    note_missing_charts()


def dashboard(
    *,
    address: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 8501,
    data: opt.DataDir = opt.DATA,
) -> None:
    """Serve the figures of any two published dates, and anyone's score, until Ctrl-C.

    Args:
        address: Address to listen on; there is no log-in, so others than loopback show all scores.
        port: Port to listen on.
    """
    from importlib.util import find_spec

    from plainscore.show import LIVE_APP
    from plainscore.show.report import is_invented_world

    if find_spec("streamlit") is None:
        raise UsageError("the dashboard needs Streamlit: pip install 'plainscore[dashboard]'")
    reader.open_snapshots(data).con.close()  # reports here what is missing
    note_missing_charts()
    world = "invented" if is_invented_world(data) else "delivered"
    note(f"http://{address}:{port} shows {data.resolve()}; Ctrl-C ends it", "info")
    sys.stderr.flush()
    command = [sys.executable, "-P", str(LIVE_APP)]
    command += [f"--server.address={address}", f"--server.port={port}", "--server.headless=true"]
    command += ["--browser.gatherUsageStats=false", "--client.toolbarMode=minimal"]
    os.execv(sys.executable, [*command, "--", str(data.resolve()), world])


def site(
    out: Path,
    *,
    as_of: Annotated[list[str] | None, Parameter(name="--as-of")] = None,
    engine: opt.OneFile = None,
    data: opt.DataDir = opt.DATA,
) -> None:
    """Write a site without a server: reports, and a page that looks up and explains anyone.

    DuckDB runs in the browser; npm fetches it when the site is written. Whoever can read the folder
    can read everyone's score.

    Args:
        out: Folder to write. One that holds a site is replaced as a whole, any other must be empty.
        as_of: Published date, month, or latest (by default); repeat the flag for more dates.
        engine: Folder that keeps the engine, or has it: then neither npm nor a network is needed.
    """
    from plainscore.show.report import configured_catalog, drawn_tables, is_invented_world
    from plainscore.show.site import write_site

    folder = out.resolve()
    tables, is_invented = drawn_tables(configured_catalog(data)), is_invented_world(data)
    write_site(data, as_of or ["latest"], folder, engine, tables, is_invented)
    show(str(folder / "index.html"))
    note_missing_charts()


def export(
    out: Path,
    *,
    output_format: Annotated[ExportFormat, Parameter(name="--format")] = "duckdb",
    as_of: Annotated[list[str] | None, Parameter(name="--as-of")] = None,
    first: opt.FirstDay = None,
    last: opt.LastDay = None,
    all_dates: Annotated[bool, Parameter(name="--all", show_default=False)] = False,
    table: opt.Several = (),
    data: opt.DataDir = opt.DATA,
) -> None:
    """Write published tables as files that work wherever they are copied to.

    They name people, and `erase` does not reach them. `person ID --export FILE` is the other
    export: all that is held of one person.

    Args:
        out: Folder to write. One that holds an export is replaced as a whole, any other must be
            empty.
        output_format: One DuckDB file with views and macros, a Parquet or CSV file for each table,
            or one workbook.
        as_of: Published date, month, or latest (by default); repeat the flag for more dates.
        all_dates: Export every published date.
        table: Export this table only; repeat the flag for more.
    """
    from plainscore.show.table_export import export_tables

    is_range = first is not None or last is not None
    if sum((as_of is not None, is_range, all_dates)) > 1:
        raise UsageError("give either --as-of, or --from and --to, or --all")
    with reader.open_snapshots(data) as snapshots:
        days = snapshots.dates()
        if is_range:
            days = [day for day in days if (first or day) <= day <= (last or day)]
        elif not all_dates:
            days = sorted({snapshots.day(word) for word in as_of or ["latest"]})
    if not days:
        raise QuestionError("no date from --from to --to is published: see `plainscore status`")
    rows = export_tables(data, days, out.resolve(), output_format, table)
    note(f"{sum(rows.values()):,} rows of {len(rows)} tables, {len(days)} dates", "info")
    show(str(out.resolve()))


def document(
    name: Literal["model-card", "datasheet"],
    *,
    write: opt.Written = None,
    data: opt.DataDir = opt.DATA,
) -> None:
    """Write a document about what is published, with the query behind every figure.

    Args:
        name: model-card: what the score is for, and how good it is; datasheet: what the logs hold.
    """
    from plainscore.show.report import fill, read_document

    with reader.open_snapshots(data) as snapshots:
        text = fill(read_document(name), snapshots)
    write_text(text, write)
