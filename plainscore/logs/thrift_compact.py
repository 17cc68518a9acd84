"""Read the compact Thrift structures of parquet files, without trust in any length they claim."""

from typing import Any

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
