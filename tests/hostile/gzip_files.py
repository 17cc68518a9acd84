"""Packed files that are damaged, lie, or unpack to more than anybody wants."""

import gzip

from tests.hostile.case import Collection, Desk, Verdict

GZIP_FILES = Collection()
_DAMAGED, _BOMB = "the gzip stream is damaged or cut short", "unpacks to more than 250 times"


def _put(desk: Desk, content: bytes, name: str = "a.ndjson.gz") -> None:
    (desk.folder() / name).write_bytes(content)


def _packed(text: str | bytes) -> bytes:
    return gzip.compress(text.encode() if isinstance(text, str) else text, mtime=0)


@GZIP_FILES("an empty packed file", Verdict(refused="is empty, not a gzip stream"))
def empty(desk: Desk) -> None:
    _put(desk, b"")


@GZIP_FILES("a packed file that is not packed", Verdict(refused=_DAMAGED))
def not_packed(desk: Desk) -> None:
    _put(desk, desk.line().encode())


@GZIP_FILES("a packed file cut short", Verdict(refused=_DAMAGED))
def cut_short(desk: Desk) -> None:
    _put(desk, _packed(desk.line())[:-9])


@GZIP_FILES("a packed file without its check sum", Verdict(refused=_DAMAGED))
def no_check_sum(desk: Desk) -> None:
    _put(desk, _packed(desk.line())[:-8])


@GZIP_FILES("a packed file with a wrong check sum", Verdict(refused=_DAMAGED))
def wrong_check_sum(desk: Desk) -> None:
    content = bytearray(_packed(desk.line()))
    content[-8] ^= 1
    _put(desk, bytes(content))


@GZIP_FILES("packed streams one after the other are one file", Verdict(2))
def members(desk: Desk) -> None:
    line = desk.line("2")
    _put(desk, _packed(desk.line() + line[:10]) + _packed(line[10:]) + b"\0" * 512)


@GZIP_FILES("a packed file with garbage behind", Verdict(refused=_DAMAGED))
def garbage_behind(desk: Desk) -> None:
    _put(desk, _packed(desk.line()) + b"garbage")


@GZIP_FILES("packed twice is no text", Verdict(refused="is packed (gzip) twice"))
def packed_twice(desk: Desk) -> None:
    # Twice empty: the inner stream is 20 bytes, none of them a line feed.
    _put(desk, _packed(_packed(b"")))


@GZIP_FILES("a gigabyte of zeros", Verdict(refused=_BOMB), is_heavy=True)
def zeros(desk: Desk) -> None:
    _put(desk, _packed(bytes(2**20)) * desk.size(1024, 20))


@GZIP_FILES("a gigabyte of blank lines", Verdict(refused=_BOMB), is_heavy=True)
def blank_lines(desk: Desk) -> None:
    _put(desk, _packed(b"\n" * 2**20) * desk.size(1024, 20))


@GZIP_FILES("a csv bomb within one field", Verdict(refused=_BOMB), is_heavy=True)
def csv_bomb(desk: Desk) -> None:
    head = _packed(b'event_id,event_time,person_id,event_type\n"')
    _put(desk, head + _packed(b"a" * 2**20) * desk.size(1024, 20), "a.csv.gz")
