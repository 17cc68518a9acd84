"""Sources: how a folder of landing/ becomes events, as ``[sources.<folder>]`` of plainscore.toml.

A folder that is named like a declared log, and has no table, holds that log in its own words.
"""

from codecs import lookup
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from plainscore.common.text import text_literal
from plainscore.common.toml import TomlFile, read_toml
from plainscore.contracts.logs import COMMON_FIELDS, MONEY_KINDS, EventType, Log, read_logs
from plainscore.logs.literals import ExpressionRefused, require_bound, time_zones
from plainscore.project import FILE_NAME, Project

CURRENCY = "currency"
EPOCHS = ("epoch", "epoch_ms")


def _columns_of(sql: str | None) -> tuple[str, ...]:
    """Return the columns that an expression, if any, reads. Raises ExpressionRefused."""
    if sql is None:
        return ()
    from plainscore.logs.expressions import columns_of  # sqlglot imports slowly

    return columns_of(sql)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)  # codecs of bytes, such as base64, are known to lookup too
        return lookup(name).name
    except (LookupError, UnicodeError):
        raise ValueError(f"{name} is no encoding; write utf-8, windows-1252, utf-16, ...") from None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Format(_Model):
    """How the files of a source are written; how they are packed follows from the name.

    ``delimiter`` ``"\\t"`` for tabs. ``decimal`` and ``thousands``: the marks in numbers of text
    files. ``null``: cells that mean nothing. ``names``: the columns of files without a header.
    ``skip``: lines above the header. ``sheet``: of workbooks; the first unless given.
    """

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8"
    null: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ("",)
    quote: str = Field(default='"', max_length=1)
    names: tuple[str, ...] = ()
    skip: int = Field(default=0, ge=0, le=1000)
    sheet: str = ""

    @model_validator(mode="after")
    def _marks_differ(self) -> "Format":
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same mark")
        if self.delimiter in (self.quote, "\n", "\r", "\x1b"):
            raise ValueError("delimiter is the quote, a line break or an escape")
        if not self.null:
            raise ValueError('null is empty: write [""] for empty cells alone')
        if twice := sorted({name for name in self.names if self.names.count(name) > 1}):
            raise ValueError(f"names has {twice[0]} twice")
        return self


class FieldMapping(_Model):
    """Where one field of an event comes from: a column, a fixed value, SQL, or the content.

    ``map`` replaces values (``""`` is a missing one), and ``otherwise`` all that it does not name.
    ``format``: of times, as of strptime, or several to try; ``epoch`` and ``epoch_ms`` for numbers.
    """

    from_: str | None = Field(default=None, alias="from", min_length=1)
    value: str | bool | int | float | None = None
    sql: str | None = None
    content: Literal[True] | None = None
    map: Mapping[str, str] = {}
    otherwise: str | None = None
    format: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()

    @model_validator(mode="before")
    @classmethod
    def _is_table(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError('write a table such as { from = "Column" } or { value = "text" }')
        return given

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldMapping":
        given = [self.from_, self.value, self.sql, self.content]
        if sum(one is not None for one in given) != 1:
            raise ValueError("write exactly one of from, value, sql and content")
        is_delivered = self.from_ is not None or self.sql is not None
        if not is_delivered and (self.map or self.otherwise is not None or self.format):
            raise ValueError("map, otherwise and format go with from or sql")
        if self.otherwise is not None and not self.map:
            raise ValueError("otherwise goes with map")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The delivered columns that it reads. Raises ExpressionRefused."""
        if self.from_ is not None:
            return (self.from_,)
        return _columns_of(self.sql)

    @property
    def values(self) -> tuple[str, ...] | None:
        """All texts that it can make, or None where they depend on the files."""
        if self.value is not None:
            return (self.text,)
        return (*self.map.values(), self.otherwise) if self.otherwise is not None else None

    @property
    def text(self) -> str:
        """The fixed value as a delivered text."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


class EventMapping(BaseModel):
    """One event that a delivered row becomes, where ``when`` holds: a log, and its fields."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, FieldMapping]

    log: str
    when: str | None = None

    @property
    def fields(self) -> dict[str, FieldMapping]:
        """Field -> where it comes from; ``currency`` may be among them."""
        return self.__pydantic_extra__

    @property
    def columns(self) -> frozenset[str]:
        """The delivered columns that it reads."""
        read = [name for one in self.fields.values() for name in one.columns]
        return frozenset((*read, *_columns_of(self.when)))


class SourceTable(_Model):
    """One ``[sources.<folder>]``."""

    format: Format = Format()
    time_zone: str | None = None
    events: tuple[EventMapping, ...] = ()


@dataclass(frozen=True)
class Source:
    """A folder of landing/ and the events that its rows become.

    ``is_own_words``: it holds one log under the log's own names; columns may be absent then.
    ``currency``: of the project. ``where``: file and line of its table, for messages.
    """

    folder: str
    format: Format
    time_zone: str | None
    events: tuple[EventMapping, ...]
    is_own_words: bool = False
    currency: str | None = None
    where: str = ""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All delivered columns that its events read, sorted."""
        return tuple(sorted({name for event in self.events for name in event.columns}))

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns without which a file that has fixed columns is refused."""
        return COMMON_FIELDS if self.is_own_words else self.columns

    @property
    def logs(self) -> tuple[str, ...]:
        """The logs that it feeds, in the order of its events."""
        return tuple(dict.fromkeys(event.log for event in self.events))

    def absent_column(self, found: list[str]) -> str | None:
        """Return why a file with the columns ``found`` is refused, or None."""
        absent = [name for name in self.required_columns if name not in found]
        if not absent:
            return None
        if self.is_own_words:
            return f"required column {absent[0]} is absent"
        near = get_close_matches(absent[0], found, n=1, cutoff=0.5)
        hint = f"; the nearest is {near[0]}" if near else ""
        return f"column {absent[0]}, which {self.where} reads, is absent{hint}"


def own_words(log: Log, currency: str | None, table: SourceTable | None = None) -> Source:
    """Return the source of a folder that holds ``log`` under its own names."""
    table = table or SourceTable()
    names = [*log.names, *([CURRENCY] if _has_amounts(log) else [])]
    fields = {name: {"from": name} for name in names}
    event = EventMapping.model_validate({"log": log.name, **fields})
    return Source(log.name, table.format, table.time_zone, (event,), True, currency)


def read_sources(file: Path | None, logs: Mapping[str, Log]) -> dict[str, Source]:
    """Return folder of landing/ -> its source: those of the settings file, and all other logs.

    ``file``: plainscore.toml, or None. Raises UsageError with file, line and key.
    """
    toml = read_toml(file) if file is not None else TomlFile(Path(), {}, {})
    currency, tables = toml.values.get(CURRENCY), toml.values.get("sources", {})
    found = {name: own_words(log, currency) for name, log in logs.items()}
    if not isinstance(tables, dict):
        raise toml.fault(("sources",), "write a table [sources.<folder>] for each folder")
    for folder, given in tables.items():
        table = toml.check(SourceTable, given, ("sources", folder))
        found[folder] = _SourceCheck(folder, table, logs, toml).source(currency)
    return found


def _has_amounts(log: Log) -> bool:
    return any(field.kind in MONEY_KINDS for field in log.fields)


class _SourceCheck:
    """A source held against the logs that it feeds, before any row is read."""

    def __init__(
        self, folder: str, table: SourceTable, logs: Mapping[str, Log], file: TomlFile
    ) -> None:
        self._folder, self._table, self._logs, self._file = folder, table, logs, file

    def source(self, currency: str | None) -> Source:
        table, folder = self._table, self._folder
        self._check_zone()
        if not table.events:
            if folder not in self._logs:
                self._refuse("has no events: add [[sources." + folder + ".events]]")
            return own_words(self._logs[folder], currency, table)
        for number, event in enumerate(table.events):
            self._check_event(number, event, currency)
        where = f"[sources.{folder}]"
        return Source(folder, table.format, table.time_zone, table.events, False, currency, where)

    def _refuse(self, why: str, *place: str | int) -> NoReturn:
        raise self._file.fault(("sources", self._folder, *place), why)

    def _check_zone(self) -> None:
        zone = self._table.time_zone
        if zone is not None and zone not in (known := time_zones()):
            near = get_close_matches(zone, known, n=1)
            hint = f"; the nearest is {near[0]}" if near else ""
            self._refuse(f"{zone} is no time zone{hint}", "time_zone")

    def _check_event(self, number: int, event: EventMapping, currency: str | None) -> None:
        place = ("events", number)
        log = self._logs.get(event.log)
        if log is None:
            known = ", ".join(self._logs)
            self._refuse(f"there is no log {event.log}; declared are {known}", *place, "log")
        names = (*log.names, CURRENCY)
        for name, mapping in event.fields.items():
            if name not in names:
                near = get_close_matches(name, names, n=1, cutoff=0)[0]
                self._refuse(f"{log.name} has no field {name}; the nearest is {near}", *place, name)
            if mapping.content and name != "event_id":
                self._refuse("only an event_id is made of the content", *place, name)
            self._check_values(log, name, mapping, *place, name)
            self._check_sql(mapping.sql, *place, name, "sql")
            self._check_format(mapping, *place, name, "format")
        self._check_sql(event.when, *place, "when")
        self._check_types(log, event, *place)
        if CURRENCY in event.fields and currency is None:
            self._refuse(
                'name the project\'s at the top of the file, such as currency = "EUR"',
                *place,
                CURRENCY,
            )
        for earlier in self._table.events[:number]:
            if _repeats_ids(earlier, event):
                self._refuse(
                    f"a row would give two events of {event.log} with one event_id: add a "
                    "text to one, such as || '/payment'",
                    *place,
                    "event_id",
                )

    def _check_sql(self, sql: str | None, *place: str | int) -> None:
        if sql is None:
            return
        from plainscore.logs.expressions import expression_kind

        try:
            kind = expression_kind(sql)
        except ExpressionRefused as error:
            self._refuse(f"{sql!r} {error}", *place)
        if place[-1] == "when" and kind != "flag":
            self._refuse(f"{sql!r} is no condition, such as Quantity > 0", *place)

    def _check_format(self, mapping: FieldMapping, *place: str | int) -> None:
        for one in mapping.format:
            try:
                require_bound(
                    f"try_strptime('', {text_literal(one)})" if one not in EPOCHS else "0"
                )
            except ExpressionRefused as error:
                self._refuse(f"{one!r}: {error}", *place)
            if "%" not in one and one not in EPOCHS:
                self._refuse(f"{one!r} is no format, such as %d/%m/%Y %H:%M", *place)

    def _check_values(self, log: Log, name: str, mapping: FieldMapping, *place: str | int) -> None:
        """Refuse a text that the file itself names and that the log's declaration does not."""
        known = tuple(log.event_types) if name == "event_type" else _choices(log, name)
        made = [*mapping.map.values(), mapping.otherwise]
        made.append(mapping.text if mapping.value is not None else None)
        for value in made:
            if known and value and value not in known:
                self._refuse(f"{value} is none of {', '.join(known)}", *place)

    def _check_types(self, log: Log, event: EventMapping, *place: str | int) -> None:
        """Refuse what is needed and not mapped, and what no event type of these defines."""
        mapped = event.fields
        types = mapped["event_type"].values if "event_type" in mapped else None
        chosen = [log.event_types[one] for one in types or () if one in log.event_types]
        needed = [*COMMON_FIELDS, *(name for one in chosen for name in one.required)]
        for name in needed:
            if name not in mapped:
                self._refuse(f"{name} is not mapped, and {log.name} needs it", *place)
        for either in (one.either for one in chosen if one.either):
            if not {*either} & {*mapped}:
                none = f"none of {', '.join(either)} is mapped"
                self._refuse(f"{none}, and {log.name} needs one", *place)
        for name in mapped if chosen else ():
            if name not in (*COMMON_FIELDS, CURRENCY) and not _defines(chosen, name):
                self._refuse(
                    f"an event of type {', '.join(types or ())} has no {name}", *place, name
                )


def _defines(types: list[EventType], name: str) -> bool:
    return any(name in one.defined for one in types)


def _choices(log: Log, name: str) -> tuple[str, ...]:
    return next((field.choices for field in log.fields if field.name == name), ())


def _repeats_ids(one: EventMapping, other: EventMapping) -> bool:
    """Whether one delivered row gives both events, of one log and with one id."""
    ids = one.fields.get("event_id"), other.fields.get("event_id")
    is_same = one.log == other.log and ids[0] == ids[1] and ids[0] is not None
    is_content = ids[0] is not None and ids[0].content
    overlap = one.when is None or other.when is None or one.when == other.when
    return bool(is_same and not is_content and overlap)


@dataclass(frozen=True)
class Inputs:
    """The logs that a project declares, and how each folder of landing/ becomes their events."""

    logs: Mapping[str, Log]
    sources: Mapping[str, Source]

    @property
    def stored(self) -> dict[str, dict[str, str]]:
        """The stored columns of every log."""
        return {name: log.stored_columns for name, log in self.logs.items()}


def read_inputs(project: Project) -> Inputs:
    """Read the logs and sources of a project. Raises UsageError that names file, line and key."""
    logs = read_logs(project.method)
    return Inputs(logs, read_sources(project.root and project.root / FILE_NAME, logs))
