"""What the catalog holds: views over pinned files, the views and macros of ``transforms/catalog``.

``<table>`` shows the newest known_on of every date and, where a scorecard decides the rows, the
champion's; ``<table>_all`` shows every scorecard, known_on and run. Tables of derived sets have
one view each. Contracts of what no transform makes are in ``plainscore/publish/published``.

A view that named its files itself would hold one path for every run, and there are two views of
every table: opening the catalog and publishing into it would grow with runs times views. So the
runs are listed once, in one macro for each kind of run, and a view reads
``pinned_files_1('score')``. Only functions that DuckDB has had since 1.1 make the list, and it is
folded when a query is planned, so that files of other dates are never opened.

Files are named by absolute paths, so the catalog of a directory that was copied names files of the
old place. Every view that reads files asks ``catalog_home`` first, which is an error there.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

from plainscore.common.standard import Method
from plainscore.common.text import escape_glob, identifier, read_parquet, text_literal
from plainscore.contracts.contract import (
    Column,
    Table,
    method_glossary,
    method_tables,
    read_table,
)
from plainscore.project import read_project
from plainscore.publish.runs import (
    CATALOG,
    CHANGES,
    HOME_VARIABLE,
    KINDS,
    LEDGER,
    Run,
    current_sets,
    default_runs,
    newest_of_dates,
)
from plainscore.publish.sets import CHECK_RESULT_TABLE, SNAPSHOTS, read_contracts, read_manifest

Addition = tuple[set[tuple[str, str]], Column, str]
LABELLED = ("feature", "factor", "benefit", "attack")


def additions(days: Set[date]) -> Iterator[Addition]:
    """Yield (columns that must be there, column, expression) of what every view may get besides.

    ``days``: the published dates. The expressions are over the view's own columns, and stand in no
    file. A condition on a date is one on constants, so that ``where is_latest`` opens the files of
    one date, as the date itself would.
    """
    dated = {("as_of_date", "DATE")}
    month_ends = ", ".join(_day(one) for one in sorted(days) if (one + timedelta(days=1)).day == 1)
    is_month_end = f"as_of_date in ({month_ends})" if month_ends else "false"
    newest = "Whether as_of_date is the newest published date."
    last = "Whether as_of_date is the last day of its month."
    first = "Whether the row is of the first scorecard."
    short = "The feature of the reason, and whether it is missing."
    yield dated, _flag("is_latest", newest), f"as_of_date = {_day(max(days))}"
    yield dated, _flag("is_month_end", last), is_month_end
    yield {("scorecard_no", "INTEGER")}, _flag("is_champion", first), "scorecard_no = 1"
    for name in LABELLED:
        said = Column(f"{name}_label", "VARCHAR", f"The {name} as a chart shows it.")
        yield {(name, "VARCHAR")}, said, _label(name)
    yield (
        {("code", "VARCHAR"), ("reason", "VARCHAR"), ("is_missing", "BOOLEAN")},
        Column("reason_short", "VARCHAR", short),
        f"{_label('code')} || if(is_missing, ', not on record', '')",
    )


def _flag(name: str, doc: str) -> Column:
    return Column(name, "BOOLEAN", doc)


def _day(day: date) -> str:
    return f"date '{day}'"


def _label(name: str) -> str:
    quoted = identifier(name)
    return f"upper(left({quoted}, 1)) || replace(substr({quoted}, 2), '_', ' ')"


# A pattern that matches no file is an error, and a ledger may be lost without harm.
NO_ENTRY = "none.json"
# No resolved path has two slashes in a row, so this separates paths whatever they are made of.
_SEPARATOR = "//\n"
_NULL, _ROW_END, _CELL_END = "\x15", "\x1e", "\x1f"
_NO_ENDS = str.maketrans("", "", _NULL + _ROW_END + _CELL_END)
_STAGE_ENTRY = (
    "{'as_of_date': 'VARCHAR', 'known_on': 'VARCHAR', 'published': 'STRUCT(run VARCHAR, stages "
    'STRUCT(stage VARCHAR, "rows" BIGINT, seconds DOUBLE, peak_memory_bytes BIGINT)[])\'}'
)


@dataclass(frozen=True)
class View:
    """A view: its SELECT, what it is, and what its columns are, in the SELECT's order.

    ``source``: what the SELECT reads: files, no more than its own rows, or other views.
    """

    name: str
    sql: str
    comment: str
    columns: tuple[Column, ...]
    source: Literal["files", "rows", "views"] = "rows"

    def finished(self, added: Iterable[Addition]) -> "View":
        """Return the view with the columns that all views get, of the files of its own place."""
        present = {(column.name, column.type) for column in self.columns}
        names = {column.name for column in self.columns}
        new = [
            (column, sql)
            for needed, column, sql in added
            if needed <= present and column.name not in names
        ]
        if not (new or self.source == "files"):
            return self
        cells = ", ".join(["*", *(f"{sql} as {column.name}" for column, sql in new)])
        at_home = f" where (select is_at_home from {HOME})" if self.source == "files" else ""
        sql = f"select {cells} from ({self.sql}) as shown{at_home}"
        return replace(self, sql=sql, columns=(*self.columns, *(column for column, _ in new)))


@dataclass(frozen=True)
class Macro:
    """A macro: its CREATE statement, and what it answers.

    ``first_sql``: of one that gives files, the same with the first file only. What is made over it
    reads one file, for its columns, but looks at every path that it is given.
    """

    name: str
    sql: str
    comment: str
    first_sql: str = ""


@dataclass(frozen=True)
class CatalogContents:
    """Everything in a catalog; ``pinned``: the macros that give the views their files.

    ``fingerprint``: SHA-256 (hex) of all views and macros.
    """

    pinned: tuple[Macro, ...]
    views: tuple[View, ...]
    macros: tuple[Macro, ...]
    fingerprint: str


HOME = "catalog_home"
# View -> the table of the event store that it shows as it stands.
STORE_VIEWS = {"quarantine": "quarantine", "delivery": "file"}


def contents_of(
    home: Path, runs: Sequence[Run], store_files: Mapping[str, Sequence[Path]]
) -> CatalogContents:
    """Return what the catalog of a data directory must hold; ``runs``: the published ones.

    ``store_files``: the files of each table of STORE_VIEWS.

    Raises InputRefused where a manifest cannot be read.
    """
    method = read_project(home).method
    published = PublishedRuns(home, runs, method)
    sets = current_sets(home, published.manifests)
    views = [
        published.run_view(),
        *published.views(),
        _stage_view(home),
        *(
            _files_view(published_table(view), store_files[table])
            for view, table in STORE_VIEWS.items()
        ),
    ]
    for kind in (one.of(home) for one in KINDS.values()):
        for table in kind.tables:
            files = [one.file(table.short_name) for one in sets[kind.name]]
            views.append(_files_view(table, files, f"; of {kind.asked}"))
    views += [
        _rows_view("change_pair", [_pair_row(one.manifest) for one in sets[CHANGES.name]]),
        *sql_views(published.feature_names(), method),
    ]
    added = list(additions({run.dates.as_of_date for run in runs}))
    views = [_home_view(home), *(view.finished(added) for view in views)]
    macros = tuple(sql_macros(published.feature_names(), method))
    text = repr((published.pinned, tuple(views), macros))
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    views.append(_rows_view("catalog_origin", [(home, fingerprint)]))
    return CatalogContents(published.pinned, tuple(views), macros, fingerprint)


@cache
def published_table(name: str) -> Table:
    """Return the contract of a published table or view that no transform makes."""
    return read_table(Path(__file__).parent / "published" / f"{name}.toml", {})


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

    Runs of the same code have the same contracts: those are read once, by their hash. A group is
    the runs of one contract that the plain views show, or the others of it; each has a macro.
    What today's method publishes and no run has, such as runs of earlier versions, is there empty:
    views of ``transforms/catalog`` may read it.
    """

    def __init__(self, home: Path, runs: Sequence[Run], method: Method) -> None:
        self.manifests: dict[Run, Mapping[str, Any]] = {run: read_manifest(run) for run in runs}
        self._shown = set(default_runs(list(runs)))
        written = method_tables(method, ("published",), method_glossary(method))
        self._today: dict[str, Mapping[str, Any]] = {
            table.short_name: {
                "title": table.title,
                "grain": table.grain,
                "columns": [asdict(column) for column in table.columns],
            }
            for table in written
        }
        self._contracts: dict[str, Mapping[str, Any]] = {}
        groups: dict[tuple[str, bool], list[Run]] = {}
        for run in runs:
            key = self._hash(run)
            if key not in self._contracts:
                self._contracts[key] = read_contracts(run)
            groups.setdefault((key, run in self._shown), []).append(run)
        self._macros = {
            (key, is_shown): _files_macro(
                f"{'pinned' if is_shown else 'superseded'}_files_{number}",
                home,
                groups[key, is_shown],
            )
            for number, key in enumerate(self._contracts, start=1)
            for is_shown in (True, False)
            if (key, is_shown) in groups
        }

    @property
    def pinned(self) -> tuple[Macro, ...]:
        """Scalar macros, each of which gives the files of a table in some of the runs."""
        return tuple(self._macros.values())

    def feature_names(self) -> list[str]:
        """Return every feature that a shown run gave points for, the newest run's first."""
        keys = {"person_id", "as_of_date", "known_on"}
        scored = {c.name for c in self._columns("points", is_all=False)} - keys
        return [c.name for c in self._columns("features", is_all=False) if c.name in scored]

    def views(self) -> list[View]:
        """Return the views of the tables of the newest run, and of today's method."""
        views = []
        for name in dict.fromkeys([*self._newest, *self._today]):
            contract = self._contract(name)
            about_people = any(column["name"] == "person_id" for column in contract["columns"])
            has_all = about_people or contract.get("is_audit", False)
            is_result = name == CHECK_RESULT_TABLE
            views.append(self._view(name, name, is_all=is_result, is_by_card=has_all))
            if has_all and not is_result:
                views.append(self._view(f"{name}_all", name, is_all=True))
        return views

    def run_view(self) -> View:
        """Return the view ``run``: what is published, straight from the manifests."""
        live = set(newest_of_dates(list(self.manifests)))
        rows = [
            (
                *run.text_key,
                run in live,
                run in self._shown,
                manifest["people"],
                manifest["scored"],
                manifest["checks"]["passed"],
                manifest["checks"]["warned"],
                ", ".join(f"{card['name']} {card['version']}" for card in manifest["scorecards"]),
                len(manifest["skipped_refused_files"]),
                manifest["content_hash"],
                manifest.get("people_root"),
                manifest["code"]["version"],
                manifest["code"]["hash"],
            )
            for run, manifest in self.manifests.items()
        ]
        return _rows_view("run", rows)

    def _view(
        self, view_name: str, table_name: str, *, is_all: bool = False, is_by_card: bool = False
    ) -> View:
        """Return a view of every run or the default ones; a column that a run lacks is null there.

        ``is_by_card``: show the champion's rows only, where the table has rows of each scorecard.
        """
        columns = self._columns(table_name, is_all=is_all)
        scope, condition = "newest known_on of every date", ""
        if is_all:
            scope = "every scorecard, known_on and run"
            columns.append(published_table("run").column("run"))
        elif is_by_card and any(column.name == "scorecard_no" for column in columns):
            scope, condition = f"{scope}, champion scorecard", " where scorecard_no = 1"
        # The folder names give dates and run, so that files of other dates are never opened.
        types = "{'as_of_date': date, 'known_on': date, 'run': varchar}"
        contract = self._contract(table_name)
        comment = f"{contract['title']}: {contract['grain']}; {scope}."
        sql = " union all ".join(
            f"select {_cells(columns, {*present, 'run'})} from read_parquet({files}, "
            f"hive_partitioning = true, hive_types = {types}){condition}"
            for present, files in self._sources(table_name, is_all=is_all)
        )
        sql = sql or f"select {_cells(columns, set())} where false"
        return View(view_name, sql, comment, tuple(columns), "files")

    def _columns(self, table_name: str, *, is_all: bool) -> list[Column]:
        """Return the columns that a table has in any run, the newest run's first, and today's."""
        columns: dict[str, Column] = {}
        for key in self._newest_first(is_all=is_all):
            for c in self._own_columns(key, table_name):
                columns.setdefault(c["name"], Column(c["name"], c["type"], c["doc"], c["unit"]))
        for c in self._today.get(table_name, {"columns": ()})["columns"]:
            columns.setdefault(c["name"], Column(c["name"], c["type"], c["doc"], c["unit"]))
        return list(columns.values())

    def _contract(self, table_name: str) -> Mapping[str, Any]:
        """Return the contract of a table in the newest run that has it, else today's."""
        contracts = [self._contracts[key] for key in self._newest_first(is_all=True)]
        return next(c[table_name] for c in (*contracts, self._today) if table_name in c)

    def _sources(self, table_name: str, *, is_all: bool) -> list[tuple[Set[str], str]]:
        """Return (names of columns, SQL of the list of files that have them), for each such set."""
        lists: dict[frozenset[str], list[str]] = {}
        for key in self._newest_first(is_all=is_all):
            names = frozenset(column["name"] for column in self._own_columns(key, table_name))
            for is_shown in (True, False) if is_all else (True,):
                macro = self._macros.get((key, is_shown))
                if names and macro:
                    lists.setdefault(names, []).append(f"{macro.name}({text_literal(table_name)})")
        return [
            (names, some[0] if len(some) == 1 else f"flatten([{', '.join(some)}])")
            for names, some in lists.items()
        ]

    @property
    def _newest(self) -> Mapping[str, Any]:
        """The contracts of the newest run: table name -> title, grain, key, columns."""
        return self._contracts[self._hash(list(self.manifests)[-1])]

    def _newest_first(self, *, is_all: bool) -> list[str]:
        """Return the hashes of the contracts of the runs, the newest run's first."""
        runs = [run for run in reversed(self.manifests) if is_all or run in self._shown]
        return list(dict.fromkeys(map(self._hash, runs)))

    def _hash(self, run: Run) -> str:
        return str(self.manifests[run]["contracts_sha256"])

    def _own_columns(self, contracts_hash: str, table_name: str) -> Sequence[Mapping[str, str]]:
        columns: Sequence[Mapping[str, str]] = ()
        if table_name in self._contracts[contracts_hash]:
            columns = self._contracts[contracts_hash][table_name]["columns"]
        return columns


def _files_macro(name: str, home: Path, runs: Sequence[Run]) -> Macro:
    """Return the scalar macro that gives the files of a table in some runs."""
    start = text_literal(escape_glob(f"{home / SNAPSHOTS}/"))
    end = "('/' || of_table || '/' || of_table || '.parquet')"
    separator = text_literal(_SEPARATOR)
    sql, first_sql = (
        f"create or replace macro {name}(of_table) as string_split({start} || replace("
        f"{text_literal(chr(10).join(run.relative_folder for run in some))}, chr(10), "
        f"{end} || {separator} || {start}) || {end}, {separator})"
        for some in (runs, runs[:1])
    )
    comment = f"The files of a table in {len(runs)} runs. Example: select {name}('score')"
    return Macro(name, sql, comment, first_sql)


# Other views


def _rows_view(name: str, rows: Iterable[Sequence[Any]]) -> View:
    """Return a view that holds its rows itself."""
    # One text, not one literal for each cell: those would be bound one by one, thousands of them.
    lines = _ROW_END.join(_CELL_END.join(map(_cell, row)) for row in rows)
    table = published_table(name)
    cells = ", ".join(
        f"cast(nullif(split_part(line, chr({ord(_CELL_END)}), {place}), chr({ord(_NULL)})) "
        f"as {column.type}) as {column.name}"
        for place, column in enumerate(table.columns, start=1)
    )
    sql = (
        f"select {cells} from (select unnest(string_split({text_literal(lines)}, "
        f"chr({ord(_ROW_END)}))) as line) as listed where line <> ''"
    )
    return View(name, sql, _comment(table), table.columns)


def _cell(value: Any) -> str:
    return _NULL if value is None else str(value).translate(_NO_ENDS)


def _home_view(home: Path) -> View:
    """Return the view that has a row where the catalog is open as that of its data directory.

    Engines from 1.5 on say the whole path of a file, links followed; older ones the path as it was
    given, whole where the file was opened and not attached.
    """
    catalog = text_literal(str(home / CATALOG))
    given = r"regexp_replace(path, '(^|/)(\./)+', '\1', 'g')"
    is_here = (
        f"{given} = {catalog} or (path not like '/%' and ends_with({catalog}, '/' || {given})) "
        f"or getvariable('{HOME_VARIABLE}') = {text_literal(str(home))}"
    )
    why = text_literal(
        f"This catalog is that of {home}, and reads its files from there. Where the data directory "
        "was moved or copied, plainscore verify --rebuild-catalog --data DIR makes one for the new "
        f"place; otherwise open {home / CATALOG}, not: "
    )
    table = published_table(HOME)
    sql = (
        f"select if(count(*) filter (where {is_here}) > 0, true, "
        f"error({why} || coalesce(string_agg(path, ', '), ''))) as is_at_home "
        "from duckdb_databases()"
    )
    return View(HOME, sql, _comment(table), table.columns)


def _stage_view(home: Path) -> View:
    """Return the view ``stage``: what every stage of a published run took, read from the ledger.

    It reads the ledger as it is when it is asked, so that the catalog need not be rebuilt for it;
    seconds are not part of a run's folder, where they would make every run a different one.
    """
    files = text_literal(f"{escape_glob(str(home / SNAPSHOTS / LEDGER))}/*.json")
    taken = (
        "select as_of_date, known_on, published, unnest(published.stages) as took, "
        "generate_subscripts(published.stages, 1) as stage_no "
        f"from read_json({files}, format = 'auto', hive_partitioning = false, "
        f"columns = {_STAGE_ENTRY})"
    )
    table = published_table("stage")
    names = ", ".join(column.name for column in table.columns)
    sql = (
        f"select {_cells(table.columns)} from (select as_of_date, known_on, published.run, "
        f"stage_no, took.* from ({taken})) as stage({names})"
    )
    return View("stage", sql, _comment(table), table.columns, "files")


def _files_view(table: Table, files: Sequence[Path], scope: str = "") -> View:
    """Return a view over the files of a table; without any, an empty one of the same types."""
    source = f"{_cells(table.columns)} from {read_parquet(files)}"
    if not files:
        source = f"{_cells(table.columns, set())} where false"
    comment = _comment(table, scope)
    view = View(table.short_name, f"select {source}", comment, table.columns)
    return replace(view, source="files") if files else view


def _comment(table: Table, scope: str = "") -> str:
    return f"{table.title}: {table.grain}{scope}."


def _pair_row(manifest: Mapping[str, Any]) -> list[Any]:
    names = ("as_of_date", "known_on", "run")
    counts = ("people", "scored_in_both", "moved", "carried")
    ends = [run[name] for run in manifest["runs"] for name in names]
    return [*ends, *(manifest[name] for name in counts), "; ".join(manifest["notes"])]


# Views and macros that have a file of their own


def sql_views(feature_names: Sequence[str], method: Method) -> list[View]:
    """Return the views of ``catalog/views/``: a contract, then a SELECT over published views.

    In a file, ``$feature_value`` and ``$feature_points`` are replaced by the column of
    ``features`` and of ``points`` that belongs to the row's feature.
    """
    glossary = method_glossary(method)
    files = method.files("transforms/catalog/views", ".sql").values()
    tables = [read_table(path, glossary) for path in files]
    value = _by_feature(feature_names, "cast(features.{} as double)")
    points = _by_feature(feature_names, "points.{}")
    return [
        View(
            one.short_name,
            one.sql.replace("$feature_value", value).replace("$feature_points", points),
            _comment(one),
            one.columns,
            "views",
        )
        for one in tables
    ]


def _by_feature(feature_names: Sequence[str], cell: str) -> str:
    cells = "".join(
        f" when {text_literal(name)} then {cell.format(identifier(name))}" for name in feature_names
    )
    return f"case feature_card.feature{cells} end" if cells else "null"


def sql_macros(feature_names: Sequence[str], method: Method) -> list[Macro]:
    """Return the macros of ``catalog/macros/``: a comment, then a CREATE MACRO statement.

    In a file, ``{counts}`` is replaced by one struct (feature, bins) per feature over grouped rows
    of ``points``, bins being the rows (key, value) of how many people earned which points.
    """
    counts = ",\n        ".join(
        f"{{'feature': {text_literal(feature)}, "
        f"'bins': map_entries(histogram(points.{identifier(feature)}))}}"
        for feature in feature_names
    )
    macros = []
    for path in method.files("transforms/catalog/macros", ".sql").values():
        opening, _, statement = path.read_text(encoding="utf-8").partition("*/\n")
        comment = " ".join(opening.removeprefix("/*").split())
        macros.append(Macro(path.stem, statement.replace("{counts}", counts), comment))
    return macros
