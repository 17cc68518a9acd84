"""Write a site whole, beside where it will stand, and put it there in one step."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

from plainscore.common.errors import UsageError
from plainscore.common.files import move_into_place, translating_write_errors
from plainscore.contracts.catalog import Catalog
from plainscore.runs.inputs import is_invented_world
from plainscore.runs.report.reporting import report_of
from plainscore.show.site.engine import bring_engine, copy_engine
from plainscore.show.site.method import method_object
from plainscore.show.site.pages import front_page, lookup_page, site_scripts, site_style
from plainscore.show.site.people_files import (
    METHOD_FILE,
    PEOPLE_PER_FILE,
    write_method,
    write_people,
)
from plainscore.show.snapshots import Snapshots, open_snapshots

MARK = "site.json"


@dataclass(frozen=True)
class SiteRequest:
    """A site that is wanted.

    ``words``: what `Snapshots.day` takes, one for each date. ``engine``: a folder with the
    browser's engine, fetched into it where it is not there; None: fetched for this site alone.
    """

    data_dir: Path
    words: Sequence[str]
    out: Path
    engine: Path | None
    catalog: Catalog
    people_per_file: int = PEOPLE_PER_FILE


def refuse_other_folder(out: Path) -> None:
    """Raise UsageError where ``out`` holds something that is no site of ours, or cannot be made."""
    if not out.parent.is_dir():
        raise UsageError(f"{out}: name a folder in a directory that is there")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file: name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise UsageError(
            f"{out} holds something else than a site: name another folder, or empty it"
        )


def write_site(wanted: SiteRequest) -> None:
    """Write the site of some published dates, in the place of an older site.

    Raises UsageError where its folder holds something else, ReadingError where nothing is
    published or the engine cannot be had.
    """
    out = wanted.out
    refuse_other_folder(out)
    unfinished = out.with_name(f".{out.name}.{uuid4().hex}")
    # Opened once: what is published meanwhile is on no page, or it would be on some of them.
    with open_snapshots(wanted.data_dir) as snapshots:
        days = sorted({snapshots.day(word) for word in wanted.words})
        with translating_write_errors(out.parent):
            try:
                _write_engine(unfinished / "engine", wanted.engine)
                _write_front(wanted, snapshots, days, unfinished)
                for day in days:
                    _write_date(wanted, snapshots, day, days, unfinished / str(day))
                _put_in_place(unfinished, out)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)


def _write_engine(target: Path, kept: Path | None) -> None:
    if kept is None:
        bring_engine(target)
    else:
        bring_engine(kept)
        copy_engine(kept, target)


def _write_front(
    wanted: SiteRequest, snapshots: Snapshots, days: Sequence[date], site: Path
) -> None:
    (site / "script").mkdir()
    for name, text in {**site_scripts(), "site.css": site_style()}.items():
        (site / "script" / name).write_text(text, encoding="utf-8")
    page = front_page(snapshots, days, is_invented_world(wanted.data_dir))
    (site / "index.html").write_text(page, encoding="utf-8")
    (site / MARK).write_text(json.dumps({"dates": [str(day) for day in days]}), encoding="utf-8")


def _write_date(
    wanted: SiteRequest, snapshots: Snapshots, day: date, days: Sequence[date], folder: Path
) -> None:
    folder.mkdir()
    first_ids = write_people(snapshots, day, folder / "people", wanted.people_per_file)
    write_method(snapshots, day, folder / METHOD_FILE)
    method = method_object(snapshots, day, first_ids)
    page = lookup_page(snapshots, day, days, is_invented_world(wanted.data_dir))
    report = report_of(snapshots, day, wanted.data_dir, wanted.catalog)
    told = json.dumps(method, ensure_ascii=False, separators=(",", ":"))
    for name, text in {"method.json": told, "index.html": page, "report.html": report}.items():
        (folder / name).write_text(text, encoding="utf-8")


def _put_in_place(unfinished: Path, out: Path) -> None:
    if not out.exists():
        move_into_place(unfinished, out)
        return
    old = out.with_name(f".{out.name}.{uuid4().hex}")
    out.rename(old)
    move_into_place(unfinished, out)
    shutil.rmtree(old)
