"""What a parquet file says of itself, checked before any reader acts on it.

Readers allocate what a file claims: a footer of a few bytes could end the process, a page of a few
kilobytes fill its memory. So the claims are held against each other and against the file first.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plainscore.logs.csv_rows import refuse_width, repeated_column
from plainscore.logs.landing import FileRefused

# Read the compact Thrift structures of parquet files, without trust in any length they claim.

Struct = dict[int, Any]
"""Field number -> value; integers, bytes, truth values, lists and further structures."""

_MAX_DEPTH = 32
_MAX_VARINT_BITS = 70
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _STRUCT = 1, 2, 3, 7, 8, 9, 12
_INTEGERS = (4, 5, 6)


class Malformed(ValueError):
    """The bytes are no Thrift structure, or end before it does."""


class CompactReader:
    """Reads structures one after the other; ``at`` is where the next one begins."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self._content = content
        self._depth = 0
        self.at = at

    def read_struct(self) -> Struct:
        """Return the structure that begins here.

        Raises
        ------
        Malformed
            There is none, or it is nested deeper than any that parquet knows.
        """
        try:
            return self._struct()
        except IndexError as error:
            raise Malformed("a structure is cut short") from error

    def _struct(self) -> Struct:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Malformed("structures are nested too deeply")
        fields: Struct = {}
        content, number = self._content, 0
        while head := content[self.at]:
            self.at += 1
            step, kind = head >> 4, head & 15
            number = number + step if step else self._integer()
            fields[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind)
        self.at += 1
        self._depth -= 1
        return fields

    def _value(self, kind: int) -> Any:
        if kind in _INTEGERS:
            return self._integer()
        if kind == _BINARY:
            return self._bytes(self._unsigned())
        if kind == _STRUCT:
            return self._struct()
        if kind == _LIST:
            return self._list()
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        raise Malformed(f"a field is of the unknown kind {kind}")

    def _list(self) -> list[Any]:
        head = self._byte()
        count, kind = head >> 4, head & 15
        if count == 15:
            count = self._unsigned()
        if count > len(self._content) - self.at:
            raise Malformed("a list claims to be longer than the file")
        return [self._value(kind) for _ in range(count)]

    def _byte(self) -> int:
        byte = self._content[self.at]
        self.at += 1
        return byte

    def _bytes(self, size: int) -> bytes:
        taken = self._content[self.at : self.at + size]
        if len(taken) < size:
            raise IndexError
        self.at += size
        return taken

    def _unsigned(self) -> int:
        byte = self._content[self.at]
        self.at += 1
        if byte < 128:  # most numbers of a footer
            return byte
        value, shift = byte & 127, 7
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > _MAX_VARINT_BITS:
                raise Malformed("a number does not end")

    def _integer(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)


BOMB_BYTES, BOMB_RATIO = 2**28, 250
MAX_FOOTER_BYTES = 16 * 2**20
_MAX_NESTING = 32
_MAX_PAGE_BYTES = 2**28
_PAGE_HEAD_BYTES = (512, 2**16, 2**24)
_PLAIN_MAGIC, _SEALED_MAGIC = b"PAR1", b"PARE"
_LEAST_BYTES = 12
_REPEATED = 2
_MEND = "deliver the whole file again"


@dataclass(frozen=True)
class Footer:
    """``row_count`` rows, and the bytes that all pages take once they are unpacked."""

    row_count: int
    unpacked_bytes: int


@dataclass(frozen=True)
class _Leaf:
    """A column that holds values; ``is_repeated``: several of them may belong to a row."""

    is_repeated: bool


def read_footer(path: Path) -> Footer:
    """Read a parquet file's footer and the head of each of its pages.

    Raises
    ------
    FileRefused
        It is no parquet file, is encrypted, contradicts itself, points outside of itself, or would
        unpack to far more than its size.
    """
    with path.open("rb", buffering=0) as stream:
        size = os.fstat(stream.fileno()).st_size
        footer_bytes, pages_end = _footer_bytes(stream.fileno(), size)
        try:
            footer = CompactReader(footer_bytes).read_struct()
            return _Checked(stream.fileno(), size, pages_end).read(footer)
        except (Malformed, LookupError, TypeError, AttributeError) as error:
            why = str(error) if isinstance(error, Malformed) else "a field is absent or odd"
            raise damaged(why) from error


def damaged(why: str) -> FileRefused:
    """Return the refusal of a file that cannot be read as parquet."""
    return FileRefused(f"is no readable parquet file ({why})", _MEND)


def bomb() -> FileRefused:
    """Return the refusal of a file that would unpack to far more than its size."""
    return FileRefused(
        f"unpacks to more than {BOMB_RATIO} times its size", "deliver it without texts that long"
    )


def too_many_rows() -> FileRefused:
    """Return the refusal of a file that claims more rows than it can hold.

    Rows that have an id each take more than a byte each, however well they are packed.
    """
    return FileRefused("claims to hold more rows than it has bytes", _MEND)


def _footer_bytes(stream: int, size: int) -> tuple[bytes, int]:
    """Return the footer's bytes and where it begins."""
    if size < _LEAST_BYTES:
        raise damaged("empty" if size == 0 else "cut short")
    first, tail = os.pread(stream, 4, 0), os.pread(stream, 8, size - 8)
    if _SEALED_MAGIC in (first, tail[4:]):
        raise FileRefused("is an encrypted parquet file", "deliver it unencrypted")
    if first != _PLAIN_MAGIC:
        raise damaged("it does not begin with PAR1")
    if tail[4:] != _PLAIN_MAGIC:
        raise damaged("cut short: it does not end with PAR1")
    length = int.from_bytes(tail[:4], "little")
    begin = size - 8 - length
    if begin < len(_PLAIN_MAGIC):
        raise damaged("the footer claims to be longer than the file")
    if length > MAX_FOOTER_BYTES:
        raise damaged(f"the footer is longer than {MAX_FOOTER_BYTES} bytes")
    return os.pread(stream, length, begin), begin


class _Checked:
    """Holds the claims of one file against each other and against its bytes."""

    def __init__(self, stream: int, size: int, pages_end: int) -> None:
        self._stream = stream
        self._size = size
        self._pages_end = pages_end
        self._unpacked = 0

    def read(self, footer: Struct) -> Footer:
        if 8 in footer:
            raise FileRefused("is an encrypted parquet file", "deliver it unencrypted")
        leaves = _leaves(footer[2])
        refuse_width(len(leaves))
        row_count: int = footer[3]
        if row_count > max(1_000_000, self._size):
            raise too_many_rows()
        groups: list[Struct] = footer[4]
        counts = [group[3] for group in groups]
        if min(counts, default=0) < 0 or sum(counts) != row_count:
            raise damaged("its row groups do not add up to its rows")
        for group in groups:
            self._check_group(group, leaves)
        return Footer(row_count, self._unpacked)

    def _check_group(self, group: Struct, leaves: list[_Leaf]) -> None:
        chunks: list[Struct] = group[1]
        if len(chunks) != len(leaves):
            raise damaged("a row group has other columns than the schema")
        for chunk, leaf in zip(chunks, leaves, strict=True):
            if 8 in chunk or 9 in chunk:
                raise FileRefused("is an encrypted parquet file", "deliver it unencrypted")
            if chunk.get(1):
                raise damaged("a column points to another file")
            self._check_pages(chunk[3], None if leaf.is_repeated else group[3])

    def _check_pages(self, column: Struct, row_count: int | None) -> None:
        value_count: int = column[5]
        if row_count is None and value_count > max(1_000_000, self._size):
            raise damaged("a column claims to hold more values than it has bytes")
        if row_count is not None and value_count != row_count:
            raise damaged("a column has not as many values as rows")
        if not value_count and not column[7]:
            return
        at: int = column[11] if 11 in column else column[9]
        end: int = at + column[7]
        if not len(_PLAIN_MAGIC) <= at <= end <= self._pages_end:
            raise damaged("a column points outside of the file")
        found = 0
        while at < end:
            head, at = self._page_head(at, end)
            unpacked, packed = head[2], head[3]
            if min(unpacked, packed) < 0 or packed > end - at:
                raise damaged("a page is longer than its column")
            self._weigh(unpacked)
            at += packed
            found += _values(head)
        if found != value_count:
            raise damaged("the pages of a column do not add up to its values")

    def _page_head(self, at: int, end: int) -> tuple[Struct, int]:
        """Return a page's head and where its content begins."""
        for size in _PAGE_HEAD_BYTES:
            reader = CompactReader(os.pread(self._stream, min(size, end - at), at))
            try:
                return reader.read_struct(), at + reader.at
            except Malformed:
                if size >= min(end - at, _PAGE_HEAD_BYTES[-1]):
                    raise
        raise AssertionError("the last size has returned or raised")

    def _weigh(self, unpacked: int) -> None:
        self._unpacked += unpacked
        if unpacked > _MAX_PAGE_BYTES or self._unpacked > max(BOMB_BYTES, BOMB_RATIO * self._size):
            raise bomb()


def _values(page_head: Struct) -> int:
    """Return how many values of the column stand in a page; none in a dictionary or an index."""
    content: Struct | None = page_head.get(5) or page_head.get(8)
    count: int = content[1] if content else 0
    if count < 0:
        raise damaged("a page has less than no values")
    return count


def _leaves(schema: list[Struct]) -> list[_Leaf]:
    """Return the columns that hold values, in the order of the file."""
    leaves: list[_Leaf] = []
    names: set[bytes] = set()
    open_groups: list[list[Any]] = []
    for number, element in enumerate(schema):
        is_repeated = element.get(3) == _REPEATED and number > 0
        if open_groups:
            is_repeated |= open_groups[-1][1]
            open_groups[-1][0] -= 1
        elif number:
            raise damaged("its schema has more than one root")
        if len(open_groups) == 1:
            _add_name(element[4], names)
        children = element.get(5, 0)
        if children > len(schema) - number - 1 or children < 0:
            raise damaged("its schema claims more columns than it has")
        if children or not number:
            open_groups.append([children, is_repeated])
        else:
            leaves.append(_Leaf(is_repeated))
        if len(open_groups) > _MAX_NESTING:
            raise damaged(f"its columns are nested more than {_MAX_NESTING} deep")
        while open_groups and not open_groups[-1][0]:
            open_groups.pop()
    if open_groups or not schema:
        raise damaged("its schema claims more columns than it has")
    return leaves


def _add_name(name: bytes, names: set[bytes]) -> None:
    if name in names:
        raise repeated_column(name.decode("utf-8", "backslashreplace"))
    names.add(name)
