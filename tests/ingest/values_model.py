"""What one value means, slowly and exactly: the model that the judging SQL is held against.

No binary fraction is involved anywhere.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone

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
    if match and match[1] == "-" and re.search("[1-9]", (match[2] or "") + (match[3] or "")):
        raise Forbidden("is negative")
    return abs(read_signed_amount(text))


def read_signed_amount(text: str) -> int:
    """Return the cents of a decimal number that may be negative, judged by value.

    Raises
    ------
    Unreadable
        Not a decimal number.
    Forbidden
        More than two decimals, or more than 10^12 cents away from 0.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise Unreadable("is not a decimal number")
    sign, whole, fraction, exponent_sign, exponent_text = match.groups()
    fraction = fraction or ""
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return 0
    beyond = Forbidden("is less than -10^12 cents" if sign == "-" else "is more than 10^12 cents")
    exponent = _exponent(exponent_sign, exponent_text) - len(fraction)
    significant = digits.rstrip("0")
    exponent += len(digits) - len(significant)
    if exponent < -2:
        raise Forbidden("has more than two decimals")
    if len(significant) + exponent + 2 > len(str(MAX_CENTS)):
        raise beyond
    cents = int(significant + "0" * (exponent + 2))
    if cents > MAX_CENTS:
        raise beyond
    return -cents if sign == "-" else cents


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
