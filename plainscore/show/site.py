"""A site without a server: files for any static host, on which a browser explains anyone's score.

A lookup takes one file of some hundred kilobytes, so that any host will do.
``python -m plainscore.show.site FOLDER`` fetches the engine that browsers run, for use offline.
"""

import base64
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from plainscore.common.errors import EngineMissingError, UsageError
from plainscore.common.files import file_sha256, move_into_place, translating_write_errors
from plainscore.common.standard import STANDARD_METHOD
from plainscore.common.text import file_literal, text_literal
from plainscore.show.charts import Box
from plainscore.show.person import read_card
from plainscore.show.reader import Snapshots, open_snapshots, render_page
from plainscore.show.report import page_style, person_scripts, report_page

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


@dataclass(frozen=True)
class SiteRequest:
    """A site to write; ``words``: what `Snapshots.day` takes, one for each date.

    ``engine``: a folder that keeps the browser's engine; None: fetched for this site alone.
    """

    data_dir: Path
    words: Sequence[str]
    out: Path
    engine: Path | None
    boxes: Sequence[Box]
    is_invented: bool
    people_per_file: int = PEOPLE_PER_FILE


def refuse_other_folder(out: Path) -> None:
    """Raise UsageError where ``out`` holds anything but a site, or cannot be made."""
    if not out.parent.is_dir():
        raise UsageError(f"{out}: name a folder in an existing directory")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file: name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / SITE_FILE).is_file():
        raise UsageError(f"{out} holds something else: name another folder, or empty it")


def write_site(request: SiteRequest) -> None:
    """Write the site of some published dates, in the place of an older site, in one step.

    Raises UsageError, NothingPublishedError, or EngineMissingError where no engine can be fetched.
    """
    out = request.out
    refuse_other_folder(out)
    unfinished, old = (out.with_name(f".{out.name}.{uuid4().hex}") for _ in range(2))
    # Opened once: otherwise what is published meanwhile would be on some of the pages.
    with open_snapshots(request.data_dir) as snapshots, translating_write_errors(out.parent):
        days = sorted({snapshots.day(word) for word in request.words})
        try:
            _write_engine(unfinished / "engine", request.engine)
            _write_texts(unfinished, _front(request, snapshots, days))
            for day in days:
                _write_date(request, snapshots, day, days, unfinished / str(day))
            if out.exists():
                out.rename(old)
            move_into_place(unfinished, out)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        if old.exists():
            shutil.rmtree(old)


def _front(request: SiteRequest, snapshots: Snapshots, days: Sequence[date]) -> dict[str, str]:
    """Return file -> text of the front page, and of the scripts and styles of all pages."""
    method = snapshots.method
    runs = snapshots.records(
        "from run where is_shown and as_of_date in (select unnest($days)) order by as_of_date desc",
        {"days": list(days)},
    )
    page = render_page(
        "site/front.html", method, runs=runs, is_invented=request.is_invented, packages=packages()
    )
    files = method.files("dashboards/site/script", ".js").items()
    own = {name: file.read_text(encoding="utf-8") for name, file in files} | person_scripts(method)
    own["site.css"] = page_style(method) + method.text("dashboards/site/site.css")
    dates = json.dumps({"dates": [str(day) for day in days]})
    scripts = {f"script/{name}": text for name, text in own.items()}
    return {"index.html": page, SITE_FILE: dates, **scripts}


def _write_date(
    request: SiteRequest, snapshots: Snapshots, day: date, days: Sequence[date], folder: Path
) -> None:
    """Write the people of a date, the card and where people are, the look-up and the report."""
    first_ids = write_people(snapshots, day, folder / "people", request.people_per_file)
    method = {"card": read_card(snapshots, day).as_json(), "first_ids": first_ids}
    look_up = render_page(
        "site/lookup.html",
        snapshots.method,
        day=day,
        days=days,
        run=snapshots.run_of(day),
        people=[one for (one,) in snapshots.rows(_PEOPLE, {"day": day, "count": _EXAMPLES})],
        is_invented=request.is_invented,
        imports=_IMPORTS,
        imports_digest=base64.b64encode(hashlib.sha256(_IMPORTS.encode()).digest()).decode(),
    )
    texts = {
        "method.json": json.dumps(method, ensure_ascii=False, separators=(",", ":")),
        "index.html": look_up,
        "report.html": report_page(snapshots, day, request.boxes, request.is_invented),
    }
    _write_texts(folder, texts)


def _write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


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
    bounds = [*firsts, None]
    for number, (first, end) in enumerate(pairwise(bounds)):
        if number % _FILES_AT_ONCE == 0:
            last = bounds[min(number + _FILES_AT_ONCE, len(firsts))]
            _stage(snapshots, day, _ids(first, last))
        _write_file(snapshots, _ids(first, end), folder / f"{number:05}.duckdb.gz")
    return firsts


def _ids(first: str | None, end: str | None) -> str:
    """Return the SQL condition of ids from ``first`` to before ``end``, None: to the last."""
    assert first is not None, "only the last file has no end"
    condition = f"person_id >= {text_literal(first)}"
    return condition if end is None else f"{condition} and person_id < {text_literal(end)}"


def _stage(snapshots: Snapshots, day: date, ids: str) -> None:
    """Read the rows of many files at once into the tables ``staged_...``."""
    for name in PERSON_TABLES:
        snapshots.rows(
            f"create or replace temp table staged_{name} as from {name} "
            f"where as_of_date = date '{day}' and {ids}"
        )


def _write_file(snapshots: Snapshots, ids: str, file: Path) -> None:
    """Copy the staged rows of some people into a new database and pack it."""
    con = snapshots.con
    # In memory where that is possible: DuckDB waits for the disk ten times a file.
    memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with TemporaryDirectory(dir=memory) as away:
        unpacked = Path(away, file.stem)
        con.execute(f"attach {file_literal(unpacked)} as site_file ({_FORMAT})")
        try:
            for name, order in PERSON_TABLES.items():
                con.execute(
                    f"create table site_file.{name} as from temp.staged_{name} "
                    f"where {ids} order by {order}"
                )
        finally:
            con.execute("detach site_file")
        file.write_bytes(gzip.compress(unpacked.read_bytes(), _EFFORT, mtime=0))


# --- engine: files out of npm packages of exact versions and known digests -----------------------

NPM = "npm"
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Package:
    """One package: ``files`` are paths within it and their SHA-256 digests."""

    name: str
    version: str
    licence: str
    files: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@cache
def packages() -> tuple[Package, ...]:
    """Return the packages that the engine is taken from."""
    declared = tomllib.loads(STANDARD_METHOD.text("dashboards/site/engine.toml"))
    return tuple(Package(**one) for one in declared["package"])


def is_engine(folder: Path) -> bool:
    """Return whether a folder holds every file of the engine, each as it was published."""
    return not _wrong_files(folder)


def fetch_engine(folder: Path) -> None:
    """Fetch the engine's files into a folder, with npm, unless they are there already.

    Nothing of a package is run. Raises EngineMissingError, which says what to install or to do,
    where npm is missing or fails, or a file is not the expected one.
    """
    if is_engine(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages():
        with TemporaryDirectory() as away:
            _run_npm(package, away)
            [archive] = Path(away).glob("*.tgz")
            with tarfile.open(archive) as opened:
                for path in package.files:
                    source = opened.extractfile(f"package/{path}")
                    assert source is not None, f"{package} holds {path}"
                    with source:
                        (folder / Path(path).name).write_bytes(source.read())
    if wrong := _wrong_files(folder):
        raise EngineMissingError(
            f"{wrong[0]} is not the file that this version of plainscore knows: "
            "remove it and run again"
        )


def _write_engine(target: Path, kept: Path | None) -> None:
    """Fetch the engine, or copy its files, and nothing else, from where they are kept."""
    fetch_engine(kept or target)
    if kept is not None:
        target.mkdir(parents=True)
        for file in _files(kept):
            shutil.copyfile(file, target / file.name)


def _files(folder: Path) -> dict[Path, str]:
    """Return each file of the engine in a folder, and its SHA-256 digest."""
    files = (file for one in packages() for file in one.files.items())
    return {folder / Path(path).name: digest for path, digest in files}


def _wrong_files(folder: Path) -> list[Path]:
    files = _files(folder).items()
    return [one for one, digest in files if not one.is_file() or file_sha256(one) != digest]


def _run_npm(package: Package, away: str) -> None:
    needed = f"the site's engine is {', '.join(map(str, packages()))}, fetched with npm: "
    if shutil.which(NPM) is None:
        raise EngineMissingError(
            f"{needed}install npm (Debian: apt-get install npm), or give --engine FOLDER with its "
            "files"
        )
    command = [NPM, "pack", "--ignore-scripts", "--silent", str(package)]
    done = subprocess.run(command, cwd=away, capture_output=True, text=True, check=False)
    if done.returncode:
        why = " ".join(done.stderr.split())[:_LONGEST_REASON] or f"exit code {done.returncode}"
        raise EngineMissingError(
            f"{needed}`{' '.join(command)}` failed ({why}): reach npm's registry, or give "
            "--engine FOLDER with its files"
        )


if __name__ == "__main__":
    fetch_engine(Path(sys.argv[1]))
    print(sys.argv[1])
