"""What a parquet file says of its own columns and sizes, held against its bytes.

DuckDB's ``parquet_metadata`` turns statistics into text as well, where one that is senseless, such
as a time of day beyond all days, makes it fail or crash. A footer is one structure in Thrift's
compact protocol; it is read here as a dict of field number -> value.
"""

import os
from pathlib import Path
from typing import Any

from plainscore.logs.packing import BOMB_BYTES, BOMB_RATIO

Struct = dict[int, Any]

_MARK, _ENCRYPTED = b"PAR1", b"PARE"
_MAX_FOOTER = 16 * 2**20
_MAX_DEPTH = 32
_LEAST_ROWS = 1_000_000
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = (
    *range(1, 11),
    12,
)
# Field numbers of parquet.thrift.
_NUM_ROWS, _ROW_GROUPS, _ENCRYPTION = 3, 4, 8
_CHUNKS, _GROUP_ROWS = 1, 3
_COLUMN = 3
_PATH, _VALUES, _UNPACKED, _PACKED, _DATA, _DICTIONARY = 3, 5, 6, 7, 9, 11


def find_fault(path: Path) -> str | None:
    """Return why a file cannot be read, as far as its footer says; None where it may be tried.

    Raises OSError where the file is gone.
    """
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        begin = stream.read(len(_MARK))
        stream.seek(max(size - 8, 0))
        end = stream.read(8)
        length = int.from_bytes(end[:4], "little")
        if begin not in (_MARK, b""):
            return "is no readable parquet file (it does not begin with PAR1)"
        if end[4:] == _ENCRYPTED:
            return "is an encrypted parquet file"
        if end[4:] != _MARK or length > size - 12:
            return "is no readable parquet file (it does not end as one does)"
        if length > _MAX_FOOTER:
            return f"has a footer of more than {_MAX_FOOTER} bytes"
        stream.seek(size - 8 - length)
        footer = stream.read(length)
    try:
        return _fault(_Reader(footer).struct(), size)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return "is no readable parquet file (its footer is damaged)"


def _fault(footer: Struct, size: int) -> str | None:
    """Return what is wrong with the numbers of a footer, of a file of ``size`` bytes."""
    rows, groups = footer[_NUM_ROWS], footer.get(_ROW_GROUPS, [])
    chunks = [
        (chunk[_COLUMN], group[_GROUP_ROWS])
        for group in groups
        for chunk in group[_CHUNKS]
        if _COLUMN in chunk
    ]
    if rows > max(_LEAST_ROWS, size):
        return "claims to hold more rows than it has bytes"
    if sum(column[_UNPACKED] for column, _ in chunks) > max(BOMB_BYTES, BOMB_RATIO * size):
        return f"unpacks to more than {BOMB_RATIO} times its size"
    if _ENCRYPTION in footer:
        return "is an encrypted parquet file"
    if any(_is_outside(column, size) for column, _ in chunks):
        return "is no readable parquet file (a column points outside of the file)"
    if any(_is_uneven(column, group_rows, size) for column, group_rows in chunks):
        return "is no readable parquet file (a column has not as many values as rows)"
    if sum(group[_GROUP_ROWS] for group in groups) != rows:
        return "is no readable parquet file (its row groups do not add up to its rows)"
    return None


def _is_outside(column: Struct, size: int) -> bool:
    begins = [column[_DICTIONARY]] if _DICTIONARY in column else []
    if column[_VALUES] > 0 or not begins:  # a row group without rows has no data page
        begins.append(column[_DATA])
    packed = column[_PACKED]
    return bool(min(begins) < len(_MARK) or packed < 0 or min(begins) + packed > size)


def _is_uneven(column: Struct, rows: int, size: int) -> bool:
    values = column[_VALUES]
    if len(column[_PATH]) > 1:  # a part of a list has as many as all lists together
        return bool(values > max(_LEAST_ROWS, size))
    return bool(values != rows)


class _Reader:
    """Reads one structure from bytes. Raises LookupError or ValueError where it is none."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def struct(self, depth: int = 0) -> Struct:
        """Return the structure that begins here."""
        fields: Struct = {}
        number = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self._integer()
            is_plain = kind in (_TRUE, _FALSE)
            fields[number] = kind == _TRUE if is_plain else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind in (_I16, _I32, _I64):
            return self._integer()
        if kind == _DOUBLE:
            return self._take(8)
        if kind == _BINARY:
            return self._take(self._natural())
        if kind in (_LIST, _SET):
            head = self._byte()
            count = self._natural() if head >> 4 == 15 else head >> 4
            return [self._value(head & 15, depth + 1) for _ in range(count)]
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise ValueError

    def _byte(self) -> int:
        byte = self._content[self._at]
        self._at += 1
        return byte

    def _natural(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError
        return value | byte << shift

    def _integer(self) -> int:
        value = self._natural()
        return (value >> 1) ^ -(value & 1)

    def _take(self, size: int) -> bytes:
        self._at += size
        if self._at > len(self._content):
            raise LookupError
        return self._content[self._at - size : self._at]
