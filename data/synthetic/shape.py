"""How people of a world pay, earn and buy: the shares that it is made to have."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True)
class Shape:
    """Shares in parts per million; each is met as nearly as chance and circumstances allow.

    The usual ones are the aims of targets.toml.

    thin
        People whose account is hardly used and who have no credit.
    dormant
        Months in which a person has stopped all shopping.
    card_late, invoice_late, utility_late, instalment_late
        Bills that are paid some days late by habit; utility: telecom too, instalment: all others.
    invoice_on_day, on_day
        Invoices, and bills of the other types, that are paid exactly on the day they are due.
    never_paid
        Bills that are never paid.
    overdraft
        Months in which an account falls below zero.
    irregular_income
        People who live from jobs of irregular size.
    refunds
        Purchases that are sent back, and `refunds_without_order` the refunds among these that name
        the merchant instead of the order.
    class_outside
        Of the ties that one of a class makes in its weeks, those to others.
    """

    thin: int
    dormant: int
    card_late: int
    invoice_late: int
    utility_late: int
    instalment_late: int
    invoice_on_day: int
    on_day: int
    never_paid: int
    overdraft: int
    irregular_income: int
    refunds: int
    refunds_without_order: int
    class_outside: int

    def __post_init__(self) -> None:
        for name, share in vars(self).items():
            if not 0 <= share <= 900_000:
                raise ValueError(f"{name} = {share / 1_000_000}: choose 0 to 0.9")
        if self.card_late + self.on_day > 950_000 or self.utility_late + self.on_day > 950_000:
            raise ValueError("on_day and what is late by habit are more than 0.95 of the bills")
        if self.invoice_late + self.invoice_on_day > 950_000:
            raise ValueError("invoice_on_day and invoice_late are more than 0.95 of the invoices")
        if self.instalment_late + self.on_day > 950_000:
            raise ValueError("on_day and instalment_late are more than 0.95 of the bills")
        if self.never_paid > 300_000:
            raise ValueError(f"never_paid = {self.never_paid / 1_000_000}: choose 0 to 0.3")


TARGETS: Final = Path(__file__).parent / "targets.toml"
"""What an invented world should look like, and the usual aim of every share."""


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ValueError(f"{name} stands alone: write [{name}] and below it aim = 0.1")
    return tables


def _shape(aims: Mapping[str, Any]) -> Shape:
    return Shape(**{name: round(float(aim) * 1_000_000) for name, aim in aims.items()})


_USUAL_AIMS: Final = {name: one["aim"] for name, one in _tables(TARGETS).items() if "aim" in one}
USUAL: Final = _shape(_USUAL_AIMS)


def shape_of(path: Path) -> Shape:
    """Return the usual shape with every `aim` that a file of targets has, numbers from 0 to 0.9.

    Raises ValueError where the file cannot be read, asks for what there is not, or leaves out the
    aim of a share.
    """
    try:
        tables, declared = _tables(path), _tables(TARGETS)
        for name, table in tables.items():
            if name not in _USUAL_AIMS and ("aim" in table or name not in declared):
                raise ValueError(f"no share is called {name}; there are {', '.join(_USUAL_AIMS)}")
            if name in _USUAL_AIMS and "aim" not in table:
                raise ValueError(f"[{name}] has no aim")
        return _shape(_USUAL_AIMS | {n: one["aim"] for n, one in tables.items() if "aim" in one})
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"--targets {path}: {error}") from error
