"""One writer per data directory: an operating system lock, which a dead process cannot keep.

Both the directory and a file in it are locked: the directory because removing a lock file would
let a second writer in, the file because network filesystems lock only files.
"""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

from plainscore.common.errors import InputRefused, Locked
from plainscore.common.files import (
    refuse_misleading_folder,
    refuse_newer_format,
    translating_machine_errors,
    write_format,
)
from plainscore.common.signals import noting_interruptions

LOCK_NAME = ".lock"
ERASURE_JOURNAL = ".erasure"
ERASING = "erase"

_lent: ContextVar[frozenset[Path]] = ContextVar("lent", default=frozenset())


@contextmanager
def writer_lock(data_dir: Path, purpose: str, *, lend: bool = False) -> Iterator[None]:
    """Hold the data directory for writing; readers need no lock.

    A holder that dies or fails leaves its record in the lock file, and the next one first
    recovers what it left (``plainscore.runs.ledger``). Ctrl-C and SIGTERM are recorded
    meanwhile (``plainscore.common.signals``).

    ``data_dir`` is made if it does not exist. ``purpose``: what the holder does, in a word or two,
    for the message that another writer gets. ``lend``: code called within the block may take the
    lock too; a command holds it before the slow start of a flow that takes it by itself when it is
    scheduled.

    Raises UsageError where readers would misread the path, Locked (with pid, host, start and
    purpose of the holder), DataFormatError where a newer
    version wrote the directory, InputRefused where it cannot be made, written or locked or an
    interrupted erasure must finish first, PlainscoreError for errors of disk, permission and
    memory, and Interrupted where a signal arrived while it was held.
    """
    if data_dir.resolve() in _lent.get():
        yield
        return
    refuse_misleading_folder(data_dir)
    refuse_newer_format(data_dir)
    with ExitStack() as opened:
        descriptor = _lock(data_dir, opened)
        refuse_newer_format(data_dir)  # again: the previous holder may have been newer
        is_after_a_failure = os.fstat(descriptor).st_size > 0
        if purpose != ERASING and (data_dir / ERASURE_JOURNAL).exists():
            raise InputRefused(
                f"an erasure was interrupted in {data_dir}, and nothing else may be written "
                f"before it is done: finish it with plainscore erase --data {data_dir}"
            )
        with translating_machine_errors(data_dir):
            _write_holder(descriptor, purpose)
            write_format(data_dir)
        if lend:
            opened.callback(_lent.reset, _lent.set(_lent.get() | {data_dir.resolve()}))
        with noting_interruptions(), translating_machine_errors(data_dir):
            if is_after_a_failure:
                from plainscore.runs.ledger import recover

                recover(data_dir)
            yield
        with suppress(OSError):  # a failing disk: the next holder overwrites the record
            os.ftruncate(descriptor, 0)


def _lock(data_dir: Path, opened: ExitStack) -> int:
    """Open and lock the lock file and the directory; return the descriptor of the file."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        opened.callback(os.close, file)
        folder = os.open(data_dir, os.O_RDONLY | os.O_CLOEXEC)
        opened.callback(os.close, folder)
    except OSError as error:
        raise InputRefused(
            f"{error.filename or data_dir} cannot be written ({error.strerror}): "
            "give permission, or choose another data directory"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if isinstance(error, BlockingIOError):
                raise
            # A network filesystem that locks no directories: the file is locked.
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise InputRefused(
                f"{data_dir} cannot be locked ({error.strerror}): "
                "mount its filesystem with locks, or choose another data directory"
            ) from error
        raise Locked(
            f"{data_dir} is being written by {_holder(file)}: wait until it is done"
        ) from error
    return file


def _write_holder(descriptor: int, purpose: str) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "purpose": purpose,
    }
    text = json.dumps(holder).encode()
    # Never empty in between: a record in the file is the sign that its writer did not finish.
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))


def _holder(descriptor: int) -> str:
    """Describe the holder; wait a moment for one that has only just taken the lock.

    The record of a killed holder is ignored: its process is gone, or is another one.
    """
    for _ in range(20):
        with suppress(ValueError, KeyError, TypeError):
            holder = json.loads(os.pread(descriptor, 4096, 0))
            if _is_alive(holder["pid"], holder["host"]):
                return "process {pid} on {host} since {since} ({purpose})".format(**holder)
        time.sleep(0.01)
    return "another process that has only just begun"


def writing_since(data_dir: Path) -> str | None:
    """Return since when a living writer holds the lock, None without one; takes no lock itself.

    A writer on another host counts as living.
    """
    try:
        holder = json.loads((data_dir / LOCK_NAME).read_bytes())
        return str(holder["since"]) if _is_alive(holder["pid"], holder["host"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(pid: int, host: str) -> bool:
    """Whether a process may be running: nothing is known of those on another host."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
