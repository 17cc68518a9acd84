"""Judge every row for itself: ONE generated SELECT per log types each field and finds its fault.

Rows come in the words of a log, all text. The first reason that applies is the row's; what a row
is to others (repeat, conflict) is judged in ``deduplicate``.
"""

from collections.abc import Collection, Iterable, Iterator

from plainscore.common.text import identifier, text_literal
from plainscore.contracts.logs import MAX_CENTS, Field, FieldKind, Log

MAX_DISTANCE_DAYS = 7305
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
_OFFSET = "[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
_UTC_TIME, _ZONED_TIME = rf"{_DAY}(?:{_CLOCK}Z?)?", f"{_DAY}{_CLOCK}{_OFFSET}"
_PLAIN_AMOUNT = r"[0-9]{1,10}(?:\.[0-9]{1,2}0{0,2})?"
_DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DECIMAL_PARTS = r"^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)0*([0-9]*))?$"
_DECIMALS, _NEGATIVE, _TOO_MUCH = (
    "has more than two decimals", "is negative", "is more than 10^12 cents",
)  # fmt: skip
_NOT_READ: dict[FieldKind, str] = {
    "time": "is not an ISO 8601 time",
    "date": "is not a date YYYY-MM-DD",
    "year": "is not a year",
    "flag": "is neither true nor false",
    "integer": "is not a whole number",
    "number": "is not a decimal number",
    "amount": "is not a decimal number",
}
_EARLIEST = {"time": "timestamp '0001-01-01'", "date": "date '0001-01-01'"}
_LATEST = {"time": "timestamp '9999-12-31 23:59:59.999999'", "date": "date '9999-12-31'"}


def judge_sql(log: Log, rows: str, faulty: Collection[str] = ()) -> str:
    """Return the SELECT that judges rows.

    Parameters
    ----------
    log
        The log they belong to.
    rows
        SQL that gives ``file_no``, ``line``, ``raw``, ``reason`` (why no reader could read it) and
        the log's fields as text.
    faulty
        The fields with a column ``fault_<field>`` that says why the field has no value.

    Returns
    -------
    SQL over ``rows`` and the table ``batch_file(file_no, arrived)`` that gives ``file_no, line,
    arrived, raw, reason`` (null where the row stands), ``event_id, event_hash, event_time,
    event_date, event_type, person_id``, the own stored columns of the log (ids of other people
    under their delivered name, as text), and ``unread``: the optional fields (null: none) that
    could not be read, although the row stands.
    """
    return _Judge(log, rows, frozenset(faulty)).sql()


class _Judge:
    def __init__(self, log: Log, rows: str, faulty: frozenset[str]) -> None:
        self._log, self._rows, self._faulty = log, rows, faulty
        self._types = {kind: number for number, kind in enumerate(log.event_types)}
        self._faults = [
            name for name, kind in log.kinds.items() if kind in _NOT_READ or name in faulty
        ]

    def sql(self) -> str:
        log = self._log
        amounts = [own.name for own in log.fields if own.kind == "amount"]
        parts = "".join(f", {_amount_parts(name)} as {_in('parts', name)}" for name in amounts)
        stored = "".join(f", {identifier(own.name)}{self._stored_as(own)}" for own in log.fields)
        return f"""
with defined as (
    select file_no, line, raw, reason, {", ".join(self._defined())}
    from (select *, {self._type_number()} as type_no from ({self._rows}))
),
parsed as (select *{parts} from defined),
typed as (select *, {", ".join(self._typed())} from parsed),
valued as (
    select file_no, line, arrived, raw, reason, type_no, {", ".join(self._valued())}
    from typed join batch_file using (file_no)
)
select
    file_no, line, arrived, raw, {self._first_reason()} as reason, event_id,
    md5_number_lower(event_id) as event_hash, event_time, cast(event_time as date) as event_date,
    event_type, person_id{stored}, {self._unread()} as unread
from valued"""

    def _stored_as(self, own: Field) -> str:
        if own.name == self._log.other_person:
            return ""
        return f" as {identifier(self._log.stored_name(own.name))}"

    def _type_number(self) -> str:
        whens = " ".join(f"when {text_literal(one)} then {at}" for one, at in self._types.items())
        return f"case event_type {whens} end"

    def _is_type(self, types: Iterable[str]) -> str:
        numbers = [self._types[kind] for kind in types]
        return f"type_no in ({', '.join(map(str, numbers))})" if numbers else "false"

    def _defined(self) -> Iterator[str]:
        """Yield all fields as text, empty where the row's event type does not define them."""
        yield "type_no"
        conditions: dict[str, str] = {}
        for own in self._log.fields:
            needed = [f"{identifier(k)} = {text_literal(v)}" for k, v in own.only_where.items()]
            condition = " and ".join([self._is_type(self._log.types_with(own.name)), *needed])
            conditions[own.name] = f"case when {condition} then {{}} end"
        for name in self._log.names:
            kept = conditions.get(name, "{}")
            yield f"{kept.format(identifier(name))} as {identifier(name)}"
            if name in self._faulty:
                fault = identifier(f"fault_{name}")
                yield f"{kept.format(fault)} as {fault}"

    def _typed(self) -> Iterator[str]:
        for name, kind in self._log.kinds.items():
            yield f"{_value(name, kind)} as {_in('value', name)}"
            if name in self._faults:
                yield f"{self._fault(name, kind)} as {_in('why', name)}"

    def _fault(self, name: str, kind: FieldKind) -> str:
        given = identifier(f"fault_{name}") if name in self._faulty else "null"
        if kind not in _NOT_READ:
            return given
        whens = f"when {given} is not null then {given} " if name in self._faulty else ""
        whens += f"when {identifier(name)} is null then null "
        if kind == "amount":
            whens += _amount_faults(name)
        else:
            value = _value(name, kind)
            wrong = f"{value} is null"
            if kind in _EARLIEST:
                wrong += f" or {value} not between {_EARLIEST[kind]} and {_LATEST[kind]}"
            whens += f"when {wrong} then {text_literal(_NOT_READ[kind])} "
        return f"case {whens}end"

    def _valued(self) -> Iterator[str]:
        for name in self._log.names:
            value = _in("value", name)
            if name in self._faults:
                yield f"case when {_in('why', name)} is null then {value} end as {identifier(name)}"
                yield _in("why", name)
            else:
                yield f"{value} as {identifier(name)}"

    def _first_reason(self) -> str:
        whens = "\n        ".join(f"when {one} then {why}" for one, why in self._objections())
        return f"case\n        {whens}\n    end"

    def _objections(self) -> Iterator[tuple[str, str]]:
        """Yield all objections to a row, the most telling first: condition, and reason as SQL."""
        yield "reason is not null", "reason"
        for name in ("event_id", "person_id", "event_type"):
            yield self._absent(name)
        yield "type_no is null", "'event_type is unknown in this log'"
        yield self._absent("event_time")
        late = "'event_time is after the end of the arrival day'"
        yield "event_time >= arrived + interval 1 day", late
        for own in self._log.fields:
            yield from self._objections_to(own)
        if self._log.other_person is not None:
            other = self._log.other_person
            same = text_literal(f"{other} is the person themselves")
            yield f"{identifier(other)} = person_id", same
        for rule in self._log.rules.values():
            yield f"({rule.refuse_where})", text_literal(rule.reason)

    def _objections_to(self, own: Field) -> Iterator[tuple[str, str]]:
        name = identifier(own.name)
        if needing := self._log.types_needing(own.name):
            condition, why = self._absent(own.name)
            yield f"{self._is_type(needing)} and {condition}", why
        if own.kind == "amount":
            why, forbidden = _in("why", own.name), (_NEGATIVE, _DECIMALS, _TOO_MUCH)
            yield f"{why} in {_listed(forbidden)}", f"{text_literal(own.name + ' ')} || {why}"
        if own.choices:
            yield f"{name} not in {_listed(own.choices)}", text_literal(f"{own.name} is unknown")
        if own.kind == "date":
            far = f"{own.name} is more than 20 years from the event"
            distance = f"abs({name} - cast(event_time as date))"
            yield f"{distance} > {MAX_DISTANCE_DAYS}", text_literal(far)

    def _absent(self, name: str) -> tuple[str, str]:
        missing = text_literal(f"{name} is missing")
        if name in self._faults:
            said = f"{text_literal(name + ' ')} || {_in('why', name)}"
            return f"{identifier(name)} is null", f"coalesce({said}, {missing})"
        return f"{identifier(name)} is null", missing

    def _unread(self) -> str:
        names = [own.name for own in self._log.fields if own.name in self._faults]
        if not names:
            return "cast(null as varchar[])"
        faults = [_in("why", name) for name in names]
        named = ", ".join(
            f"case when {why} is not null then {text_literal(name)} end"
            for why, name in zip(faults, names, strict=True)
        )
        is_any = f"coalesce({', '.join(faults)}) is not null"
        return f"case when {is_any} then list_filter([{named}], lambda one: one is not null) end"


def _in(layer: str, name: str) -> str:
    return identifier(f"{layer} of {name}")


def _listed(words: Iterable[str]) -> str:
    return f"({', '.join(map(text_literal, words))})"


def _matches(name: str, pattern: str) -> str:
    return f"regexp_full_match({identifier(name)}, {text_literal(pattern)})"


def _value(name: str, kind: FieldKind) -> str:
    """Return SQL for what a text means, null where it means nothing of its kind."""
    text = identifier(name)
    match kind:
        case "amount":
            return _amount(name)
        case "time":
            at = f"substr({text}, 17)"
            seconds = f"case when starts_with({at}, ':') then '' else ':00' end"
            zoned = f"try_cast(left({text}, 16) || {seconds} || {at} as timestamptz)"
            return (
                f"case when {_matches(name, _UTC_TIME)} then try_cast(rtrim({text}, 'Z') as "
                f"timestamp) when {_matches(name, _ZONED_TIME)} then timezone('UTC', {zoned}) end"
            )
        case "date":
            return f"case when {_matches(name, _DAY)} then try_cast({text} as date) end"
        case "flag":
            return (
                f"case {text} when 'true' then true when 'false' then false when '1' then true "
                f"when '0' then false else case when length({text}) < 6 then case lower({text}) "
                "when 'true' then true when 'false' then false end end end"
            )
        case "year":
            whole = f"try_cast(split_part({text}, '.', 1) as bigint)"
            return f"case when {_matches(name, '[0-9]{1,4}(?:[.]0*)?')} then {whole} end"
        case "integer":
            whole = f"try_cast(split_part({text}, '.', 1) as bigint)"
            return f"case when {_matches(name, '[+-]?[0-9]+(?:[.]0*)?')} then {whole} end"
        case "number":
            double = f"try_cast({text} as double)"
            return f"case when {_matches(name, _DECIMAL)} and isfinite({double}) then {double} end"
    return text


# Most amounts are plain: digits, and at most two decimals that count. All others are taken apart,
# by value: their digits without zeros around them, and the power of ten of the last digit.


def _amount_parts(name: str) -> str:
    groups = "['sign', 'whole', 'fraction', 'exponent_sign', 'exponent']"
    found = f"regexp_extract({identifier(name)}, {text_literal(_DECIMAL_PARTS)}, {groups})"
    size = "coalesce(try_cast(left(p.exponent, 7) as integer), 0)"
    power = f"case when p.exponent_sign = '-' then -{size} else {size} end"
    digits = "ltrim(p.whole || p.fraction, '0')"
    zeros = f"length({digits}) - length(rtrim({digits}, '0'))"
    taken_apart = (
        f"list_transform([{found}], lambda p: struct_pack(is_negative := p.sign = '-', "
        f"digits := rtrim({digits}, '0'), power := {power} - length(p.fraction) + {zeros}))[1]"
    )
    return f"case when not {_matches(name, _PLAIN_AMOUNT)} then {taken_apart} end"


def _amount(name: str) -> str:
    parts = _in("parts", name)
    zeros = f"repeat('0', {parts}.power + 2)"
    return (
        f"case when {_matches(name, _PLAIN_AMOUNT)} "
        f"then cast(cast({identifier(name)} as decimal(18, 4)) * 100 as bigint) "
        f"when {parts}.digits = '' then 0 "
        f"when {parts}.power between -2 and 11 and length({parts}.digits) < 14 "
        f"then try_cast({parts}.digits || {zeros} as bigint) end"
    )


def _amount_faults(name: str) -> str:
    parts = _in("parts", name)
    length = f"length({parts}.digits) + {parts}.power + 2"
    return (
        f"when {parts} is null then case when {_amount(name)} > {MAX_CENTS} "
        f"then {text_literal(_TOO_MUCH)} end "
        f"when not {_matches(name, _DECIMAL)} then {text_literal(_NOT_READ['amount'])} "
        f"when {parts}.digits = '' then null "
        f"when {parts}.is_negative then {text_literal(_NEGATIVE)} "
        f"when {parts}.power < -2 then {text_literal(_DECIMALS)} "
        f"when {length} > {len(str(MAX_CENTS))} or {_amount(name)} > {MAX_CENTS} "
        f"then {text_literal(_TOO_MUCH)} "
    )
