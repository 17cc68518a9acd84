"""A site without a server: files for any static host, on which a browser explains anyone's score.

A lookup takes one file of some hundred kilobytes, so that any host will do.
"""

import base64
import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from plainscore.common.files import refuse_other_folder, replaced_folder, translating_write_errors
from plainscore.common.standard import STANDARD_METHOD
from plainscore.common.text import file_literal, text_literal
from plainscore.show.packages import fetch, packages
from plainscore.show.person import read_card
from plainscore.show.reader import Snapshots, open_snapshots, render_page
from plainscore.show.report import page_style, person_scripts, report_page

if TYPE_CHECKING:
    from plainscore.contracts.contract import Table

SITE_FILE = "site.json"
PEOPLE_PER_FILE = 1000
_EXAMPLES = 8

# Some ids to begin with, evenly by rank, and one of a person without a score.
_PEOPLE = """
select person_id
from score
where as_of_date = $day
qualify (
    score is not null
    and row_number() over (order by score desc nulls last, person_id)
        % greatest(count(score) over () // $count, 1) = 0
) or (
    score is null
    and row_number() over (partition by score is null order by person_id) = 1
)
order by score desc nulls last, person_id
limit $count + 1
"""
# The engine names its only import without an address; this says where that is.
_IMPORTS = json.dumps({"imports": {"apache-arrow": "../script/arrow.js"}})


def write_site(
    data_dir: Path,
    words: Sequence[str],
    out: Path,
    engine: Path | None,
    tables: "Sequence[Table]",
    is_invented: bool,
    people_per_file: int = PEOPLE_PER_FILE,
) -> None:
    """Write the site of some published dates, in the place of an older site, in one step.

    ``words``: what `Snapshots.day` takes, one for each date. ``engine``: a folder that keeps the
    browser's engine; None: fetched for this site alone. Raises UsageError, NothingPublishedError,
    or PackageMissingError where no engine can be fetched.
    """
    refuse_other_folder(out, SITE_FILE)
    # Opened once: otherwise what is published meanwhile would be on some of the pages.
    with (
        open_snapshots(data_dir) as snapshots,
        translating_write_errors(out.parent),
        replaced_folder(out) as unfinished,
    ):
        days = sorted({snapshots.day(word) for word in words})
        _write_engine(unfinished / "engine", engine)
        texts = _front(snapshots, days, is_invented)
        for day in days:
            people = unfinished / str(day) / "people"
            first_ids = write_people(snapshots, day, people, people_per_file)
            texts |= _of_date(snapshots, day, days, first_ids, is_invented)
            texts[f"{day}/report.html"] = report_page(snapshots, day, tables, is_invented)
        for name, text in texts.items():
            file = unfinished / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def _front(snapshots: Snapshots, days: Sequence[date], is_invented: bool) -> dict[str, str]:
    """Return file -> text of the front page, and of the scripts and styles of all pages."""
    method = snapshots.method
    runs = snapshots.records(
        "from run where is_shown and as_of_date in (select unnest($days)) order by as_of_date desc",
        {"days": list(days)},
    )
    page = render_page(
        "site/front.html",
        method,
        runs=runs,
        is_invented=is_invented,
        packages=packages(engine_declaration()),
    )
    scripts = person_scripts(method) | {
        name: file.read_text(encoding="utf-8")
        for name, file in method.files("dashboards/site/script", ".js").items()
    }
    scripts["site.css"] = page_style(method) + method.text("dashboards/site/site.css")
    dates = json.dumps({"dates": [str(day) for day in days]})
    return {
        "index.html": page,
        SITE_FILE: dates,
        **{f"script/{name}": text for name, text in scripts.items()},
    }


def _of_date(
    snapshots: Snapshots,
    day: date,
    days: Sequence[date],
    first_ids: Sequence[str],
    is_invented: bool,
) -> dict[str, str]:
    """Return file -> text of the card of a date, and of its look-up."""
    method = {"card": read_card(snapshots, day).as_json(), "first_ids": first_ids}
    look_up = render_page(
        "site/lookup.html",
        snapshots.method,
        day=day,
        days=days,
        run=snapshots.run_of(day),
        people=[one for (one,) in snapshots.rows(_PEOPLE, {"day": day, "count": _EXAMPLES})],
        is_invented=is_invented,
        imports=_IMPORTS,
        imports_digest=base64.b64encode(hashlib.sha256(_IMPORTS.encode()).digest()).decode(),
    )
    return {
        f"{day}/method.json": json.dumps(method, ensure_ascii=False, separators=(",", ":")),
        f"{day}/index.html": look_up,
    }


# --- people: small DuckDB files, fetched one by one ----------------------------------------------

PERSON_TABLES = {
    "score": "person_id",
    "features": "person_id",
    "points": "person_id",
    "reason": "person_id, rank",
    "friend": "person_id, friend_id",
}
"""Published views about one person each, and the order of their rows."""

# Engines of browsers are older than the one that publishes; the smallest blocks, for small files.
_FORMAT = "read_write, storage_version 'v1.0.0', block_size 16384"
_FILES_AT_ONCE = 50
_EFFORT = 6  # of packing; 9 takes five times as long and saves nothing
SHARED_MEMORY = "/dev/shm"


def write_people(
    snapshots: Snapshots, day: date, folder: Path, people_per_file: int = PEOPLE_PER_FILE
) -> list[str]:
    """Write the files ``00000.duckdb.gz``, ... of a published day; return each one's first id."""
    rows = snapshots.rows(
        "select person_id from score where as_of_date = $day "
        "qualify (row_number() over (order by person_id) - 1) % $each = 0 order by person_id",
        {"day": day, "each": people_per_file},
    )
    firsts = [person_id for (person_id,) in rows]
    folder.mkdir(parents=True)
    # In memory where that is possible: DuckDB waits for the disk ten times a file.
    memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    for number, (first, end) in enumerate(pairwise([*firsts, None])):
        if number % _FILES_AT_ONCE == 0:  # the rows of many files are read at once
            last = (*firsts, None)[min(number + _FILES_AT_ONCE, len(firsts))]
            for name in PERSON_TABLES:
                snapshots.rows(
                    f"create or replace temp table staged_{name} as from {name} "
                    f"where as_of_date = date '{day}' and {_ids(first, last)}"
                )
        with TemporaryDirectory(dir=memory) as away:
            unpacked = Path(away, "people.duckdb")
            _copy_staged(snapshots, _ids(first, end), unpacked)
            packed = gzip.compress(unpacked.read_bytes(), _EFFORT, mtime=0)
            (folder / f"{number:05}.duckdb.gz").write_bytes(packed)
    return firsts


def _ids(first: str | None, end: str | None) -> str:
    """Return the SQL condition of ids from ``first`` to before ``end``, None: to the last."""
    assert first is not None, "only the last file has no end"
    condition = f"person_id >= {text_literal(first)}"
    return condition if end is None else f"{condition} and person_id < {text_literal(end)}"


def _copy_staged(snapshots: Snapshots, ids: str, file: Path) -> None:
    """Copy the staged rows of some people into a new database."""
    con = snapshots.con
    con.execute(f"attach {file_literal(file)} as site_file ({_FORMAT})")
    try:
        for name, order in PERSON_TABLES.items():
            con.execute(
                f"create table site_file.{name} as from temp.staged_{name} "
                f"where {ids} order by {order}"
            )
    finally:
        con.execute("detach site_file")


# --- engine ---------------------------------------------------------------------------------------


def engine_declaration() -> Path:
    """Return the file that declares the packages that the look-up runs in browsers."""
    return STANDARD_METHOD.file("dashboards/site/engine.toml")


def _write_engine(target: Path, kept: Path | None) -> None:
    """Fetch the engine, or copy its files, and nothing else, from where they are kept."""
    declaration = engine_declaration()
    fetch(declaration, kept or target, ", or give --engine FOLDER with its files")
    if kept is not None:
        target.mkdir(parents=True)
        for path in (path for one in packages(declaration) for path in one["files"]):
            shutil.copyfile(kept / Path(path).name, target / Path(path).name)
