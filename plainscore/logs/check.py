"""Report what is wrong with logs: ingest into a store that is thrown away, and questions to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from plainscore.common.standard import Method
from plainscore.common.text import identifier, read_parquet, text_literal
from plainscore.contracts.logs import Log, opening_events
from plainscore.logs.ingest import IngestReport, Progress, ingest_landing
from plainscore.logs.landing import RefusedFile
from plainscore.logs.sources import Inputs, read_inputs
from plainscore.project import Project
from plainscore.scorecards.card import read_missing
from plainscore.store.event_store import EventStore, open_store

_EXAMPLES = 3
# How exporters write a value that is none; as an id each is a person, an order, a hash.
_MARKS = (
    "\\N", "NULL", "null", "None", "none", "nan", "NaN", "N/A", "n/a", "NA", "#N/A", "nil",
    "undefined", "(null)", "-", "--", "NaT", "<NA>", "#REF!", "#VALUE!",
)  # fmt: skip
_SCIENTIFIC = r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+"
_WITH_POINT = r"[0-9]+\.0"
# A line inside of a value with so many delimiters looks like a record.
_DELIMITERS = 4


@dataclass(frozen=True)
class QuarantineReason:
    """One reason for which rows of a log were refused, with the first places as file:line."""

    reason: str
    count: int
    examples: list[str]


@dataclass(frozen=True)
class LogFinding:
    """Something about accepted rows that is probably not meant; the first places as file:line."""

    message: str
    count: int
    examples: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return it as one line."""
        places = f": {', '.join(self.examples)}" if self.examples else ""
        return f"{self.message}{places}"


@dataclass(frozen=True)
class CheckedLog:
    """What one log holds and what is wrong with it.

    ``orphans`` counts the events whose order, bill or agreement is in none of the files;
    ``unknown_columns`` names the columns that nothing reads in the folders that feed it;
    ``missing_features`` those that have no value because the log holds no row.
    """

    log: str
    files: int
    rows: int
    accepted: int
    duplicates: int
    quarantined: int
    events: dict[str, int]
    reasons: list[QuarantineReason]
    orphans: int
    findings: list[LogFinding]
    unknown_columns: list[str]
    missing_features: list[str]
    refused: list[RefusedFile]


@dataclass(frozen=True)
class CheckedLogs:
    """All logs, and the refused folders that belong to none of them."""

    logs: list[CheckedLog]
    refused_elsewhere: list[RefusedFile]

    @property
    def refused(self) -> list[RefusedFile]:
        """Everything that was refused as a whole."""
        return [one for log in self.logs for one in log.refused] + self.refused_elsewhere


def check_logs(
    landing: Path, project: Project | None = None, progress: Progress | None = None
) -> CheckedLogs:
    """Check a landing directory as a project reads it, writing to a temporary directory only.

    Raises InputRefused where ``landing`` is no directory.
    """
    project = project or Project()
    inputs = read_inputs(project)
    with TemporaryDirectory(prefix="plainscore-check-") as folder, duckdb.connect() as con:
        report = ingest_landing(landing, Path(folder) / "events", inputs, progress=progress)
        store = _Store(open_store(Path(folder)), con)
        checks = [_LogCheck(log, inputs, store, project.method) for log in inputs.logs.values()]
        checked = [check.result(report) for check in checks]
    elsewhere = [one for one in report.refused if one.log not in inputs.logs]
    return CheckedLogs(checked, elsewhere)


class _Store:
    """The tables of a store as views, under their names; those without a file are absent."""

    def __init__(self, store: EventStore, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self.tables = set(store.head.files)
        for name in self.tables:
            con.execute(f"create view {identifier(name)} as from {read_parquet(store.files(name))}")

    def rows(self, sql: str) -> list[Any]:
        return self._con.execute(sql).fetchall()

    def found(self, message: str, rows: str) -> Iterator[LogFinding]:
        """Yield what is said of ``rows``, SQL for ``value, file_no, line``, if there are any.

        ``message`` may hold ``{count}``, and ``{value}``, that of the first row.
        """
        [(count, value, places)] = self.rows(
            "select count(*), arg_min(value, (file_no, line)), "
            f"arg_min(file || ':' || line, (file_no, line), {_EXAMPLES}) "
            f"from ({rows}) join (select distinct file_no, file from file) using (file_no)"
        )
        if count:
            yield LogFinding(message.format(count=f"{count:,}", value=value), count, places)


class _LogCheck:
    def __init__(self, log: Log, inputs: Inputs, store: _Store, method: Method) -> None:
        self._log, self._all_logs, self._store = log, inputs.logs, store
        self._folders = [one.folder for one in inputs.sources.values() if log.name in one.logs]
        self._table = identifier(log.name)
        self._has_rows = log.name in store.tables
        self._missing = read_missing(method)

    def result(self, report: IngestReport) -> CheckedLog:
        name = self._log.name
        files = [file for file in report.files if file.log == name]
        orphans = list(self._orphans()) if self._has_rows else []
        findings = [*self._unread(report), *orphans, *self._findings()] if self._has_rows else []
        return CheckedLog(
            log=name,
            files=len(files),
            rows=sum(file.rows for file in files),
            accepted=sum(file.accepted for file in files),
            duplicates=sum(file.duplicates for file in files),
            quarantined=sum(file.quarantined for file in files),
            events=self._events() if self._has_rows else {},
            reasons=self._reasons(),
            orphans=sum(one.count for one in orphans),
            findings=findings,
            unknown_columns=sorted(
                {column for one in self._folders for column in report.unused_columns.get(one, ())}
            ),
            missing_features=[] if self._has_rows else self._missing.get(name, []),
            refused=[one for one in report.refused if one.log == name],
        )

    def _events(self) -> dict[str, int]:
        sql = f"select event_type, count(*) from {self._table} group by all order by all"
        return dict(self._store.rows(sql))

    def _reasons(self) -> list[QuarantineReason]:
        if "quarantine" not in self._store.tables:
            return []
        rows = self._store.rows(
            f"select reason, count(*), arg_min(file || ':' || line, (file, line), {_EXAMPLES}) "
            f"from quarantine where log = {text_literal(self._log.name)} "
            "group by reason order by count(*) desc, reason"
        )
        return [QuarantineReason(*row) for row in rows]

    def _unread(self, report: IngestReport) -> Iterator[LogFinding]:
        for one in report.unused:
            if one.field is None and one.log in self._folders:
                yield LogFinding(f"{one.log}/: {one}", one.rows, [f"{one.file}:{one.line}"])
            elif one.log == self._log.name and one.field is not None:
                features = self._missing.get(f"{one.log}.{one.field}", [])
                needed = f"; these need it: {', '.join(features)}" if features else ""
                message = f"{one.field} could not be read in {one.rows:,} rows{needed}"
                yield LogFinding(message, one.rows, [f"{one.file}:{one.line}"])

    def _findings(self) -> Iterator[LogFinding]:
        yield from self._repeats()
        yield from self._without_account()
        for name in self._log.names:
            if self._log.kinds[name] in ("text", "hash"):
                yield from self._odd_values(name)
        yield from self._absent()

    def _created(self) -> Iterator[tuple[str, str]]:
        """Yield each event type that creates something, and the field with its id."""
        for kind, event in self._log.event_types.items():
            if event.creates is not None:
                yield kind, event.creates

    def _orphans(self) -> Iterator[LogFinding]:
        for kind, thing in self._created():
            types = [one for one in self._log.types_needing(thing) if one != kind]
            named = {thing: types}  # what such an event names: the thing, or another field instead
            for one in types:
                either = self._log.event_types[one].either
                for other in either if thing in either else ():
                    named.setdefault(other, [one])
            for name, ones in named.items():
                yield from self._store.found(
                    f"{{count}} events of {_either(ones)} name the {name} of no {kind}, such as "
                    "'{value}'; they count once it is delivered",
                    f"select {name} as value, file_no, line from {self._table} as event "
                    f"where event_type in ({_texts(ones)}) and {name} is not null and not exists ("
                    f"from {self._table} as one where one.event_type = {text_literal(kind)} "
                    f"and one.person_key = event.person_key and one.{name} = event.{name})",
                )

    def _repeats(self) -> Iterator[LogFinding]:
        for kind, thing in self._created():
            yield from self._store.found(
                f"{{count}} events of {kind} are ignored, because an earlier one has their "
                f"{thing}, such as '{{value}}'; only its first event counts",
                f"select {thing} as value, file_no, line from {self._table} "
                f"where event_type = {text_literal(kind)} qualify row_number() over ("
                f"partition by person_key, {thing} order by event_time, event_id) > 1",
            )

    def _without_account(self) -> Iterator[LogFinding]:
        account = next(iter(opening_events(self._all_logs)), None)
        if account is None or account[0] not in self._store.tables:
            return
        log, kind = account
        people = f"from {self._table} join person using (person_key)"
        opened = f"select person_key from {log} where event_type = '{kind}'"
        [(known,)] = self._store.rows(f"select count(distinct person_key) from {self._table}")
        found = list(
            self._store.found(
                f"{{count}} of {known:,} people have no event {kind} in the log {log}, such as "
                "'{value}'",
                f"select any_value(person_id) as value, min(file_no) as file_no, "
                f"arg_min(line, file_no) as line {people} "
                f"where person_key not in ({opened}) group by person_key",
            )
        )
        zeros = self._store.rows(
            "select less.person_id, more.person_id from person as less join person as more "
            "on more.person_id <> less.person_id and ltrim(more.person_id, '0') = less.person_id "
            f"where less.person_key in (select person_key from {self._table}) order by all limit 1"
        )
        for one in found:
            lost = (
                "; there is a '{1}' beside '{0}': were leading zeros lost?".format(*zeros[0])
                if zeros
                else ""
            )
            yield LogFinding(one.message + lost, one.count, one.examples)

    def _odd_values(self, name: str) -> Iterator[LogFinding]:
        """Yield what looks like no value, like a mangled id, or like several records."""
        is_person = name in self._log.person_fields
        value = "person_id" if is_person else identifier(name)
        rows = f"select {value} as value, event.file_no, event.line from {self._table} as event"
        if is_person:
            key = self._log.stored_name(name)
            rows += f" join person on person.person_key = event.{key}"
        fix = f"write null = [...] in the format of [sources.{self._log.name}] if it is none"
        marks = self._store.rows(
            f"select distinct value from ({rows}) where value in ({_texts(_MARKS)}) order by all"
        )
        for (mark,) in marks:
            yield from self._store.found(
                f"{name} is '{mark}' in {{count}} rows; it is kept as a value: {fix}",
                f"from ({rows}) where value = {text_literal(mark)}",
            )
        if self._log.kinds[name] == "hash":
            return
        yield from self._store.found(
            f"{name} looks as a spreadsheet writes a long number in {{count}} rows, such as "
            "'{value}': different ids may have become one; export them as text",
            f"from ({rows}) where regexp_full_match(value, {text_literal(_SCIENTIFIC)})",
        )
        yield from self._store.found(
            f"{name} is a whole number with '.0' in {{count}} rows, such as '{{value}}', as pandas "
            "writes a column with gaps: the same id without it is another one",
            f"from ({rows}) where regexp_full_match(value, {text_literal(_WITH_POINT)})",
        )
        lines = "string_split(value, chr(10))[2:]"
        delimiters = "length(regexp_replace(one, '[^,;\t|]', '', 'g'))"
        yield from self._store.found(
            f"{name} spans several lines in {{count}} rows, and a line in it looks like a record "
            "of its own: is a quote there that should not be?",
            f"from ({rows}) where contains(value, chr(10)) and "
            f"list_max(list_transform({lines}, lambda one: {delimiters})) >= {_DELIMITERS}",
        )

    def _absent(self) -> Iterator[LogFinding]:
        """Yield the event types and optional fields without which features say nothing."""
        events = self._events()
        for kind in self._log.event_types:
            features = self._missing.get(f"{self._log.name}.{kind}")
            if features and kind not in events:
                yield LogFinding(f"no event of {kind}; these need it: {', '.join(features)}", 0)
        for name in self._log.names:
            features = self._missing.get(f"{self._log.name}.{name}")
            types = [one for one in self._log.types_with(name) if one in events]
            if features and types:
                column = identifier(self._log.stored_name(name))
                [(known,)] = self._store.rows(
                    f"select count({column}) from {self._table} "
                    f"where event_type in ({_texts(types)})"
                )
                if not known:
                    yield LogFinding(
                        f"{name} has no value; these need it: {', '.join(features)}", 0
                    )


def _either(names: list[str]) -> str:
    return " or ".join(names)


def _texts(values: Iterable[str]) -> str:
    return ", ".join(map(text_literal, values))
