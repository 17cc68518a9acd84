"""Commands that set up: a demo, a project directory, logs to check or to invent."""

import shlex
import shutil
import sys
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from plainscore.cli.options import DATA, DataDir, Flag, Format, Threads, publish, writing
from plainscore.cli.output import emit, filled, note_refused, progress_bar, show, table_of
from plainscore.common.errors import InputRefused, UsageError
from plainscore.project import Extends
from plainscore.show.reader import ResultTable

if TYPE_CHECKING:
    from plainscore.common.standard import Method

PEOPLE, DEMO_PEOPLE = 10_000, 3_000
FIRST, DEMO_FROM, LAST = date(2024, 11, 1), date(2026, 5, 31), date(2026, 10, 31)
SEED = 1
EVALUATED = 2  # dates of the demo whose outcome the world shows: it takes 120 days
CHECK_COUNTS = ("log", "files", "rows", "accepted", "duplicates", "quarantined", "orphans")
WORLD_COLUMNS = ("log", "rows")


def demo(*, people: int = DEMO_PEOPLE, data: DataDir = DATA) -> int:
    """Invent 3,000 people and 24 months, ingest, score six month ends, explain one person.

    Two regions are poorer there and pay worse, so that the audits have a gap to find. The outcomes
    of the first two dates are known: the report says how well scores predict, what has drifted,
    who has moved and why. Run again, it finds all of it done and only shows the result.

    Args:
        people: How many people to invent.
    """
    from plainscore.analysis.evaluation import compute_drift
    from plainscore.cli import look, study
    from plainscore.cli.run import emit_outcomes
    from plainscore.publish.runs import RunPair, default_runs, published_runs
    from plainscore.runs.calendar import dates_between
    from plainscore.runs.observers import spinner
    from plainscore.runs.pipeline import read_request
    from plainscore.runs.schedule import dates_of, publish_in_process
    from plainscore.show.reader import open_snapshots
    from plainscore.synthetic.synthesise import synthesise as invent
    from plainscore.synthetic.world import WorldSettings

    started = time.monotonic()
    world = WorldSettings(people, FIRST, LAST, SEED, data / "landing", is_region_causal=True)
    with spinner("logs"):
        made = invent(world)
    state = "invented" if made.is_new else "already there"
    show(f"{people:,} people, {sum(made.rows.values()):,} events: {state} in {world.landing}")
    days = dates_between(DEMO_FROM, LAST, "month")
    request = read_request(LAST, None, data)
    # One report, at the end: it shows all dates, and what is computed after them.
    request = replace(request, settings=request.settings.model_copy(update={"report": False}))
    planned = dates_of(days, None, request.settings)
    outcome = publish(
        request,
        "demo",
        True,
        lambda observers: publish_in_process([planned], request, observers),
        "backfill",
        date_count=len(days),
    )
    if failed := emit_outcomes(outcome, "table"):
        return failed
    with redirect_stdout(StringIO()):  # What they print is in the report.
        for day in days[:EVALUATED]:
            study.evaluate(as_of=str(day), data=data)
        look.compare(data=data)
    runs = default_runs(published_runs(data))
    with writing(data, "drift"):
        list(compute_drift(data, [RunPair(*runs[-2:])], request.settings))
    show("")
    with open_snapshots(data) as snapshots:
        # The person in the middle of the ranking: neither the best nor the worst.
        [(person,)] = snapshots.rows(
            "select person_id from score where as_of_date = $1 "
            "order by score_rank nulls last, person_id limit 1 offset "
            "(select count(score) // 2 from score where as_of_date = $1)",
            [LAST],
        )
    look.explain(person, as_of=str(LAST), data=data)
    place = "" if data == DATA else f" --data {shlex.quote(str(data))}"
    command = "plainscore" if shutil.which("plainscore") else sys.argv[0]
    show("", filled("terminal/demo.txt", command=command, place=place, person=person))
    with spinner("report"), redirect_stdout(StringIO()) as written:
        look.report(data=data)
    show(f"\nThe job took {time.monotonic() - started:.0f} s. The report, with all of it:")
    show(written.getvalue().rstrip())
    return 0


def init(directory: Path, *, extends: Extends = "standard") -> None:
    """Make a project directory to edit: settings, a scorecard, schedules and questions.

    Existing files are never overwritten.

    Args:
        directory: The folder; created where it does not exist.
        extends: none: a complete small method of its own, with one factor, not the standard one.
    """
    from plainscore.init import CARD, FIRST_CARD, make_project

    if any(directory.glob("*/arrived=*")):
        raise UsageError(f"{directory} holds delivered logs: name a folder of its own")
    made = make_project(directory, extends)
    card = CARD if extends == "standard" else FIRST_CARD
    top = [str(path) for path in made if len(path.parts) == 1]
    below = Counter(path.parts[0] for path in made if len(path.parts) > 1)
    parts = [*top, *(f"{count} files in {folder}/" for folder, count in below.items())]
    folder = shlex.quote(str(directory))
    show(filled("terminal/init.txt", directory=directory, parts=parts, folder=folder, card=card))


def project(*, data: DataDir = DATA, output_format: Format = "table") -> None:
    """Show what the project resolves to: its folders laid over the standard method.

    A file with the same path replaces one of the standard method, another adds, `exclude` takes
    away. As json with every file and the hash of what decides a snapshot.
    """
    from plainscore.project import read_project
    from plainscore.settings import read_settings

    found = read_project(data)
    read_settings(data)  # refuses what a run would refuse
    root = None if found.root is None else str(found.root)
    rows = list(found.origins.items())
    changed = [row for row in rows if row[1] != "standard"]
    shown = [
        f"project     {root or 'no plainscore.toml: the standard method'}",
        f"extends     {found.extends}",
        f"method      {found.method.hash()}",
        f"files       {len(rows) - len(changed)} standard, {len(changed)} others",
        *([ResultTable(("file", "origin"), changed)] if changed else []),
    ]
    document = {"root": root, **found.as_json(), "files": found.origins}
    emit(output_format, ResultTable(("file", "origin"), rows), document=document, shown=shown)


def check(log_dir: Path, /, *, draft: Flag = False, output_format: Format = "table") -> int:
    """Report, per log, what is wrong with delivered logs, and which features will be missing.

    Nothing is ingested and LOG_DIR is not written. Exit code 5: a file was refused. As json, one
    object per log.

    Args:
        log_dir: A landing directory, with LOG/arrived=YYYY-MM-DD/FILE below it; with --draft also
            one file.
        draft: Print a first [sources.FOLDER] table for each folder that is no log and has none, to
            put into plainscore.toml: it says what becomes of the rows.
    """
    from plainscore.logs.check import check_logs
    from plainscore.settings import read_settings

    if (log_dir / "landing").is_dir():
        raise UsageError(f"{log_dir} is a data directory: check {log_dir / 'landing'}")
    if any(log_dir.glob("arrived=*")):
        raise UsageError(f"{log_dir} is the folder of one log: check {log_dir.absolute().parent}")
    project = read_settings(log_dir.parent).project
    if draft:
        show(*_drafts(log_dir, project.method))
        return 0
    if log_dir.is_file():
        raise UsageError(
            f"{log_dir} is a file: put it into data/landing/FOLDER/arrived=YYYY-MM-DD/ and check "
            "data/landing; --draft prints a first mapping of it"
        )
    with progress_bar("checking logs") as progress:
        checked = check_logs(log_dir, project, progress)
    rows = [
        {**vars(log), "missing_features": " ".join(log.missing_features)} for log in checked.logs
    ]
    counts = [
        (log.log, *(f"{getattr(log, n):,}" for n in CHECK_COUNTS[1:])) for log in checked.logs
    ]
    found = filled("terminal/checked.txt", logs=checked.logs)
    shown = [ResultTable(CHECK_COUNTS, counts), *filter(None, [found])]
    table = table_of(rows, (*CHECK_COUNTS, "missing_features"))
    emit(output_format, table, objects=checked.logs, shown=shown)
    note_refused(checked.refused)
    return InputRefused.exit_code if checked.refused else 0


def _drafts(place: Path, method: "Method") -> list[str]:
    from plainscore.contracts.logs import read_logs
    from plainscore.logs.draft import draft_of_file, draft_source
    from plainscore.logs.sources import read_sources
    from plainscore.project import settings_file

    logs = read_logs(method)
    if place.is_file():
        folder = "".join(one if one.isalnum() else "_" for one in place.name.partition(".")[0])
        where = f"# Put the files into data/landing/{folder}/arrived=YYYY-MM-DD/"
        return [f"{where}\n{draft_of_file(place, folder, logs)}"]
    if not place.is_dir():
        raise UsageError(f"there is no {place}")
    known = read_sources(settings_file(place.parent), logs)
    folders = sorted(path for path in place.iterdir() if path.is_dir() and path.name not in known)
    if not folders:
        raise UsageError(
            f"{place} has no folder without a mapping; files go into FOLDER/arrived=YYYY-MM-DD/"
        )
    return [draft_source(path, logs) for path in folders]


def synthesise(
    *,
    people: int = PEOPLE,
    from_: Annotated[date, Parameter(name="--from")] = FIRST,
    to: date = LAST,
    seed: int = SEED,
    file_format: Literal["parquet", "ndjson", "ndjson.gz", "csv", "csv.gz", "mixed"] = "parquet",
    arrivals: Literal["daily", "monthly"] = "daily",
    proxy: Flag = False,
    targets: Path | None = None,
    threads: Threads = None,
    data: DataDir = DATA,
    output_format: Format = "table",
) -> None:
    """Invent a world of people and write its five logs under DATA/landing.

    The same settings make the same rows. An existing world is left as it is; one that ends
    earlier gets the days it lacks.

    Args:
        people: How many people live in it.
        from_: First day on which anything arrives.
        to: Last day on which anything arrives.
        seed: Another seed, another world.
        file_format: Ending of the files; mixed: each log and month in another format.
        arrivals: daily, or monthly: a month's rows arrive together on its last day.
        proxy: Let region cause means and reliability, so that it is a proxy for them.
        targets: A TOML file of shares to meet, such as how many bills are paid late.
    """
    from plainscore.synthetic.shape import USUAL, shape_of
    from plainscore.synthetic.synthesise import synthesise as invent
    from plainscore.synthetic.world import WorldError, WorldSettings

    try:
        place, shape = data / "landing", shape_of(targets) if targets else USUAL
    except ValueError as error:
        raise WorldError(str(error)) from error
    settings = WorldSettings(
        people, from_, to, seed, place, file_format, arrivals, is_region_causal=proxy, shape=shape
    )
    with progress_bar("writing logs") as progress:
        advance = progress and (lambda done, total: progress("", done, total))
        made = invent(settings, threads, advance)
    document = {"is_new": made.is_new, "rows": made.rows}
    state = "made" if made.is_new else "exists already, nothing to do:"
    rows = ", ".join(f"{log} {count:,}" for log, count in made.rows.items())
    summary = f"{settings.landing} {state} {sum(made.rows.values()):,} rows ({rows})"
    table = ResultTable(WORLD_COLUMNS, list(made.rows.items()))
    emit(output_format, table, objects=[document], shown=[summary])
