"""Whole columns of values: plain forms at the speed of polars, every other value by ``values``.

A value is in plain form where a regular expression proves that the fast arithmetic gives the exact
answer. All others go one by one through ``values``; a test holds the two to the same verdict.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import polars as pl

from plainscore.contracts.logs import FieldKind

# One value as text -> its exact meaning, or the reason why it has none.
# This is the slow, exact reading: no binary fraction is involved anywhere. ``columns`` reads
# whole columns and falls back to these functions for every value that is not in plain form.

MAX_CENTS = 10**12

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]+))?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?"
)
_YEAR = re.compile(r"([0-9]{1,4})(?:\.0*)?")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_LARGEST_EXPONENT = 10**6


class Unreadable(ValueError):
    """The value cannot be read as what it should be; an optional field then counts as missing."""


class Forbidden(ValueError):
    """The value can be read and is not allowed; the row is refused even where it is optional."""


def read_amount(text: str) -> int:
    """Return the cents of a decimal number, judged by value: 12.500 and 1e2 are fine.

    Raises
    ------
    Unreadable
        Not a decimal number.
    Forbidden
        Negative, more than two decimals, or more than 10^12 cents.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise Unreadable("is not a decimal number")
    sign, whole, fraction, exponent_sign, exponent_text = match.groups()
    fraction = fraction or ""
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return 0
    if sign == "-":
        raise Forbidden("is negative")
    exponent = _exponent(exponent_sign, exponent_text) - len(fraction)
    significant = digits.rstrip("0")
    exponent += len(digits) - len(significant)
    if exponent < -2:
        raise Forbidden("has more than two decimals")
    if len(significant) + exponent + 2 > len(str(MAX_CENTS)):
        raise Forbidden("is more than 10^12 cents")
    cents = int(significant + "0" * (exponent + 2))
    if cents > MAX_CENTS:
        raise Forbidden("is more than 10^12 cents")
    return cents


def _exponent(sign: str | None, text: str | None) -> int:
    """Return the exponent, held within bounds so that "1e999999999" costs nothing."""
    if not text:
        return 0
    digits = text.lstrip("0") or "0"
    size = int(digits) if len(digits) < 7 else _LARGEST_EXPONENT
    return -size if sign == "-" else size


def read_time(text: str) -> datetime:
    """Return the moment as naive UTC; fractions beyond microseconds are cut.

    Raises Unreadable where the text is not the ISO 8601 form of method.md or lies outside the
    years 1 to 9999.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise Unreadable("is not an ISO 8601 time")
    year, month, day, hour, minute, second, fraction, _, sign, offset_h, offset_m = match.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "")[:6].ljust(6, "0")),
        )  # fmt: skip
        if sign:
            offset = timedelta(hours=int(offset_h), minutes=_minutes(offset_m))
            zone = timezone(-offset if sign == "-" else offset)
            moment = moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise Unreadable("is not an ISO 8601 time") from error
    return moment


def _minutes(text: str | None) -> int:
    minutes = int(text or 0)
    if minutes > 59:
        raise ValueError("an offset has less than 60 minutes")
    return minutes


def read_date(text: str) -> date:
    """Return the day of ``YYYY-MM-DD``; Unreadable for anything else."""
    match = _DATE.fullmatch(text)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise Unreadable("is not a date YYYY-MM-DD")


def read_year(text: str) -> int:
    """Return a year of up to four digits; Unreadable for anything else."""
    match = _YEAR.fullmatch(text)
    if match is None:
        raise Unreadable("is not a year")
    return int(match[1])


def read_flag(text: str) -> bool:
    """Return the truth value of true/false (in any case) or 1/0; Unreadable for anything else."""
    if len(text) > len("false") or text.lower() not in _FLAGS:
        raise Unreadable("is neither true nor false")
    return _FLAGS[text.lower()]


_PLAIN_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_PLAIN_DATE = rf"^{_PLAIN_YEAR}-[0-9]{{2}}-[0-9]{{2}}$"
_PLAIN_TIME = (
    rf"^{_PLAIN_YEAR}-[0-9]{{2}}-[0-9]{{2}}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]{1,6})?Z?$"
)
_PLAIN_AMOUNT = r"^[0-9]{1,10}(?:\.[0-9]{1,2}0{0,2})?$"
_FIRST_MOMENT, _LAST_MOMENT = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)
_NOT_TEXT = "is neither text nor an integer"


@dataclass(frozen=True)
class Reading:
    """A column as read: ``values`` null where missing or at fault, ``faults`` saying why.

    ``faults`` is None where nothing is at fault.
    """

    values: pl.Series
    faults: pl.Series | None = None


def all_null(length: int, dtype: pl.DataType) -> pl.Series:
    """Return a column that holds nothing."""
    return pl.Series([None], dtype=dtype).new_from_index(0, length)


def read_column(kind: FieldKind, column: pl.Series) -> Reading:
    """Read a column of one kind, of whatever type it was delivered in.

    Text comes as String (an empty string is a missing value); parquet may bring any type.
    A choice is read as text; whether it is an allowed one is judged with its row.
    """
    if column.dtype == pl.String:
        column = _without_empty(column)
    return _READERS[kind](column)


def _without_empty(column: pl.Series) -> pl.Series:
    empty = column == ""
    return column.set(empty, None) if empty.any() else column


def _read_text(column: pl.Series) -> Reading:
    if column.dtype == pl.String:
        return Reading(column)
    if _holds_text(column.dtype):
        as_text = _without_empty(_as_text(column))
        return _with_fault_where(as_text, as_text.is_null() & ~_is_missing(column), _NOT_TEXT)
    return _all_at_fault(column, pl.String(), _NOT_TEXT)


def _as_text(column: pl.Series) -> pl.Series:
    """Return a column as text, null where bytes are no UTF-8."""
    try:
        return column.cast(pl.String, strict=False)
    except pl.exceptions.ComputeError:
        decoded = [None if one is None else _decode(one) for one in column]
        return pl.Series(column.name, decoded, dtype=pl.String)


def _decode(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _is_missing(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Binary:
        return column.is_null() | (column.bin.size() == 0).fill_null(True)
    if column.dtype.is_(pl.Categorical) or isinstance(column.dtype, pl.Enum):
        return column.is_null() | (column.cast(pl.String) == "").fill_null(True)
    return column.is_null()


def _holds_text(dtype: pl.DataType) -> bool:
    return (
        dtype.is_integer()
        or isinstance(dtype, pl.Categorical | pl.Enum)
        or dtype in (pl.Binary, pl.Null)
        or (isinstance(dtype, pl.Decimal) and dtype.scale == 0)
    )


def _read_amount(column: pl.Series) -> Reading:
    if column.dtype == pl.Float64:
        return _read_double_amount(column)
    if column.dtype == pl.Float32:
        shortest = [None if one is None else str(np.float32(one)) for one in column]
        column = pl.Series(shortest, dtype=pl.String)
    elif column.dtype.is_numeric() or isinstance(column.dtype, pl.Decimal):
        column = column.cast(pl.String)
    elif column.dtype != pl.String:
        reading = _read_text(column)
        if reading.faults is not None or column.dtype == pl.Null:
            return _all_at_fault(column, pl.Int64(), "is not a decimal number")
        column = reading.values
    plain = column.str.contains(_PLAIN_AMOUNT)
    # At most 10 digits before the point and 2 that count after it: the nearest double is within
    # 2e-6 of the value, so that rounding its hundredfold gives the cents exactly.
    kept = column if plain.all() else column.set(~plain.fill_null(True), None)
    cents = (kept.cast(pl.Float64) * 100).round(0).cast(pl.Int64)
    return _patch(column, cents, read_amount)


def _read_double_amount(column: pl.Series) -> Reading:
    """Read doubles as their shortest decimal form.

    A double whose nearest multiple of a hundredth (of at most 15 digits) is that very double has
    this multiple as its shortest form; all others are written out and read as text.
    """
    # In numpy, because polars divides by a constant inexactly, as a product with its inverse.
    doubles = column.fill_null(np.nan).to_numpy()
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.rint(doubles * 100)
        is_exact = (rounded / 100 == doubles) & (doubles >= 0) & (rounded <= MAX_CENTS)
    cents = pl.Series(np.where(is_exact, rounded, 0).astype(np.int64))
    is_other = pl.Series(~is_exact)
    if not is_other.any():
        return Reading(cents)
    cents = cents.set(is_other, None)
    others = (column.is_not_null() & is_other).arg_true()
    if not len(others):
        return Reading(cents)
    texts = [repr(one) for one in column.gather(others)]
    written = all_null(len(column), pl.String()).scatter(others, texts)
    return _patch(written, cents, read_amount)


def _read_time(column: pl.Series) -> Reading:
    if isinstance(column.dtype, pl.Datetime):
        return _read_typed_time(column)
    if column.dtype == pl.Date:
        in_range = column.is_between(date(1, 1, 1), date(9999, 12, 31))
        moments = column.set(~in_range.fill_null(True), None).cast(pl.Datetime("us"))
        return _with_fault_where(moments, ~in_range, "is not an ISO 8601 time")
    if column.dtype != pl.String:
        return _all_at_fault(column, pl.Datetime("us"), "is not an ISO 8601 time")
    plain = column.str.contains(_PLAIN_TIME)
    kept = column if plain.all() else column.set(~plain.fill_null(True), None)
    whole = kept.str.head(19).str.replace(" ", "T", literal=True)
    moments = whole.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False, cache=False)
    if kept.str.contains(".", literal=True).any():
        moments = moments + _fraction(kept)
    return _patch(column, moments, read_time)


def _fraction(plain: pl.Series) -> pl.Series:
    digits = plain.str.slice(20).str.strip_suffix("Z").fill_null("").str.pad_end(6, "0")
    return digits.cast(pl.Int64).cast(pl.Duration("us"))


def _read_typed_time(column: pl.Series) -> Reading:
    dtype = column.dtype
    assert isinstance(dtype, pl.Datetime)
    if dtype.time_zone is not None:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if dtype.time_unit == "ns":  # holds the years 1677 to 2262 only
        ticks = column.cast(pl.Int64)
        return Reading((ticks // 1000).cast(pl.Datetime("us")))
    in_range = column.is_between(_FIRST_MOMENT, _LAST_MOMENT)
    moments = column.set(~in_range.fill_null(True), None).cast(pl.Datetime("us"))
    return _with_fault_where(moments, ~in_range, "is not an ISO 8601 time")


def _read_date(column: pl.Series) -> Reading:
    if column.dtype == pl.Date:
        in_range = column.is_between(date(1, 1, 1), date(9999, 12, 31))
        days = column.set(~in_range.fill_null(True), None)
        return _with_fault_where(days, ~in_range, "is not a date YYYY-MM-DD")
    if isinstance(column.dtype, pl.Datetime):
        moments = _read_typed_time(column).values
        days = moments.dt.date()
        is_midnight = days.cast(pl.Datetime("us")) == moments
        days = days.set(~is_midnight.fill_null(True), None)
        wrong = column.is_not_null() & days.is_null()
        return _with_fault_where(days, wrong, "is not a date YYYY-MM-DD")
    if column.dtype != pl.String:
        return _all_at_fault(column, pl.Date(), "is not a date YYYY-MM-DD")
    plain = column.str.contains(_PLAIN_DATE)
    kept = column if plain.all() else column.set(~plain.fill_null(True), None)
    return _patch(column, kept.str.to_date("%Y-%m-%d", strict=False), read_date)


def _read_flag(column: pl.Series) -> Reading:
    if column.dtype == pl.Boolean:
        return Reading(column)
    reading = _read_text(column)
    plain = {"true": True, "false": False}
    flags = reading.values.replace_strict(plain, default=None, return_dtype=pl.Boolean)
    return _patch(reading.values, flags, read_flag)


def _read_year(column: pl.Series) -> Reading:
    if column.dtype.is_float():
        column = column.cast(pl.String)
    text = _read_text(column).values
    plain = text.str.contains("^[0-9]{1,4}$")
    years = text.set(~plain.fill_null(True), None).cast(pl.Int64)
    return _patch(text, years, read_year)


def _patch(text: pl.Series, fast: pl.Series, read: Callable[[str], Any]) -> Reading:
    """Read every value that is there but was not in plain form, one by one."""
    rest = (text.is_not_null() & fast.is_null()).arg_true()
    if not len(rest):
        return Reading(fast)
    found, faults = _read_each(text.gather(rest).to_list(), read)
    fault_column = all_null(len(text), pl.String()).scatter(rest, faults)
    patches = pl.Series(found, dtype=fast.dtype)
    return Reading(fast.scatter(rest, patches), fault_column)


def _read_each(
    texts: Sequence[str], read: Callable[[str], Any]
) -> tuple[list[Any], list[str | None]]:
    known: dict[str, tuple[Any, str | None]] = {}
    for text in texts:
        if text not in known:
            try:
                known[text] = (read(text), None)
            except (Unreadable, Forbidden) as error:
                known[text] = (None, str(error))
    return [known[text][0] for text in texts], [known[text][1] for text in texts]


def _with_fault_where(read: pl.Series, wrong: pl.Series, fault: str) -> Reading:
    wrong = wrong.fill_null(False)
    if not wrong.any():
        return Reading(read)
    faults = all_null(len(read), pl.String()).set(wrong, fault)
    return Reading(read, faults)


def _all_at_fault(column: pl.Series, dtype: pl.DataType, fault: str) -> Reading:
    nothing = all_null(len(column), dtype)
    return _with_fault_where(nothing, column.is_not_null(), fault)


_READERS: dict[FieldKind, Callable[[pl.Series], Reading]] = {
    "text": _read_text,
    "hash": _read_text,
    "choice": _read_text,
    "amount": _read_amount,
    "time": _read_time,
    "date": _read_date,
    "flag": _read_flag,
    "year": _read_year,
}
