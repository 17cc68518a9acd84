"""Do work in forked children of a process that has imported everything and started no thread."""

import os
import pickle
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


def start(work: Callable[[], int], output: Path) -> int:
    """Start ``work`` in a child with a process group of its own; return its pid.

    What it prints goes to ``output``; what it returns is its exit code.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setpgid(0, 0)
        out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        code = work()
    finally:
        os._exit(code)


def wait(pid: int) -> int:
    """Return how a child ended: its exit code, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def ended_within(pid: int, seconds: float) -> int | None:
    """Return how a child ended, None where it still runs after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    return None


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to a child and its own children; they may be gone."""
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def result_of(work: Callable[[], Result], output: Path) -> Result:
    """Return what ``work`` returns in a child; RuntimeError with its last words where it fails."""
    answer = output.with_suffix(".answer")

    def answering() -> int:
        answer.write_bytes(pickle.dumps(work()))
        return 0

    if wait(start(answering, output)):
        raise RuntimeError(output.read_text()[-2000:])
    made: Any = pickle.loads(answer.read_bytes())
    return made  # type: ignore[no-any-return]
