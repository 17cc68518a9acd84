"""The most memory that this process holds during a piece of work, as far as looking tells."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

BETWEEN_LOOKS_SECONDS = 0.1
_STATEMENT = Path("/proc/self/statm")


@contextmanager
def watched_memory() -> Iterator[Callable[[], int | None]]:
    """Look at the resident memory again and again; yield what gives the most so far, in bytes.

    None where the system has no /proc to look at. The kernel's own mark would be exact, but setting
    it back for each stage would spoil it for everyone else who looks at this process.
    """
    most = resident_bytes()
    is_over = Event()

    def look() -> None:
        nonlocal most
        while not is_over.wait(BETWEEN_LOOKS_SECONDS):
            most = max(most or 0, resident_bytes() or 0)

    def most_so_far() -> int | None:
        nonlocal most
        if most is not None:
            most = max(most, resident_bytes() or 0)
        return most

    watcher = Thread(target=look, name="memory", daemon=True)
    if most is not None:
        watcher.start()
    try:
        yield most_so_far
    finally:
        is_over.set()
        if watcher.is_alive():
            watcher.join()


def resident_bytes() -> int | None:
    """Return how much memory this process holds now; None where nothing tells."""
    try:
        return int(_STATEMENT.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
