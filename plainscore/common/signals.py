"""Ctrl-C and SIGTERM, recorded when they arrive.

Python turns a signal into an exception wherever the interpreter happens to be. A library may
swallow that exception, or raise one of its own instead, and the work would go on. So a writer
records the signal first and asks between stages and before a publication.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = "interrupted: what was published stays as it was"
COMPLETED = "interrupted, but all was done by then: it is published"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_received: list[int] = []


class Interrupted(KeyboardInterrupt):
    """A signal stopped the command; ``exit_code`` is 128 + its number, as in shells."""

    def __init__(self, signal_number: int, message: str = INTERRUPTED) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


@contextmanager
def noting_interruptions() -> Iterator[None]:
    """Record SIGINT and SIGTERM during the block, and raise Interrupted at its end at the latest.

    The first signal raises Interrupted at once. A second signal kills the process immediately;
    stored and published data survive that, as they survive ``kill -9``. Handlers that others set
    (Prefect's, ``nohup``'s) stay. Only the main thread can set handlers: elsewhere this does
    nothing.
    """
    before = {
        number: signal.getsignal(number)
        for number in _SIGNALS
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)
    }
    if not before or threading.current_thread() is not threading.main_thread():
        yield
        return
    _received.clear()
    for number in before:
        signal.signal(number, _note)
    message = INTERRUPTED
    try:
        yield
        message = COMPLETED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if _received:
            raise Interrupted(_received.pop(0), message)


def _note(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    if os.isatty(2):
        os.write(2, b"\nplainscore: stopping; a second signal ends it at once\n")
    for each in _SIGNALS:
        if signal.getsignal(each) is _note:
            signal.signal(each, signal.SIG_DFL)
    raise Interrupted(number)


def stop_if_interrupted() -> None:
    """Raise Interrupted if a signal arrived, even if its exception got lost."""
    if _received:
        raise Interrupted(_received[0])
