"""Search everything under a data directory for an id: the proof that a person is gone.

It reads what is there, file by file, and trusts nothing that the erasure says of itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from plainscore.common.lock import ERASURE_JOURNAL, LOCK_NAME
from plainscore.erasure.erased_ids import NAMING_FIELDS, ErasedIds, json_texts, matching_cells
from plainscore.erasure.landing import mentions, opened_text
from plainscore.erasure.landing_rows import find_naming_rows
from plainscore.logs.event_store import open_store
from plainscore.logs.identity import CONFLICT_REASON
from plainscore.logs.landing import FileRefused, LandingFile, list_landing
from plainscore.logs.tables import LOGS

_NAME_NO_ONE = {name for log in LOGS.values() for name in log.names} - set(NAMING_FIELDS)
_TEXTS = (".csv", ".ndjson", ".jsonl", ".tsv", ".txt", ".toml", ".sql", ".md")
_SURE_BYTES = 8
_SMALL_BYTES = 2**24
_POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


@dataclass
class SearchResult:
    """Where ids occur: as a person in ``found``; in ``elsewhere`` as a value that names no one."""

    files: int = 0
    columns: int = 0
    found: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def search(data_dir: Path, names: ErasedIds) -> SearchResult:
    """Search every file under a data directory, its name and every column, for some ids.

    Ids of fewer than four characters are looked for as whole values only: within a longer text
    they are a date's day more often than a person. Costs a reading of everything.
    """
    result = SearchResult()
    logs = _log_files(data_dir / "landing")
    for path in sorted(data_dir.rglob("*")):
        where = path.relative_to(data_dir).as_posix()
        if names.matches(path.name):
            result.found.append(f"{where}: its name")
        if path.is_file() and where not in (LOCK_NAME, ERASURE_JOURNAL):
            result.files += 1
            try:
                _search_file(path, where, logs.get(path), names, result)
            except (EOFError, *_POLARS_ERRORS, duckdb.Error):
                if _bytes_mention(path.read_bytes(), names):
                    result.found.append(f"{where}: its bytes (it cannot be read)")
    result.found += _nameless_keys(data_dir)
    return result


def _log_files(landing: Path) -> dict[Path, LandingFile]:
    if not landing.is_dir():
        return {}
    return {file.path: file for file in list_landing(landing).files}


def _search_file(
    path: Path, where: str, file: LandingFile | None, names: ErasedIds, result: SearchResult
) -> None:
    plain = path.name.removesuffix(".gz")
    if path.suffix == ".parquet":
        _search_parquet(path, where, names, result)
    elif plain.endswith(_TEXTS):
        _search_lines(path, where, file, names, result)
    elif path.suffix == ".json":
        if any(_mentions_within(document, names) for document in _documents(path)):
            result.found.append(f"{where}: its text")
    elif path.suffix == ".duckdb":
        if any(names.matches(text) for text in _catalog_texts(path)):
            result.found.append(f"{where}: a view or a comment")
    elif _bytes_mention(path.read_bytes(), names):
        result.found.append(f"{where}: its bytes")


def _documents(path: Path) -> list[str]:
    """Return the JSON documents of a file: one, or (a table's log) one a line."""
    content = path.read_text(errors="replace")
    return content.splitlines() if path.parent.name == "_delta_log" else [content]


def _mentions_within(document: str, names: ErasedIds) -> bool:
    """Look into JSON, and into JSON within its texts, as a table's log holds its statistics."""
    return any(
        names.matches(text) or _mentions_within(text, names)
        for text in json_texts(document, with_numbers=False)
    )


def _search_parquet(path: Path, where: str, names: ErasedIds, result: SearchResult) -> None:
    scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    if path.stat().st_size <= _SMALL_BYTES:
        scan = scan.collect().lazy()  # one reading is quicker than one for each column
    hits = 0
    for name, dtype in scan.collect_schema().items():
        if dtype.is_numeric() and not name.endswith("_id"):
            continue
        result.columns += 1
        needed = [name, "reason"] if name == "raw" and "/quarantine/" in where else [name]
        rows = scan.select(needed).collect()
        matching = matching_cells(rows[name], names)
        if name == "raw":
            lines = [line is not None and mentions(line, names) for line in rows[name]]
            matching = pl.Series(lines, dtype=pl.Boolean)
        hits += (count := int(matching.sum()))
        if not count:
            continue
        said = f"{where}: column {name}, {count} rows"
        # The conflicting row of another person may hold the same text where it names no one.
        is_conflict = len(needed) > 1 and (rows["reason"].filter(matching) == CONFLICT_REASON).all()
        names_no_one = name in _NAME_NO_ONE or is_conflict
        (result.elsewhere if names_no_one else result.found).append(said)
    if not hits and _bytes_mention(path.read_bytes(), names):
        result.found.append(f"{where}: its statistics or its metadata")


def _search_lines(
    path: Path, where: str, file: LandingFile | None, names: ErasedIds, result: SearchResult
) -> None:
    result.columns += 1
    with opened_text(path, path.suffix == ".gz") as stream:
        count = sum(
            names.may_be_in(line, is_json=True) and mentions(line.decode("utf-8", "replace"), names)
            for line in stream
        )
    if not count:
        return
    try:
        is_person = file is None or bool(find_naming_rows(file, names).spans)
    except FileRefused:
        is_person = True
    (result.found if is_person else result.elsewhere).append(f"{where}: {count} lines")


def _catalog_texts(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        for query in (
            "select sql from duckdb_views() where not internal",
            "select comment from duckdb_columns() where comment is not null",
            "select macro_definition from duckdb_functions() where not internal",
        ):
            yield from (str(text) for (text,) in con.execute(query).fetchall())


def _bytes_mention(content: bytes, names: ErasedIds) -> bool:
    """Look for long ids in any bytes; a short one occurs in some by chance."""
    sure = ErasedIds([one for one in names.ids if len(one) >= _SURE_BYTES])
    if not sure.ids or not sure.may_be_in(content):
        return False
    return sure.matches(content.decode("utf-8", "replace"))


def _nameless_keys(data_dir: Path) -> Iterator[str]:
    """Yield the tables of the event store that hold rows under a key without an id."""
    if not (data_dir / "events").is_dir():
        return
    store = open_store(data_dir)
    people = [pl.read_parquet(file, glob=False) for file in store.person_files()]
    known = pl.concat(people)["person_key"] if people else pl.Series([], dtype=pl.Int64)
    for table in (*LOGS, "repeat"):
        for file in store.files(table):
            schema = pl.scan_parquet(file, glob=False, hive_partitioning=False).collect_schema()
            keys = [name for name in schema if name.endswith("_key")]
            rows = pl.read_parquet(file, columns=keys, glob=False, hive_partitioning=False)
            for name in keys:
                nameless = (~rows[name].drop_nulls().is_in(known.implode())).sum()
                if nameless:
                    yield f"events/{table}: {nameless} rows under a {name} that no one has"
