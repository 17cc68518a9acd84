"""The ways in which a row can be refusable (docs/method.md), and how to break one so.

Some faults fit into a typed column (a negative amount, a missing id); others can only be written
as text (half a line, a day called yesterday). The latter arrive on the last day of their month: in
files of text as the last lines, beside parquet files in a small text file of their own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from plainscore.synthetic.months import SECONDS_PER_DAY, last_day_of_month
from plainscore.synthetic.randomness import Dice, Ints, lane
from plainscore.synthetic.rows import Rows

_FAR_DAYS: Final = 7_400
_DAYS_AHEAD: Final = 40


@dataclass(frozen=True)
class Fault:
    """One way to break a row.

    Attributes
    ----------
    name
        As counted in `_truth/planted.parquet`.
    column
        The column it breaks; "" for the line as a whole.
    value
        What stands there instead, computed from the row as it was.
    text
        What stands there instead where only text can hold it.
    """

    name: str
    column: str
    value: pl.Expr | None = None
    text: str | None = None


_NOTHING: Final = pl.lit(None)
_CENTS: Final = (pl.col("amount") * 100).round()

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
    Fault("negative_amount", "amount", -pl.col("amount") - 1),
    Fault("third_decimal", "amount", (_CENTS * 10 + 5) / 1000),
    Fault("amount_too_large", "amount", pl.lit(1e11)),
    Fault("no_amount", "amount", _NOTHING),
    Fault("unreadable_amount", "amount", text="1,000.00"),
    Fault("no_order_id", "order_id", _NOTHING),
    Fault("no_merchant_id", "merchant_id", _NOTHING),
    Fault("no_category", "category", _NOTHING),
    Fault("no_bill_id", "bill_id", _NOTHING),
    Fault("unknown_bill_type", "bill_type", pl.lit("gambling")),
    Fault("due_date_too_far", "due_date", pl.col("due_date") + pl.duration(days=_FAR_DAYS)),
    Fault("unreadable_due_date", "due_date", text="next week"),
    Fault("negative_balance", "balance", pl.lit(-1.0)),
    Fault("counterparty_is_self", "counterparty_id", pl.col("person_id")),
    Fault("no_agreement_id", "agreement_id", _NOTHING),
    Fault("unknown_service_type", "service_type", pl.lit("spaceship")),
    Fault("unknown_field", "field", pl.lit("shoe_size")),
    Fault("friend_is_self", "friend_id", pl.col("person_id")),
    Fault("no_friend_id", "friend_id", _NOTHING),
)
_BY_NAME: Final = {fault.name: number for number, fault in enumerate(FAULTS)}

_EVERYWHERE: Final = tuple(fault.name for fault in FAULTS[:7])
_AMOUNT: Final = tuple(fault.name for fault in FAULTS[7:12])
_BILL: Final = (
    "no_bill_id",
    "unknown_bill_type",
    "due_date_too_far",
    "unreadable_due_date",
    "negative_balance",
)
# Per log and event type (in the order of its event types), the faults that such a row can have
# besides
# those that fit everywhere.
_FITTING: Final = {
    "profile": ((), ("unknown_field",), ("unknown_field",), (), ()),
    "purchase": (
        (*_AMOUNT, "no_order_id", "no_merchant_id", "no_category"),
        (*_AMOUNT, "no_order_id"),
        (*_AMOUNT, "no_order_id"),
    ),
    "payment": (
        (*_AMOUNT, *_BILL),
        (*_AMOUNT, "no_bill_id"),
        (*_AMOUNT, "no_bill_id"),
        (*_AMOUNT, "counterparty_is_self"),
        _AMOUNT,
    ),
    "service": (
        ("no_agreement_id", "unknown_service_type", "due_date_too_far", "unreadable_due_date"),
        ("no_agreement_id",),
        ("no_agreement_id",),
    ),
    "friendship": (("friend_is_self", "no_friend_id"),) * 3,
}
_SLOTS: Final = 1 << 10


def choose_faults(dice: Dice, log: str, mangled: Rows, first_mark: int) -> Rows:
    """Give every row a fault that fits its event type: `mark` is first_mark + a place in FAULTS."""
    fitting = [[_BY_NAME[n] for n in (*_EVERYWHERE, *more)] for more in _FITTING[log]]
    table = np.array([np.resize(numbers, _SLOTS) for numbers in fitting], dtype=np.int64)
    draw = lane(dice.roll(f"fault.{log}", mangled["event"]), 0) % _SLOTS
    fault = table[mangled["kind"], draw]
    arrival = mangled["arrival"]
    too_early = fault == _BY_NAME[AFTER_ARRIVAL]
    time = np.where(too_early, (arrival + _DAYS_AHEAD) * SECONDS_PER_DAY, mangled["time"])
    is_text = np.array([f.text is not None for f in FAULTS])[fault]
    arrival = np.where(is_text, last_day_of_month(arrival), arrival)
    return mangled.replaced(mark=first_mark + fault, time=time, arrival=arrival)


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
