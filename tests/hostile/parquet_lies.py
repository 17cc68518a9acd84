"""Parquet files that are whole but for what they say of themselves."""

from collections.abc import Callable
from typing import Any

from tests.hostile.case import Collection, Desk, Verdict, parquet_bytes
from tests.hostile.thrift import BINARY, I32, Reader, Struct, written

PARQUET_LIES = Collection()
_TOO_MANY_ROWS = "claims to hold more rows than it has bytes"
_OUTSIDE = "a column points outside of the file"
_UNREADABLE = "is no readable parquet file"


class Parquet:
    """A small parquet file taken apart: its pages and its footer."""

    def __init__(self, content: bytes) -> None:
        length = int.from_bytes(content[-8:-4], "little")
        self.pages = content[: -8 - length]
        self.footer = Reader(content[-8 - length : -8]).struct()

    @property
    def schema(self) -> list[Struct]:
        """The elements of the schema, the root first."""
        elements: list[Struct] = self.footer[2][1][1]
        return elements

    @property
    def group(self) -> Struct:
        """The first row group."""
        group: Struct = self.footer[4][1][1][0]
        return group

    def chunk(self, number: int = 0) -> Struct:
        """A column chunk of the first row group."""
        chunk: Struct = self.group[1][1][1][number]
        return chunk

    def column(self, number: int = 0) -> Struct:
        """What is said of a column in the first row group."""
        column: Struct = self.chunk(number)[3][1]
        return column

    def put_together(self) -> bytes:
        """Return the file again."""
        footer = written(self.footer)
        return self.pages + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def change(struct: Struct, field: int, value: Any) -> None:
    """Change a field and keep its kind."""
    struct[field] = (struct[field][0], value)


def _rows(desk: Desk, count: int = 5) -> bytes:
    return parquet_bytes([desk.deposit(str(number)) for number in range(count)])


def _add_lie(name: str, refused: str, lie: Callable[[Parquet], None]) -> None:
    """Add a file that is whole but for one lie in its footer."""

    def deliver(desk: Desk) -> None:
        parquet = Parquet(_rows(desk))
        lie(parquet)
        desk.put("a.parquet", parquet.put_together())

    PARQUET_LIES(name, Verdict(refused=refused))(deliver)


def _add_bytes(name: str, refused: str, damage: Callable[[bytes], bytes]) -> None:
    """Add a file whose bytes were damaged."""
    PARQUET_LIES(name, Verdict(refused=refused))(
        lambda desk: desk.put("a.parquet", damage(_rows(desk)))
    )


_add_bytes("an empty parquet file", _UNREADABLE, lambda _: b"")
_add_bytes("eight bytes of magic", _UNREADABLE, lambda _: b"PAR1PAR1")
_add_bytes("a parquet file cut short", _UNREADABLE, lambda whole: whole[:-20])
_add_bytes("a parquet file without its start", "begin with PAR1", lambda whole: whole[9:])
_add_bytes("text called parquet", "begin with PAR1", lambda _: b"event_id,event_time\n1,2\n")
_add_bytes("an encrypted footer", "encrypted", lambda whole: whole[:-4] + b"PARE")
_add_bytes(
    "a footer longer than the file",
    _UNREADABLE,
    lambda whole: whole[:-8] + b"\xff\xff\xff\x7fPAR1",
)
_add_bytes("a footer of no bytes", _UNREADABLE, lambda whole: whole[:-8] + bytes(4) + b"PAR1")
_add_bytes("a footer of noise", "is no readable parquet", lambda whole: whole[:-200] + whole[-192:])


def _with_footer(footer: bytes) -> Callable[[bytes], bytes]:
    return lambda _: b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


_add_bytes(
    "a list of two thousand million columns",
    _UNREADABLE,
    _with_footer(b"\x15\x02\x19\xfc\xff\xff\xff\xff\x07"),
)
_add_bytes("structures nested 200,000 deep", _UNREADABLE, _with_footer(b"\x8c" * 200_000 + b"\0"))
_add_bytes("lists nested 200,000 deep", _UNREADABLE, _with_footer(b"\x19" * 200_000 + b"\0"))


@PARQUET_LIES("columns nested 100,000 deep", Verdict(refused=_UNREADABLE), is_heavy=True)
def deep_schema(desk: Desk) -> None:
    parquet = Parquet(_rows(desk))
    change(parquet.schema[0], 5, parquet.schema[0][5][1] + 1)
    group: Struct = {3: (I32, 1), 4: (BINARY, b"g"), 5: (I32, 1)}
    parquet.schema.extend([group] * desk.size(100_000, 10_000))
    parquet.schema.append({1: (I32, 2), 3: (I32, 1), 4: (BINARY, b"leaf")})
    desk.put("a.parquet", parquet.put_together())


def _claim_rows(count: int) -> Callable[[Parquet], None]:
    def lie(parquet: Parquet) -> None:
        change(parquet.footer, 3, count)
        change(parquet.group, 3, count)
        for number in range(5):
            change(parquet.column(number), 5, count)

    return lie


def _rename(parquet: Parquet) -> None:
    change(parquet.schema[2], 4, b"event_id")
    change(parquet.column(1), 3, (BINARY, [b"event_id"]))


def _point_elsewhere(parquet: Parquet) -> None:
    parquet.chunk()[1] = (BINARY, b"../../../etc/passwd")


def _widen(parquet: Parquet) -> None:
    """Let the amounts be decimals of 50 digits, which DuckDB reads 2^24 times too large."""
    element = parquet.schema[5]
    assert element[4][1] == b"amount"
    element[2] = (I32, 21)
    element[6], element[7], element[8] = (I32, 5), (I32, 2), (I32, 50)
    element.pop(10, None)
    element[1] = (I32, 7)


_add_lie("amounts of 50 digits", "amount is a decimal of 50 digits", _widen)


@PARQUET_LIES("a time of day that no day has", Verdict(1, quarantined={2: "amount is negative"}))
def time_of_day(desk: Desk) -> None:
    rows = [desk.deposit("1", note=2**62), desk.deposit("2", note=2**62, amount="-1")]
    parquet = Parquet(parquet_bytes(rows))
    element = parquet.schema[6]
    element[6] = (I32, 8)  # TIME_MICROS
    element.pop(10, None)
    desk.put("a.parquet", parquet.put_together())


@PARQUET_LIES(
    "a text that is no UTF-8 in parquet",
    Verdict(refused="person_id has a value that cannot be read (text that is not UTF-8)"),
)
def broken_text(desk: Desk) -> None:
    row = desk.deposit(person_id="caf\u00e9")
    whole = parquet_bytes([row], compression="uncompressed", statistics=False)
    desk.put("a.parquet", whole.replace("\u00e9".encode(), b"\xff\xa9"))


_add_lie("a footer that claims a billion rows", _TOO_MANY_ROWS, _claim_rows(10**9))
_add_lie(
    "a footer that claims a million rows of five",
    _UNREADABLE,
    _claim_rows(10**6),
)
_add_lie("a footer that claims less than no rows", _UNREADABLE, _claim_rows(-1))
_add_lie(
    "a footer that claims fewer rows than there are",
    "its row groups do not add up to its rows",
    lambda parquet: change(parquet.footer, 3, 2),
)
_add_lie(
    "a row group that claims fewer rows than its columns",
    "not as many values as rows",
    lambda parquet: (change(parquet.footer, 3, 2), change(parquet.group, 3, 2))[0],
)
_add_lie(
    "a column that begins beyond the end",
    _UNREADABLE,
    lambda parquet: change(parquet.column(), 11 if 11 in parquet.column() else 9, 10**12),
)
_add_lie(
    "a column that begins before the start",
    _OUTSIDE,
    lambda parquet: change(parquet.column(), 11 if 11 in parquet.column() else 9, -5),
)
_add_lie("a column of a terabyte", _OUTSIDE, lambda parquet: change(parquet.column(), 7, 2**40))
_add_lie("a column that is shorter than 0", _OUTSIDE, lambda one: change(one.column(), 7, -9))
_add_lie(
    "a column with 10^18 values", "as many values as", lambda one: change(one.column(), 5, 10**18)
)
_add_lie("an unknown way of packing", "no readable", lambda one: change(one.column(), 4, 99))
_add_lie("a column twice", "column 'event_id' stands there twice", _rename)
_add_lie("a column that is said to be in another file", _UNREADABLE, _point_elsewhere)
_add_lie(
    "a schema that claims more columns than it has",
    _UNREADABLE,
    lambda parquet: change(parquet.schema[0], 5, 2**31 - 1),
)
_add_lie(
    "a required column that is absent",
    "required column event_id is absent",
    lambda parquet: change(parquet.schema[1], 4, b"EVENT_ID"),
)


def change_page_head(parquet: Parquet, lie: Callable[[Struct], None]) -> None:
    """Change the head of the last column's first page, which moves nothing else but the end."""
    column = parquet.column(4)
    at = column[11][1] if 11 in column else column[9][1]
    reader = Reader(parquet.pages, at)
    head = reader.struct()
    lie(head)
    changed = written(head)
    grown = len(changed) - (reader.at - at)
    parquet.pages = parquet.pages[:at] + changed + parquet.pages[reader.at :]
    change(column, 7, column[7][1] + grown)


_add_lie(
    "a page that claims to unpack to two gigabytes",
    _UNREADABLE,
    lambda parquet: change_page_head(parquet, lambda head: change(head, 2, 2**31 - 1)),
)
_add_lie(
    "a page that claims to be longer than its column",
    _UNREADABLE,
    lambda parquet: change_page_head(parquet, lambda head: change(head, 3, 2**30)),
)
_add_lie(
    "a page that is shorter than 0",
    _UNREADABLE,
    lambda parquet: change_page_head(parquet, lambda head: change(head, 3, -1)),
)
