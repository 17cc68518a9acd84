"""Make files survive a power cut, and appear all at once."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from plainscore.common.errors import PlainscoreError

# A commit that cannot be written is the disk's doing too: nobody else uses our databases.
FROM_THE_DISK = (duckdb.IOException, duckdb.TransactionException)
DISK_ERRORS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EMFILE,
    }
)


@contextmanager
def told_in_a_line(folder: Path) -> Iterator[None]:
    """Turn what keeps us from writing under ``folder`` into a PlainscoreError: a full disk, ..."""
    try:
        yield
    except (OSError, *FROM_THE_DISK) as error:
        why = str(error).splitlines()[0]
        raise PlainscoreError(
            f"{folder} cannot be written ({why}): make room or give permission and run again; "
            "what was published stays as it was"
        ) from error


@contextmanager
def failing_machine_told(folder: Path) -> Iterator[None]:
    """Turn what disk or memory did, and nothing below has told, into a PlainscoreError."""
    try:
        yield
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        why = str(error).partition("\n")[0] or "no memory is left"
        raise PlainscoreError(
            f"memory is not enough ({why}): give more with --memory-limit, or use fewer --threads, "
            "and run again; what was published stays as it was"
        ) from error
    except (OSError, *FROM_THE_DISK) as error:
        if isinstance(error, OSError) and error.errno not in DISK_ERRORS:
            raise
        where = getattr(error, "filename", None) or folder
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise PlainscoreError(
            f"{where} cannot be read or written ({why}): make room or give permission and run "
            "again; what was published stays as it was"
        ) from error


def fsync_path(path: Path) -> None:
    """Wait until a file's content, or a directory's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_tree(folder: Path) -> None:
    """Wait until everything under ``folder`` is on the disk, the names after the contents."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            fsync_path(Path(parent, name))
        fsync_path(Path(parent))


def make_durable_directory(folder: Path) -> None:
    """Make ``folder`` and the parents that it lacks, each name on the disk before the next."""
    if not folder.is_dir():
        make_durable_directory(folder.parent)
        folder.mkdir(exist_ok=True)
        fsync_path(folder.parent)


def move_into_place(source: Path, target: Path) -> None:
    """Rename a file or directory; readers see the whole of it or nothing.

    A file replaces its target, a directory does not: OSError where it would.
    """
    make_durable_directory(target.parent)
    if source.is_dir():
        source.rename(target)
    else:
        source.replace(target)
    fsync_path(target.parent)
