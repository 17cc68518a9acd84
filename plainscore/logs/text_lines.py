"""Physical lines of a text file, in bounded memory: unpacked, cut, numbered, checked for UTF-8."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from plainscore.logs.columns import all_null
from plainscore.logs.landing import FileRefused, LandingFile
from plainscore.logs.text_files import HashedFile

MAX_LINE_BYTES = 4 * 2**20
MAX_RECORD_LINES = 100
_READ_BYTES = 2**20
_BOM = b"\xef\xbb\xbf"
_BOMB_BYTES, _BOMB_RATIO = 2**28, 250

LINE_COLUMNS = {"file_no": pl.Int64, "line": pl.Int64, "raw": pl.String, "reason": pl.String}


@dataclass(frozen=True)
class TextChunk:
    """Complete lines of one file, each ended by a line feed; ``first_line`` counts from 1."""

    file_no: int
    first_line: int
    text: bytes


def read_chunks(file: LandingFile, file_no: int, source: HashedFile) -> Iterator[TextChunk]:
    """Yield a text file's lines in chunks of a few MiB.

    A line beyond MAX_LINE_BYTES is yielded cut, one byte longer than allowed, so that it is
    recognised without ever being held as a whole.

    Raises
    ------
    FileRefused
        The gzip stream is damaged, cut short or a decompression bomb.
    """
    rest, line, is_cut, is_begun = b"", 1, False, False
    for block in _blocks(file, source):
        if not is_begun:
            block, is_begun = block.removeprefix(_BOM), True
        if is_cut:
            _, end, block = block.partition(b"\n")
            if not end:
                continue
            line, is_cut = line + 1, False
        block = rest + block
        whole = _end_of_records(block) if file.format == "csv" else block.rfind(b"\n") + 1
        if whole:
            yield TextChunk(file_no, line, block[:whole])
            line += block.count(b"\n", 0, whole)
        rest = block[whole:]
        if len(rest) > MAX_LINE_BYTES and b"\n" not in rest:
            yield TextChunk(file_no, line, rest[: MAX_LINE_BYTES + 1] + b"\n")
            rest, is_cut = b"", True
    if rest:
        yield TextChunk(file_no, line, rest + b"\n")


def _end_of_records(block: bytes) -> int:
    """Return where to cut a block of csv so that no quoted field is cut.

    That is after a line feed with an even number of quotes before it. A stray quote can hide every
    such place; the last line feed must do then.
    """
    last = block.rfind(b"\n") + 1
    end, quotes = last, block.count(b'"', 0, last)
    for _ in range(MAX_RECORD_LINES):
        if quotes % 2 == 0:
            return end
        begin = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= block.count(b'"', begin, end)
        end = begin
        if end == 0:
            break
    return last


def _blocks(file: LandingFile, source: HashedFile) -> Iterator[bytes]:
    if not file.is_gzipped:
        yield from iter(lambda: source.read(_READ_BYTES), b"")
        return
    unpacked = 0
    try:
        with gzip.GzipFile(fileobj=source, mode="rb") as stream:
            while block := stream.read(_READ_BYTES):
                unpacked += len(block)
                if unpacked > max(_BOMB_BYTES, _BOMB_RATIO * source.size):
                    raise FileRefused(
                        f"unpacks to more than {_BOMB_RATIO} times its size",
                        "deliver it unpacked if it is meant",
                    )
                yield block
    except (EOFError, OSError, zlib.error) as error:
        raise FileRefused(
            f"the gzip stream is damaged or cut short ({error})", "deliver the whole file again"
        ) from error
    if source.size == 0:
        raise FileRefused("is empty, not a gzip stream", "deliver the whole file again")


def number_lines(chunks: Sequence[TextChunk], text: bytes | None = None) -> pl.DataFrame:
    """Return the lines of some chunks as LINE_COLUMNS; ``text`` is all of them, if at hand.

    ``reason`` says why a line cannot be read at all (too long, no UTF-8) and is null otherwise.
    """
    counts = np.array([chunk.text.count(b"\n") for chunk in chunks])
    starts = np.cumsum(counts) - counts
    within = np.arange(counts.sum()) - np.repeat(starts, counts)
    raw, reason = _decode(join_text(chunks) if text is None else text)
    return pl.DataFrame(
        {
            "file_no": np.repeat([chunk.file_no for chunk in chunks], counts),
            "line": within + np.repeat([chunk.first_line for chunk in chunks], counts),
            "raw": raw,
            "reason": reason,
        },
        schema=LINE_COLUMNS,
    )


def join_text(chunks: Sequence[TextChunk]) -> bytes:
    """Return the text of some chunks, one after the other."""
    return b"".join(chunk.text for chunk in chunks)


def _decode(text: bytes) -> tuple[pl.Series, pl.Series]:
    try:
        raw = pl.scan_lines(io.BytesIO(text)).collect()["line"]
    except pl.exceptions.ComputeError:
        return _decode_each(text)
    is_long = raw.str.len_bytes() > MAX_LINE_BYTES
    reason = all_null(len(raw), pl.String())
    return raw, reason.set(is_long, _too_long()) if is_long.any() else reason


def _decode_each(text: bytes) -> tuple[pl.Series, pl.Series]:
    pairs = [decode_line(line) for line in text.removesuffix(b"\n").split(b"\n")]
    raws, reasons = zip(*pairs, strict=True)
    return pl.Series(raws, dtype=pl.String), pl.Series(reasons, dtype=pl.String)


def decode_line(line: bytes) -> tuple[str, str | None]:
    """Return one line's text, and why it cannot be read, if so."""
    line = line.removesuffix(b"\r")
    reason = _too_long() if len(line) > MAX_LINE_BYTES else None
    try:
        return line.decode(), reason
    except UnicodeDecodeError:
        return line.decode("utf-8", "backslashreplace"), reason or "line is not UTF-8"


def _too_long() -> str:
    return f"line is longer than {MAX_LINE_BYTES} bytes"
