"""Erase people from the landing directory: the one command that writes what was delivered."""

import csv
import gzip
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import polars as pl

from plainscore.common.files import fsync_path
from plainscore.erasure.erased_ids import ErasedIds, json_texts, matching_cells
from plainscore.erasure.journal import Journal, Rewritten
from plainscore.erasure.landing_rows import find_naming_rows
from plainscore.logs.csv_rows import read_csv_rows
from plainscore.logs.landing import FileRefused, LandingFile, list_landing
from plainscore.logs.tables import LOGS
from plainscore.logs.text_lines import number_lines
from plainscore.logs.units import UnitReader, parse_unit

# Write a copy of a landing file without some rows, so that all other rows keep their places.
# In a text a row is replaced by as many empty lines as it took: blank lines are no rows, and line
# numbers stay true. In parquet the rows behind it move up.

UNFINISHED = ".erasing"
Stream = IO[bytes] | gzip.GzipFile
_PIECE_BYTES = 2**20
_HASH_BYTES = 2**22


class ByHand(Exception):
    """A file holds a person and cannot be rewritten by us; the message says why."""


def unfinished_copy(path: Path) -> Path:
    """Return where a copy is written: next to the file, under a name that the ingest ignores."""
    return path.with_name(f".{path.name}{UNFINISHED}")


def write_text_without(path: Path, spans: Mapping[int, int], *, is_gzipped: bool) -> Path:
    """Write a copy of a text file with some rows (line -> lines it takes) left blank."""
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
    """Write a copy of a parquet file without some rows (numbers from 1)."""
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


# Erase people from one file of a log, which the ingest can read.

_READING = {"line": pl.Int64(), "raw": pl.String(), "reason": pl.String()}


def prepare_without(
    file: LandingFile, names: ErasedIds, *, has_unknown: bool
) -> tuple[Rewritten, Path] | None:
    """Write a copy of a log's file without its rows; None where it names no one.

    ``has_unknown``: it had columns that no log knows, so what it has now must be read again.

    Raises
    ------
    FileRefused
        The ingest could not read it.
    ByHand
        No row can go without changing how others read.
    OSError
        It cannot be read or written.
    """
    found = find_naming_rows(file, names)
    spans: Mapping[int, int] = found.spans
    if not spans:
        return None
    is_parquet = file.format == "parquet"
    if is_parquet:
        copy = write_parquet_without(file.path, spans)
    else:
        copy = write_text_without(file.path, spans, is_gzipped=file.is_gzipped)
        if file.format == "csv":
            spans, copy = _with_what_would_read_otherwise(file, copy, spans)
    size, digest = copy.stat().st_size, sha256_of(copy)
    unknown = _unknown_columns(replace(file, path=copy)) if has_unknown else None
    before = found.facts.sha256
    return Rewritten(file.file, before, digest, size, dict(spans), is_parquet, unknown), copy


def _with_what_would_read_otherwise(
    file: LandingFile, copy: Path, spans: Mapping[int, int]
) -> tuple[Mapping[int, int], Path]:
    """Let those refused lines go too that would swallow lines behind them once a row is gone.

    A quote that is never closed was refused because of the lines that followed it.
    """
    if b'"' not in copy.read_bytes() and not file.is_gzipped:
        return spans, copy
    before = _reading(file)
    while True:
        kept = before.filter(~pl.col("line").is_in(list(spans)))
        now = _reading(replace(file, path=copy))
        if kept.equals(now):
            return spans, copy
        otherwise = kept.join(now, on=list(_READING), how="anti", nulls_equal=True)
        refused = otherwise.filter(pl.col("reason").is_not_null())
        if refused.is_empty():
            copy.unlink()
            raise ByHand("cannot lose its rows without changing how others read")
        spans = {**spans, **{line: raw.count("\n") + 1 for line, raw, _ in refused.rows()}}
        copy = write_text_without(file.path, spans, is_gzipped=file.is_gzipped)


def _reading(file: LandingFile) -> pl.DataFrame:
    """Return line, text and fault of every record of a csv file."""
    reader = UnitReader(file.log, [(0, file)])
    frames = [pl.DataFrame(schema=_READING)]
    for unit in reader.units():
        rows = read_csv_rows(LOGS[file.log], unit.columns, number_lines(unit.chunks))
        frames.append(rows.select(*_READING))
    if reader.refused:
        raise reader.refused[0]
    return pl.concat(frames).sort("line")


def _unknown_columns(file: LandingFile) -> list[str]:
    reader = UnitReader(file.log, [(0, file)])
    found = [parse_unit(unit, {0: file.arrived}).unknown for unit in reader.units()]
    names = reader.facts[0]
    for _, name in (one for unknown in found for one in unknown):
        names.add_unknown(name)
    return sorted(names.unknown)


# Files that the ingest never reads: labels, files it refuses, odd formats.

_LINES = (".csv", ".ndjson", ".jsonl", ".tsv", ".txt")
_POLARS_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError)


def erase_from_other_file(path: Path, names: ErasedIds) -> int:
    """Remove every row or line that mentions a person from a file; return how many were removed.

    Raises ByHand where it mentions one and is of no kind that has rows, OSError where it cannot
    be read or written.
    """
    name = path.name.lower()
    is_gzipped = name.endswith(".gz")
    if name.endswith(".parquet"):
        gone = _matching_rows(path, names)
        copy = write_parquet_without(path, gone) if gone else None
    elif name.removesuffix(".gz").endswith(_LINES):
        gone = _matching_lines(path, names, is_gzipped)
        copy = write_text_without(path, gone, is_gzipped=is_gzipped) if gone else None
    else:
        if file_mentions(path, names):
            raise ByHand("is of no kind that has rows")
        return 0
    if copy is not None:
        put_in_place(copy, path)
    return len(gone)


def file_mentions(path: Path, names: ErasedIds) -> bool:
    """Return whether a file's bytes hold an id."""
    content = path.read_bytes()
    return names.may_be_in(content) and names.matches(content.decode("utf-8", "replace"))


def mentions(line: str, names: ErasedIds) -> bool:
    """Return whether a line mentions anyone, as a value, a csv field or a word of its text."""
    if names.matches(line):
        return True
    try:
        fields = next(csv.reader([line]), [])
    except csv.Error:
        fields = []
    return any(text in names.ids for text in (*fields, *json_texts(line)))


def _matching_rows(path: Path, names: ErasedIds) -> dict[int, int]:
    try:
        rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
    except _POLARS_ERRORS as error:
        if file_mentions(path, names):
            raise ByHand("cannot be read") from error
        return {}
    matching = pl.Series([False] * len(rows), dtype=pl.Boolean)
    for column in rows.iter_columns():
        matching |= matching_cells(column, names)
    return {number + 1: 1 for number in matching.arg_true()}


def _matching_lines(path: Path, names: ErasedIds, is_gzipped: bool) -> dict[int, int]:
    try:
        return {
            number: 1
            for number, line in enumerate(_lines(path, is_gzipped), 1)
            if names.may_be_in(line, is_json=True)
            and mentions(line.decode("utf-8", "replace"), names)
        }
    except (EOFError, OSError) as error:
        if file_mentions(path, names):
            raise ByHand("cannot be read to its end") from error
        return {}


def _lines(path: Path, is_gzipped: bool) -> Iterator[bytes]:
    with opened_text(path, is_gzipped) as stream:
        yield from stream


@dataclass
class LandingErasure:
    """What became of the landing files, by their path under landing/.

    ``rewritten``: how many rows went from each; ``by_hand``: why a file that holds a person, or
    may hold one, could not be rewritten; ``renamed``: the new paths of files whose name held an id.
    """

    rewritten: dict[str, int] = field(default_factory=dict)
    by_hand: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def erase_from_landing(
    landing: Path, names: ErasedIds, journal: Journal, ledger: pl.DataFrame
) -> LandingErasure:
    """Rewrite every landing file that names one of the people, each at once and noted before.

    Files that the ingest ignores or refuses are cleaned as far as they have rows or lines.
    """
    done = LandingErasure()
    if not landing.is_dir():
        return done
    for copy in [path for path in files_under(landing) if path.name.endswith(UNFINISHED)]:
        copy.unlink()
    unknown = set(ledger.filter(pl.col("unknown_column_count") > 0)["file"])
    listed = {file.path: file for file in list_landing(landing).files}
    for path in sorted(files_under(landing)):
        shown = path.relative_to(landing).as_posix()
        try:
            count = _erase_from(path, listed.get(path), names, journal, shown in unknown)
        except ByHand as error:
            done.by_hand[shown] = str(error)
        except OSError as error:
            done.by_hand[shown] = f"cannot be read or written ({error.strerror or error})"
        else:
            if count:
                done.rewritten[shown] = count
            if names.matches(path.name):
                done.renamed[shown] = _rename(path, shown, names, journal)
    return done


def _rename(path: Path, shown: str, names: ErasedIds, journal: Journal) -> str:
    """Give a file whose name holds an id another one; return its new path under landing/.

    Within its day it may then come before a file that it came after: that matters only to rows
    that share an event_id on that very day.
    """
    stem, dot, ending = names.taken_out_of(path.name).partition(".")
    number, target = 1, path.with_name(f"{stem}{dot}{ending}")
    while target.exists():
        number, target = number + 1, path.with_name(f"{stem}-{number + 1}{dot}{ending}")
    new = f"{shown.rpartition('/')[0]}/{target.name}".removeprefix("/")
    journal.note_renamed(shown, new)
    path.rename(target)
    fsync_path(path.parent)
    return new


def _erase_from(
    path: Path, file: LandingFile | None, names: ErasedIds, journal: Journal, has_unknown: bool
) -> int:
    if file is not None:
        try:
            prepared = prepare_without(file, names, has_unknown=has_unknown)
        except FileRefused as error:
            if "otherwise" in error.hint or "by hand" in error.hint:
                raise ByHand(error.reason) from error
        else:
            if prepared is None:
                return 0
            rewritten, copy = prepared
            journal.note_rewritten(rewritten)
            put_in_place(copy, path)
            return len(rewritten.spans)
    return erase_from_other_file(path, names)


def files_under(folder: Path) -> Iterator[Path]:
    """Yield every file under a folder, links to directories not followed."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
