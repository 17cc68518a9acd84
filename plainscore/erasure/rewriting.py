"""Write a landing file anew without some rows, so that all other rows keep their places.

In a text a row is replaced by as many empty lines as it took: blank lines are no rows, and line
numbers stay true. In parquet the rows behind it move up.
"""

import gzip
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import polars as pl

from plainscore.common.files import fsync_path

UNFINISHED = ".erasing"
Stream = IO[bytes] | gzip.GzipFile
_PIECE_BYTES = 2**20
_HASH_BYTES = 2**22


class ByHand(Exception):
    """A file holds a person and cannot be rewritten by us; the message says why."""


def unfinished_copy(path: Path) -> Path:
    """Return where a file is written anew: beside it, under a name that the ingest ignores."""
    return path.with_name(f".{path.name}{UNFINISHED}")


def write_text_without(path: Path, spans: Mapping[int, int], *, is_gzipped: bool) -> Path:
    """Write a text file anew beside itself, some rows (line -> lines it takes) left blank."""
    blank = {first + more for first, count in spans.items() for more in range(count)}
    copy = unfinished_copy(path)
    with opened_text(path, is_gzipped) as source, _created_text(copy, is_gzipped) as target:
        line = 1
        while piece := source.readline(_PIECE_BYTES):
            is_ended = piece.endswith(b"\n")
            if line not in blank:
                target.write(piece)
            elif is_ended:
                target.write(b"\n")
            line += is_ended
    return _finish(path, copy)


def write_parquet_without(path: Path, rows: Mapping[int, int]) -> Path:
    """Write a parquet file anew beside itself without some rows (numbers from 1)."""
    stored = pl.read_parquet(path, glob=False, hive_partitioning=False)
    gone = pl.Series([number - 1 for number in rows], dtype=pl.Int64)
    kept = stored.filter(~pl.int_range(len(stored), eager=True).is_in(gone.implode()))
    copy = unfinished_copy(path)
    kept.write_parquet(copy)
    return _finish(path, copy)


def put_in_place(copy: Path, path: Path) -> None:
    """Replace a file by its copy, which is on the disk before."""
    os.replace(copy, path)
    fsync_path(path.parent)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASH_BYTES):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def opened_text(path: Path, is_gzipped: bool) -> Iterator[Stream]:
    """Open a text file for reading, unpacked."""
    with path.open("rb") as stream:
        if is_gzipped:
            with gzip.GzipFile(fileobj=stream, mode="rb") as unpacked:
                yield unpacked
        else:
            yield stream


@contextmanager
def _created_text(path: Path, is_gzipped: bool) -> Iterator[Stream]:
    with path.open("wb") as stream:
        if is_gzipped:
            # Neither name nor time: the same rows give the same bytes.
            with gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
                yield packed
        else:
            yield stream


def _finish(path: Path, copy: Path) -> Path:
    shutil.copymode(path, copy)
    fsync_path(copy)
    return copy
