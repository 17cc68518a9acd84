"""Make files survive a power cut, and appear all at once."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from transforms.errors import PlainscoreError

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
    except (OSError, duckdb.IOException) as error:
        why = str(error).splitlines()[0]
        raise PlainscoreError(
            f"{folder} cannot be written ({why}): make room or give permission and run again; "
            "what was published stays as it was"
        ) from error


@contextmanager
def failing_disk_told(folder: Path) -> Iterator[None]:
    """Turn an error of the disk that came through everything below into a PlainscoreError."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise PlainscoreError(
            f"{error.filename or folder} cannot be read or written ({error.strerror}): make room "
            "or give permission and run again; what was published stays as it was"
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
