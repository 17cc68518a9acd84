"""Judge every row for itself: ONE generated SELECT per log types each field and finds its fault.

Rows come in the words of a log, all text. The first reason that applies is the row's; what a row
is to others (repeat, conflict) is judged in ``deduplicate``.
"""

from collections.abc import Collection, Iterator

from plainscore.common.text import identifier, text_literal
from plainscore.contracts.logs import MAX_CENTS, MONEY_KINDS, Field, FieldKind, Log

MAX_DISTANCE_DAYS = 7305
_YEAR = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_DAY = f"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_CLOCK = "[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS = r":[0-5][0-9](?:\.[0-9]+)?"
_OFFSET = "[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
# What a cast to TIMESTAMP reads as it is meant, and all other times of ISO 8601.
_PLAIN_TIME = f"{_DAY}(?:{_CLOCK}(?:{_SECONDS}Z?)?)?"
_OTHER_TIME = f"{_DAY}{_CLOCK}(?:{_SECONDS})?(?:Z|{_OFFSET})"
_PLAIN_AMOUNT = r"[0-9]{1,10}(?:\.[0-9]{1,2}0{0,2})?"
_DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DECIMAL_PARTS = r"^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)0*([0-9]*))?$"
_DECIMALS, _NEGATIVE, _TOO_MUCH, _TOO_LITTLE = (
    "has more than two decimals", "is negative", "is more than 10^12 cents",
    "is less than -10^12 cents",
)  # fmt: skip
_NOT_READ: dict[FieldKind, str] = {
    "time": "is not an ISO 8601 time",
    "date": "is not a date YYYY-MM-DD",
    "year": "is not a year",
    "flag": "is neither true nor false",
    "integer": "is not a whole number",
    "number": "is not a decimal number",
    "amount": "is not a decimal number",
    "signed_amount": "is not a decimal number",
}


def judge_sql(
    log: Log, rows: str, faulty: Collection[str] = (), typed: Collection[str] = ()
) -> str:
    """Return the SELECT that judges rows.

    Parameters
    ----------
    log
        The log they belong to.
    rows
        SQL that gives ``file_no``, ``line``, ``reason`` (why no reader could read it) and the log's
        fields as text.
    faulty
        The fields with a column ``fault_<field>`` that says why the field has no value.
    typed
        The fields with a column ``typed_<field>``: their value; it goes before their text.

    Returns
    -------
    SQL over ``rows`` and the table ``batch_file(file_no, arrived)`` that gives ``file_no, line,
    arrived, reason`` (null where the row stands), ``event_id, event_hash, event_time,
    event_date, event_type, person_id``, the own stored columns of the log (ids of other people
    under their delivered name, as text), and ``unread``: the optional fields (null: none) that
    could not be read, although the row stands.
    """
    return _Judge(log, rows, frozenset(faulty), frozenset(typed)).sql()


class _Judge:
    """The layers of the SELECT: fields where they are defined, their parts, values, reasons."""

    def __init__(self, log: Log, rows: str, faulty: frozenset[str], typed: frozenset[str]) -> None:
        self._log, self._rows, self._faulty, self._typed = log, rows, faulty, typed
        self._types = {kind: number for number, kind in enumerate(log.event_types)}
        self._converted = [name for name, kind in log.kinds.items() if kind in _NOT_READ]

    def sql(self) -> str:
        log = self._log
        amounts = [own.name for own in log.fields if own.kind in MONEY_KINDS]
        cents = "".join(
            f", {_plain_cents(name, log.kinds[name])} as {_in('cents', name)}" for name in amounts
        )
        parts = "".join(f", {_amount_parts(name)} as {_in('parts', name)}" for name in amounts)
        kept = [_in("text", name) for name in self._converted]
        kept += [identifier(f"fault_{name}") for name in log.names if name in self._faulty]
        kept += [_in("parts", name) for name in amounts]
        values = (f"{self._value(name)} as {identifier(name)}" for name in log.names)
        stored = "".join(f", {identifier(own.name)}{self._stored_as(own)}" for own in log.fields)
        return f"""
with defined as (
    select file_no, line, reason, type_no, {", ".join(self._defined())}
    from (select *, {self._type_number()} as type_no from ({self._rows}))
),
parsed as (select *{parts} from (select *{cents} from defined)),
valued as (
    select file_no, line, arrived, reason, type_no, {", ".join((*values, *kept))}
    from parsed join batch_file using (file_no)
)
select
    file_no, line, arrived, {self._first_reason()} as reason, event_id,
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

    def _defined(self) -> Iterator[str]:
        """Yield all fields as text, empty where the row's event type does not define them."""
        conditions = {
            own.name: f"case when {self._is_defined(own)} then {{}} end" for own in self._log.fields
        }
        for name in self._log.names:
            kept = conditions.get(name, "{}")
            alias = _in("text", name) if name in self._converted else identifier(name)
            yield f"{kept.format(identifier(name))} as {alias}"
            for column in self._beside(name):
                yield f"{kept.format(column)} as {column}"

    def _is_defined(self, own: Field) -> str:
        """Return SQL: whether the row's event type defines a field."""
        plain, behind_others = [], []
        for kind in self._log.types_with(own.name):
            number, either = self._types[kind], self._log.event_types[kind].either
            earlier = either[: either.index(own.name)] if own.name in either else ()
            absent = [f"{one} is null" for name in earlier for one in self._delivered(name)]
            if absent:
                behind_others.append(" and ".join([f"type_no = {number}", *absent]))
            else:
                plain.append(str(number))
        types = " or ".join([f"type_no in ({', '.join(plain) or 'null'})", *behind_others])
        needed = [f"{identifier(k)} = {text_literal(v)}" for k, v in own.only_where.items()]
        return " and ".join([f"({types})" if behind_others else types, *needed])

    def _delivered(self, name: str) -> Iterator[str]:
        """Yield the columns that are all null where a field was not delivered."""
        yield identifier(name)
        yield from self._beside(name)

    def _beside(self, name: str) -> Iterator[str]:
        """Yield the columns that a field has beside its text."""
        if name in self._faulty:
            yield identifier(f"fault_{name}")
        if name in self._typed:
            yield identifier(f"typed_{name}")

    def _value(self, name: str) -> str:
        kind = self._log.kinds[name]
        is_converted = name in self._converted
        value = _converted(name, kind) if is_converted else identifier(name)
        if name in self._typed:
            value = f"coalesce({identifier(f'typed_{name}')}, {value})"
        if name in self._faulty:
            return f"case when {identifier(f'fault_{name}')} is null then {value} end"
        return value

    def _is_unread(self, name: str) -> str:
        """Return SQL: whether a field is there and means nothing of its kind."""
        causes = [f"{_in('text', name)} is not null"] if name in self._converted else []
        if name in self._faulty:
            causes.append(f"{identifier(f'fault_{name}')} is not null")
        there = f"({' or '.join(causes)})" if len(causes) > 1 else causes[0]
        return f"{identifier(name)} is null and {there}"

    def _absent(self, name: str) -> tuple[str, str]:
        missing, condition = f"{name} is missing", f"{identifier(name)} is null"
        causes = [identifier(f"fault_{name}")] if name in self._faulty else []
        if name in self._converted:
            causes.append(_why_not(name, self._log.kinds[name]))
        if not causes:
            return condition, text_literal(missing)
        cause = f"coalesce({', '.join(causes)})" if len(causes) > 1 else causes[0]
        said = f"{text_literal(name + ' ')} || {cause}"
        return condition, f"coalesce({said}, {text_literal(missing)})"

    def _first_reason(self) -> str:
        whens = "\n        ".join(f"when {one} then {why}" for one, why in self._objections())
        own = "\n        ".join(
            f"when {number} then case {' '.join(f'when {c} then {w}' for c, w in objections)} end"
            for kind, number in self._types.items()
            if (objections := list(self._objections_to(kind)))
        )
        own = f"case type_no\n        {own}\n        end" if own else "null"
        return f"case\n        {whens}\n        else {own}\n    end"

    def _objections(self) -> Iterator[tuple[str, str]]:
        """Yield the objections to a row of any type: condition, and reason as SQL."""
        yield "reason is not null", "reason"
        for name in ("event_id", "person_id", "event_type"):
            yield self._absent(name)
        yield "type_no is null", "'event_type is unknown in this log'"
        yield self._absent("event_time")
        late = "'event_time is after the end of the arrival day'"
        yield "cast(event_time as date) > arrived", late

    def _objections_to(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield the objections to what an event type defines, field by field, rules last."""
        event = self._log.event_types[kind]
        for own in self._log.fields:
            if own.name in event.required:
                yield self._absent(own.name)
            elif own.name in event.may_lack:
                yield from self._unreadable(own.name)
            elif own.name in event.either[:1]:
                for one in event.either:
                    yield from self._unreadable(one)
                yield self._all_absent(event.either)
            elif own.name in event.defined and own.kind in MONEY_KINDS:
                yield self._forbidden(own)
            if own.name in event.defined:
                yield from self._out_of_bounds(own)
        other = self._log.other_person
        if other in event.defined:
            same = text_literal(f"{other} is the person themselves")
            yield f"{identifier(other)} = person_id", same
        for rule in self._log.rules.values():
            yield f"({rule.refuse_where})", text_literal(rule.reason)

    def _unreadable(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the objection to a field that may be left out, and is there and means nothing."""
        if name in self._converted or name in self._faulty:
            yield self._is_unread(name), self._absent(name)[1]

    @staticmethod
    def _all_absent(names: tuple[str, ...]) -> tuple[str, str]:
        first, *others = names
        said = f"{first} is missing" + "".join(f", and so is {one}" for one in others)
        return " and ".join(f"{identifier(one)} is null" for one in names), text_literal(said)

    def _forbidden(self, own: Field) -> tuple[str, str]:
        """Return the objection to an optional amount that can be read and is not allowed."""
        name, why = own.name, _amount_fault(own.name, own.kind)
        is_number = f"{why} <> {text_literal(_NOT_READ[own.kind])}"
        return f"{self._is_unread(name)} and {is_number}", f"{text_literal(name + ' ')} || {why}"

    def _out_of_bounds(self, own: Field) -> Iterator[tuple[str, str]]:
        name = identifier(own.name)
        if own.choices:
            listed = ", ".join(map(text_literal, own.choices))
            yield f"{name} not in ({listed})", text_literal(f"{own.name} is unknown")
        if own.kind == "date":
            far = f"{own.name} is more than 20 years from the event"
            distance = f"abs({name} - cast(event_time as date))"
            yield f"{distance} > {MAX_DISTANCE_DAYS}", text_literal(far)

    def _unread(self) -> str:
        own = (one.name for one in self._log.fields)
        unread = {
            name: self._is_unread(name) for name in own if name in {*self._converted, *self._faulty}
        }
        if not unread:
            return "cast(null as varchar[])"
        named = ", ".join(
            f"case when {one} then {text_literal(name)} end" for name, one in unread.items()
        )
        is_any = " or ".join(f"({one})" for one in unread.values())
        return f"case when {is_any} then list_filter([{named}], lambda one: one is not null) end"


def _in(layer: str, name: str) -> str:
    return identifier(f"{layer} of {name}")


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {text_literal(pattern)})"


def _why_not(name: str, kind: FieldKind) -> str:
    """Return SQL for why a text means nothing of its kind; null where there is no text."""
    said = _amount_fault(name, kind) if kind in MONEY_KINDS else text_literal(_NOT_READ[kind])
    return f"case when {_in('text', name)} is not null then {said} end"


def _converted(name: str, kind: FieldKind) -> str:
    """Return SQL for what a text means, null where it means nothing of its kind."""
    text = _in("text", name)
    whole = f"try_cast(split_part({text}, '.', 1) as bigint)"
    match kind:
        case "amount" | "signed_amount":
            return _amount(name, kind)
        case "time":
            return (
                f"case when {_matches(text, _PLAIN_TIME)} then try_cast({text} as timestamp) "
                f"when {_matches(text, _OTHER_TIME)} then {_zoned(text)} end"
            )
        case "date":
            return f"case when {_matches(text, _DAY)} then try_cast({text} as date) end"
        case "flag":
            return f"case when length({text}) < 6 then {_flag(text)} end"
        case "year":
            return f"case when {_matches(text, '[0-9]{1,4}(?:[.]0*)?')} then {whole} end"
        case "integer":
            return f"case when {_matches(text, '[+-]?[0-9]+(?:[.]0*)?')} then {whole} end"
        case _:
            double = f"try_cast({text} as double)"
            return f"case when {_matches(text, _DECIMAL)} and isfinite({double}) then {double} end"


def _zoned(text: str) -> str:
    """Return SQL for the UTC time of a text with an offset; its seconds may be left out."""
    at = f"substr({text}, 17)"
    seconds = f"case when starts_with({at}, ':') then '' else ':00' end"
    moment = f"timezone('UTC', try_cast(left({text}, 16) || {seconds} || {at} as timestamptz))"
    in_range = "between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999'"
    return f"case when {moment} {in_range} then {moment} end"


def _flag(text: str) -> str:
    whens = "when 'true' then true when '1' then true when 'false' then false when '0' then false"
    return f"case {text} {whens} else case lower({text}) {whens} end end"


# Most amounts are plain: digits, and at most two decimals that count. All others are taken apart,
# by value: their digits without zeros around them, and the power of ten of the last digit.


def _plain_cents(name: str, kind: FieldKind) -> str:
    text, sign = _in("text", name), "-?" if kind == "signed_amount" else ""
    cents = f"cast(cast({text} as decimal(18, 4)) * 100 as bigint)"
    return f"case when {_matches(text, sign + _PLAIN_AMOUNT)} then {cents} end"


def _amount_parts(name: str) -> str:
    text = _in("text", name)
    groups = "['sign', 'whole', 'fraction', 'exponent_sign', 'exponent']"
    found = f"regexp_extract({text}, {text_literal(_DECIMAL_PARTS)}, {groups})"
    size = "coalesce(try_cast(left(p.exponent, 7) as integer), 0)"
    power = f"case when p.exponent_sign = '-' then -{size} else {size} end"
    digits = "ltrim(p.whole || p.fraction, '0')"
    zeros = f"length({digits}) - length(rtrim({digits}, '0'))"
    taken_apart = (
        f"list_transform([{found}], lambda p: struct_pack(is_negative := p.sign = '-', "
        f"digits := rtrim({digits}, '0'), power := {power} - length(p.fraction) + {zeros}))[1]"
    )
    is_other = f"{_in('cents', name)} is null and {_matches(text, _DECIMAL)}"
    return f"case when {is_other} then {taken_apart} end"


def _amount(name: str, kind: FieldKind) -> str:
    """Return SQL for the cents, null where there are none or they are not allowed."""
    plain, parts = _in("cents", name), _in("parts", name)
    size = f"try_cast({parts}.digits || repeat('0', {parts}.power + 2) as bigint)"
    in_range = f"{parts}.power >= -2 and {_digits(parts)} < 14"
    cents = size
    if kind == "signed_amount":
        cents = f"case when {parts}.is_negative then -{size} else {size} end"
    else:
        in_range = f"not {parts}.is_negative and {in_range}"
    return (
        f"case when {parts} is null then {plain} when {parts}.digits = '' "
        f"then 0 when {in_range} and {size} <= {MAX_CENTS} then {cents} end"
    )


def _digits(parts: str) -> str:
    """Return SQL for how many digits the cents would have."""
    return f"length({parts}.digits) + {parts}.power + 2"


def _amount_fault(name: str, kind: FieldKind) -> str:
    parts = _in("parts", name)
    negative, decimals = f"{parts}.is_negative", (f"{parts}.power < -2", _DECIMALS)
    is_signed = kind == "signed_amount"
    whens = [
        (f"{parts} is null", _NOT_READ[kind]),
        *((decimals, (negative, _TOO_LITTLE)) if is_signed else ((negative, _NEGATIVE), decimals)),
    ]
    said = " ".join(f"when {one} then {text_literal(why)}" for one, why in whens)
    return f"case {said} else {text_literal(_TOO_MUCH)} end"
