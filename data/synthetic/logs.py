"""The five logs: where their rows come from and how their columns are written (docs/method.md)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

from plainscore.synthetic import bills, friendships, profiles, purchases, services
from plainscore.synthetic.chance import Ints
from plainscore.synthetic.people import GENDERS, REGIONS
from plainscore.synthetic.rows import Month, Rows
from plainscore.synthetic.world import World

Writer = Callable[[Ints], pl.Series]
Column = tuple[str, str, Writer]
"""A written column: its name, the column of Rows behind it, how numbers become values."""


@dataclass(frozen=True)
class Log:
    """One event log.

    Attributes
    ----------
    name
        Its folder under landing/.
    event_types
        Column `kind` is a place in them.
    rows
        Makes what begins in a month, with all that follows from it.
    columns
        The columns of its own, in order; the four common ones come first.
    """

    name: str
    event_types: tuple[str, ...]
    rows: Callable[[World, Ints, Month], Rows]
    columns: tuple[Column, ...]


def numbered(prefix: str) -> Writer:
    """Write numbers as ids such as o17250300004."""

    def write(values: Ints) -> pl.Series:
        number = pl.Series("number", values)
        text = pl.concat_str(pl.lit(prefix), pl.col("number").cast(pl.String))
        if len(values) and values.min() < 0:
            text = pl.when(pl.col("number") >= 0).then(text)
        return number.to_frame().select(text).to_series()

    return write


def named(names: tuple[str, ...]) -> Writer:
    """Write places in a list as its words; NONE, the last place, is null."""
    words = pl.Series([*names, None], dtype=pl.String)
    return lambda values: _look_up(words, values)


def _look_up(words: pl.Series, values: Ints) -> pl.Series:
    """Return the words at the places; NONE is the last one, which is null."""
    if len(values) and values.min() < 0:
        values = values % len(words)
    return words.gather(pl.Series(values.astype("uint32")))


@cache
def _listed_ids(prefix: str, width: int, count: int) -> pl.Series:
    number = pl.int_range(count, eager=True).cast(pl.String).str.zfill(width)
    return pl.concat([prefix + number, pl.Series([None], dtype=pl.String)])


def person_ids(values: Ints, people: int) -> pl.Series:
    """Write persons as ids such as p0000017; NONE is null."""
    return _look_up(_listed_ids("p", 7, people), values)


def _merchants(values: Ints) -> pl.Series:
    return _look_up(_listed_ids("m", 4, purchases.MERCHANT_COUNT), values)


def _money(values: Ints) -> pl.Series:
    """Write cents as currency units; the nearest double prints with two decimals at most."""
    units = pl.Series(values / 100.0)
    return units.set(pl.Series(values < 0), None) if len(values) and values.min() < 0 else units


def whole_numbers(values: Ints) -> pl.Series:
    """Write numbers as they are; what is negative is null."""
    numbers = pl.Series(values)
    return numbers.set(numbers < 0, None)


def _flag(values: Ints) -> pl.Series:
    return pl.Series(values > 0).set(pl.Series(values < 0), None)


def day_column(values: Ints) -> pl.Series:
    """Write day numbers as dates; what is negative is null."""
    days = pl.Series(values.astype("int32"))
    return days.set(days < 0, None).cast(pl.Date)


LOGS: Final = (
    Log(
        "profile",
        profiles.EVENT_TYPES,
        profiles.profile_rows,
        (
            ("region", "region", named(REGIONS)),
            ("birth_year", "birth_year", whole_numbers),
            ("gender", "gender", named(GENDERS)),
            ("field", "field", named(profiles.FIELDS)),
            ("value_hash", "value_hash", numbered("h")),
        ),
    ),
    Log(
        "purchase",
        purchases.EVENT_TYPES,
        purchases.purchase_rows,
        (
            ("order_id", "order", numbered("o")),
            ("merchant_id", "merchant", _merchants),
            ("category", "category", named(purchases.CATEGORIES)),
            ("amount", "cents", _money),
            ("is_own_name", "own_name", _flag),
        ),
    ),
    Log(
        "payment",
        bills.EVENT_TYPES,
        bills.payment_rows,
        (
            ("bill_id", "bill", numbered("b")),
            ("bill_type", "bill_type", named(bills.BILL_TYPES)),
            ("amount", "cents", _money),
            ("due_date", "due", day_column),
            ("balance", "balance", _money),
            ("credit_limit", "limit", _money),
        ),
    ),
    Log(
        "service",
        services.EVENT_TYPES,
        services.service_rows,
        (
            ("agreement_id", "agreement", numbered("a")),
            ("service_type", "service_type", named(services.SERVICE_TYPES)),
            ("due_date", "due", day_column),
        ),
    ),
    Log("friendship", friendships.EVENT_TYPES, friendships.friendship_rows, ()),
)
_PERSON_COLUMNS: Final = {
    "payment": ("counterparty_id", "counterparty"),
    "friendship": ("friend_id", "friend"),
}
_EVENT_ID: Final = numbered("e")


def written(log: Log, rows: Rows, people: int) -> pl.DataFrame:
    """Return rows of a log as the table that is delivered, one row each, faults not yet put in."""
    seconds = pl.Series(rows["time"] * 1_000_000).cast(pl.Datetime("us"))
    columns = {
        "event_id": _EVENT_ID(rows["event"]),
        "event_time": seconds,
        "person_id": person_ids(rows["person"], people),
        "event_type": named(log.event_types)(rows["kind"]),
    }
    for name, source, write in log.columns:
        columns[name] = write(rows[source])
    if log.name in _PERSON_COLUMNS:
        name, source = _PERSON_COLUMNS[log.name]
        columns[name] = person_ids(rows[source], people)
    return pl.DataFrame(columns)
