"""The record of an erasure under way: it is kept next to the data until all of it is done.

One JSON object a line, each on the disk before what it notes is done: a line that a crash
cut short notes nothing. It holds the ids, so it is readable by its owner alone, and removed at the
end. While it exists, no other command may write (``plainscore.common.lock``).
"""

import json
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from plainscore.common.files import fsync_path
from plainscore.common.lock import ERASURE_JOURNAL


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
        return max(self._all("erasure_no"), default=0)

    @property
    def masks_texts(self) -> bool:
        """Whether the ids inside other texts are to be masked."""
        return any(self._all("inside_texts"))

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
        self._note(ids=list(ids), erasure_no=erasure_no, inside_texts=inside_texts)

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
        self._entries.append(entry)


def _read(path: Path) -> list[dict[str, Any]]:
    entries = []
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        try:
            entries.append(json.loads(line))
        except ValueError:  # cut short by a crash: what it notes was not done
            continue
    return entries
