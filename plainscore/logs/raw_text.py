"""Fetch the text of rows again from the file they came in."""

from collections.abc import Sequence

from polars.exceptions import PolarsError

from plainscore.logs import masking
from plainscore.logs.changes import FileState, state_of
from plainscore.logs.csv_rows import read_csv_rows, read_header
from plainscore.logs.landing import LandingFile
from plainscore.logs.log_fields import LOGS
from plainscore.logs.parquet_rows import read_parquet_raw
from plainscore.logs.refusals import FileRefused
from plainscore.logs.text_lines import (
    HashedFile,
    TextChunk,
    decode_line,
    number_lines,
    read_chunks,
)


def fetch_raw(
    file: LandingFile, digest: str | FileState | None, lines: Sequence[int]
) -> dict[int, str]:
    """Return the masked text of some rows by line number.

    Empty where the file is gone or no longer the one with this digest: its SHA-256, or the state
    in which it was read a moment ago. None while it is still being read for the first time; that
    reading finds out whether it changes.
    """
    try:
        if file.format == "parquet" and digest == state_of(file.path):
            return read_parquet_raw(file.path, lines)
        with file.path.open("rb") as stream:
            source = HashedFile(stream)
            found = {}
            if file.format != "parquet":
                found = _text_raw(file, source, lines)
            while source.read(2**22):
                pass
        if digest not in (None, source.sha256, state_of(file.path)):
            return {}
        return read_parquet_raw(file.path, lines) if file.format == "parquet" else found
    except (OSError, FileRefused, PolarsError):
        return {}


def _text_raw(file: LandingFile, source: HashedFile, lines: Sequence[int]) -> dict[int, str]:
    wanted, is_shy = set(lines), LOGS[file.log].has_identity
    names: tuple[str, ...] = ()
    shape = masking.csv_shape(names)
    found: dict[int, str] = {}
    for chunk in read_chunks(file, 0, source):
        if file.format == "csv" and chunk.first_line == 1:
            header, _, text = chunk.text.partition(b"\n")
            names = read_header(LOGS[file.log], header)
            shape = masking.csv_shape(names)
            chunk = TextChunk(0, 2, text)
        here = wanted.intersection(_numbers(chunk))
        if not here:
            continue
        if file.format == "csv" and b'"' in chunk.text:
            texts = _record_texts(file, names, chunk)
        else:
            texts = _line_texts(chunk)
        for line in here:
            raw = texts[line]
            found[line] = (
                masking.mask_csv(raw, shape, has_identity=is_shy)
                if names
                else masking.mask_json(raw, has_identity=is_shy)
            )
    return found


def _numbers(chunk: TextChunk) -> range:
    return range(chunk.first_line, chunk.first_line + chunk.text.count(b"\n"))


def _line_texts(chunk: TextChunk) -> dict[int, str]:
    texts = chunk.text.split(b"\n")
    return {line: decode_line(text)[0] for line, text in zip(_numbers(chunk), texts, strict=False)}


def _record_texts(file: LandingFile, names: tuple[str, ...], chunk: TextChunk) -> dict[int, str]:
    rows = read_csv_rows(LOGS[file.log], names, number_lines([chunk]))
    return dict(rows.select("line", "raw").iter_rows())
