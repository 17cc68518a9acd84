"""What the catalog holds: views over pinned files, the views and macros of ``transforms/catalog``.

``<table>`` shows the newest known_on of every date and, where a scorecard decides the rows, the
champion's; ``<table>_all`` shows every scorecard, known_on and run. Tables of derived sets have
one view each.

A view that named its files itself would hold one path for every run, and there are two views of
every table: opening the catalog and publishing into it would grow with runs times views. So the
runs are listed once, in one macro for each kind of run, and a view reads
``pinned_files_1('score')``. Only functions that DuckDB has had since 1.1 make the list, and it is
folded when a query is planned, so that files of other dates are never opened.
"""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plainscore.common.standard import Method
from plainscore.common.text import escape_glob, identifier, read_parquet, text_literal
from plainscore.contracts.contract import Column, Table, method_glossary, read_table
from plainscore.project import read_project
from plainscore.publish.derived import CHANGES, KINDS, DerivedSet, Kind, current_sets
from plainscore.publish.runs import LEDGER, Run, default_runs, newest_of_dates
from plainscore.publish.sets import (
    CHECK_RESULT_TABLE,
    SNAPSHOTS,
    read_contracts,
    read_manifest,
)

CELLS, COUNTS = "{cells}", "{counts}"
# A pattern that matches no file is an error, and a ledger may be lost without harm.
NO_ENTRY = "none.json"
# No resolved path has two slashes in a row, so this separates paths whatever they are made of.
_SEPARATOR = "//\n"
_PARTITIONS = {"as_of_date": "date", "known_on": "date", "run": "varchar"}

_CELL_END, _ROW_END = "\x1f", "\x1e"
_NO_ENDS = str.maketrans("", "", _CELL_END + _ROW_END)

RUN_COLUMN = Column("run", "VARCHAR", "The run within its (as_of_date, known_on), from 0001.")
_RUN_COLUMNS = (
    Column("as_of_date", "DATE", "What happened until the end of this day (UTC) counts."),
    Column("known_on", "DATE", "What had arrived on or before this day counts."),
    RUN_COLUMN,
    Column("is_live", "BOOLEAN", "Whether it is the newest run of its (as_of_date, known_on)."),
    Column("is_shown", "BOOLEAN", "Whether the plain views show it for its as_of_date."),
    Column("people", "BIGINT", "People in the snapshot.", "people"),
    Column("scored", "BIGINT", "Of these, scored on the champion scorecard.", "people"),
    Column("checks_passed", "BIGINT", "Checks that passed.", "checks"),
    Column("checks_warned", "BIGINT", "Checks that failed without stopping the run.", "checks"),
    Column("scorecards", "VARCHAR", "Names and versions of the scorecards, champion first."),
    Column("skipped_refused_files", "BIGINT", "Refused files that were passed over.", "files"),
    Column("content_hash", "VARCHAR", "Hash of what all its tables say."),
    Column(
        "people_root",
        "VARCHAR",
        "Root that proofs of people lead to; see reference/proofs.md.",
    ),
    Column("code_version", "VARCHAR", "Version of the code that made it."),
    Column("code_hash", "VARCHAR", "Hash of the transforms that made it."),
)
_STAGE_COLUMNS = (
    Column("as_of_date", "DATE", "The day as of which it was made."),
    Column("known_on", "DATE", "What had arrived on or before this day was known."),
    RUN_COLUMN,
    Column("stage_no", "INTEGER", "The stage's place, from 1."),
    Column("stage", "VARCHAR", "The stage, checks included."),
    Column("row_count", "BIGINT", "Rows of its tables; of ingest and raw, those known.", "rows"),
    Column("seconds", "DOUBLE", "How long it took by the clock on the wall.", "seconds"),
    Column(
        "peak_memory_bytes", "BIGINT", "Most memory of the process in it, as looked at.", "bytes"
    ),
)
_STAGE_ENTRY = (
    "{'as_of_date': 'VARCHAR', 'known_on': 'VARCHAR', 'published': 'STRUCT(run VARCHAR, stages "
    'STRUCT(stage VARCHAR, "rows" BIGINT, seconds DOUBLE, peak_memory_bytes BIGINT)[])\'}'
)
_STAGE_CELLS = (
    "as_of_date", "known_on", "published.run", "stage_no", "took.stage", 'took."rows"',
    "took.seconds", "took.peak_memory_bytes",
)  # fmt: skip
_PAIR_COLUMNS = (
    Column("as_of_date_before", "DATE", "as_of_date of the earlier snapshot."),
    Column("known_on_before", "DATE", "known_on of the earlier snapshot."),
    Column("run_before", "VARCHAR", "Run of the earlier snapshot within its dates."),
    Column("as_of_date", "DATE", "as_of_date of the later snapshot."),
    Column("known_on", "DATE", "known_on of the later snapshot."),
    Column("run", "VARCHAR", "Run of the later snapshot within its dates."),
    Column("people", "BIGINT", "People of either snapshot.", "people"),
    Column("scored_in_both", "BIGINT", "Of these, scored in both.", "people"),
    Column("moved", "BIGINT", "Of these, with another score.", "people"),
    Column("carried", "BIGINT", "Of the scored, not scored somewhere on the way.", "people"),
    Column("notes", "VARCHAR", "What to know when reading the causes; empty: nothing."),
)
_QUARANTINE_COLUMNS = (
    Column("log", "VARCHAR", "Log that the row was delivered in."),
    Column("file", "VARCHAR", "File of the row, as a path under landing/."),
    Column("line", "BIGINT", "Physical line (parquet: row) in that file, from 1.", "line"),
    Column("reason", "VARCHAR", "Why the row was refused."),
    Column("raw", "VARCHAR", "The row as delivered, value_hash masked."),
    Column("arrived", "DATE", "The day on which it arrived."),
)
_ORIGIN_COLUMNS = (
    Column("data_directory", "VARCHAR", "The directory whose files the views read."),
    Column("fingerprint", "VARCHAR", "Hash of all views and macros: equal means nothing changed."),
)


@dataclass(frozen=True)
class View:
    """A view: its SELECT, what it is, and what its columns are, in the SELECT's order."""

    name: str
    sql: str
    comment: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Macro:
    """A table macro: its CREATE statement, and what it answers."""

    name: str
    sql: str
    comment: str


@dataclass(frozen=True)
class FilesMacro(Macro):
    """A scalar macro that gives files: ``sql`` gives them all, ``first_sql`` only the first.

    What is made over it reads one file, for its columns, but looks at every path that it is given.
    """

    first_sql: str


@dataclass(frozen=True)
class CatalogContents:
    """Everything that is in the catalog of one data directory.

    ``pinned``: the macros that give the views their files, made before them.
    """

    data_dir: Path
    pinned: tuple[FilesMacro, ...]
    views: tuple[View, ...]
    macros: tuple[Macro, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all views and macros."""
        text = repr((self.pinned, self.views, self.macros))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def origin(self) -> View:
        """The view that says what the catalog was made from."""
        sql = (
            f"select {text_literal(str(self.data_dir))} as data_directory, "
            f"{text_literal(self.fingerprint)} as fingerprint"
        )
        return View("catalog_origin", sql, "What this catalog was made from.", _ORIGIN_COLUMNS)


def contents_of(
    home: Path, runs: Sequence[Run], quarantine_files: Sequence[Path]
) -> CatalogContents:
    """Return what the catalog of a data directory must hold; ``runs``: the published ones.

    Raises InputRefused where a manifest cannot be read.
    """
    method = read_project(home).method
    published = PublishedRuns(home, runs)
    sets = current_sets(home, published.manifests)
    views = (
        _run_view(published),
        *_snapshot_views(published),
        _stage_view(home),
        _quarantine_view(quarantine_files),
        *(
            _derived_view(kind, table, sets[kind.name])
            for kind in (one.of(home) for one in KINDS.values())
            for table in kind.tables
        ),
        _pair_view(sets[CHANGES.name]),
        *sql_views(method),
    )
    macros = sql_macros(published.feature_names(), method)
    return CatalogContents(home, published.pinned, views, tuple(macros))


def _cells(columns: Sequence[Column], present: Set[str] | None = None) -> str:
    """Return the columns with their types; those that are not among ``present`` are null."""
    cells = []
    for column in columns:
        name = identifier(column.name)
        value = name if present is None or column.name in present else "null"
        cells.append(f"cast({value} as {column.type}) as {name}")
    return ", ".join(cells)


# Views of published snapshots


class PublishedRuns:
    """The runs that a catalog shows, oldest first, with their manifests, contracts and files.

    Runs of the same code have the same contracts: those are read once. A group is the runs of one
    contract that the plain views show, or the others of it; ``pinned`` has a macro for each.
    """

    def __init__(self, home: Path, runs: Sequence[Run]) -> None:
        self.runs = tuple(runs)
        self.shown = set(default_runs(list(runs)))
        self.manifests: dict[Run, Mapping[str, Any]] = {run: read_manifest(run) for run in runs}
        self._contracts: dict[str, Mapping[str, Any]] = {}
        groups: dict[tuple[str, bool], list[Run]] = {}
        for run in runs:
            if self._hash(run) not in self._contracts:
                self._contracts[self._hash(run)] = read_contracts(run)
            groups.setdefault((self._hash(run), run in self.shown), []).append(run)
        numbers = {contracts: number for number, contracts in enumerate(self._contracts, start=1)}
        self._macros = {
            (contracts, is_shown): _files_macro(
                f"{'pinned' if is_shown else 'superseded'}_files_{numbers[contracts]}", home, some
            )
            for (contracts, is_shown), some in sorted(
                groups.items(), key=lambda group: (numbers[group[0][0]], not group[0][1])
            )
        }

    @property
    def pinned(self) -> tuple[FilesMacro, ...]:
        """Scalar macros, each of which gives the files of a table in some of the runs."""
        return tuple(self._macros.values())

    @property
    def contracts(self) -> Mapping[str, Any]:
        """The contracts of the newest run: table name -> title, grain, key, columns."""
        return self._contracts[self._hash(self.runs[-1])]

    def columns(self, table_name: str, *, is_all: bool) -> list[Column]:
        """Return the columns that a table has in any of the runs, the newest run's first."""
        columns: dict[str, Column] = {}
        for contracts in self._newest_first(is_all=is_all):
            for column in self._own_columns(table_name, contracts):
                columns.setdefault(column.name, column)
        return list(columns.values())

    def sources(self, table_name: str, *, is_all: bool) -> list[tuple[Set[str], str]]:
        """Return (names of columns, SQL of the list of files that have them), for each such set."""
        lists: dict[frozenset[str], list[str]] = {}
        for contracts in self._newest_first(is_all=is_all):
            names = frozenset(c.name for c in self._own_columns(table_name, contracts))
            for is_shown in (True, False) if is_all else (True,):
                macro = self._macros.get((contracts, is_shown))
                if names and macro:
                    lists.setdefault(names, []).append(f"{macro.name}({text_literal(table_name)})")
        return [
            (names, some[0] if len(some) == 1 else f"flatten([{', '.join(some)}])")
            for names, some in lists.items()
        ]

    def feature_names(self) -> list[str]:
        """Return every feature that any run gave points for, the newest run's first."""
        keys = {"person_id", "as_of_date", "known_on"}
        scored = {c.name for c in self.columns("points", is_all=True)} - keys
        return [c.name for c in self.columns("features", is_all=True) if c.name in scored]

    def _newest_first(self, *, is_all: bool) -> list[str]:
        """Return the hashes of the contracts of the runs, the newest run's first."""
        runs = [run for run in reversed(self.runs) if is_all or run in self.shown]
        return list(dict.fromkeys(map(self._hash, runs)))

    def _hash(self, run: Run) -> str:
        return str(self.manifests[run]["contracts_sha256"])

    def _own_columns(self, table_name: str, contracts_hash: str) -> list[Column]:
        contract = self._contracts[contracts_hash].get(table_name, {"columns": ()})
        return [Column(c["name"], c["type"], c["doc"], c["unit"]) for c in contract["columns"]]


def _files_macro(name: str, home: Path, runs: Sequence[Run]) -> FilesMacro:
    comment = f"The files of a table in {len(runs)} runs. Example: select {name}('score')"
    return FilesMacro(name, _files_sql(name, home, runs), comment, _files_sql(name, home, runs[:1]))


def _files_sql(name: str, home: Path, runs: Sequence[Run]) -> str:
    folders = text_literal("\n".join(run.relative_folder for run in runs))
    start = text_literal(escape_glob(f"{home / SNAPSHOTS}/"))
    end = "('/' || of_table || '/' || of_table || '.parquet')"
    separator = text_literal(_SEPARATOR)
    return (
        f"create or replace macro {name}(of_table) as string_split("
        f"{start} || replace({folders}, chr(10), {end} || {separator} || {start}) || {end}, "
        f"{separator})"
    )


def _snapshot_views(published: PublishedRuns) -> list[View]:
    views = []
    for name, contract in published.contracts.items():
        about_people = any(column["name"] == "person_id" for column in contract["columns"])
        has_all = about_people or contract.get("is_audit", False)
        if name == CHECK_RESULT_TABLE:
            views.append(_snapshot_view(published, name, name, is_all=True))
            continue
        views.append(_snapshot_view(published, name, name, is_by_card=has_all))
        if has_all:
            views.append(_snapshot_view(published, f"{name}_all", name, is_all=True))
    return views


def _snapshot_view(
    published: PublishedRuns,
    view_name: str,
    table_name: str,
    *,
    is_all: bool = False,
    is_by_card: bool = False,
) -> View:
    """Return a view of every run or of the default ones; a column that a run lacks is null there.

    ``is_by_card``: show the champion's rows only, where the table has rows of each scorecard.
    """
    columns = published.columns(table_name, is_all=is_all)
    scope, condition = "newest known_on of every date", ""
    if is_all:
        scope = "every scorecard, known_on and run"
        columns.append(RUN_COLUMN)
    elif is_by_card and any(column.name == "scorecard_no" for column in columns):
        scope += ", champion scorecard"
        condition = " where scorecard_no = 1"
    types = ", ".join(f"{text_literal(name)}: {kind}" for name, kind in _PARTITIONS.items())
    # The folder names give dates and run, so that files of other dates are never opened.
    sql = " union all ".join(
        f"select {_cells(columns, {*present, RUN_COLUMN.name})} from read_parquet({files}, "
        f"hive_partitioning = true, hive_types = {{{types}}}){condition}"
        for present, files in published.sources(table_name, is_all=is_all)
    )
    contract = published.contracts[table_name]
    comment = f"{contract['title']}: {contract['grain']}; {scope}."
    return View(view_name, sql, comment, tuple(columns))


def _run_view(published: PublishedRuns) -> View:
    """Return the view ``run``: what is published, straight from the manifests."""
    live = set(newest_of_dates(list(published.runs)))
    rows = [
        _run_row(run, manifest, run in live, run in published.shown)
        for run, manifest in published.manifests.items()
    ]
    # One text, not one literal for each cell: those would be bound one by one, thousands of them.
    lines = text_literal(_ROW_END.join(_CELL_END.join(row) for row in rows))
    cells = ", ".join(
        f"cast(nullif(split_part(line, chr({ord(_CELL_END)}), {place}), '') as {c.type})"
        f" as {c.name}"
        for place, c in enumerate(_RUN_COLUMNS, start=1)
    )
    sql = (
        f"select {cells} from "
        f"(select unnest(string_split({lines}, chr({ord(_ROW_END)}))) as line) as published_run"
    )
    comment = "Published runs: one row per run of an as_of_date and known_on."
    return View("run", sql, comment, _RUN_COLUMNS)


def _run_row(run: Run, manifest: Mapping[str, Any], is_live: bool, is_shown: bool) -> list[str]:
    cards = ", ".join(f"{card['name']} {card['version']}" for card in manifest["scorecards"])
    cells = (
        *run.text_key,
        is_live,
        is_shown,
        manifest["people"],
        manifest["scored"],
        manifest["checks"]["passed"],
        manifest["checks"]["warned"],
        cards,
        len(manifest["skipped_refused_files"]),
        manifest["content_hash"],
        manifest.get("people_root", ""),
        manifest["code"]["version"],
        manifest["code"]["hash"],
    )
    return [str(cell).translate(_NO_ENDS) for cell in cells]


# Other views


def _stage_view(home: Path) -> View:
    """Return the view ``stage``: what every stage of a published run took, read from the ledger.

    It reads the ledger as it is when it is asked, so that the catalog need not be rebuilt for it;
    seconds are not part of a run's folder, where they would make every run a different one.
    """
    files = text_literal(f"{escape_glob(str(home / SNAPSHOTS / LEDGER))}/*.json")
    cells = ", ".join(
        f"cast({cell} as {column.type}) as {column.name}"
        for cell, column in zip(_STAGE_CELLS, _STAGE_COLUMNS, strict=True)
    )
    entries = f"read_json({files}, format = 'auto', columns = {_STAGE_ENTRY})"
    stages = (
        "select as_of_date, known_on, published, unnest(published.stages) as took, "
        f"generate_subscripts(published.stages, 1) as stage_no from {entries}"
    )
    comment = "What a published run took: one row per stage of the newest run of both dates."
    return View("stage", f"select {cells} from ({stages}) as taken", comment, _STAGE_COLUMNS)


def _quarantine_view(files: Sequence[Path]) -> View:
    comment = "Rows that were refused: one row per refused row of the landing files."
    return _files_view("quarantine", files, comment, _QUARANTINE_COLUMNS)


def _derived_view(kind: Kind, table: Table, sets: Sequence[DerivedSet]) -> View:
    files = [one.file(table.short_name) for one in sets]
    comment = f"{table.title}: {table.grain}; of {kind.asked}."
    return _files_view(table.short_name, files, comment, table.columns)


def _files_view(
    name: str, files: Sequence[Path], comment: str, columns: tuple[Column, ...]
) -> View:
    """Return a view over files; without any, an empty one of the same types."""
    if files:
        return View(name, f"select {_cells(columns)} from {read_parquet(files)}", comment, columns)
    return View(name, f"select {_cells(columns, set())} where false", comment, columns)


def _pair_view(sets: Sequence[DerivedSet]) -> View:
    rows = [_pair_row(one.manifest) for one in sets] or [["null"] * len(_PAIR_COLUMNS)]
    names = ", ".join(column.name for column in _PAIR_COLUMNS)
    values = ", ".join(f"({', '.join(row)})" for row in rows)
    sql = (
        f"select {_cells(_PAIR_COLUMNS)} from (values {values}) as computed({names}) "
        "where run is not null"
    )
    comment = "Pairs of snapshots whose changes are computed: one row per pair of runs."
    return View("change_pair", sql, comment, _PAIR_COLUMNS)


def _pair_row(manifest: Mapping[str, Any]) -> list[str]:
    days = [
        text_literal(run[name])
        for run in manifest["runs"]
        for name in ("as_of_date", "known_on", "run")
    ]
    counts = [str(int(manifest[n])) for n in ("people", "scored_in_both", "moved", "carried")]
    return [*days, *counts, text_literal("; ".join(manifest["notes"]))]


# Views and macros that have a file of their own


def sql_views(method: Method) -> list[View]:
    """Return the views of ``catalog/views/``: a contract, then a SELECT over published views."""
    files = method.files("transforms/catalog/views", ".sql").values()
    glossary = method_glossary(method)
    tables = [read_table(path, glossary) for path in files]
    return [
        View(table.short_name, table.sql, f"{table.title}: {table.grain}.", table.columns)
        for table in tables
    ]


def sql_macros(feature_names: Sequence[str], method: Method) -> list[Macro]:
    """Return the macros of ``catalog/macros/``: a comment, then a CREATE MACRO statement.

    In a file, ``{cells}`` is replaced by one struct (feature, value, points) per feature, made of
    the columns of ``features`` and ``points``; ``{counts}`` by one struct (feature, bins) over
    grouped rows of ``points``, bins being the rows (key, value) of how many people earned which
    points.
    """
    written = {
        CELLS: _each(
            feature_names,
            "{{'feature': {text}, 'value': cast(features.{name} as double),"
            " 'points': points.{name}}}",
        ),
        COUNTS: _each(
            feature_names, "{{'feature': {text}, 'bins': map_entries(histogram(points.{name}))}}"
        ),
    }
    files = method.files("transforms/catalog/macros", ".sql").values()
    return [_macro(path, written) for path in files]


def _each(feature_names: Sequence[str], struct: str) -> str:
    return ",\n        ".join(
        struct.format(text=text_literal(name), name=identifier(name)) for name in feature_names
    )


def _macro(path: Path, written: Mapping[str, str]) -> Macro:
    opening, _, statement = path.read_text(encoding="utf-8").partition("*/\n")
    comment = " ".join(opening.removeprefix("/*").split())
    for placeholder, sql in written.items():
        statement = statement.replace(placeholder, sql)
    return Macro(path.stem, statement, comment)
