"""One writer per data directory: a lock of the operating system that a dead process cannot keep.

Both the directory and a file in it are locked. The directory, because a lock file that somebody
removes would let a second writer in; the file, because network filesystems lock files only.
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

from plainscore.common.durable import failing_machine_told
from plainscore.common.errors import InputRefused, Locked
from plainscore.common.interruption import noting_interruptions
from plainscore.runs.stamping import stamp_format
from plainscore.show.data_format import refuse_newer_format

LOCK_NAME = ".lock"
ERASURE_JOURNAL = ".erasure"
ERASING = "erase"
_HELD_BY_ANOTHER = (errno.EWOULDBLOCK, errno.EACCES)
_LOOKS, _BETWEEN_LOOKS_SECONDS = 20, 0.01

_lent: ContextVar[frozenset[Path]] = ContextVar("lent", default=frozenset())


@contextmanager
def writer_lock(data_dir: Path, purpose: str, *, lend: bool = False) -> Iterator[None]:
    """Hold the data directory for writing; readers need no lock.

    The operating system frees the lock when the holder ends, however it ends; what stands in the
    file only says who that is. A holder that dies or fails leaves that there, and the next one
    first tidies up after it (``plainscore.runs.recovery``). While it is held, Ctrl-C and SIGTERM
    are noted (``plainscore.common.interruption``).

    Parameters
    ----------
    data_dir
        The directory to be written; made where it does not exist.
    purpose
        What the holder does, in a word or two, for the message another writer gets.
    lend
        Whoever is called while it is held may take it too: so a command holds it from before
        the slow start of a flow that takes it by itself where nobody else does.

    Raises
    ------
    Locked
        Another process holds it; the message names its pid, host, start and purpose.
    DataFormatError
        A newer version wrote the directory, in a format that this one cannot read.
    InputRefused
        The directory cannot be made, written or locked; or an erasure was interrupted in it, and
        this is not the one that ends it.
    PlainscoreError
        The disk is full or fails, permission is missing or memory is not enough, and nobody
        has told so better.
    Interrupted
        A signal came while it was held.
    """
    if data_dir.resolve() in _lent.get():
        yield
        return
    refuse_newer_format(data_dir)
    with ExitStack() as opened:
        descriptor = _open(data_dir, opened)
        refuse_newer_format(data_dir)  # again: who held the lock until now may have been newer
        is_after_a_failure = os.fstat(descriptor).st_size > 0
        if purpose != ERASING:
            _refuse_while_erasing(data_dir)
        with failing_machine_told(data_dir):
            _write_holder(descriptor, purpose)
            stamp_format(data_dir)
        if lend:
            opened.callback(_lent.reset, _lent.set(_lent.get() | {data_dir.resolve()}))
        with noting_interruptions(), failing_machine_told(data_dir):
            if is_after_a_failure:
                _tidy(data_dir)
            yield
        _forget_holder(descriptor)


def _tidy(data_dir: Path) -> None:
    from plainscore.runs.recovery import tidy_up  # only here: it takes long to import

    tidy_up(data_dir)


def _open(data_dir: Path, opened: ExitStack) -> int:
    """Open and lock the directory and its lock file; return the descriptor of the file."""
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
        _lock_folder(folder)
    except OSError as error:
        if error.errno not in _HELD_BY_ANOTHER:
            raise InputRefused(
                f"{data_dir} cannot be locked ({error.strerror}): "
                "mount its filesystem with locks, or choose another data directory"
            ) from error
        holder = _holder(file)
        raise Locked(f"{data_dir} is being written by {holder}: wait until it is done") from error
    return file


def _refuse_while_erasing(data_dir: Path) -> None:
    if (data_dir / ERASURE_JOURNAL).exists():
        raise InputRefused(
            f"an erasure was interrupted in {data_dir}, and nothing else may be written before it "
            f"is done: finish it with plainscore erase --data {data_dir}"
        )


def _lock_folder(folder: int) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        pass  # a network filesystem that locks no directories: the file is locked


def _write_holder(descriptor: int, purpose: str) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "purpose": purpose,
    }
    said = json.dumps(holder).encode()
    # Never empty in between: what a holder left is the sign that it did not come to its end.
    os.pwrite(descriptor, said, 0)
    os.ftruncate(descriptor, len(said))


def _forget_holder(descriptor: int) -> None:
    with suppress(OSError):  # a failing disk: who comes next writes over it
        os.ftruncate(descriptor, 0)


def _holder(descriptor: int) -> str:
    """Say who holds the lock, giving one that has only just taken it the time to write so.

    What a killed holder left in the file is not told: its process is gone, or is another one.
    """
    for _ in range(_LOOKS):
        try:
            holder = json.loads(os.pread(descriptor, 4096, 0))
            if _is_alive(holder["pid"], holder["host"]):
                return "process {pid} on {host} since {since} ({purpose})".format(**holder)
        except (ValueError, KeyError, TypeError):
            pass
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    return "another process that has only just begun"


def writing_since(data_dir: Path) -> str | None:
    """Return since when a living writer holds the lock, None where none does: for readers.

    The lock is not touched. A writer on another host counts as living: it cannot be seen from
    here.
    """
    try:
        holder = json.loads((data_dir / LOCK_NAME).read_bytes())
        return str(holder["since"]) if _is_alive(holder["pid"], holder["host"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(pid: int, host: str) -> bool:
    """Whether a process may be running: of another host's nothing is known."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
