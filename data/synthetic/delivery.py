"""The five logs as they are delivered: their columns, and what delivery does to clean rows.

Some rows arrive late, twice, in conflict or mangled. Targets (method.md): 2 % late, .5 %
twice, .1 % corrupt, and a few conflicts (the same event_id with another content). A mangled row is
an additional, broken copy of a row that is also delivered whole, so that what an ingest may accept
is exactly the clean world.

Some faults fit into a typed column (a negative amount, a missing id); others can only be written
as text (half a line, a day called yesterday). The latter arrive on the last day of their month: in
files of text as the last lines, next to parquet files in a small text file of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from plainscore.synthetic import bills, friendships, profiles, purchases, services
from plainscore.synthetic.accounts import NOTHING_LEFT
from plainscore.synthetic.chance import Dice, Flags, Ints, likely
from plainscore.synthetic.people import GENDERS, REGIONS
from plainscore.synthetic.rows import SECONDS_PER_DAY, Month, Rows, month_end, stack
from plainscore.synthetic.world import World, WorldSettings

Values = npt.NDArray[Any]
Writer = Callable[[pl.Expr], pl.Expr]
"""How numbers from 0 become values; what is below 0, as NONE, becomes null."""


def numbered(prefix: str, width: int = 0) -> Writer:
    """Write numbers as ids such as o17250300004, filled with zeros to a width."""
    return lambda column: prefix + column.cast(pl.String).str.zfill(width)


def named(names: Sequence[str]) -> Writer:
    """Write places in a list as its words."""
    words = pl.Series(names, dtype=pl.String)
    return lambda column: pl.lit(words).gather(column)


def whole_numbers(column: pl.Expr) -> pl.Expr:
    """Write numbers as they are."""
    return column


def days(column: pl.Expr) -> pl.Expr:
    """Write day numbers as dates."""
    return column.cast(pl.Int32).cast(pl.Date)


def _money(column: pl.Expr) -> pl.Expr:
    """Write cents as currency units; the nearest double prints with two decimals at most."""
    # Polars would multiply by 0.01, which is not always the nearest.
    return column.map_batches(lambda c: pl.Series(c.to_numpy() / 100.0), return_dtype=pl.Float64)


def _signed_money(column: pl.Expr) -> pl.Expr:
    """Write balances, of which NOTHING_LEFT stands for 0."""
    return _money(column - NOTHING_LEFT)


PERSON: Final = numbered("p", 7)


def table_of(columns: Mapping[str, tuple[Values, Writer | None]]) -> pl.DataFrame:
    """Return arrays as a table, each written in its way; without a writer it stays as it is."""
    frame = pl.DataFrame({name: values for name, (values, _) in columns.items()})
    return frame.with_columns(
        pl.when(pl.col(name) >= 0).then(write(pl.col(name))).alias(name)
        for name, (_, write) in columns.items()
        if write is not None
    )


@dataclass(frozen=True)
class SourceLog:
    """One event log; `name` is its folder, `event_types` the words behind `kind`.

    `rows` makes what begins in a month, with all that follows from it. `columns` are those after
    the four common ones: each with the column of Rows behind it and how it is written.
    """

    name: str
    event_types: tuple[str, ...]
    rows: Callable[[World, Ints, Month], Rows]
    columns: Mapping[str, tuple[str, Writer]]


LOGS: Final = (
    SourceLog(
        "profile",
        profiles.EVENT_TYPES,
        profiles.profile_rows,
        {
            "region": ("region", named(REGIONS)),
            "birth_year": ("birth_year", whole_numbers),
            "gender": ("gender", named(GENDERS)),
            "field": ("field", named(profiles.FIELDS)),
            "value_hash": ("value_hash", numbered("h")),
        },
    ),
    SourceLog(
        "purchase",
        purchases.EVENT_TYPES,
        purchases.purchase_rows,
        {
            "order_id": ("order", numbered("o")),
            "merchant_id": ("merchant", numbered("m", 4)),
            "category": ("category", named(purchases.CATEGORIES)),
            "amount": ("cents", _money),
            "is_own_name": ("own_name", lambda flag: flag > 0),
        },
    ),
    SourceLog(
        "payment",
        bills.EVENT_TYPES,
        bills.payment_rows,
        {
            "bill_id": ("bill", numbered("b")),
            "bill_type": ("bill_type", named(bills.BILL_TYPES)),
            "amount": ("cents", _money),
            "due_date": ("due", days),
            "balance": ("balance", _money),
            "credit_limit": ("limit", _money),
            "account_balance": ("account", _signed_money),
            "income_source": ("source", numbered("s", 4)),
            "counterparty_id": ("counterparty", PERSON),
        },
    ),
    SourceLog(
        "service",
        services.EVENT_TYPES,
        services.service_rows,
        {
            "agreement_id": ("agreement", numbered("a")),
            "service_type": ("service_type", named(services.SERVICE_TYPES)),
            "due_date": ("due", days),
        },
    ),
    SourceLog(
        "friendship",
        friendships.EVENT_TYPES,
        friendships.friendship_rows,
        {"friend_id": ("friend", PERSON)},
    ),
)

LATE_PPM: Final = 20_000
DUPLICATE_PPM: Final = 5_000
CONFLICT_PPM: Final = 200
CORRUPT_PPM: Final = 1_000
_MOST_DAYS_LATE: Final = 30
_MOST_DAYS_REPEATED: Final = 7

CLEAN, LATE, DUPLICATE, CONFLICT, CORRUPT = range(5)
"""What a delivered row can be, its `mark`; from CORRUPT on, CORRUPT + a place in FAULTS."""

_FAR_AHEAD: Final = pl.col("due_date") + pl.duration(days=7_400)
_DAYS_AHEAD: Final = 40


@dataclass(frozen=True)
class Fault:
    """One way to break a row so that it must be refused (method.md).

    It replaces `column` ("": the line as a whole) by `value`, computed from the row as it was, or
    by `text` where only text can hold it. It `fits` rows of these event types, or all if empty.
    """

    name: str
    column: str
    value: pl.Expr | None = None
    text: str | None = None
    fits: tuple[str, ...] = ()


_NOTHING: Final = pl.lit(None)
_CENTS: Final = (pl.col("amount") * 100).round()
_ORDERS: Final = ("purchase", "refund", "chargeback")
_PAYMENTS: Final = ("bill", "payment", "reversal")
_AMOUNTS: Final = (*_ORDERS, *_PAYMENTS, "transfer", "deposit", "income")
_ALWAYS_OF_AMOUNT: Final = tuple(name for name in _AMOUNTS if name != "bill")
_SERVICES: Final = ("started", "ended", "breached")
_TIES: Final = ("added", "removed", "contact")

AFTER_ARRIVAL: Final = "event_time_after_arrival"

FAULTS: Final = (
    Fault("no_event_id", "event_id", _NOTHING),
    Fault("no_person_id", "person_id", _NOTHING),
    Fault("no_event_time", "event_time", _NOTHING),
    Fault("unknown_event_type", "event_type", pl.lit("misspelt")),
    Fault(AFTER_ARRIVAL, "event_time", pl.col("event_time")),
    Fault("broken_line", "", text=""),
    Fault("unreadable_time", "event_time", text="yesterday"),
    Fault("negative_amount", "amount", -pl.col("amount") - 1, fits=_AMOUNTS),
    Fault("third_decimal", "amount", (_CENTS * 10 + 5) / 1000, fits=_AMOUNTS),
    Fault("amount_too_large", "amount", pl.lit(1e11), fits=_AMOUNTS),
    Fault("no_amount", "amount", _NOTHING, fits=_ALWAYS_OF_AMOUNT),
    Fault("other_currency", "currency", text="USD", fits=_AMOUNTS),
    Fault("unreadable_amount", "amount", text="1,000.00", fits=_AMOUNTS),
    Fault("no_order_id", "order_id", _NOTHING, fits=("purchase", "chargeback")),
    Fault("no_merchant_id", "merchant_id", _NOTHING, fits=("purchase",)),
    Fault("no_category", "category", _NOTHING, fits=("purchase",)),
    Fault("no_bill_id", "bill_id", _NOTHING, fits=_PAYMENTS),
    Fault("unknown_bill_type", "bill_type", pl.lit("gambling"), fits=("bill",)),
    Fault("no_agreement_id", "agreement_id", _NOTHING, fits=_SERVICES),
    Fault("unknown_service_type", "service_type", pl.lit("spaceship"), fits=("started",)),
    Fault("due_date_too_far", "due_date", _FAR_AHEAD, fits=("bill", "started")),
    Fault("unreadable_due_date", "due_date", text="next week", fits=("bill", "started")),
    Fault("negative_balance", "balance", pl.lit(-1.0), fits=("bill",)),
    Fault("no_account_balance", "account_balance", _NOTHING, fits=("balance",)),
    Fault("counterparty_is_self", "counterparty_id", pl.col("person_id"), fits=("transfer",)),
    Fault("unknown_field", "field", pl.lit("shoe_size"), fits=("verified", "changed")),
    Fault("friend_is_self", "friend_id", pl.col("person_id"), fits=_TIES),
    Fault("no_friend_id", "friend_id", _NOTHING, fits=_TIES),
)
_SLOTS: Final = 1 << 10

MARK_NAMES: Final = (
    *("clean", "late", "duplicate", "conflict"),
    *(f"corrupt: {fault.name}" for fault in FAULTS),
)
"""Names of all marks, in their order."""
IS_TEXT: Final = np.array([*(fault.text is not None for fault in FAULTS), False])
"""Which faults only text can hold; the last place is for rows without a fault."""


def deliver(dice: Dice, log: SourceLog, clean: Rows, settings: WorldSettings) -> Rows:
    """Return clean events of one log with `arrival` day and `mark`, and copies gone wrong.

    What happened before the first day arrives on it. Copies follow their originals, except every
    second mangled row, which comes first.
    """
    bits = dice.roll(f"delivery.{log.name}", clean["event"])
    happened = np.maximum(clean["time"] // SECONDS_PER_DAY, settings.first_day)
    is_late = bits.likely(0, LATE_PPM)
    arrival = happened + np.where(is_late, 1 + bits.pick_small(1, _MOST_DAYS_LATE), 0)
    whole = clean.replaced(arrival=arrival, mark=np.where(is_late, LATE, CLEAN))
    luck, wait = bits.lane(2), bits.pick(3, _MOST_DAYS_REPEATED + 1)

    def copies(chosen: Flags, mark: int, wait: Ints) -> Rows:
        return whole.replaced(arrival=arrival + wait, mark=mark).take(chosen)

    duplicates = copies(likely(luck, DUPLICATE_PPM), DUPLICATE, wait)
    conflicts = copies(likely(65_535 - luck, CONFLICT_PPM), CONFLICT, wait)
    money = [name for name in ("cents", "account") if name in whole.columns]
    for name in money:
        is_given = conflicts[name] >= 0
        conflicts = conflicts.replaced(**{name: conflicts[name] + is_given})
    if not money:
        conflicts = conflicts.replaced(time=conflicts["time"] ^ 1)
    mangled = copies(likely(luck ^ 0x8000, CORRUPT_PPM), CORRUPT, 0 * wait)
    mangled = choose_faults(dice, log, mangled)
    comes_first = mangled["event"] % 2 == 0
    delivered = stack(
        [mangled.take(comes_first), whole, duplicates, conflicts, mangled.take(~comes_first)]
    )
    if settings.arrivals == "daily":
        return delivered
    return delivered.replaced(arrival=month_end(delivered["arrival"]))


def choose_faults(dice: Dice, log: SourceLog, mangled: Rows) -> Rows:
    """Give every row a fault that fits its event type: `mark` is CORRUPT + a place in FAULTS."""
    fitting = [
        [number for number, fault in enumerate(FAULTS) if not fault.fits or name in fault.fits]
        for name in log.event_types
    ]
    table = np.array([np.resize(numbers, _SLOTS) for numbers in fitting], dtype=np.int64)
    draw = dice.roll(f"fault.{log.name}", mangled["event"]).lane(0) % _SLOTS
    fault = table[mangled["kind"], draw]
    arrival = mangled["arrival"]
    too_early = np.array([f.name == AFTER_ARRIVAL for f in FAULTS])[fault]
    time = np.where(too_early, (arrival + _DAYS_AHEAD) * SECONDS_PER_DAY, mangled["time"])
    arrival = np.where(IS_TEXT[fault], month_end(arrival), arrival)
    return mangled.replaced(mark=CORRUPT + fault, time=time, arrival=arrival)


def written(log: SourceLog, rows: Rows) -> pl.DataFrame:
    """Return delivered rows as a table, one row each, with the faults that fit into its columns."""
    common: dict[str, tuple[str, Writer]] = {
        "event_id": ("event", numbered("e")),
        "event_time": ("time", lambda time: (time * 1_000_000).cast(pl.Datetime("us"))),
        "person_id": ("person", PERSON),
        "event_type": ("kind", named(log.event_types)),
    }
    columns = common | dict(log.columns)
    frame = table_of({name: (rows[source], write) for name, (source, write) in columns.items()})
    faults = rows["mark"] - CORRUPT
    broken = np.flatnonzero(faults >= 0)
    for number in np.unique(faults[broken]).tolist():
        fault = FAULTS[number]
        if fault.value is not None:
            places, column = broken[faults[broken] == number], frame[fault.column]
            values = frame[places].select(fault.value.cast(column.dtype)).to_series()
            frame = frame.with_columns(column.scatter(places, values))
    return frame
