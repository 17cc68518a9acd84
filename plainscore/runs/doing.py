"""How analyses do their steps; goes as soon as none takes ``do``."""

from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")
Do = Callable[..., Any]


def plainly(step: Callable[..., Result], *arguments: object) -> Result:
    """Do a step by calling it."""
    return step(*arguments)
