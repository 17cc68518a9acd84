"""Measure a command from outside: time, processors, memory, bytes written. Linux only."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread
from typing import IO

BETWEEN_LOOKS_SECONDS = 0.2
BLOCK_BYTES = 512
LIBRARIES = ("duckdb", "polars", "duckdb-extension-ducklake", "prefect", "great-expectations")
COMMAND = (sys.executable, "-c", "from plainscore.cli.app import start; start()")


@dataclass(frozen=True)
class Taken:
    """What one process took, those that it started and waited for included.

    ``own_bytes``: the most memory that is no file, of it and its children together, as looked at
    five times a second; ``all_bytes``: the most that the kernel counted as resident of any one of
    them, mapped files included, as /usr/bin/time does. ``written_bytes``: to files.
    """

    wall_seconds: float
    cpu_seconds: float
    own_bytes: int
    all_bytes: int
    written_bytes: int
    exit_code: int = 0


def take(
    words: Sequence[str],
    enter: Callable[[], None] = lambda: None,
    output: int | IO[bytes] = subprocess.DEVNULL,
) -> Taken:
    """Run a program to its end; ``enter`` is done in its process before it starts."""
    begun, is_over, most = time.monotonic(), Event(), [0]
    child = subprocess.Popen(words, stdout=output, preexec_fn=enter)
    watcher = Thread(target=_watch, args=(child.pid, most, is_over))
    watcher.start()
    _, status, used = os.wait4(child.pid, 0)
    is_over.set()
    watcher.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    return Taken(
        wall_seconds=time.monotonic() - begun,
        cpu_seconds=used.ru_utime + used.ru_stime,
        own_bytes=most[0],
        all_bytes=used.ru_maxrss * 1024,
        written_bytes=used.ru_oublock * BLOCK_BYTES,
        exit_code=child.returncode,
    )


def _watch(pid: int, most: list[int], is_over: Event) -> None:
    while not is_over.wait(BETWEEN_LOOKS_SECONDS):
        most[0] = max(most[0], sum(_own_bytes(one) for one in _family(pid)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _own_bytes(pid: int) -> int:
    """Return the anonymous memory of a process from /proc; 0 where it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")]
    return sum(map(int, found)) * 1024


def machine() -> str:
    """Return processors, memory, day and versions in one line, to compare figures of two days."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    day = datetime.now(UTC).date()
    return f"{day}, {os.cpu_count()} processors, {memory:.0f} GiB; {versions}"


def present_load() -> float:
    """Return how many processes have wanted a processor in the last minute, on average."""
    return float(Path("/proc/loadavg").read_text().split()[0])
