"""A source's mapping as SQL: delivered rows become rows in the words of the log they belong to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plainscore.contracts.logs import MONEY_KINDS, FieldKind, Log
from plainscore.logs.literals import ISO_DAY, ISO_TIME, Marks, quoted, time_text
from plainscore.logs.sources import CURRENCY, EPOCHS, EventMapping, FieldMapping, Source

if TYPE_CHECKING:
    from plainscore.logs.expressions import Sql

_TEXTS = ("text", "hash")
_NUMBERS = (*MONEY_KINDS, "integer", "number", "year")
_TIMES = ("time", "date")
_ABSENT = "cast(null as varchar)"


@dataclass(frozen=True)
class Cells:
    """The delivered columns as the table ``delivered`` has them.

    ``texts`` maps the name in the files to SQL for its text, ``faults`` to SQL that says why a
    cell is no text (parquet types). ``is_text``: from text files, so the marks of the format count.
    ``typed``: columns whose values have the type of a kind already.
    """

    texts: Mapping[str, str]
    faults: Mapping[str, str]
    is_text: bool = True
    typed: Mapping[str, "TypedCell"] = field(default_factory=dict)


@dataclass(frozen=True)
class TypedCell:
    """SQL for the value that a cell has as a field of a kind, and for its text where it has none.

    The value is what judging the cell's text would give, at less cost.
    """

    kind: FieldKind
    value: str
    text: str


@dataclass(frozen=True)
class LogRows:
    """SQL that gives ``file_no, line, reason``, all fields of the log, and ``fault_<field>``.

    ``faulty``: the fields that have such a column, saying why the field could not be made.
    ``typed``: the fields with a column ``typed_<field>``, and their text where that is null alone.
    """

    sql: str
    faulty: frozenset[str]
    typed: frozenset[str] = frozenset()


def log_rows(source: Source, event: EventMapping, log: Log, cells: Cells, first: bool) -> LogRows:
    """Return the rows of ``delivered`` that become this event, in the words of its log.

    ``first``: it is the source's first event, under which unparsable rows are counted.
    """
    return _Event(source, event, log, cells).rows(first)


def unclaimed(source: Source, cells: Cells, logs: Mapping[str, Log]) -> str | None:
    """Return SQL for the delivered rows that become no event, or None where each becomes one."""
    conditions = [
        _Event(source, event, logs[event.log], cells).condition() for event in source.events
    ]
    if "true" in conditions:
        return None
    return " and ".join(("reason is null", *(f"not ({one})" for one in conditions)))


class _Event:
    def __init__(self, source: Source, event: EventMapping, log: Log, cells: Cells) -> None:
        self._source, self._event, self._log, self._cells = source, event, log, cells
        form = source.format
        self._marks = Marks(form.decimal, form.thousands) if cells.is_text else Marks()
        self._kinds = log.kinds

    def rows(self, first: bool) -> LogRows:
        made = {name: self._made(name) for name in self._log.names}
        typed = self._typed()
        made |= {name: (cell.text, None) for name, cell in typed.items()}
        faults = {name: why for name, (_, why) in made.items() if why is not None}
        columns = [f"{text} as {_name(name)}" for name, (text, _) in made.items()]
        columns += [f"{why} as {_name('fault_' + name)}" for name, why in faults.items()]
        columns += [f"{cell.value} as {_name('typed_' + name)}" for name, cell in typed.items()]
        where = self.condition()
        broken = "reason is not null or " if first else "reason is null and "
        sql = (
            f"select file_no, line, {self._reason()} as reason, {', '.join(columns)} "
            f"from delivered where {'true' if first and where == 'true' else broken + f'({where})'}"
        )
        times = [name for name in self._event.fields if self._is_converted(name)]
        for name in times:
            sql = self._timed(sql, name, name in faults)
            faults[name] = ""
        content = self._event.fields.get("event_id")
        if content is not None and content.content:
            packed = ", ".join(
                f"{_name(one)} := {_name(one)}"
                for one in sorted(self._event.fields)
                if one not in ("event_id", CURRENCY)
            )
            digest = f"sha256(cast(to_json(struct_pack({packed})) as varchar))"
            sql = f"select * replace ({digest} as event_id) from ({sql})"
        return LogRows(sql, frozenset(faults), frozenset(typed))

    def _typed(self) -> dict[str, TypedCell]:
        """Return the fields that are cells of their own type, taken as they are."""
        fields = self._event.fields
        if any(mapping.content for mapping in fields.values()):
            return {}  # a digest of the texts is needed
        return {
            name: cell
            for name, mapping in fields.items()
            if (cell := self._cells.typed.get(mapping.from_ or "")) is not None
            and cell.kind == self._kinds.get(name)
            and not (mapping.map or self._is_converted(name))
        }

    def condition(self) -> str:
        """Return SQL: whether a delivered row becomes this event; also where that is undecided."""
        if self._event.when is None:
            return "true"
        when = self._compiled(self._event.when)
        unread = self._unread(when.numbers)
        return f"coalesce({when.sql}, {unread or 'false'})"

    def _compiled(self, sql: str) -> "Sql":
        from plainscore.logs.expressions import compile_expression  # sqlglot imports slowly

        return compile_expression(sql, _Texts(self._cells.texts), self._marks)

    def _unread(self, columns: Iterable[str]) -> str:
        """Return SQL: whether a cell that is read as a number is there and is none."""
        texts = [self._text(one) for one in columns]
        return " or ".join(f"({x} is not null and ({self._marks.plain(x)}) is null)" for x in texts)

    def _text(self, column: str) -> str:
        return self._cells.texts.get(column, _ABSENT)

    def _reason(self) -> str:
        reasons = ["reason"]
        if self._event.when is not None:
            when = self._compiled(self._event.when)
            if unread := self._unread(when.numbers):
                why = f"when ({self._event.when}) reads {_listed(when.numbers)}, which is no number"
                reasons.append(
                    f"case when {when.sql} is null and ({unread}) then {quoted(why)} end"
                )
        mapping = self._event.fields.get(CURRENCY)
        if mapping is not None and self._is_delivered(mapping):
            given = f"upper(trim({self._made(CURRENCY)[0]}))"
            own = self._source.currency
            ours = f"the project''s is {own}" if own else "plainscore.toml sets no currency"
            reasons.append(
                f"case when {given} <> {quoted(own or '')} then "
                f"'currency is ' || left({given}, 20) || ', {ours}' end"
            )
        return f"coalesce({', '.join(reasons)})" if len(reasons) > 1 else "reason"

    def _is_delivered(self, mapping: FieldMapping) -> bool:
        """Whether the files have a column that it reads; in a log's own words it may be absent."""
        return mapping.from_ is None or mapping.from_ in self._cells.texts

    def _made(self, name: str) -> tuple[str, str | None]:
        """Return SQL for the text of a field, and SQL for why it could not be made, or None."""
        mapping = self._event.fields.get(name)
        if mapping is None or mapping.content:
            return _ABSENT, None
        if mapping.value is not None:
            return quoted(mapping.text), None
        kind, source = self._kinds.get(name, "text"), mapping.from_
        # Only an id or another text must be delivered as one.
        is_judged = source in self._cells.faults and kind in _TEXTS
        faults = [self._cells.faults[source]] if is_judged and source else []
        is_number = kind in _NUMBERS
        if mapping.sql is not None:
            made = self._compiled(mapping.sql)
            text, is_plain = made.text, made.kind == "number"
            if unread := self._unread(made.numbers):
                why = f"is made of {_listed(made.numbers)}, which is no number"
                faults.append(_if(f"{made.sql} is null and ({unread})", quoted(why)))
        else:
            text, is_plain = self._text(mapping.columns[0]), False
        if mapping.map:
            text = self._mapped(text, mapping)
        elif is_number and not is_plain and self._marks != Marks():
            plain = self._marks.plain(text)
            faults.append(_if(f"{text} is not null and ({plain}) is null", quoted(self._marked())))
            text = plain
        return text, (f"coalesce({', '.join(faults)})" if faults else None)

    def _marked(self) -> str:
        gap = f" and thousands mark {self._marks.thousands!r}" if self._marks.thousands else ""
        return f"is no number with decimal mark {self._marks.decimal!r}{gap}"

    @staticmethod
    def _mapped(text: str, mapping: FieldMapping) -> str:
        whens = [f"when {quoted(old)} then {quoted(new)}" for old, new in mapping.map.items()]
        other = text if mapping.otherwise is None else quoted(mapping.otherwise)
        return f"nullif(case coalesce({text}, '') {' '.join(whens)} else {other} end, '')"

    def _is_converted(self, name: str) -> bool:
        mapping, kind = self._event.fields[name], self._kinds.get(name)
        has_zone = kind == "time" and self._source.time_zone is not None
        return kind in _TIMES and mapping.value is None and bool(mapping.format or has_zone)

    def _timed(self, sql: str, name: str, has_fault: bool) -> str:
        """Return the rows with the times of one field in ISO 8601 and UTC."""
        formats, text = self._event.fields[name].format, _name(name)
        zone = self._source.time_zone if self._kinds[name] == "time" else None
        offset = [one for one in formats if re.search("%[zZ]", one)]
        local = [one for one in formats if one not in offset and one not in EPOCHS]
        days = [one for one in local if not re.search("%-?[HIMSfgnpcXT]", one)]
        # An instant that the text itself names; a date alone is that day, whatever the zone.
        instants = [f"timezone('UTC', {_parsed(text, one)})" for one in offset]
        instants += [_epoch(text, one) for one in formats if one in EPOCHS]
        instants += [_parsed(text, one) for one in days]
        instants.append(f"try_cast({_if(_matches(text, ISO_DAY), text)} as timestamp)")
        # A wall time, which is an instant in the source's zone.
        walls = [_parsed(text, one) for one in local if one not in days]
        walls.append(f"try_cast({_if(_matches(text, ISO_TIME), text)} as timestamp)")
        fault = _name(f"fault_{name}")
        causes = [fault] if has_fault else []
        if zone:
            why = quoted(f"is a time that {zone} skipped")
            causes.append(_if("instant_ is null and wall_ is not null and utc_ is null", why))
        if formats:
            why = quoted(f"is not of the format {_listed(formats)}")
            causes.append(_if(f"{text} is not null and utc_ is null", why))
        exclude = ", ".join(["instant_", "wall_", "utc_", *causes[: int(has_fault)]])
        done = (
            f"select *, try({_coalesce(instants)}) as instant_, try({_coalesce(walls)}) as wall_ "
            f"from ({sql})"
        )
        done = (
            f"select *, try(coalesce(instant_, {_in_utc('wall_', zone) if zone else 'wall_'})) "
            f"as utc_ from ({done})"
        )
        # A text with an offset of its own stays as it is where no format is given.
        return (
            f"select * exclude ({exclude}) "
            f"replace (coalesce({time_text('utc_')}, {text}) as {text}), "
            f"coalesce({', '.join(causes)}) as {fault} from ({done})"
        )


class _Texts(dict[str, str]):
    """The cells of a row; a column that a file lacks is missing in all its rows."""

    def __missing__(self, name: str) -> str:
        return _ABSENT


def _in_utc(wall: str, zone: str) -> str:
    """Return SQL for the instant of a wall time: the earlier of two, null where it was skipped."""
    here = quoted(zone)

    def shown(utc: str) -> str:
        return f"timezone({here}, timezone('UTC', {utc}))"

    def guess(day: str) -> str:
        return f"({wall} - ({shown(day)} - {day}))"

    before, after = (guess(f"({wall} {sign} interval 1 day)") for sign in "-+")
    return _coalesce(_if(f"{shown(one)} = {wall}", one) for one in (before, after))


def _epoch(text: str, name: str) -> str:
    microseconds = 1000 if name == "epoch_ms" else 1_000_000
    # Digits beyond microseconds are cut, as in any time.
    count = f"floor(try_cast({text} as decimal(28, 9)) * {microseconds})"
    return f"make_timestamp(cast({count} as bigint))"


def _parsed(text: str, form: str) -> str:
    """Return SQL for a time of a format, of which a year has its four digits.

    DuckDB takes the 26 of 31.01.26 for the year 26.
    """
    moment = f"try_strptime({text}, {quoted(form)})"
    return f"case when year({moment}) >= 1000 then {moment} end" if "%Y" in form else moment


def _if(condition: str, value: str) -> str:
    return f"case when {condition} then {value} end"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {quoted(pattern)})"


def _coalesce(options: Iterable[str]) -> str:
    return f"coalesce({', '.join([*options, 'null'])})"


def _listed(texts: Iterable[str]) -> str:
    return " or ".join(texts)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
