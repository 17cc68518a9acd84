"""Ctrl-C and SIGTERM: noted as they come, so that a library which swallows one cannot hide it.

Python turns a signal into an exception wherever the interpreter happens to be. Inside a callback
of a library that exception can get lost, or come out as an error of another kind, and the work
would go on. So who writes notes the signal first, and asks between steps and before a publication.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

UNDONE = "interrupted: what was published stays as it was"
STOPPING = b"\nplainscore: stopping; once more ends it at once\n"
STDERR = 2
DONE = "interrupted, but all was done by then: it stands"

_noted: list[int] = []


class Interrupted(KeyboardInterrupt):
    """A signal asked us to stop; ``exit_code`` is 128 + its number, as shells have it."""

    def __init__(self, signal_number: int, message: str = UNDONE) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


@contextmanager
def noting_interruptions() -> Iterator[None]:
    """Note SIGINT and SIGTERM while the block runs, and raise Interrupted at its end at the latest.

    The first signal raises Interrupted at once; a second ends the process without further ado,
    which what is published and stored must stand as it stands a kill. Handlers that somebody else
    set (Prefect's for cancelled flows, ``nohup``'s) are left alone. Only the main thread can set
    any: elsewhere nothing is noted.
    """
    before = {
        number: signal.getsignal(number)
        for number in SIGNALS
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)
    }
    if not before or threading.current_thread() is not threading.main_thread():
        yield
        return
    _noted.clear()
    for number in before:
        signal.signal(number, _note)
    message = UNDONE
    try:
        yield
        message = DONE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if _noted:
            raise Interrupted(_noted.pop(0), message)


def _note(number: int, _frame: FrameType | None) -> None:
    _noted.append(number)
    if os.isatty(STDERR):
        os.write(STDERR, STOPPING)
    for each in SIGNALS:
        if signal.getsignal(each) is _note:
            signal.signal(each, signal.SIG_DFL)
    raise Interrupted(number)


def stop_if_interrupted() -> None:
    """Raise Interrupted where a signal came, whatever became of the exception it raised."""
    if _noted:
        raise Interrupted(_noted[0])
