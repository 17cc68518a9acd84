"""How the steps of a flow are done: plainly, shown on a terminal, recorded, as Prefect tasks."""

from collections.abc import Callable
from typing import Any, TypeVar

from plainscore.common.signals import stop_if_interrupted

Result = TypeVar("Result")
Do = Callable[..., Any]
"""How a step is done: called as ``do(step, *arguments)``, returns what the step returns."""


def plainly(step: Callable[..., Result], *arguments: object) -> Result:
    """Do a step by calling it."""
    return step(*arguments)


def once(do: Do, *steps: Callable[..., Any]) -> Do:
    """Return a way to do steps in which some are done once and what they made is kept.

    For steps whose result is the same for every date of a backfill.
    """
    kept: dict[Callable[..., Any], Any] = {}

    def do_once(step: Callable[..., Any], *arguments: object) -> Any:
        if step not in steps:
            return do(step, *arguments)
        if step not in kept:
            kept[step] = do(step, *arguments)
        return kept[step]

    return do_once


def unless_interrupted(do: Do) -> Do:
    """Return a way to do each step that stops after one in which Ctrl-C or SIGTERM came.

    Whatever the step made of it: some libraries turn it into an error of their own.
    """

    def do_and_ask(step: Callable[..., Any], *arguments: object) -> Any:
        try:
            return do(step, *arguments)
        finally:
            stop_if_interrupted()

    return do_and_ask
