"""The logs of a method, each declared in one file, ``transforms/logs/<log>.toml``.

How a row arrives is declared there, and from that follow the SELECT that judges it, the table that
stores it with its contract, the raw view, the glossary's columns, and what is never shown. A log
also says which event type begins something (an order, a bill), and which opens an account: so a
project's own logs are in the account of ``audits.unused_event`` by themselves.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import identifier, text_literal
from plainscore.common.toml import KeyPath, TomlFile, read_toml

FieldKind = Literal[
    "text", "choice", "amount", "signed_amount", "integer", "number", "time", "date", "flag",
    "year", "hash",
]  # fmt: skip
MONEY_KINDS: tuple[FieldKind, ...] = ("amount", "signed_amount")
COMMON_FIELDS = ("event_id", "event_time", "person_id", "event_type")
MAX_CENTS = 10**12
# Columns of the ingest's own, and tables of the event store that are no logs.
_OWN_COLUMNS = {
    "person_key", "event_date", "event_hash", "arrived", "file_no", "line", "raw", "reason",
}  # fmt: skip
_OWN_TABLES = {"person", "file", "quarantine", "erasure", "repeats"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STORED: dict[FieldKind, dict[str, Any]] = {
    "text": {"type": "VARCHAR"},
    "choice": {"type": "VARCHAR"},
    "hash": {"type": "VARCHAR"},
    "amount": {"type": "BIGINT", "unit": "cents", "min": 0, "max": MAX_CENTS},
    "signed_amount": {"type": "BIGINT", "unit": "cents", "min": -MAX_CENTS, "max": MAX_CENTS},
    "integer": {"type": "BIGINT"},
    "number": {"type": "DOUBLE"},
    "year": {"type": "BIGINT", "unit": "year"},
    "time": {"type": "TIMESTAMP", "unit": "UTC"},
    "date": {"type": "DATE"},
    "flag": {"type": "BOOLEAN"},
}
_KEY = {"type": "BIGINT", "min": 0}
Head = dict[str, Any]
"""A contract as in the head of a SQL file."""


class LogError(UsageError):
    """A log cannot be used as it is declared."""


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Field(_Declared):
    """One field as delivered.

    ``choices`` are the allowed values of a choice; ``only_where`` are the fields, with their
    values, beside which alone it means something.
    """

    name: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    only_where: Mapping[str, str] = {}
    doc: str = ""

    @model_validator(mode="after")
    def _has_choices(self) -> "Field":
        if bool(self.choices) != (self.kind == "choice"):
            raise ValueError("choices belong to the kind choice")
        return self


class EventType(_Declared):
    """The fields that an event type defines: those it needs and those it may carry.

    ``required`` fields must be there, ``may_lack`` ones may be left out: a row is refused where one
    that is there cannot be read. An ``optional`` one that cannot be read is empty, the row stays.
    ``either``: fields of which it needs one; the first that is there counts, and no other.
    ``creates``: the field with the id of what it begins (an order, a bill), once for each person;
    other event types that need the field refer to that. ``opens_account``: the person's account
    begins with it.
    """

    required: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    may_lack: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    creates: str | None = None
    opens_account: bool = False

    @property
    def defined(self) -> tuple[str, ...]:
        """All own fields of the event type."""
        return self.required + self.either + self.may_lack + self.optional


class RefusalRule(_Declared):
    """``refuse_where``: a SQL condition on the typed fields; ``reason``: what is then said."""

    refuse_where: str
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Log(_Declared):
    """One log as delivered.

    ``order``: its place where logs are listed. ``other_person``: the field that names a second one.
    """

    name: str
    title: str
    order: int = 100
    other_person: str | None = None
    fields: tuple[Field, ...]
    event_types: Mapping[str, EventType]
    rules: Mapping[str, RefusalRule] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every field name that this log knows, the common ones first."""
        return COMMON_FIELDS + tuple(own.name for own in self.fields)

    @cached_property
    def kinds(self) -> dict[str, FieldKind]:
        """The kind of every field; ``event_type`` is a text that is judged with its row."""
        common: dict[str, FieldKind] = dict.fromkeys(COMMON_FIELDS, "text")
        common |= {"event_time": "time", "event_type": "choice"}
        return common | {own.name: own.kind for own in self.fields}

    @property
    def person_fields(self) -> tuple[str, ...]:
        """The fields that name people."""
        return ("person_id",) if self.other_person is None else ("person_id", self.other_person)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The fields whose values must never be shown."""
        return tuple(own.name for own in self.fields if own.kind == "hash")

    def types_with(self, name: str) -> list[str]:
        """Return the event types that define the field ``name``."""
        return [kind for kind, event in self.event_types.items() if name in event.defined]

    def types_needing(self, name: str) -> list[str]:
        """Return the event types that need the field ``name``, or one of several with it."""
        return [
            kind
            for kind, event in self.event_types.items()
            if name in event.required + event.either
        ]

    def stored_name(self, name: str) -> str:
        """Return the column in which a delivered field is stored."""
        if name in self.person_fields:
            return f"{name.removesuffix('_id')}_key"
        return f"{name}_cents" if self.kinds[name] in MONEY_KINDS else name

    @cached_property
    def own_columns(self) -> dict[str, dict[str, Any]]:
        """Stored column -> its declaration, as in a glossary, for the log's own fields."""
        columns = {}
        for own in self.fields:
            stored = _KEY if own.name == self.other_person else _STORED[own.kind]
            among = {"in": list(own.choices)} if own.choices else {}
            doc = {"doc": own.doc or f"The field {own.name} of the log {self.name}."}
            columns[self.stored_name(own.name)] = {**stored, "null": True, **among, **doc}
        return columns

    @cached_property
    def content_columns(self) -> list[str]:
        """The stored columns in which two rows with the same event_id can differ."""
        return ["person_key", "event_time", "event_type", *self.own_columns]

    @cached_property
    def stored_columns(self) -> dict[str, str]:
        """Stored column -> its SQL type."""
        common = {"person_key": "BIGINT", "event_id": "VARCHAR", "event_time": "TIMESTAMP"}
        common |= {"event_date": "DATE", "event_type": "VARCHAR", "arrived": "DATE"}
        types = common | {name: column["type"] for name, column in self.own_columns.items()}
        place = {"file_no": "BIGINT", "line": "BIGINT", "arrived_month": "VARCHAR"}
        return {name: types[name] for name in self._columns} | place

    def stored_head(self) -> Head:
        """Return the contract of the events of this log as they are stored."""
        known = ", ".join(text_literal(kind) for kind in self.event_types)
        return {
            "title": f"{self.title}, as accepted",
            "grain": "one row per accepted event",
            "key": ["event_id"],
            "columns": {name: self._may_be_null(name) for name in self.stored_columns},
            "checks": [
                {
                    "name": "only known event types",
                    "sql": f"select * from {{batch}} where event_type not in ({known})",
                }
            ],
        }

    def raw_head(self) -> Head:
        """Return the contract of the events that count, for a log without SQL of its own."""
        return {
            "title": f"{self.title}: events that count",
            "grain": "one row per event that had happened by the end of events_until "
            "and had arrived by known_on",
            "key": ["event_id"],
            "columns": {name: self._may_be_null(name) for name in self._columns},
        }

    def raw_sql(self) -> str:
        """Return the SELECT of the events that count, by both clocks."""
        columns = ",\n    ".join(identifier(name) for name in self._columns)
        return (
            f"select\n    {columns}\nfrom events.{self.name}\n"
            "where\n    event_date <= $events_until\n    and arrived <= $known_on"
        )

    def _may_be_null(self, name: str) -> dict[str, bool]:
        return {"null": True} if name in self.own_columns else {}

    @property
    def _columns(self) -> tuple[str, ...]:
        common = ("person_key", "event_id", "event_time", "event_date", "event_type")
        return (*common, *self.own_columns, "arrived")


@cache
def read_logs(method: Method = STANDARD_METHOD) -> dict[str, Log]:
    """Return the logs that a method declares, by name.

    Raises LogError that names file, line and key.
    """
    files = method.files("transforms/logs", ".toml")
    names = {name.removesuffix(".toml"): path for name, path in files.items()}
    logs = [_read_log(name, read_toml(path, LogError)) for name, path in names.items()]
    return {log.name: log for log in sorted(logs, key=lambda log: (log.order, log.name))}


def hidden_fields(logs: Mapping[str, Log]) -> frozenset[str]:
    """Return the names, of any log, under which a value must never be shown."""
    return frozenset(name for log in logs.values() for name in log.hidden)


def shared_columns(logs: Mapping[str, Log]) -> dict[str, dict[str, Any]]:
    """Return the stored columns of all logs as a glossary: one name, one type, one meaning.

    Raises LogError where two logs store the same column in different types.
    """
    shared: dict[str, dict[str, Any]] = {}
    for log in logs.values():
        for name, column in log.own_columns.items():
            other = shared.setdefault(name, column)
            if (other["type"], other.get("unit")) != (column["type"], column.get("unit")):
                raise LogError(
                    f"transforms/logs/{log.name}.toml: another log stores {name} as "
                    f"{other['type']}, this one as {column['type']}: rename the field"
                )
            if other.get("in") != column.get("in"):
                either = dict.fromkeys([*other.get("in", ()), *column.get("in", ())])
                is_choice = "in" in other and "in" in column
                kept = {key: value for key, value in other.items() if key != "in"}
                shared[name] = kept | ({"in": list(either)} if is_choice else {})
    return shared


def _read_log(name: str, file: TomlFile) -> Log:
    if not _NAME.fullmatch(name) or name in _OWN_TABLES:
        raise file.fault((), f"{name} cannot be the name of a log: choose another, in a-z, 0-9, _")
    fields = file.values.get("fields", {})
    if not isinstance(fields, dict) or not all(isinstance(own, dict) for own in fields.values()):
        raise file.fault(("fields",), 'is a table of fields, such as amount = { kind = "amount" }')
    for own, said in fields.items():
        file.check(Field, {"name": own, **said}, ("fields", own))
        if not _NAME.fullmatch(own) or own in {*COMMON_FIELDS, *_OWN_COLUMNS}:
            raise file.fault(("fields", own), "cannot be the name of a field: choose another")
    listed = [{"name": own, **said} for own, said in fields.items()]
    log = file.check(Log, {**file.values, "name": name, "fields": listed})
    _refuse_unknown_fields(log, file)
    return log


def _refuse_unknown_fields(log: Log, file: TomlFile) -> None:
    """Raise LogError where an event type, a field or the log names a field that it has not."""
    named: list[tuple[KeyPath, str]] = []
    if log.other_person is not None:
        named.append((("other_person",), log.other_person))
    named += [(("fields", own.name), other) for own in log.fields for other in own.only_where]
    for kind, event in log.event_types.items():
        named += [(("event_types", kind), name) for name in event.defined]
        if event.creates is not None and event.creates not in event.required:
            raise file.fault(("event_types", kind, "creates"), "is not among the required fields")
    if not log.event_types:
        raise file.fault(("event_types",), "is empty")
    for key, name in named:
        if name not in {own.name for own in log.fields}:
            raise file.fault(key, f"{name} is not among the fields")
    stored = list(map(log.stored_name, log.names))
    if len(set(stored)) < len(stored):
        raise file.fault(("fields",), "two fields would be stored in one column: rename one")


# Events that count in part, or not at all, by these declarations

_UNUSED = tomllib.loads(Path(__file__).with_name("unused.toml").read_text(encoding="utf-8"))
_SQL: Mapping[str, str] = _UNUSED["sql"]
UNUSED_EVENT_HEAD: Head = _UNUSED["unused_event"]
UNUSED_EVENT = "audits.unused_event"
MERCHANT_REFUND = "staging.merchant_refund"
REPEATED, ORPHAN, EXCESS = "repeated_id", "orphan", "excess"
BEFORE, WITHOUT = "before_opening", "no_opening"
_BY_OPENING = f"case when opened.person_key is null then '{WITHOUT}' else '{BEFORE}' end"


def later_events(log: Log) -> tuple[str, dict[str, Any], str] | None:
    """Return name, head and SELECT of the events of a log that begin what has begun already.

    None for a log whose events begin nothing.
    """
    parts = [_SQL["later"].format(event=_SQL["event"], **thing) for thing in _things(log)]
    if not parts:
        return None
    head = _UNUSED["later"] | {"title": _UNUSED["later"]["title"].format(log=log.name)}
    return f"staging.later_{log.name}", head, "\nunion all\n".join(parts)


def unused_event_sql(logs: Mapping[str, Log], refunds_of: str | None) -> str:
    """Return the SELECT of ``audits.unused_event`` for the logs of a method.

    ``refunds_of``: the log whose refunds the table MERCHANT_REFUND has, if the method has it.
    """
    openings = [
        f"select person_key, event_time from raw.{name} where event_type = {text_literal(kind)}"
        for name, kind in opening_events(logs)
    ]
    any_log = next(iter(logs))
    nothing = f"select person_key, event_time from raw.{any_log} where 1 = 0"
    parts = []
    for log in logs.values():
        if later := later_events(log):
            parts.append(_part(log.name, text_literal(REPEATED), f"from {later[0]} as event"))
        orphans = [_SQL["orphan"].format(**thing) for thing in _things(log) if thing["others"]]
        parts += [_part(log.name, text_literal(ORPHAN), rows) for rows in orphans]
        if openings:
            parts.append(_part(log.name, _BY_OPENING, _SQL["opening"].format(log=log.name)))
    if refunds_of is not None:
        names = {"log": refunds_of, "refunds": MERCHANT_REFUND}
        parts += [
            _part(
                refunds_of,
                text_literal(reason),
                _SQL["refund"].format(condition=condition, **names),
            )
            for reason, condition in _UNUSED["refund_conditions"].items()
        ]
    none = _part(any_log, text_literal(ORPHAN), f"from raw.{any_log} as event\n    where 1 = 0")
    return _SQL["unused"].format(
        openings="\n        union all\n        ".join(openings or [nothing]),
        parts="\n    union all\n    ".join(parts or [none]),
    )


def opening_events(logs: Mapping[str, Log]) -> list[tuple[str, str]]:
    """Return (log, event type) of what opens an account."""
    return [
        (log.name, kind)
        for log in logs.values()
        for kind, event in log.event_types.items()
        if event.opens_account
    ]


def _things(log: Log) -> Iterator[dict[str, str]]:
    """Yield what the events of a log begin, such as bills, as words of that SQL."""
    for kind, event in log.event_types.items():
        if event.creates is not None:
            others = [one for one in log.types_needing(event.creates) if one != kind]
            yield {
                "log": log.name,
                "thing": identifier(log.stored_name(event.creates)),
                "kind": text_literal(kind),
                "others": ", ".join(map(text_literal, others)),
            }


def _part(log: str, reason: str, rows: str) -> str:
    """Return the SELECT of some rows of a log; ``reason``: as SQL."""
    said = f"{text_literal(log)} as log, {reason} as reason"
    return f"select {said}, {_SQL['event']}\n    {rows}"
