"""Read one delivered file as an ingest does, without any store, and account for its rows."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from plainscore.logs.landing import file_at
from tests.ingest.reading import read_files, texts_of

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
    read = read_files(log, {0: file})
    if read.refused:
        return Account(read.refused[0].reason)
    texts = texts_of(log, file, [line for _, line in read.reasons])
    assert len(texts) == len(read.reasons), "a refused row has its text"
    refused = sorted((line, reason) for (_, line), reason in read.reasons.items())
    return Account(None, tuple(sorted(line for _, line in read.rows)), tuple(refused))


def json_rows_in(content: bytes) -> int:
    """Return how many rows a file of JSON lines has: its lines that are not blank."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return sum(bool(line.strip(b" \t\r")) for line in lines)
