"""Text files made ready for DuckDB: plain lines are read where they are, odd ones set aside.

A plain line is one that DuckDB counts, splits and reads as we do: UTF-8, no quote, no carriage
return, as many fields as the header. The standard library reads all others (records in quotes,
lines that cannot be read) and writes them into a file of their own: number, reason, fields. A copy
of the delivered file then has a mark in the place of each. Of documents, every row is odd.
"""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from plainscore.logs import text_files
from plainscore.logs.documents import read_sheet
from plainscore.logs.landing import LandingFile
from plainscore.logs.packing import HashedFile
from plainscore.logs.sources import Format
from plainscore.logs.text_files import DOCUMENTS, cut, is_utf8, numbered

SEPARATOR, ESCAPE = "\x1f", "\x1b"
# In this order: the sign of the escape itself comes first and goes last.
ESCAPES = {ESCAPE: "A", SEPARATOR: "B", "\n": "C", "\r": "D"}
MARK = ESCAPE
"""The first field of a csv line that was set aside; no plain line has the sign."""
_UNSAFE = re.compile(f"[{ESCAPE}\n\r]")
_SAMPLE_LINES, _SAMPLE_BYTES = 100, 4000


@dataclass
class TextFile:
    """How DuckDB is to read a file.

    Attributes
    ----------
    path
        The plain lines: the file or its copy. None: it has none.
    odd
        Number, reason and fields of the rows set aside. None: it has none.
    names
        The columns of a csv file.
    first_line, row_count
        Of the plain lines: the physical line of the first row, and the lines from there on.
    sample
        The beginnings of some lines of JSON.
    has_escapes
        Whether a field of an odd row holds ESCAPES.
    """

    path: Path | None = None
    odd: Path | None = None
    names: tuple[str, ...] = ()
    first_line: int = 1
    row_count: int = 0
    sample: list[bytes] = field(default_factory=list)
    has_escapes: bool = False


def prepare(
    file: LandingFile,
    form: Format,
    wanted: Sequence[str],
    check_names: Callable[[Sequence[str]], None],
    scratch: Path,
    stream: IO[bytes],
) -> tuple[TextFile, HashedFile]:
    """Return how to read a text file, and its bytes' digest.

    Parameters
    ----------
    file, form
        The file and how it is written.
    wanted
        The columns (csv) of odd rows that are written.
    check_names
        Called with the columns of a csv file; raises FileRefused.
    scratch
        Where to write, with endings of its own; nothing is there yet.
    stream
        The open file.

    Raises
    ------
    FileRefused
        It is packed and damaged, a bomb, in another encoding, or its header is none.
    """
    odd_rows = _OddRows(scratch.with_suffix(".odd"))
    is_copied = bool(file.packing) or form.encoding != "utf-8"
    try:
        while True:
            stream.seek(0)
            source = HashedFile(stream)
            if file.format in DOCUMENTS:
                found = _read_document(file, form, wanted, check_names, source, odd_rows)
                break
            # Where nothing is copied, nothing is made: for many small files that is a good part.
            with scratch.open("wb") if is_copied else nullcontext() as copy:
                scan = _Scan(file, form, wanted, check_names, copy, odd_rows)
                try:
                    found = scan.read(source)
                except _NotPlain:
                    is_copied = True
                    continue
            found.path = scratch if is_copied else file.path
            break
    finally:
        odd_rows.close()
    found.odd, found.has_escapes = odd_rows.written, odd_rows.has_escapes
    return found, source


class _OddRows:
    """The file of rows that were set aside, made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream: IO[str] | None = None
        self.has_escapes = False

    @property
    def written(self) -> Path | None:
        return self._path if self._stream else None

    def add(self, line: int, fields: Sequence[str], reason: str | None) -> None:
        joined = SEPARATOR.join(fields)
        if _UNSAFE.search(joined) or joined.count(SEPARATOR) != len(fields) - 1:
            self.has_escapes = True
            joined = SEPARATOR.join(map(escape, fields))
        if self._stream is None:
            self._stream = self._path.open("w", encoding="utf-8", newline="\n")
        self._stream.write(f"{line}{SEPARATOR}{reason or ''}{SEPARATOR}{joined}\n")

    def close(self) -> None:
        if self._stream:
            self._stream.close()


def escape(text: str) -> str:
    """Return a field without separators and line ends; see ESCAPES."""
    for sign, letter in ESCAPES.items():
        text = text.replace(sign, ESCAPE + letter)
    return text


def _read_document(
    file: LandingFile,
    form: Format,
    wanted: Sequence[str],
    check_names: Callable[[Sequence[str]], None],
    source: HashedFile,
    odd_rows: _OddRows,
) -> TextFile:
    if file.format == "json":
        sample: list[bytes] = []
        for line, text, reason in text_files.numbered_lines(file, form, source):
            odd_rows.add(line, [text], reason)
            if len(sample) < _SAMPLE_LINES:
                sample.append(text[:_SAMPLE_BYTES].encode(errors="ignore"))
        return TextFile(sample=sample)
    header, rows = read_sheet(source.read(), form)
    check_names(header)
    places = [header.index(name) for name in wanted if name in header]
    for line, cells in rows:
        odd_rows.add(line, [cells[at] for at in places], None)
    return TextFile(names=tuple(header))


class _NotPlain(Exception):
    """A file that was to be read where it is has lines that are not plain."""


class _Scan:
    """Separates plain lines from odd ones, block by block."""

    def __init__(
        self,
        file: LandingFile,
        form: Format,
        wanted: Sequence[str],
        check_names: Callable[[Sequence[str]], None],
        copy: IO[bytes] | None,
        odd_rows: _OddRows,
    ) -> None:
        self._file, self._form, self._wanted = file, form, wanted
        self._check_names, self._copy, self._odd_rows = check_names, copy, odd_rows
        self._is_csv = file.format == "csv"
        self._delimiter = form.delimiter.encode()
        # A record cut in lines, and what the line reader splits at, are not for DuckDB.
        trouble = ["\r", MARK, form.quote] if self._is_csv else ["\r", "\x01"]
        self._trouble = [sign.encode() for sign in trouble if sign]
        self._found = TextFile()
        self._places = [0]
        self._blank = b"\n"
        self._lines = 0

    def read(self, source: HashedFile) -> TextFile:
        """Read a file to its end. Raises _NotPlain where it must be copied."""
        delivered = text_files.text_blocks(self._file, self._form, source)
        blocks = text_files.whole_lines(self._without_mark(delivered))
        rest = self._read_header(blocks) if self._is_csv else b""
        begin = self._lines
        for block in blocks:
            rest = self._take(rest + block, is_last=False)
        if rest:
            self._take(rest, is_last=True)
        self._found.first_line, self._found.row_count = begin + 1, self._lines - begin
        return self._found

    def _without_mark(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        first = next(blocks, b"")
        if first.startswith(text_files.BOM):
            self._require_copy()
        yield first
        yield from blocks

    def _require_copy(self) -> IO[bytes]:
        if self._copy is None:
            raise _NotPlain
        return self._copy

    def _read_header(self, blocks: Iterator[bytes]) -> bytes:
        """Read the lines above the first row; return what was read beyond them."""
        count, begin = self._form.skip + (not self._form.names), b""
        while begin.count(b"\n") < count and (block := next(blocks, b"")):
            begin += block
        *above, rest = begin.split(b"\n", count)
        if any(b"\r" in line or not is_utf8(line) for line in above):
            self._require_copy()
        if self._copy:
            self._copy.write(b"-\n" * len(above))
        names = text_files.header(numbered(map(cut, above)), self._form)
        self._check_names(names)
        self._found.names = names
        self._places = [names.index(name) for name in self._wanted if name in names]
        self._blank = MARK.encode() + self._delimiter * (len(names) - 1) + b"\n"
        self._lines = len(above)
        return rest

    def _take(self, block: bytes, *, is_last: bool) -> bytes:
        """Take whole lines; return those that begin a record which may go on behind them."""
        if not self._lines and not self._is_csv:
            begin = block[: 2**20].split(b"\n", _SAMPLE_LINES)[:_SAMPLE_LINES]
            self._found.sample = [line[:_SAMPLE_BYTES] for line in begin]
        plain = block
        if b"\r" in block and b"\r\n" in block:
            self._require_copy()
            plain = block.replace(b"\r\n", b"\n")
        odd = self._odd_lines(plain)
        if odd:
            return self._set_aside(self._require_copy(), block, plain, odd, is_last=is_last)
        if self._copy:
            self._copy.write(plain)
        self._lines += plain.count(b"\n")
        return b""

    def _odd_lines(self, block: bytes) -> list[int]:
        """Return the places of the lines that are not plain."""
        trouble = [sign for sign in self._trouble if sign in block]
        is_long = text_files.has_long_line(block)
        is_text = is_utf8(block)
        is_marked = not self._lines and block.startswith(text_files.BOM)
        if is_text and not (self._is_csv or trouble or is_long or is_marked):
            return []
        import numpy as np  # it imports slowly, and many deliveries have no csv

        signs = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(signs == ord("\n"))
        is_odd = np.diff(ends, prepend=-1) > text_files.MAX_LINE_BYTES + 1
        is_odd[0] |= is_marked  # a second mark, which DuckDB would leave out
        for sign in trouble:
            is_odd[np.searchsorted(ends, np.flatnonzero(signs == sign[0]))] = True
        if not is_text:
            is_odd |= [not _is_whole_utf8(line) for line in block[:-1].split(b"\n")]
        if self._is_csv:
            each = len(self._found.names) - 1
            if each < 1 or len(self._delimiter) > 1 or self._delimiter == b" ":
                return list(range(len(ends)))
            between = np.flatnonzero(signs == self._delimiter[0])
            is_odd |= np.diff(np.searchsorted(between, ends), prepend=0) != each
        return [int(at) for at in np.flatnonzero(is_odd)]

    def _set_aside(
        self, copy: IO[bytes], block: bytes, plain: bytes, odd: Sequence[int], *, is_last: bool
    ) -> bytes:
        lines, places, at = block[:-1].split(b"\n"), set(odd), 0
        plain_lines = lines if plain is block else plain[:-1].split(b"\n")
        for first in odd:
            if first < at:
                continue
            copy.writelines(_joined(plain_lines[at:first]))
            at, is_open = self._read_records(lines, first, places, is_last=is_last)
            copy.write(self._blank * (at - first))
            if is_open:
                break
        else:
            copy.writelines(_joined(plain_lines[at:]))
            at = len(lines)
        self._lines += at
        return b"".join(line + b"\n" for line in lines[at:])

    def _read_records(
        self, lines: Sequence[bytes], first: int, odd: Container[int], *, is_last: bool
    ) -> tuple[int, bool]:
        """Set the records from an odd line on aside, up to a plain line.

        Returns the place of that, or of a record that may go on behind the lines, and which it is.
        """
        at = first
        for number, raw, fields, reason in self._records(lines, first):
            begin = number - self._lines - 1
            if begin not in odd:
                return begin, False
            if not is_last and self._may_go_on(lines, begin):
                return begin, True
            chosen = [fields[place] if fields else "" for place in self._places]
            self._odd_rows.add(number, chosen, reason)
            at = begin + raw.count("\n") + 1
            if at not in odd:
                return at, False
        return len(lines), False

    def _records(
        self, lines: Sequence[bytes], first: int
    ) -> Iterator[tuple[int, str, list[str], str | None]]:
        """Yield line, raw text, fields and reason of the rows from a line on."""
        texts = numbered(map(cut, islice(lines, first, None)), self._lines + first + 1)
        if self._is_csv:
            yield from text_files.csv_records(texts, self._form, len(self._found.names))
            return
        for number, text, reason in texts:
            if reason is not None or text.strip(" \t\r"):
                yield number, text, [text], reason

    def _may_go_on(self, lines: Sequence[bytes], at: int) -> bool:
        """Return whether a record may need lines that were not read yet."""
        quote = self._form.quote.encode()
        is_near_end = at + text_files.MAX_RECORD_LINES > len(lines)
        return bool(self._is_csv and quote) and is_near_end and quote in lines[at]


def _joined(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield lines as one text."""
    if lines:
        yield b"\n".join([*lines, b""])


def _is_whole_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
