"""Read one delivered file as an ingest does, without any store, and account for its rows."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from plainscore.logs.landing import file_at
from plainscore.logs.units import UnitReader, parse_unit

ARRIVED = date(2026, 3, 5)


@dataclass(frozen=True)
class Account:
    """What became of a file: why it is refused, or which rows stand and which do not, by line."""

    refusal: str | None
    accepted: tuple[int, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()

    @property
    def row_count(self) -> int:
        """All rows, whatever became of them."""
        return len(self.accepted) + len(self.refused)


def account_for(path: Path, log: str = "payment") -> Account:
    """Read a file that stands anywhere; only a refusal of the whole file is caught."""
    file = file_at(path.parent, path.name, ARRIVED)
    reader = UnitReader(log, [(0, file)])
    accepted: list[int] = []
    refused: list[tuple[int, str]] = []
    for unit in reader.units():
        parsed = parse_unit(unit, {0: ARRIVED})
        reader.refused |= parsed.damaged
        accepted += parsed.rows["line"].to_list()
        refused += parsed.refused.select("line", "reason").rows()
        assert parsed.refused["raw"].null_count() == 0, "a refused row has its text"
    if reader.refused:
        return Account(reader.refused[0].reason)
    return Account(None, tuple(sorted(accepted)), tuple(sorted(refused)))


def json_rows_in(content: bytes) -> int:
    """Return how many rows a file of JSON lines has: its lines that are not blank."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return sum(bool(line.strip(b" \t\r")) for line in lines)
