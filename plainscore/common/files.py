"""Files of a data directory: written whole or not at all; digests; errors; the format of all."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from plainscore.common.errors import DataFormatError, PlainscoreError, UsageError

_DISK_ERRORS = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM,
    errno.EMFILE,
})  # fmt: skip
FORMAT = 2
"""Raised when a data directory holds what earlier versions would misread; 2: a DuckLake."""

FORMAT_FILE = "format.json"
_UNCHANGED = "what was published stays as it was"


@contextmanager
def translating_write_errors(folder: Path) -> Iterator[None]:
    """Raise every error of writing under ``folder`` as a PlainscoreError of one line."""
    import duckdb

    try:
        yield
    except (OSError, duckdb.IOException, duckdb.TransactionException) as error:
        why = str(error).splitlines()[0]
        raise PlainscoreError(
            f"{folder} cannot be written ({why}): make room or give permission and run again; "
            f"{_UNCHANGED}"
        ) from error


@contextmanager
def translating_machine_errors(folder: Path) -> Iterator[None]:
    """Raise errors of disk, permission and memory as a PlainscoreError; others pass unchanged."""
    import duckdb

    try:
        yield
    except (MemoryError, duckdb.OutOfMemoryException) as error:
        why = str(error).partition("\n")[0] or "no memory is left"
        raise PlainscoreError(
            f"memory is not enough ({why}): give more with --memory-limit, or use fewer --threads, "
            f"and run again; {_UNCHANGED}"
        ) from error
    # A commit that fails is an error of the disk: no other process uses our databases.
    except (OSError, duckdb.IOException, duckdb.TransactionException) as error:
        if isinstance(error, OSError) and error.errno not in _DISK_ERRORS:
            raise
        where = getattr(error, "filename", None) or folder
        why = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise PlainscoreError(
            f"{where} cannot be read or written ({why}): make room or give permission and run "
            f"again; {_UNCHANGED}"
        ) from error


def fsync_path(path: Path) -> None:
    """Wait until a file's content, or a directory's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_tree(folder: Path) -> None:
    """Wait until everything under ``folder`` is on the disk, names after contents."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            fsync_path(Path(parent, name))
        fsync_path(Path(parent))


def make_durable_directory(folder: Path) -> None:
    """Make ``folder`` and its missing parents, each name on the disk before the next."""
    if not folder.is_dir():
        make_durable_directory(folder.parent)
        folder.mkdir(exist_ok=True)
        fsync_path(folder.parent)


def move_into_place(source: Path, target: Path) -> None:
    """Rename a file or directory; readers see all of it or nothing.

    A file replaces its target; a directory does not (OSError).
    """
    make_durable_directory(target.parent)
    if source.is_dir():
        source.rename(target)
    else:
        source.replace(target)
    fsync_path(target.parent)


def refuse_other_folder(out: Path, ours: str) -> None:
    """Raise UsageError where ``out`` cannot be made, or holds anything without a file ``ours``."""
    if not out.parent.is_dir():
        raise UsageError(f"{out}: name a folder in an existing directory")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file: name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / ours).is_file():
        raise UsageError(f"{out} holds something else: name another folder, or empty it")


@contextmanager
def replaced_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder, which takes the place of ``out`` in the end, as a whole."""
    unfinished, old = (out.with_name(f".{out.name}.{uuid4().hex}") for _ in range(2))
    unfinished.mkdir()
    try:
        yield unfinished
        if out.exists():
            out.rename(old)
        move_into_place(unfinished, out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_atomically(file: Path, content: bytes | str, unfinished: Path | None = None) -> None:
    """Replace a file as a whole, also across a power cut.

    ``unfinished``: where the content is written first, on the same filesystem;
    ``<file name>.new`` next to the file by default.
    """
    fresh = unfinished or file.with_name(f"{file.name}.new")
    make_durable_directory(file.parent)
    make_durable_directory(fresh.parent)
    try:
        fresh.write_bytes(content.encode() if isinstance(content, str) else content)
        fsync_path(fresh)
        move_into_place(fresh, file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def canonical_json(value: Any) -> bytes:
    """Return the one JSON text of a value: sorted keys, UTF-8, a line feed at the end."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n"


def write_json(file: Path, value: Any, unfinished: Path | None = None) -> None:
    """Write a value as canonical JSON; see ``write_atomically``."""
    write_atomically(file, canonical_json(value), unfinished)


def file_sha256(file: Path) -> str:
    """Return SHA-256 (hex) of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def read_format(data_dir: Path) -> tuple[int, str]:
    """Return the format of a data directory, and the version that first wrote it in this format.

    Format 1 has no file. Raises DataFormatError if the file cannot be read.
    """
    file = data_dir / FORMAT_FILE
    try:
        found = json.loads(file.read_bytes())
        return int(found["format"]), str(found["written_by"])
    except (FileNotFoundError, NotADirectoryError):
        return 1, "1"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFormatError(
            f"{file} cannot be read ({error}): put it back as it was; if no version after "
            f"{version('plainscore')} ever wrote here, it may be removed"
        ) from error


def refuse_misleading_folder(data_dir: Path) -> None:
    """Raise UsageError where the path has a sign that DuckDB's readers take for something else.

    A folder ``score=5`` is a column and its value to them, a ``?`` begins options.
    """
    path = str(data_dir.resolve())
    for sign in "=?":
        if sign in path:
            raise UsageError(
                f"{path} has a '{sign}' in its path, which readers of Parquet and DuckDB files "
                "misread: use another data directory"
            )


def refuse_newer_format(data_dir: Path) -> None:
    """Raise DataFormatError if a newer version wrote the directory in a format of its own."""
    found, writer = read_format(data_dir)
    if found > FORMAT:
        raise DataFormatError(
            f"{data_dir} was written by plainscore {writer} in format {found}, "
            f"and this is {version('plainscore')}, which reads up to format {FORMAT}: "
            f"install plainscore {writer} or newer"
        )


def _has_old_store(data_dir: Path) -> bool:
    try:
        return bool(json.loads((data_dir / "events" / "head.json").read_bytes())["format"] == 1)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_format(data_dir: Path) -> None:
    """Record our format, unless the directory has it. The caller holds the writer lock.

    A directory whose event store is still of format 1 stays one that version 1 can write.
    """
    if read_format(data_dir)[0] < FORMAT and not _has_old_store(data_dir):
        value = {"format": FORMAT, "written_by": version("plainscore")}
        write_json(data_dir / FORMAT_FILE, value)
