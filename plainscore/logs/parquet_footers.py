"""What a parquet file says of its own columns and sizes, held against its bytes.

DuckDB's ``parquet_metadata`` turns statistics into text as well, where one that is senseless, such
as a time of day beyond all days, makes it fail or crash. A footer is one structure in Thrift's
compact protocol; it is read here as a dict of field number -> value.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from plainscore.logs.landing import FileRefused
from plainscore.logs.packing import BOMB_BYTES, BOMB_RATIO, WHOLE_FILE

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
_SCHEMA, _NUM_ROWS, _ROW_GROUPS, _ENCRYPTION = 2, 3, 4, 8
_KIND, _NAME, _CHILDREN, _CONVERTED, _SCALE, _PRECISION, _LOGICAL = 1, 4, 5, 6, 7, 8, 10
_FIXED_BYTES = 7
_CHUNKS, _GROUP_ROWS = 1, 3
_COLUMN = 3
_PATH, _VALUES, _UNPACKED, _PACKED, _DATA, _DICTIONARY = 3, 5, 6, 7, 9, 11


_NO_FOOTER = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_DAMAGED = "is no readable parquet file (its footer is damaged)"


class ParquetColumn(NamedTuple):
    """A column of a file that is no part of another.

    ``is_fixed``: plain bytes of one length; ``digits``: of a decimal, else 0.
    """

    name: str
    is_fixed: bool
    digits: int


@dataclass(frozen=True)
class ParquetSchema:
    """What a file says of its columns; files whose schemas are equal are read alike."""

    text: str
    _elements: list[Struct] = field(compare=False)

    def columns(self, count: int) -> list[ParquetColumn]:
        """Return the columns, of which DuckDB finds ``count``. Raises FileRefused otherwise."""
        with suppress(*_NO_FOOTER):
            columns = list(_top_columns(iter(self._elements[1:])))
            if len(columns) == count:
                return columns
        raise FileRefused(_DAMAGED, WHOLE_FILE)


def _top_columns(elements: Iterator[Struct]) -> Iterator[ParquetColumn]:
    for element in elements:
        kind, digits = element.get(_KIND), element.get(_PRECISION, 0)
        is_fixed = kind == _FIXED_BYTES and not {_LOGICAL, _CONVERTED} & element.keys()
        yield ParquetColumn(element[_NAME].decode(), is_fixed, digits if _SCALE in element else 0)
        parts = element.get(_CHILDREN, 0)
        while parts > 0 and (part := next(elements, None)) is not None:
            parts += part.get(_CHILDREN, 0) - 1


def read_schema(path: Path) -> ParquetSchema:
    """Return the schema of a file that may be read, as far as its footer says.

    Raises FileRefused where it may not, and OSError where the file is gone.
    """
    size, footer = _read_footer(path)
    try:
        read, _ = _struct(footer, 0)
        fault = _fault(read, size)
        schema = ParquetSchema(repr(read[_SCHEMA]), read[_SCHEMA])
    except _NO_FOOTER as error:
        raise FileRefused(_DAMAGED, WHOLE_FILE) from error
    if fault:
        raise FileRefused(fault, WHOLE_FILE)
    return schema


def _read_footer(path: Path) -> tuple[int, bytes]:
    """Return the size of a file, and its footer."""
    fault = ""
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        begin = stream.read(len(_MARK))
        stream.seek(max(size - 8, 0))
        end = stream.read(8)
        length = int.from_bytes(end[:4], "little")
        if begin not in (_MARK, b""):
            fault = "is no readable parquet file (it does not begin with PAR1)"
        elif end[4:] == _ENCRYPTED:
            fault = "is an encrypted parquet file"
        elif end[4:] != _MARK or length > size - 12:
            fault = "is no readable parquet file (it does not end as one does)"
        elif length > _MAX_FOOTER:
            fault = f"has a footer of more than {_MAX_FOOTER} bytes"
        if fault:
            raise FileRefused(fault, WHOLE_FILE)
        stream.seek(size - 8 - length)
        return size, stream.read(length)


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


def _struct(content: bytes, at: int, depth: int = 0) -> tuple[Struct, int]:
    """Return the structure that begins at a place of bytes, and the place behind it.

    Raises LookupError or ValueError where there is none. Of many small files this is a good part
    of the work, so integers, of which a footer is made, are read without a call.
    """
    fields: Struct = {}
    number = 0
    while head := content[at]:
        at += 1
        kind, step = head & 15, head >> 4
        if step:
            number += step
        else:
            number, at = _integer(content, at)
        if _I16 <= kind <= _I64 and content[at] < 128:
            value = content[at]
            fields[number] = (value >> 1) ^ -(value & 1)
            at += 1
        elif _TRUE <= kind <= _FALSE:
            fields[number] = kind == _TRUE
        else:
            fields[number], at = _value(content, at, kind, depth)
    return fields, at + 1


def _value(content: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise ValueError
    if _I16 <= kind <= _I64:
        return _integer(content, at)
    if kind == _BINARY:
        size, at = _natural(content, at)
        return _taken(content, at, size)
    if kind == _STRUCT:
        return _struct(content, at, depth + 1)
    if kind in (_LIST, _SET):
        count, kind = content[at] >> 4, content[at] & 15
        count, at = _natural(content, at + 1) if count == 15 else (count, at + 1)
        values = []
        for _ in range(count):
            value, at = _value(content, at, kind, depth + 1)
            values.append(value)
        return values, at
    if kind == _DOUBLE:
        return _taken(content, at, 8)
    if kind in (_TRUE, _FALSE, _BYTE):
        return content[at], at + 1
    raise ValueError


def _natural(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while (byte := content[at]) & 128:
        value |= (byte & 127) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise ValueError
    return value | byte << shift, at + 1


def _integer(content: bytes, at: int) -> tuple[int, int]:
    value, at = _natural(content, at)
    return (value >> 1) ^ -(value & 1), at


def _taken(content: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(content):
        raise LookupError
    return content[at : at + size], at + size
