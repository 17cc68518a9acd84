"""One declaration per table: the TOML head of its SQL file.

A transform is one file, ``transforms/<schema>/<table>.sql``: a contract in the opening
comment, then one SELECT. A source (a table that no SQL of ours makes) is the same contract
alone, ``transforms/<schema>/<table>.toml``. A published table that shows another as it is names
that one (``publishes``): it has no SELECT of its own, and its contract says of columns only what
differs. Everything else is derived from here: build order, rehearsal, checks, comments, the data
dictionary and the lineage.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Bounded

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.toml import TomlFile, key_lines, parse_toml, read_toml, read_utf8
from plainscore.contracts.logs import (
    MERCHANT_REFUND,
    UNUSED_EVENT,
    UNUSED_EVENT_HEAD,
    Head,
    later_events,
    read_logs,
    shared_columns,
    unused_event_sql,
)

TYPES = frozenset({"BIGINT", "INTEGER", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "VARCHAR"})
CELL_TYPES: Mapping[str, tuple[type, ...]] = {
    "BIGINT": (int,), "INTEGER": (int,), "DOUBLE": (int, float), "BOOLEAN": (bool,),
    "VARCHAR": (str,),
}  # fmt: skip
"""What a declared row may hold, by the type of the column."""
LEVELS = frozenset({"fail", "warn"})
COLUMN_KEYS = frozenset({"type", "unit", "min", "max", "null", "in", "doc"})
HEAD_KEYS = frozenset(
    {"title", "grain", "key", "columns", "checks", "late", "publishes", "rows", "by_person"}
)
LATE_KEYS = frozenset({"feature", "points"})
CHECK_KEYS = frozenset({"name", "level", "sql"})
OUTCOME = "outcomes.outcome"
"""Who of the scored became bad. Its file is the one place that says what bad is, and when."""
OUTCOME_FILE = "transforms/outcomes/outcome.sql"
OUTCOME_COLUMNS = (
    "person_id", "as_of_date", "known_on", "run", "outcome_date", "outcome_known_on", "is_bad",
)  # fmt: skip
"""What evaluation, fit and report read of it."""


class ContractError(UsageError):
    """A contract is malformed, or says one thing while its SQL does another."""


@dataclass(frozen=True)
class Column:
    """One column: its type, and what every value of it promises.

    ``minimum`` and ``maximum`` are inclusive; ``among`` empty means any value.
    """

    name: str
    type: str
    doc: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    among: tuple[str, ...] = ()
    nullable: bool = False


@dataclass(frozen=True)
class Check:
    """A query over ``{batch}`` (the table) whose right answer is no rows."""

    name: str
    sql: str
    level: str = "fail"


@dataclass(frozen=True)
class Table:
    """A table's contract, the SELECT that makes it (empty for a source) and what that reads.

    ``late_feature``: the column that cards may name as a feature although it is computed from
    scores; ``late_points``: the column of its points. Most tables have neither.

    ``is_by_person``: whether the rows of a person come from that person's rows alone, so that it
    may be made of some people after others.

    ``rows``: what a table of the schema ``reference`` holds where its file says so, cells in the
    order of the columns.
    """

    name: str
    title: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    sql: str = ""
    inputs: frozenset[str] = field(default_factory=frozenset)
    late_feature: str = ""
    late_points: str = ""
    rows: tuple[tuple[str | int | float | bool | None, ...], ...] = ()
    is_by_person: bool = False

    @property
    def schema(self) -> str:
        return self.name.partition(".")[0]

    @property
    def short_name(self) -> str:
        return self.name.partition(".")[2]

    @property
    def is_audit(self) -> bool:
        """Whether it reports on everyone, from the audits or their statistics."""
        return self._reads("audits") or self.is_statistic

    @property
    def is_statistic(self) -> bool:
        """Whether figures in it come from outside SQL, and may differ by engine in a last digit."""
        return self._reads("statistics")

    def _reads(self, schema: str) -> bool:
        return any(name.partition(".")[0] == schema for name in self.inputs)

    @property
    def is_source(self) -> bool:
        return not self.sql

    @property
    def names_and_types(self) -> list[tuple[str, str]]:
        return [(column.name, column.type) for column in self.columns]

    @property
    def ddl(self) -> str:
        """The CREATE TABLE statement of the empty table, types as declared."""
        columns = ", ".join(f'"{column.name}" {column.type}' for column in self.columns)
        return f"create table {self.name} ({columns})"

    def column(self, name: str) -> Column:
        """Return the column called ``name``; KeyError where there is none."""
        return {column.name: column for column in self.columns}[name]


@dataclass(frozen=True)
class OutcomeTable(Table):
    """The contract of `OUTCOME`: its head has these keys too.

    ``horizon_days``: days after a snapshot in which what is looked at falls due or happens.
    ``grace_days``: days after those until it is judged. ``bad``: who is bad, as in "Bad: who ...".
    """

    horizon_days: int = 0
    grace_days: int = 0
    bad: str = ""


Glossary = Mapping[str, Mapping[str, Any]]


class _OutcomeHead(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    horizon_days: Annotated[int, Bounded(ge=0, le=3650)]
    grace_days: Annotated[int, Bounded(ge=0, le=3650)]
    bad: Annotated[str, StringConstraints(min_length=1, max_length=400)]


def read_head(path: Path) -> tuple[dict[str, Any], str]:
    """Return (TOML head, SELECT) of a SQL file.

    Raises ContractError where the file does not open with ``/*`` or the head never ends.
    """
    opening, closing, sql = read_utf8(path, ContractError).partition("*/\n")
    if not closing or not opening.startswith("/*\n"):
        raise ContractError(f"{path}: a transform opens with its contract between /* and */")
    return parse_toml(opening.removeprefix("/*\n"), path, ContractError), sql.strip()


def parse_contract(name: str, head: Mapping[str, Any], glossary: Glossary, sql: str = "") -> Table:
    """Turn a parsed head into a Table; ``inputs`` are left to the catalog.

    Raises ContractError, naming the table and the key, for anything unknown or missing.
    """
    _refuse_unknown(head, HEAD_KEYS, name)
    for required in ("title", "grain", "key", "columns"):
        if required not in head:
            raise ContractError(f"{name}: the contract lacks '{required}'")
    declared = head["columns"]
    columns = tuple(_column(name, column, own, glossary) for column, own in declared.items())
    late = head.get("late", {})
    _refuse_unknown(late, LATE_KEYS, f"{name}: late")
    for key in sorted(LATE_KEYS if late else ()):
        if late.get(key) not in declared:
            raise ContractError(f"{name}: late.{key} is not among the columns")
    for key in head["key"]:
        if key not in declared:
            raise ContractError(f"{name}: key column '{key}' is not among the columns")
    if not isinstance(head.get("by_person", False), bool):
        raise ContractError(f"{name}: by_person is true or false")
    if head.get("by_person") and "person_key" not in declared:
        raise ContractError(f"{name}: a table by person has the column person_key")
    return Table(
        name, head["title"], head["grain"], tuple(head["key"]), columns,
        checks=tuple(_check(name, check) for check in head.get("checks", ())), sql=sql,
        late_feature=late.get("feature", ""), late_points=late.get("points", ""),
        rows=tuple(_row(name, row, columns) for row in head.get("rows", ())),
        is_by_person=head.get("by_person", False),
    )  # fmt: skip


def _row(name: str, row: Mapping[str, Any], columns: Sequence[Column]) -> tuple[Any, ...]:
    """Return the cells of a declared row, each as its column promises.

    A row has every column but those that may be empty.
    """
    _refuse_unknown(row, frozenset(column.name for column in columns), f"{name}: a row")
    for column in columns:
        if column.name not in row:
            if column.nullable:
                continue
            raise ContractError(f"{name}: a row lacks '{column.name}'")
        cell = row[column.name]
        if type(cell) not in CELL_TYPES.get(column.type, ()):
            raise ContractError(
                f"{name}: a row has {column.name} = {cell!r}, which is no {column.type}"
            )
        if (column.minimum is not None and cell < column.minimum) or (
            column.maximum is not None and cell > column.maximum
        ):
            raise ContractError(
                f"{name}: a row has {column.name} = {cell!r}, beyond its min or max"
            )
    return tuple(row.get(column.name) for column in columns)


def read_table(path: Path, glossary: Glossary, method: Method = STANDARD_METHOD) -> Table:
    """Read ``<schema>/<table>.sql`` (contract and SELECT) or ``.toml`` (a source's contract)."""
    name = f"{path.parent.name}.{path.stem}"
    if path.suffix == ".toml":
        return parse_contract(name, read_toml(path, ContractError).values, glossary)
    head, sql = read_head(path)
    if "rows" in head:
        raise ContractError(f"{path}: rows are declared in a .toml file; this table is made by SQL")
    if bool(sql) == ("publishes" in head):
        raise ContractError(f"{path}: a contract has a SELECT after it, or publishes a table")
    if name == OUTCOME:
        return _outcome_table(path, head, glossary, sql)
    if sql:
        return parse_contract(name, head, glossary, sql)
    columns = _published_columns(head["publishes"], head.get("columns", {}), method)
    table = parse_contract(name, head | {"columns": columns}, glossary)
    return replace(table, sql=_publishing(table, head["publishes"]))


def read_outcome(method: Method = STANDARD_METHOD) -> OutcomeTable:
    """Return the contract of a method's outcome.

    Raises ContractError where the method has none, or its head is malformed.
    """
    path = method.find(OUTCOME_FILE)
    if path is None:
        raise ContractError(f"the project has no {OUTCOME_FILE}: add it, or do not exclude it")
    head, sql = read_head(path)
    return _outcome_table(path, head, method_glossary(method), sql)


def _outcome_table(path: Path, head: Head, glossary: Glossary, sql: str) -> OutcomeTable:
    """Return the contract of the outcome; faults name file, line and key."""
    opening = read_utf8(path, ContractError).partition("*/\n")[0]
    file = TomlFile(path, head, key_lines(opening), ContractError)
    own = file.check(_OutcomeHead)
    bad = own.bad
    for key in ("horizon_days", "grace_days"):
        bad = bad.replace(f"{{{key}}}", str(getattr(own, key)))
    rest = {key: value for key, value in head.items() if key not in _OutcomeHead.model_fields}
    columns = rest.get("columns", {})
    for name in OUTCOME_COLUMNS:
        if name not in columns:
            raise file.fault(("columns", name), "is missing: the evaluation reads it")
    if columns["is_bad"]:
        raise file.fault(("columns", "is_bad"), "is {}: its type and doc follow from bad")
    is_bad = {"is_bad": {"type": "BOOLEAN", "doc": f"Whether the person is bad: {bad}."}}
    others = {name: shared for name, shared in glossary.items() if name != "is_bad"}
    table = parse_contract(OUTCOME, rest | {"columns": {**columns, **is_bad}}, others, sql)
    return OutcomeTable(**vars(table), **vars(own) | {"bad": bad})


def _published_columns(source: str, own: Head, method: Method) -> Head:
    """Return the columns of a source as published; ``own``: what differs from its contract.

    Of a table without a contract of its own, such as those that cards decide, own are all.
    """
    file = f"transforms/{source.replace('.', '/')}"
    if path := method.find(f"{file}.toml"):
        head: Head = read_toml(path, ContractError).values
    elif path := method.find(f"{file}.sql"):
        head = read_head(path)[0]
    elif source == UNUSED_EVENT:
        head = UNUSED_EVENT_HEAD
    else:
        return own
    columns: dict[str, Any] = {"as_of_date": {}, "known_on": {}}
    for name, declared in head["columns"].items():
        columns[name] = {**declared, **own.get(name, {})}
        if name == "scorecard":
            columns["scorecard_no"] = {}
    return {**columns, **{name: one for name, one in own.items() if name not in columns}}


def _publishing(table: Table, source: str) -> str:
    """Return the SELECT of ``source`` as published: by person_id, with dates and place of card."""
    names = {column.name for column in table.columns}
    cells = {"as_of_date": "$as_of_date", "known_on": "$known_on"}
    joins = ""
    if "person_id" in names:
        cells["person_id"] = "person.person_id"
        joins += "\ninner join events.person as person on made.person_key = person.person_key"
    if "scorecard_no" in names and source != "reference.card":
        cells["scorecard_no"] = "card.scorecard_no"
        joins += "\ninner join reference.card as card on made.scorecard = card.scorecard"
    selected = ",\n    ".join(
        f"cast({cells.get(c.name, f'made.{c.name}')} as {c.type.lower()}) as {c.name}"
        for c in table.columns
    )
    return f"select\n    {selected}\nfrom {source} as made{joins}"


def method_glossary(method: Method) -> Glossary:
    """Return the shared columns of a method, those of its logs included.

    Raises ContractError where a column of a log is declared in the glossary too.
    """
    path = method.file("transforms/glossary.toml")
    logs = read_logs(method)
    glossary, of_logs = read_toml(path, ContractError).values, shared_columns(logs)
    for name, declared in glossary.items():
        _refuse_unknown(declared, COLUMN_KEYS, f"{path.name}: {name}")
    of_logs["log"] = {"type": "VARCHAR", "in": list(logs), "doc": "The log it belongs to."}
    # A log of labels names the snapshot that a label is of; the glossary says what that is.
    is_label = of_logs.get("as_of_date", {}).get("type") == glossary.get("as_of_date", {}).get(
        "type"
    )
    shared = {"as_of_date"} if is_label else set()
    if twice := sorted(set(glossary) & set(of_logs) - shared):
        raise ContractError(f"{path}: {twice[0]} already stands in transforms/logs/: leave it out")
    return {**of_logs, **glossary}


def method_tables(method: Method, schemas: Iterable[str], glossary: Glossary) -> list[Table]:
    """Return every table of some schemas, schema by schema.

    A table has a file of its own. The events of a log, and what is made of any log, follow from the
    log's declaration where there is no file of that name.
    """
    found: dict[str, list[Table]] = {
        schema: [
            table
            for table in _tables_of_logs(schema, method, glossary)
            if method.find(f"transforms/{schema}/{table.short_name}.sql") is None
        ]
        for schema in schemas
    }
    for name, path in method.files("transforms", ".sql", ".toml").items():
        folder, _, rest = name.partition("/")
        if folder in found and "/" not in rest:
            found[folder].append(read_table(path, glossary, method))
    return [table for one in schemas for table in found[one]]


def _tables_of_logs(schema: str, method: Method, glossary: Glossary) -> Iterator[Table]:
    logs = read_logs(method)
    if schema == "audits" and logs:
        has_refunds = method.find(f"transforms/{MERCHANT_REFUND.replace('.', '/')}.sql")
        sql = unused_event_sql(logs, "purchase" if has_refunds else None)
        yield parse_contract(UNUSED_EVENT, UNUSED_EVENT_HEAD, glossary, sql)
    for name, log in logs.items():
        if schema == "events":
            yield parse_contract(f"events.{name}", log.stored_head(), glossary)
        elif schema == "staging" and (later := later_events(log)):
            later_name, head, sql = later
            yield parse_contract(later_name, head, glossary, sql)
        elif schema == "raw":
            yield parse_contract(f"raw.{name}", log.raw_head(), glossary, log.raw_sql())


def _column(table: str, name: str, own: Mapping[str, Any], glossary: Glossary) -> Column:
    where = f"{table}.{name}"
    _refuse_unknown(own, COLUMN_KEYS, where)
    shared = glossary.get(name, {})
    declared_twice = (set(own) & set(shared)) - {"null"}
    if declared_twice:
        raise ContractError(f"{where}: {sorted(declared_twice)} already stand in glossary.toml")
    declared = {**shared, **own}
    if declared.get("type") not in TYPES:
        raise ContractError(f"{where}: type must be one of {', '.join(sorted(TYPES))}")
    if not declared.get("doc"):
        raise ContractError(f"{where}: every column has a doc")
    return Column(
        name, declared["type"], declared["doc"], declared.get("unit", ""), declared.get("min"),
        declared.get("max"), tuple(declared.get("in", ())), declared.get("null", False),
    )  # fmt: skip


def _check(table: str, declared: Mapping[str, Any]) -> Check:
    _refuse_unknown(declared, CHECK_KEYS, f"{table}: checks")
    check = Check(**declared)
    if check.level not in LEVELS:
        raise ContractError(f"{table}: check '{check.name}' has level '{check.level}'")
    if "{batch}" not in check.sql:
        raise ContractError(f"{table}: check '{check.name}' does not read {{batch}}")
    return check


def _refuse_unknown(declared: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(declared) - known)
    if unknown:
        raise ContractError(f"{where}: unknown {unknown}; known are {sorted(known)}")
