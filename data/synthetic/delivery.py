"""What delivery does to clean rows: some arrive late, twice, in conflict or mangled.

Targets (docs/method.md): 2 % late, .5 % twice, .1 % corrupt, and a few conflicts (the same event_id
with another content). A mangled row is an additional, broken copy of a row that is also delivered
whole, so that what an ingest may accept is exactly the clean world.

Some faults fit into a typed column (a negative amount, a missing id); others can only be written
as text (half a line, a day called yesterday). The latter arrive on the last day of their month: in
files of text as the last lines, next to parquet files in a small text file of their own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from plainscore.synthetic.chance import Dice, Flags, Ints, likely
from plainscore.synthetic.logs import Log
from plainscore.synthetic.rows import NONE, SECONDS_PER_DAY, Rows, last_day_of_month, stack
from plainscore.synthetic.world import WorldSettings

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
    """One way to break a row so that it must be refused (docs/method.md).

    Attributes
    ----------
    name
        As counted in `_truth/delivery.parquet`.
    column
        The column it breaks; "" for the line as a whole.
    value
        What replaces the column, computed from the row as it was.
    text
        What replaces the column where only text can hold it.
    fits
        The event types (of any log) whose rows can have it; empty: all.
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
_AMOUNTS: Final = (*_ORDERS, *_PAYMENTS, "transfer", "deposit")
_SERVICES: Final = ("started", "ended", "breached")
_TIES: Final = ("added", "removed", "contact")

AFTER_ARRIVAL: Final = "event_time_after_arrival"
BROKEN_LINE: Final = "broken_line"

FAULTS: Final = (
    Fault("no_event_id", "event_id", _NOTHING),
    Fault("no_person_id", "person_id", _NOTHING),
    Fault("no_event_time", "event_time", _NOTHING),
    Fault("unknown_event_type", "event_type", pl.lit("misspelt")),
    Fault(AFTER_ARRIVAL, "event_time", pl.col("event_time")),
    Fault(BROKEN_LINE, "", text=""),
    Fault("unreadable_time", "event_time", text="yesterday"),
    Fault("negative_amount", "amount", -pl.col("amount") - 1, fits=_AMOUNTS),
    Fault("third_decimal", "amount", (_CENTS * 10 + 5) / 1000, fits=_AMOUNTS),
    Fault("amount_too_large", "amount", pl.lit(1e11), fits=_AMOUNTS),
    Fault("no_amount", "amount", _NOTHING, fits=_AMOUNTS),
    Fault("unreadable_amount", "amount", text="1,000.00", fits=_AMOUNTS),
    Fault("no_order_id", "order_id", _NOTHING, fits=_ORDERS),
    Fault("no_merchant_id", "merchant_id", _NOTHING, fits=("purchase",)),
    Fault("no_category", "category", _NOTHING, fits=("purchase",)),
    Fault("no_bill_id", "bill_id", _NOTHING, fits=_PAYMENTS),
    Fault("unknown_bill_type", "bill_type", pl.lit("gambling"), fits=("bill",)),
    Fault("no_agreement_id", "agreement_id", _NOTHING, fits=_SERVICES),
    Fault("unknown_service_type", "service_type", pl.lit("spaceship"), fits=("started",)),
    Fault("due_date_too_far", "due_date", _FAR_AHEAD, fits=("bill", "started")),
    Fault("unreadable_due_date", "due_date", text="next week", fits=("bill", "started")),
    Fault("negative_balance", "balance", pl.lit(-1.0), fits=("bill",)),
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


def deliver(dice: Dice, log: Log, clean: Rows, settings: WorldSettings) -> Rows:
    """Give each row its arrival day and add repeats, conflicts and mangled copies.

    Parameters
    ----------
    clean
        Events of one log as they happened.
    settings
        What happened before the first day arrives on it; monthly arrivals come on a month's last
        day.

    Returns
    -------
    Rows
        `clean` with the columns `arrival` and `mark`; copies follow their originals, except every
        second mangled row, which comes first.
    """
    bits = dice.roll(f"delivery.{log.name}", clean["event"])
    happened = np.maximum(clean["time"] // SECONDS_PER_DAY, settings.first_day)
    is_late = bits.likely(0, LATE_PPM)
    arrival = happened + np.where(is_late, 1 + bits.pick_small(1, _MOST_DAYS_LATE), 0)
    whole = clean.replaced(arrival=arrival, mark=np.where(is_late, LATE, CLEAN))
    luck, days = bits.lane(2), bits.pick(3, _MOST_DAYS_REPEATED + 1)
    duplicates = _copies(whole, likely(luck, DUPLICATE_PPM), DUPLICATE, days)
    in_conflict = likely(65_535 - luck, CONFLICT_PPM)
    conflicts = _altered(_copies(whole, in_conflict, CONFLICT, days))
    middle = likely(luck ^ 0x8000, CORRUPT_PPM)
    mangled = choose_faults(dice, log, _copies(whole, middle, CORRUPT, 0 * days))
    comes_first = mangled["event"] % 2 == 0
    delivered = stack(
        [mangled.take(comes_first), whole, duplicates, conflicts, mangled.take(~comes_first)]
    )
    if settings.arrivals == "daily":
        return delivered
    return delivered.replaced(arrival=last_day_of_month(delivered["arrival"]))


def _copies(whole: Rows, chosen: Flags, mark: int, days: Ints) -> Rows:
    """Return copies of the chosen rows that arrive `days` after their originals."""
    copies = whole.take(chosen)
    return copies.replaced(arrival=copies["arrival"] + days[chosen], mark=mark)


def _altered(copies: Rows) -> Rows:
    """Return the same events with another content: one cent more, else another second."""
    if "cents" in copies.columns:
        return copies.replaced(cents=np.where(copies["cents"] >= 0, copies["cents"] + 1, NONE))
    return copies.replaced(time=copies["time"] ^ 1)


def choose_faults(dice: Dice, log: Log, mangled: Rows) -> Rows:
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
    arrival = np.where(IS_TEXT[fault], last_day_of_month(arrival), arrival)
    return mangled.replaced(mark=CORRUPT + fault, time=time, arrival=arrival)


def break_rows(frame: pl.DataFrame, faults: Ints) -> pl.DataFrame:
    """Return the written rows with those faults put in that fit into typed columns.

    Parameters
    ----------
    faults
        A place in FAULTS for each row, negative where the row is whole.
    """
    broken = np.flatnonzero(faults >= 0)
    for number in np.unique(faults[broken]).tolist():
        fault = FAULTS[number]
        if fault.value is None:
            continue
        places = broken[faults[broken] == number]
        column = frame[fault.column]
        rows = frame[places].with_columns(fault.value.cast(column.dtype).alias(fault.column))
        frame = frame.with_columns(column.scatter(places, rows[fault.column]))
    return frame
