"""How a command line that cannot be meant is told; days the way that people write them."""

from datetime import date
from typing import Any, Literal, get_args, get_origin

from cyclopts import CoercionError, CycloptsError, CycloptsPanel


def told_in_a_panel(error: CycloptsError) -> Any:
    """Return what is printed of an error in the words of a command line."""
    if isinstance(error, CoercionError):
        kinds = (error.target_type, *get_args(error.target_type))
        if date in kinds:
            words = [
                word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)
            ]
            error.msg = f"no such day; write {', or '.join(['one like 2026-10-31', *words])}."
    return CycloptsPanel(error)
