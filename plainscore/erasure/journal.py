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
    ``is_renumbered`` whether the rows behind them move up, ``unknown`` the names of its columns
    that no log knows, where these may have changed.
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
        self.path = data_dir / ERASURE_JOURNAL
        self.ids: list[str] = []
        self.rewritten: list[Rewritten] = []
        self.renamed: dict[str, str] = {}
        self.since: date | None = None
        self.erasure_no: int | None = None
        for entry in _read(self.path):
            self._take(entry)

    @property
    def is_open(self) -> bool:
        """Whether an erasure is under way, or was interrupted."""
        return self.erasure_no is not None

    def begin(self, ids: Sequence[str], erasure_no: int) -> None:
        """Note who is to be erased, and which erasure of this data directory it is."""
        self._write({"ids": list(ids), "erasure_no": self.erasure_no or erasure_no})

    def note_rewritten(self, rewritten: Rewritten) -> None:
        """Note that a file is about to be replaced."""
        self._write({"rewritten": asdict(rewritten)})

    def note_renamed(self, old: str, new: str) -> None:
        """Note that a file is about to get another path under landing/."""
        self._write({"renamed": {old: new}})

    def note_since(self, arrived: date) -> None:
        """Note when the first of the rows arrived that are about to leave the store."""
        self._write({"since": str(arrived)})

    def end(self) -> None:
        """Remove the journal: the erasure is done."""
        self.path.unlink(missing_ok=True)
        fsync_path(self.path.parent)

    def _write(self, entry: dict[str, Any]) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # The line feed before it keeps it apart from a line that a crash cut short.
            os.write(descriptor, b"\n" + json.dumps(entry).encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fsync_path(self.path.parent)
        self._take(json.loads(json.dumps(entry)))

    def _take(self, entry: dict[str, Any]) -> None:
        if "ids" in entry:
            self.ids = list(dict.fromkeys([*self.ids, *entry["ids"]]))
            self.erasure_no = entry["erasure_no"]
        if "rewritten" in entry:
            read = entry["rewritten"]
            spans = {int(line): count for line, count in read["spans"].items()}
            self.rewritten.append(Rewritten(**(read | {"spans": spans})))
        self.renamed |= entry.get("renamed", {})
        if "since" in entry:
            arrived = date.fromisoformat(entry["since"])
            self.since = arrived if self.since is None else min(self.since, arrived)


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    entries = []
    for line in lines:
        try:
            entries.append(json.loads(line))
        except ValueError:  # cut short by a crash: what it notes was not done
            continue
    return entries
