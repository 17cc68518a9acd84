"""How people of a world pay, earn and buy: the shares that it is made to have."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True)
class Shape:
    """Shares in parts per million; each is met as nearly as chance and circumstances allow.

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
    """

    thin: int = 82_000
    dormant: int = 100_000
    card_late: int = 440_000
    invoice_late: int = 350_000
    utility_late: int = 160_000
    instalment_late: int = 24_000
    invoice_on_day: int = 30_000
    on_day: int = 150_000
    never_paid: int = 20_000
    overdraft: int = 30_000
    irregular_income: int = 150_000
    refunds: int = 40_000
    refunds_without_order: int = 150_000

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

    @classmethod
    def of(cls, aims: Mapping[str, float]) -> "Shape":
        """Return the usual shares with some of them replaced, given as numbers from 0 to 0.9."""
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(aims) - set(known)):
            raise ValueError(f"no share is called {unknown[0]}; there are {', '.join(known)}")
        return cls(**{name: round(aim * 1_000_000) for name, aim in aims.items()})


USUAL: Final = Shape()


def shape_of(path: Path) -> Shape:
    """Return the shape that a file of targets asks for: every `aim` that it has.

    Raises ValueError where the file cannot be read or asks for what there is not.
    """
    try:
        tables: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        aims = {name: float(table["aim"]) for name, table in tables.items() if "aim" in table}
        return Shape.of(aims)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"--targets {path}: {error}") from error
