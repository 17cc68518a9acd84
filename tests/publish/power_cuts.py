"""Cut the power before any change of a file, and small snapshots that make many cuts cheap."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Column, Table
from plainscore.publish import catalog, views
from plainscore.publish.publication import new_staging, publish, stage_snapshot
from plainscore.publish.runs import Run
from tests.publish.invented import CHECKS, provenance

CHANGES_OF_FILES = [
    (Path, "mkdir"),
    (Path, "write_bytes"),
    (Path, "write_text"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "rmdir"),
    (shutil, "rmtree"),
]
PERSON, DATES = (
    Column("person_id", "VARCHAR", "Person."),
    (Column("as_of_date", "DATE", "Day."), Column("known_on", "DATE", "Day.")),
)
NUMBER, POINTS = Column("scorecard_no", "INTEGER", "Card."), Column("score", "INTEGER", "Score.")
TABLES = [
    Table(f"published.{name}", "Made up", "one row per person", ("person_id",), columns, sql=sql)
    for name, columns, sql in (
        ("features", (PERSON, *DATES, Column("loyalty", "BIGINT", "Years.")), "select 1"),
        ("points", (PERSON, *DATES, NUMBER, Column("loyalty", "INTEGER", "Points.")), "select 2"),
        ("score", (PERSON, *DATES, NUMBER, POINTS), "select 3"),
    )
]


class PowerCutError(BaseException):
    """The process ends here: no handler of errors sees it."""


@contextmanager
def power_cut(monkeypatch: pytest.MonkeyPatch, before: int) -> Iterator[None]:
    """Raise PowerCutError before the change of a file of this number, and at all that follow."""
    seen = count()

    def unless_cut(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*arguments: Any, **named: Any) -> Any:
            if next(seen) >= before:
                raise PowerCutError
            return change(*arguments, **named)

        return changed

    with monkeypatch.context() as patched:
        for owner, name in CHANGES_OF_FILES:
            patched.setattr(owner, name, unless_cut(getattr(owner, name)))
        yield


def cuts(
    monkeypatch: pytest.MonkeyPatch, home: Path, act: Callable[[Path], object]
) -> Iterator[Path]:
    """Yield the directory for each change that ``act`` makes: its power was cut before it.

    It begins every time as it was at first, in its place: a catalog names files by their path.
    """
    kept = home.with_name(f"{home.name} kept")
    shutil.copytree(home, kept)
    for number in count():
        shutil.rmtree(home)
        shutil.copytree(kept, home)
        try:
            with power_cut(monkeypatch, number):
                act(home)
        except PowerCutError:
            yield home
        else:
            return


def make_catalogs_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave written views, macros and comments out of catalogs: most of the time that they take."""
    monkeypatch.setattr(views, "sql_views", lambda *_: [])
    monkeypatch.setattr(views, "sql_macros", lambda *_: [])
    monkeypatch.setattr(catalog, "comments_of", lambda *_: iter(()))


def publish_small(data_dir: Path, dates: SnapshotDates, seed: int) -> Run:
    """Publish a snapshot of three people and three tables; needs `make_catalogs_small`."""
    with duckdb.connect() as con:
        con.execute("create schema published")
        cells = f"'p' || i as person_id, date '{dates.as_of_date}', date '{dates.known_on}'"
        for table in TABLES:
            number = "" if table.short_name == "features" else ", 1"
            con.execute(
                f"{table.ddl}; insert into {table.name} "
                f"select {cells}{number}, i * {seed} from range(3) as t(i)"
            )
        staged = stage_snapshot(con, Catalog(TABLES, {}), dates, new_staging(data_dir, dates))
    return publish(data_dir, staged, provenance(), CHECKS)
