"""The five logs: where their rows come from and how their columns are written (docs/method.md)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
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


def null_below_zero(write: Writer) -> Writer:
    """Let a writer of numbers from 0 write NONE, and anything else below 0, as null."""

    def write_or_null(values: Ints) -> pl.Series:
        if not len(values) or values.min() >= 0:
            return write(values)
        written = write(np.maximum(values, 0))
        return written.zip_with(pl.Series(values >= 0), pl.Series([None], dtype=written.dtype))

    return write_or_null


def numbered(prefix: str) -> Writer:
    """Write numbers as ids such as o17250300004."""
    return null_below_zero(lambda values: prefix + pl.Series(values).cast(pl.String))


def named(names: Sequence[str] | pl.Series) -> Writer:
    """Write places in a list as its words."""
    words = pl.Series(names, dtype=pl.String)
    return null_below_zero(lambda values: words.gather(pl.Series(values.astype("uint32"))))


@cache
def person_ids(people: int) -> Writer:
    """Write persons as ids such as p0000017."""
    return named(_padded("p", 7, people))


def _padded(prefix: str, width: int, count: int) -> pl.Series:
    return prefix + pl.int_range(count, eager=True).cast(pl.String).str.zfill(width)


@null_below_zero
def whole_numbers(values: Ints) -> pl.Series:
    """Write numbers as they are."""
    return pl.Series(values)


@null_below_zero
def day_column(values: Ints) -> pl.Series:
    """Write day numbers as dates."""
    return pl.Series(values.astype("int32")).cast(pl.Date)


@null_below_zero
def _money(values: Ints) -> pl.Series:
    """Write cents as currency units; the nearest double prints with two decimals at most."""
    return pl.Series(values / 100.0)


@null_below_zero
def _flag(values: Ints) -> pl.Series:
    return pl.Series(values > 0)


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
            ("merchant_id", "merchant", named(_padded("m", 4, purchases.MERCHANT_COUNT))),
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
        "person_id": person_ids(people)(rows["person"]),
        "event_type": named(log.event_types)(rows["kind"]),
    }
    for name, source, write in log.columns:
        columns[name] = write(rows[source])
    if log.name in _PERSON_COLUMNS:
        name, source = _PERSON_COLUMNS[log.name]
        columns[name] = person_ids(people)(rows[source])
    return pl.DataFrame(columns)
