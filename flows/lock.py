"""One writer per data directory: a file lock that a dead process cannot keep."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from transforms.errors import InputRefused, Locked

LOCK_NAME = ".lock"


@contextmanager
def writer_lock(data_dir: Path, purpose: str) -> Iterator[None]:
    """Hold the data directory for writing; readers need no lock.

    The operating system frees the lock when the holder ends, however it ends; what stands in the
    file only says who that is.

    Parameters
    ----------
    data_dir
        The directory to be written; made where it does not exist.
    purpose
        What the holder does, in a word or two, for the message another writer gets.

    Raises
    ------
    Locked
        Another process holds it; the message names its pid, host, start and purpose.
    InputRefused
        The directory cannot be made or written.
    """
    path = data_dir / LOCK_NAME
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise InputRefused(f"{data_dir} cannot be written: {error.strerror}") from error
    try:
        _take(descriptor, data_dir)
        _write_holder(descriptor, purpose)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _take(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Locked(
            f"{data_dir} is being written by {_holder(descriptor)}: wait until it is done"
        ) from error


def _write_holder(descriptor: int, purpose: str) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "purpose": purpose,
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return "process {pid} on {host} since {since} ({purpose})".format(**holder)
    except (ValueError, KeyError, TypeError):
        return "another process that has only just begun"


def refuse_if_locked(data_dir: Path) -> None:
    """Raise Locked where another process holds the directory now: cheap to ask before a long start.

    Whoever writes still takes the lock: it may be free now and held a moment later.
    """
    with writer_lock(data_dir, "asking"):
        pass
