"""Text files as delivered, made ready for DuckDB: a record a line, each with its own number.

A file of plain UTF-8 lines that DuckDB counts and splits as an editor does is read where it is.
Every other one (packed, recoded, with quotes, carriage returns, lines that cannot be read) is
written once more into a scratch file: number, reason, fields. The standard library does that.
"""

import codecs
import csv
import json
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import IO

from plainscore.logs.documents import json_values, read_sheet, refuse_large
from plainscore.logs.landing import FileRefused, LandingFile
from plainscore.logs.packing import HashedFile, packed_as, read_blocks
from plainscore.logs.sources import Format

DOCUMENTS = ("json", "xlsx")
"""Formats that are read as a whole, and written once more."""
MAX_LINE_BYTES = 4 * 2**20
MAX_RECORD_LINES = 100
MAX_COLUMNS = 10_000
SEPARATOR, ESCAPE = "\x1f", "\x1b"
# In this order: the sign of the escape itself comes first and goes last.
ESCAPES = {ESCAPE: "A", SEPARATOR: "B", "\n": "C", "\r": "D"}
_BOM, _SAMPLE_LINES, _SAMPLE_CHARACTERS = b"\xef\xbb\xbf", 100, 4000
_UNSAFE = re.compile(f"[{ESCAPE}\n\r]")
_SHOWN_CHARACTERS = 100
csv.field_size_limit(MAX_LINE_BYTES + 1)


@dataclass(frozen=True)
class TextFile:
    """How DuckDB is to read a file.

    ``path`` is the file or its scratch copy, ``first_line`` the physical line of its first row,
    ``row_count`` the lines from there on. ``names``: the columns of a csv file. A file that
    ``is_rewritten`` holds number, reason and what follows; ``has_escapes``: see ESCAPES.
    """

    path: Path
    names: tuple[str, ...] = ()
    first_line: int = 1
    row_count: int = 0
    sample: tuple[str, ...] = ()
    is_rewritten: bool = False
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
        The columns (csv) that are written into a scratch file.
    check_names
        Called with the columns of a csv file; raises FileRefused.
    scratch
        Where to write, if need be; nothing is there yet.
    stream
        The open file.

    Raises
    ------
    FileRefused
        It is packed and damaged, a bomb, in another encoding, or its header is none.
    """
    source = HashedFile(stream)
    if file.format in DOCUMENTS:
        with scratch.open("w", encoding="utf-8", newline="\n") as rewritten:
            whole = _rewrite(file, form, wanted, check_names, source, rewritten)
        return replace(whole, path=scratch), source
    copy = scratch.open("wb") if file.packing or form.encoding != "utf-8" else None
    try:
        found = _Scan(file, form, check_names, copy).read(_blocks(file, form, source))
    finally:
        if copy:
            copy.close()
    if found is None:
        stream.seek(0)
        source = HashedFile(stream)
        with scratch.open("w", encoding="utf-8", newline="\n") as rewritten:
            found = _rewrite(file, form, wanted, check_names, source, rewritten)
    path = scratch if found.is_rewritten or copy else file.path
    return replace(found, path=path), source


def read_records(file: LandingFile, form: Format) -> Iterator[tuple[int, str]]:
    """Yield the first line and the raw text of every row, as they are numbered everywhere."""
    with file.path.open("rb") as stream:
        source = HashedFile(stream)
        if file.format == "xlsx":
            columns, rows = read_sheet(source.read(), form)
            for line, cells in rows:
                known = {name: cell for name, cell in zip(columns, cells, strict=False) if cell}
                yield line, json.dumps(known, ensure_ascii=False)
            return
        lines = _numbered_lines(file, form, source)
        if file.format == "csv":
            names = _header(lines, form)
            for line, raw, _, _ in _csv_records(lines, form, len(names)):
                yield line, raw
        else:
            yield from ((line, raw) for line, raw, _ in lines if raw.strip(" \t\r"))


def read_few(file: LandingFile, form: Format, wanted: Collection[int]) -> dict[int, str]:
    """Return the raw text of a few rows by their first line; no line between is looked at."""
    span = MAX_RECORD_LINES if file.format == "csv" else 1
    needed = sorted({line + after for line in wanted for after in range(span)})
    lines: dict[int, bytes] = {}
    number, rest = 1, b""
    with file.path.open("rb") as stream:
        for block in chain(_without_mark(_blocks(file, form, HashedFile(stream))), [b"\n"]):
            whole, end, tail = (rest + block).rpartition(b"\n")
            rest = tail[: MAX_LINE_BYTES + 2]
            count = whole.count(b"\n") + 1 if end else 0
            first, last = bisect_left(needed, number), bisect_left(needed, number + count)
            if first < last:
                split = whole.split(b"\n")
                for line in needed[first:last]:
                    lines[line] = _cut(split[line - number])
            number += count
    found: dict[int, str] = {}
    for line in wanted:
        window = (lines[at] for at in range(line, line + span) if at in lines)
        numbered = _numbered(window, line)
        if span > 1:
            found |= {at: raw for at, raw, *_ in islice(_csv_records(numbered, form, 0), 1)}
        else:
            found |= {at: raw for at, raw, _ in numbered}
    return found


# ---- bytes -> lines ------------------------------------------------------------------------------


def _blocks(file: LandingFile, form: Format, source: HashedFile) -> Iterator[bytes]:
    """Yield a file's text in blocks, unpacked, as UTF-8 where ``form`` says what it is."""
    blocks = read_blocks(source, file.packing)
    is_utf8 = form.encoding == "utf-8"
    decoder = None if is_utf8 else codecs.getincrementaldecoder(form.encoding)()
    begin = b""
    try:
        for block in blocks:
            if is_utf8 and not begin:
                begin = block[:4096]
                _refuse_foreign(begin, file)
            yield decoder.decode(block).encode() if decoder else block
        if decoder:
            yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise FileRefused(
            f"is not in the encoding {form.encoding} ({error})",
            "correct the encoding in plainscore.toml, or deliver it as UTF-8",
        ) from error


def _refuse_foreign(begin: bytes, file: LandingFile) -> None:
    """Raise FileRefused where a file that should be UTF-8 begins as UTF-16 or packed bytes do."""
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        said = "a header that is not UTF-8 but UTF-16" if file.format == "csv" else "UTF-16 text"
        hint = f'say encoding = "utf-16" under [sources.{file.log}] in plainscore.toml'
        raise FileRefused(f"has {said}", f"deliver it as UTF-8, or {hint}")
    packed = None if _is_utf8(begin) else packed_as(begin)
    if packed:
        ending = "twice" if file.packing else "under a name that does not say so"
        raise FileRefused(
            f"is packed ({packed}) {ending}",
            "deliver it unpacked, or packed once",
        )


def _is_utf8(block: bytes) -> bool:
    """Return whether bytes are UTF-8; they may end within a sign."""
    if block.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the physical lines, without their ends; one that is too long one byte longer than is
    allowed, so that it is recognised without ever being held as a whole."""
    rest, is_cut = b"", False
    for block in _without_mark(blocks):
        if is_cut:
            _, end, block = block.partition(b"\n")
            is_cut = not end
            if is_cut:
                continue
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield _cut(line)
        if len(rest) > MAX_LINE_BYTES + 1:
            yield _cut(rest)
            rest, is_cut = b"", True
    if rest:
        yield _cut(rest)


def _without_mark(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for number, block in enumerate(blocks):
        yield block if number else block.removeprefix(_BOM)


def _cut(line: bytes) -> bytes:
    if len(line) > MAX_LINE_BYTES + 1:
        return line[: MAX_LINE_BYTES + 1]
    return line.removesuffix(b"\r")


def _numbered(lines: Iterable[bytes], first: int = 1) -> Iterator[tuple[int, str, str | None]]:
    """Yield every line's number, text, and the reason why it cannot be read, if so."""
    for number, line in enumerate(lines, start=first):
        reason = f"line is longer than {MAX_LINE_BYTES} bytes" if len(line) > MAX_LINE_BYTES else ""
        try:
            yield number, line.decode(), reason or None
        except UnicodeDecodeError:
            text = line.decode("utf-8", "backslashreplace")
            yield number, text, reason or "line is not UTF-8"


def _numbered_lines(
    file: LandingFile, form: Format, source: HashedFile
) -> Iterator[tuple[int, str, str | None]]:
    """Yield every line as ``_numbered``; of a JSON document, every value but nulls."""
    if file.format != "json":
        yield from _numbered(_lines(_blocks(file, form, source)))
        return
    content = bytearray()
    for block in _without_mark(_blocks(file, form, source)):
        content += block
        refuse_large(len(content), "one object a line, as .ndjson")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise FileRefused(f"is not UTF-8 ({error.reason})", "deliver it as UTF-8") from error
    for number, (begin, end) in enumerate(json_values(text), start=1):
        if text[begin:end] != "null":
            too_long = end - begin > MAX_LINE_BYTES
            reason = f"value is longer than {MAX_LINE_BYTES} bytes" if too_long else None
            yield number, text[begin : min(end, begin + MAX_LINE_BYTES)], reason


# ---- files that are read where they are ----------------------------------------------------------


class _Scan:
    """Proves that DuckDB numbers and splits a file's lines as we do; copies it on the way."""

    def __init__(
        self,
        file: LandingFile,
        form: Format,
        check_names: Callable[[Sequence[str]], None],
        copy: IO[bytes] | None,
    ) -> None:
        self._is_csv = file.format == "csv"
        self._form, self._check_names, self._copy = form, check_names, copy
        # A record cut in lines, and what the line reader splits at, are not for DuckDB.
        self._trouble = [b"\r", (form.quote if self._is_csv else "\x01").encode()]
        self._names: tuple[str, ...] = ()
        self._lines, self._sample = 0, list[str]()

    def read(self, blocks: Iterable[bytes]) -> TextFile | None:
        """Return how to read the file, or None where it must be written once more."""
        rest = b""
        for block in blocks:
            if self._copy:
                self._copy.write(block)
            if any(sign and sign in block for sign in self._trouble):
                return None
            # Lines within a block are no longer than it is.
            if len(rest) + block.find(b"\n") > MAX_LINE_BYTES:
                return None
            whole, end, rest = (rest + block).rpartition(b"\n")
            if len(rest) > MAX_LINE_BYTES or (end and not self._is_plain(whole + end)):
                return None
        if rest and not self._is_plain(rest + b"\n"):
            return None
        if self._is_csv and not self._names:
            return None
        begin = self._form.skip + (not self._form.names) if self._is_csv else 0
        return TextFile(
            Path(), self._names, begin + 1, self._lines - begin, sample=tuple(self._sample)
        )

    def _is_plain(self, lines: bytes) -> bool:
        if (not self._lines and lines.startswith(_BOM)) or not _is_utf8(lines):
            return False
        body = lines
        if not self._lines:
            first = lines[: 2**20].split(b"\n", max(_SAMPLE_LINES, self._form.skip + 1))
            if self._is_csv:
                if len(first) < self._form.skip + 2:
                    return False
                self._names = _header(_numbered(iter(first)), self._form)
                self._check_names(self._names)
                body = lines[sum(len(line) + 1 for line in first[: self._form.skip]) :]
            else:
                self._sample = [
                    line[:_SAMPLE_CHARACTERS].decode("utf-8", "ignore") for line in first
                ]
        self._lines += lines.count(b"\n")
        return not self._is_csv or self._has_all_fields(body)

    def _has_all_fields(self, lines: bytes) -> bool:
        """Return whether every line has as many delimiters as the header."""
        delimiter, each = self._form.delimiter.encode(), len(self._names) - 1
        if len(delimiter) > 1 or each == 0:
            return False
        import numpy as np  # it imports slowly, and many deliveries have no csv

        signs = np.frombuffer(lines, np.uint8)
        ends, between = np.flatnonzero(signs == 10), np.flatnonzero(signs == delimiter[0])
        if len(between) != each * len(ends):
            return False
        by_line = between.reshape(-1, each)
        return bool((by_line[:, -1] < ends).all() and (by_line[1:, 0] > ends[:-1]).all())


# ---- files that are written once more ------------------------------------------------------------


def _rewrite(
    file: LandingFile,
    form: Format,
    wanted: Sequence[str],
    check_names: Callable[[Sequence[str]], None],
    source: HashedFile,
    scratch: IO[str],
) -> TextFile:
    """Write number, reason and fields (json: the text) of every row; return how to read that."""
    names: tuple[str, ...] = ()
    sample: list[str] = []
    lines = _numbered_lines(file, form, source)
    if file.format in ("ndjson", "json"):
        rows = (
            (line, [text], reason)
            for line, text, reason in lines
            if reason is not None or text.strip(" \t\r")
        )
    else:
        records: Iterable[tuple[int, list[str], str | None]]
        if file.format == "xlsx":
            header, cells = read_sheet(source.read(), form)
            names, records = tuple(header), ((line, row, None) for line, row in cells)
        else:
            names = _header(lines, form)
            found = _csv_records(lines, form, len(names))
            records = ((line, fields, reason) for line, _, fields, reason in found)
        check_names(names)
        places = [names.index(name) for name in wanted if name in names]
        rows = (
            (line, [fields[at] for at in places] if fields else [""] * len(places), reason)
            for line, fields, reason in records
        )
    count, has_escapes = 0, False
    for line, fields, reason in rows:
        joined = SEPARATOR.join(fields)
        if _UNSAFE.search(joined) or joined.count(SEPARATOR) != len(fields) - 1:
            has_escapes = True
            joined = SEPARATOR.join(map(escape, fields))
        if not names and len(sample) < _SAMPLE_LINES:
            sample.append(joined[:_SAMPLE_CHARACTERS])
        written = f"{line}{SEPARATOR}{reason or ''}{SEPARATOR}{joined}\n"
        count += 1
        scratch.write(written)
    return TextFile(Path(), names, 1, count, tuple(sample), True, has_escapes)


def escape(text: str) -> str:
    """Return a field without separators and line ends; see ESCAPES."""
    for sign, letter in ESCAPES.items():
        text = text.replace(sign, ESCAPE + letter)
    return text


def _header(lines: Iterator[tuple[int, str, str | None]], form: Format) -> tuple[str, ...]:
    """Return the column names of a csv file, read from its lines unless the source names them.

    Raises FileRefused where the line is no header.
    """
    for _ in range(form.skip):
        next(lines, None)
    if form.names:
        return form.names
    _, text, _ = next(lines, (0, "", None))
    if "\0" in text:
        raise FileRefused("has a header that is not UTF-8", "deliver it as UTF-8")
    if "\r" in text:
        raise FileRefused("has a carriage return in its header", "end lines with a line feed")
    try:
        names = tuple(next(csv_reader([text], form), []))
    except csv.Error:
        names = ()
    others = set(",;\t|") - {form.delimiter}
    if len(names) == 1 and not others.isdisjoint(text):
        said = "comma" if form.delimiter == "," else repr(form.delimiter)
        raise FileRefused(
            f"has fields that no {said} separates",
            "separate them by commas, or say what does in plainscore.toml: "
            '[sources.<folder>] format = { delimiter = ";" }',
        )
    return names


def refuse_names(names: Sequence[str]) -> None:
    """Raise FileRefused where a file has too many columns, or one of them twice."""
    if len(names) > MAX_COLUMNS:
        raise FileRefused(f"has more than {MAX_COLUMNS} columns", "leave out those no log knows")
    seen: set[str] = set()
    twice = sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
    if twice:
        shown = twice[0][:_SHOWN_CHARACTERS]
        raise FileRefused(f"column {shown!r} stands there twice", "name each column once")


def csv_reader(lines: Iterable[str], form: Format) -> Iterator[list[str]]:
    """Return a reader of csv records that raises csv.Error where a quote is misplaced."""
    if not form.quote:
        return csv.reader(lines, delimiter=form.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=True)


def _csv_records(
    lines: Iterator[tuple[int, str, str | None]], form: Format, width: int
) -> Iterator[tuple[int, str, list[str], str | None]]:
    """Yield every record's first line, raw text, fields, and the reason to refuse it, if any.

    A record may span lines; one that is no csv costs its own line alone.
    """
    ahead: deque[tuple[int, str, str | None]] = deque()
    blank = " " if form.delimiter == "\t" else " \t"
    few, many = "line has too few fields", "line has too many fields"
    while True:
        if not ahead:
            ahead.extend(islice(lines, 1))
        if not ahead:
            return
        number, text, reason = ahead[0]
        used, fields = 1, list[str]()
        if reason is None and not text.strip(blank):
            ahead.popleft()
            continue
        if reason is None and form.quote not in (text if form.quote else "") and "\r" not in text:
            fields = text.split(form.delimiter)
        elif reason is None:
            reader = csv_reader(_record_texts(ahead, lines), form)
            try:
                fields = next(reader)
                used = reader.line_num  # type: ignore[attr-defined]
            except (csv.Error, StopIteration):
                reason = "line is not csv"
        raw = "\n".join(ahead.popleft()[1] for _ in range(used)) if used > 1 else ahead.popleft()[1]
        if reason is None and len(fields) != width:
            reason = few if len(fields) < width else many
        yield number, raw, fields if reason is None else [], reason


def _record_texts(
    ahead: deque[tuple[int, str, str | None]], lines: Iterator[tuple[int, str, str | None]]
) -> Iterator[str]:
    """Yield the lines that may belong to one record, up to one that cannot be read."""
    for at in range(MAX_RECORD_LINES):
        if at == len(ahead):
            following = next(lines, None)
            if following is None:
                return
            ahead.append(following)
        if ahead[at][2] is not None:
            return
        yield ahead[at][1] + "\n"


def column_names(file: LandingFile, form: Format) -> tuple[str, ...]:
    """Return the columns of a csv file. Raises FileRefused where it has no header."""
    with file.path.open("rb") as stream:
        return _header(_numbered(_lines(_blocks(file, form, HashedFile(stream)))), form)
