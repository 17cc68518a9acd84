"""How people of a world pay, earn and buy: the shares that it is made to have."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True)
class Shape:
    """Shares in parts per million; each is met as nearly as chance and circumstances allow.

    targets.toml says what each is; the usual ones are its aims. Habit makes bills late, utility:
    telecom too, instalment: all others.
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
        for kind in ("card", "utility", "instalment", "invoice"):
            late, on_day = f"{kind}_late", "invoice_on_day" if kind == "invoice" else "on_day"
            if getattr(self, late) + getattr(self, on_day) > 950_000:
                raise ValueError(f"{late} and {on_day} are more than 0.95 of the bills")
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
