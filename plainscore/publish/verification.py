"""Hash everything that is published again, and say what is not as its manifest says."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from plainscore.common.errors import InputRefused
from plainscore.common.files import file_sha256
from plainscore.common.text import identifier
from plainscore.publish.change_verification import verify_changes
from plainscore.publish.content_hash import Columns
from plainscore.publish.file_verification import problems_of_table, strange_files
from plainscore.publish.manifest import (
    columns_of,
    read_contracts,
    read_manifest,
    snapshot_hash,
)
from plainscore.publish.people_root import HashedPeople, hash_people, people_root
from plainscore.publish.people_tree import tree_head
from plainscore.publish.runs import CATALOG, CONTRACTS, MANIFEST, Run, published_runs


def verify(data_dir: Path) -> list[str]:
    """Return one sentence for everything that is wrong with the published runs; empty is good.

    Every file's bytes and every table's content are hashed again, and the catalog is held
    against the run directories. Costs a reading of everything that is published.
    """
    runs = published_runs(data_dir)
    with duckdb.connect() as con:
        problems = [problem for run in runs for problem in _problems_of_run(con, run)]
    return [*problems, *verify_changes(data_dir), *_problems_of_catalog(data_dir, runs)]


def _problems_of_run(con: duckdb.DuckDBPyConnection, run: Run) -> Iterator[str]:
    where = run.relative_folder
    try:
        manifest, contracts = read_manifest(run), read_contracts(run)
    except InputRefused as error:
        yield str(error)
        return
    said = (manifest["as_of_date"], manifest["known_on"], manifest["run"])
    if said != (str(run.dates.as_of_date), str(run.dates.known_on), run.name):
        yield f"{where}: its manifest is of {' / '.join(said)}"
    if file_sha256(run.folder / CONTRACTS) != manifest["contracts_sha256"]:
        yield f"{where}/{CONTRACTS} is not what was published"
    columns = columns_of(contracts)
    hashes: Mapping[str, str] = {}
    if "people_root" in manifest and (hashed := _hash_people(con, run, columns)):
        hashes = hashed.content_hashes
        if people_root(manifest, columns, tree_head(hashed.leaves)) != manifest["people_root"]:
            yield f"{where}/{MANIFEST}: its people_root is not that of its people"
    for name, entry in manifest["tables"].items():
        own = contracts[name]["columns"]
        known = hashes.get(name)
        yield from problems_of_table(con, run.folder, where, name, entry, own, known)
    if snapshot_hash(manifest["tables"]) != manifest["content_hash"]:
        yield f"{where}/{MANIFEST}: its content_hash is not that of its tables"
    yield from strange_files(run.folder, where, set(manifest["tables"]))


def _hash_people(
    con: duckdb.DuckDBPyConnection, run: Run, columns: Mapping[str, Columns]
) -> HashedPeople | None:
    """Return everyone, hashed; None where a file is lost or broken, which its table will tell."""
    try:
        return hash_people(con, run.folder, columns)
    except duckdb.Error:
        return None


def _problems_of_catalog(data_dir: Path, runs: list[Run]) -> Iterator[str]:
    catalog = data_dir / CATALOG
    if not catalog.is_file():
        if runs:
            yield f"{catalog} is missing: the next run makes it anew"
        return
    try:
        with duckdb.connect(str(catalog), read_only=True) as con:
            yield from _problems_of_views(con, runs)
    except duckdb.Error as error:
        yield f"{catalog} cannot be opened: {str(error).splitlines()[0]}"


def _problems_of_views(con: duckdb.DuckDBPyConnection, runs: list[Run]) -> Iterator[str]:
    found = con.execute("select as_of_date, known_on, run from run").fetchall()
    shown = {(str(d), str(k), name) for d, k, name in found}
    there = {(str(run.dates.as_of_date), str(run.dates.known_on), run.name) for run in runs}
    for missing in sorted(there - shown):
        yield f"{CATALOG} does not show {' / '.join(missing)}: the next run makes it anew"
    for gone in sorted(shown - there):
        yield f"{CATALOG} shows {' / '.join(gone)}, which is not there"
    views = con.execute("select view_name from duckdb_views() where not internal").fetchall()
    for (view,) in sorted(views):
        try:
            con.execute(f"select count(*) from {identifier(view)}").fetchall()
        except duckdb.Error as error:
            yield f"{CATALOG}: view {view} cannot be read: {str(error).splitlines()[0]}"
