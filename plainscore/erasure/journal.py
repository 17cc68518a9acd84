"""The record of an erasure under way: it is kept next to the data until all of it is done.

One JSON object a line, each on the disk before what it notes is done: a line that a crash
cut short notes nothing. It holds the ids, so it is readable by its owner alone, and removed at the
end. While it exists, no other command may write (``plainscore.common.lock``).
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from plainscore.common.files import fsync_path
from plainscore.common.lock import ERASURE_JOURNAL


@dataclass(frozen=True)
class Rewritten:
    """A landing file that is rewritten.

    ``before`` and ``after`` are its digests, ``spans`` the rows that go (line -> lines it takes),
    ``is_renumbered`` whether the rows behind them move up, ``unknown`` the columns that nothing
    reads, where these may have changed.
    """

    file: str
    before: str
    after: str
    size: int
    spans: dict[int, int]
    is_renumbered: bool
    unknown: list[str] | None = None

    def then(self, later: "Rewritten") -> "Rewritten":
        """Return the two changes as one, its rows numbered as they were before both."""
        spans = dict(self.spans)
        for line, count in later.spans.items():
            spans[self._original(line) if self.is_renumbered else line] = count
        return replace(later, before=self.before, spans=spans)

    def _original(self, line: int) -> int:
        for gone in sorted(self.spans):
            line += gone <= line
        return line


class Journal:
    """The journal of one data directory; empty where no erasure is under way."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / ERASURE_JOURNAL
        self._entries = _read(self._path)

    @property
    def ids(self) -> list[str]:
        """Who is to be erased."""
        return list(dict.fromkeys(one for ids in self._all("ids") for one in ids))

    @property
    def erasure_no(self) -> int:
        """Which erasure of the data directory it is; 0 where none is under way."""
        return next(iter(self._all("erasure_no")), 0)

    @property
    def masks_texts(self) -> bool:
        """Whether the ids inside other texts are to be masked."""
        return any(self._all("inside_texts"))

    @property
    def rewritten(self) -> list[Rewritten]:
        """The landing files that were, or were about to be, replaced."""
        return [
            Rewritten(**one | {"spans": {int(line): n for line, n in one["spans"].items()}})
            for one in self._all("rewritten")
        ]

    @property
    def renamed(self) -> dict[str, str]:
        """Old path under landing/ -> new path."""
        return {old: new for one in self._all("renamed") for old, new in one.items()}

    @property
    def since(self) -> date | None:
        """When the first of the rows arrived that left the store or changed."""
        return min(map(date.fromisoformat, self._all("since")), default=None)

    def begin(self, ids: Sequence[str], erasure_no: int, inside_texts: bool) -> None:
        """Note who is to be erased, and which erasure of this data directory it is."""
        number = self.erasure_no or erasure_no
        self._note(ids=list(ids), erasure_no=number, inside_texts=inside_texts)

    def note_rewritten(self, rewritten: Rewritten) -> None:
        """Note that a file is about to be replaced."""
        self._note(rewritten=asdict(rewritten))

    def note_renamed(self, old: str, new: str) -> None:
        """Note that a file is about to get another path under landing/."""
        self._note(renamed={old: new})

    def note_since(self, arrived: date) -> None:
        """Note when the first of the rows arrived that are about to leave the store."""
        self._note(since=str(arrived))

    def end(self) -> None:
        """Remove the journal: the erasure is done."""
        self._path.unlink(missing_ok=True)
        fsync_path(self._path.parent)

    def _all(self, name: str) -> list[Any]:
        return [entry[name] for entry in self._entries if name in entry]

    def _note(self, **entry: Any) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # The line feed before it keeps it apart from a line that a crash cut short.
            os.write(descriptor, b"\n" + json.dumps(entry).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fsync_path(self._path.parent)
        self._entries.append(json.loads(json.dumps(entry)))


def _read(path: Path) -> list[dict[str, Any]]:
    entries = []
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        try:
            entries.append(json.loads(line))
        except ValueError:  # cut short by a crash: what it notes was not done
            continue
    return entries
