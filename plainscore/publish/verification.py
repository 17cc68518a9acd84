"""Hash everything that is published again, and report what differs from its manifest."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.text import identifier
from plainscore.publish.derived import DerivedSet, derived_folders
from plainscore.publish.proof import hash_people
from plainscore.publish.runs import CATALOG, Run, published_runs
from plainscore.publish.sets import MANIFEST, problems_of_set, read_columns, read_manifest
from plainscore.publish.views import HOME


def verify(data_dir: Path) -> list[str]:
    """Return one sentence for everything that is wrong with what is published; empty is good.

    Every file's bytes and every table's content are hashed again, derived sets of replaced runs
    and older code included, and the catalog is compared with the run directories. Costs a
    reading of everything that is published.
    """
    runs = published_runs(data_dir)
    with duckdb.connect() as con:
        problems = [problem for run in runs for problem in _problems_of_run(con, run)]
        problems += [
            f"{problem}: remove the folder; the command that made it computes it again"
            for folder in derived_folders(data_dir)
            for problem in problems_of_set(con, DerivedSet(folder, {}))
        ]
    return [*problems, *_problems_of_catalog(data_dir, runs)]


def _problems_of_run(con: duckdb.DuckDBPyConnection, run: Run) -> Iterator[str]:
    where = run.relative_folder
    hashes: Mapping[str, str] = {}
    try:
        manifest, columns = read_manifest(run), read_columns(run)
        said = (manifest["as_of_date"], manifest["known_on"], manifest["run"])
        if said != run.text_key:
            yield f"{where}: its manifest is of {' / '.join(said)}"
        if "people_root" in manifest:
            hashed = hash_people(con, run.folder, columns)
            hashes = hashed.content_hashes
            if hashed.root(manifest) != manifest["people_root"]:
                yield f"{where}/{MANIFEST}: its people_root is not that of its people"
    except (InputRefused, duckdb.Error, KeyError, TypeError, AttributeError):
        pass  # a manifest or file that cannot be read is reported below
    yield from problems_of_set(con, run, hashes)


def _problems_of_catalog(data_dir: Path, runs: list[Run]) -> Iterator[str]:
    catalog = data_dir / CATALOG
    if not catalog.is_file():
        if runs:
            yield f"{catalog} is missing: the next run writes it"
        return
    try:
        with duckdb.connect(str(catalog), read_only=True) as con:
            found = con.execute("select as_of_date, known_on, run from run").fetchall()
            shown, there = {tuple(map(str, row)) for row in found}, {run.text_key for run in runs}
            for missing in sorted(there - shown):
                name = " / ".join(missing)
                yield f"{CATALOG} does not show {name}: the next run writes it again"
            for gone in sorted(shown - there):
                yield f"{CATALOG} shows {' / '.join(gone)}, which is not there"
            listed = "select view_name from duckdb_views() where not internal order by 1"
            views = [view for (view,) in con.execute(listed).fetchall()]
            if HOME in views and (elsewhere := list(_problem_of_view(con, HOME, "is_at_home"))):
                views = []  # every view that reads files would say the same
                yield from elsewhere
            for view in views:
                yield from _problem_of_view(con, view)
    except duckdb.Error as error:
        yield f"{catalog} cannot be opened: {str(error).splitlines()[0]}"


def _problem_of_view(
    con: duckdb.DuckDBPyConnection, view: str, counted: str = "*"
) -> Iterator[str]:
    try:
        con.execute(f"select count({counted}) from {identifier(view)}").fetchall()
    except duckdb.Error as error:
        yield f"{CATALOG}: view {view} cannot be read: {str(error).splitlines()[0]}"
