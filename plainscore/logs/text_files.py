"""Text files as the standard library reads them: bytes, lines with their numbers, csv records."""

import codecs
import csv
import json
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice

from plainscore.logs.documents import json_values, named, read_sheet, refuse_large
from plainscore.logs.landing import FileRefused, LandingFile
from plainscore.logs.packing import HashedFile, packed_as, read_blocks
from plainscore.logs.sources import Format

DOCUMENTS = ("json", "xlsx")
"""Formats that are read as a whole, and written once more."""
MAX_LINE_BYTES = 4 * 2**20
MAX_RECORD_LINES = 100
MAX_COLUMNS = 10_000
BOM = b"\xef\xbb\xbf"
_SHOWN_CHARACTERS = 100
csv.field_size_limit(MAX_LINE_BYTES + 1)


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
        lines = numbered_lines(file, form, source)
        if file.format == "csv":
            names = header(lines, form)
            for line, raw, _, _ in csv_records(lines, form, len(names)):
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
        source = HashedFile(stream, is_hashed=False)
        for block in chain(_without_mark(text_blocks(file, form, source)), [b"\n"]):
            whole, end, tail = (rest + block).rpartition(b"\n")
            rest = tail[: MAX_LINE_BYTES + 2]
            count = whole.count(b"\n") + 1 if end else 0
            first, last = bisect_left(needed, number), bisect_left(needed, number + count)
            if first < last:
                split = whole.split(b"\n")
                for line in needed[first:last]:
                    lines[line] = cut(split[line - number])
            number += count
    found: dict[int, str] = {}
    for line in wanted:
        window = (lines[at] for at in range(line, line + span) if at in lines)
        texts = numbered(window, line)
        if span > 1:
            found |= {at: raw for at, raw, *_ in islice(csv_records(texts, form, 0), 1)}
        else:
            found |= {at: raw for at, raw, _ in texts}
    return found


# ---- bytes -> lines ------------------------------------------------------------------------------


def text_blocks(file: LandingFile, form: Format, source: HashedFile) -> Iterator[bytes]:
    """Yield a file's text in blocks, unpacked, as UTF-8 where ``form`` says what it is."""
    blocks = read_blocks(source, file.packing)
    is_plain = form.encoding == "utf-8"
    decoder = None if is_plain else codecs.getincrementaldecoder(form.encoding)()
    begin = b""
    try:
        for block in blocks:
            if is_plain and not begin:
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
    packed = None if is_utf8(begin) else packed_as(begin)
    if packed:
        ending = "twice" if file.packing else "under a name that does not say so"
        raise FileRefused(
            f"is packed ({packed}) {ending}",
            "deliver it unpacked, or packed once",
        )


def is_utf8(block: bytes) -> bool:
    """Return whether bytes are UTF-8; they may end within a sign."""
    if block.isascii():
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError:
        return False
    return True


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a text in blocks of whole lines, each with its end, and without a byte order mark.

    Of a line that is too long two bytes more than are allowed are left: `cut` recognises it, and
    it is never held as a whole.
    """
    rest, is_cut = b"", False
    for block in _without_mark(blocks):
        if is_cut:
            _, end, block = block.partition(b"\n")
            is_cut = not end
            if is_cut:
                continue
        whole, end, rest = (rest + block).rpartition(b"\n")
        if end:
            yield whole + end
        if len(rest) > MAX_LINE_BYTES + 1:
            yield rest[: MAX_LINE_BYTES + 2] + b"\n"
            rest, is_cut = b"", True
    if rest:
        yield rest + b"\n"


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the physical lines, without their ends."""
    for block in whole_lines(blocks):
        yield from map(cut, block[:-1].split(b"\n"))


def _without_mark(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for number, block in enumerate(blocks):
        yield block if number else block.removeprefix(BOM)


def has_long_line(block: bytes) -> bool:
    """Return whether one of the whole lines of a block is longer than is allowed."""
    at = 0
    while at < len(block):
        end = block.rfind(b"\n", at, at + MAX_LINE_BYTES + 1)
        if end < 0:
            return True
        at = end + 1
    return False


def cut(line: bytes) -> bytes:
    if len(line) > MAX_LINE_BYTES + 1:
        return line[: MAX_LINE_BYTES + 1]
    return line.removesuffix(b"\r")


def numbered(lines: Iterable[bytes], first: int = 1) -> Iterator[tuple[int, str, str | None]]:
    """Yield every line's number, text, and the reason why it cannot be read, if so."""
    for number, line in enumerate(lines, start=first):
        reason = f"line is longer than {MAX_LINE_BYTES} bytes" if len(line) > MAX_LINE_BYTES else ""
        try:
            yield number, line.decode(), reason or None
        except UnicodeDecodeError:
            text = line.decode("utf-8", "backslashreplace")
            yield number, text, reason or "line is not UTF-8"


def numbered_lines(
    file: LandingFile, form: Format, source: HashedFile
) -> Iterator[tuple[int, str, str | None]]:
    """Yield every line as ``_numbered``; of a JSON document, every value but nulls."""
    if file.format != "json":
        yield from numbered(_lines(text_blocks(file, form, source)))
        return
    content = bytearray()
    for block in _without_mark(text_blocks(file, form, source)):
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


# ---- csv -----------------------------------------------------------------------------------------


def header(lines: Iterator[tuple[int, str, str | None]], form: Format) -> tuple[str, ...]:
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
        names = named(next(csv_reader([text], form), []))
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


def csv_records(
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
        return header(numbered(_lines(text_blocks(file, form, HashedFile(stream)))), form)
