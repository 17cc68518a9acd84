"""The bytes of delivered files: hashed while they are read, unpacked, and packed as they were."""

import gzip
import hashlib
import io
import re
import sys
import zlib
from collections.abc import Iterator
from typing import IO, cast

from plainscore.logs.landing import FileRefused, Packing

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BOMB_BYTES, BOMB_RATIO = 2**28, 250
READ_BYTES = 2**22
WHOLE_FILE = "deliver the whole file again"
DAMAGED = (EOFError, OSError, zlib.error, zstd.ZstdError)
"""What reading a packed file may raise."""

_NAMES = {"gz": "gzip", "zst": "zstd"}
_PACKED = re.compile(
    rb"(?P<gzip>\x1f\x8b\x08)|(?P<zstd>\x28\xb5\x2f\xfd)|(?P<xz>\xfd7zXZ)"
    rb"|(?P<bzip2>BZh[1-9]1AY&SY)|(?P<zip>PK\x03\x04)"
)


class HashedFile(io.RawIOBase):
    """A file that keeps the number of the bytes that were read from it, and their SHA-256."""

    def __init__(self, stream: IO[bytes], *, is_hashed: bool = True) -> None:
        self._stream, self._is_hashed = stream, is_hashed
        self._sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` further bytes."""
        block = self._stream.read(size)
        if self._is_hashed:
            self._sha256.update(block)
        self.size += len(block)
        return block

    def readable(self) -> bool:
        """Return True."""
        return True

    @property
    def sha256(self) -> str:
        """The digest of what was read so far, as hexadecimal digits."""
        return self._sha256.hexdigest()


def open_packed(stream: IO[bytes], packing: Packing) -> IO[bytes]:
    """Return what a stream holds, unpacked; several members of gzip or zstd are one text."""
    if packing == "gz":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    return cast("IO[bytes]", zstd.ZstdFile(stream)) if packing else stream


def pack(target: IO[bytes], packing: Packing) -> IO[bytes]:
    """Return where to write what is to be packed: the same text gives the same bytes."""
    if packing == "gz":
        return cast("IO[bytes]", gzip.GzipFile("", "wb", 6, target, mtime=0))
    return cast("IO[bytes]", zstd.ZstdFile(target, "wb")) if packing else target


def read_blocks(source: HashedFile, packing: Packing) -> Iterator[bytes]:
    """Yield what a file holds in blocks, unpacked.

    Raises FileRefused where it is damaged, or unpacks to far more than its size.
    """
    if not packing:
        yield from iter(lambda: source.read(READ_BYTES), b"")
        return
    size, name = 0, _NAMES[packing]
    try:
        with open_packed(cast("IO[bytes]", source), packing) as stream:
            while block := stream.read(READ_BYTES):
                size += len(block)
                if size > max(BOMB_BYTES, BOMB_RATIO * source.size):
                    raise FileRefused(
                        f"unpacks to more than {BOMB_RATIO} times its size",
                        "deliver it unpacked if it is meant",
                    )
                yield block
    except DAMAGED as error:
        raise FileRefused(
            f"the {name} stream is damaged or cut short ({error})", WHOLE_FILE
        ) from error
    if source.size == 0:
        raise FileRefused(f"is empty, not a {name} stream", WHOLE_FILE)


def packed_as(begin: bytes) -> str | None:
    """Return how a file is packed, by how it begins. Ids may begin so, too, but are UTF-8."""
    if found := _PACKED.match(begin):
        return found.lastgroup
    try:
        return "zlib" if len(zlib.decompressobj().decompress(begin, 256)) == 256 else None
    except zlib.error:
        return None
