"""The record of an erasure under way: it is kept next to the data until all of it is done.

It is on the disk before what it notes is done. It holds the ids, so it is readable by its owner
alone. While it exists, no other command may write (``plainscore.common.lock``).
"""

import json
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from plainscore.common.files import fsync_path, write_json
from plainscore.common.lock import ERASURE_JOURNAL


@dataclass
class Journal:
    """The journal of one data directory; empty where no erasure is under way.

    Attributes
    ----------
    ids
        Who is to be erased.
    erasure_no
        Which erasure of the data directory it is.
    inside_texts
        Whether the ids inside other texts are to be masked.
    renamed
        Old path under landing/ -> new path.
    since
        When the first of the rows arrived that left the store or changed, as ISO 8601.
    """

    file: Path
    ids: list[str] = field(default_factory=list)
    erasure_no: int = 0
    inside_texts: bool = False
    renamed: dict[str, str] = field(default_factory=dict)
    since: str | None = None

    def note(self, **changes: Any) -> None:
        """Change what is noted."""
        vars(self).update(changes)
        said = {one.name: getattr(self, one.name) for one in fields(self)[1:]}
        self._unfinished.touch(0o600)
        write_json(self.file, said, self._unfinished)

    def note_since(self, arrived: date) -> None:
        """Note when one of the rows arrived that are about to leave the store."""
        self.note(since=min(str(arrived), self.since or str(arrived)))

    def end(self) -> None:
        """Remove the journal: the erasure is done."""
        for file in (self._unfinished, self.file):
            file.unlink(missing_ok=True)
        fsync_path(self.file.parent)

    @property
    def _unfinished(self) -> Path:
        return self.file.with_name(f"{self.file.name}.new")


def read_journal(data_dir: Path) -> Journal:
    """Return the journal of a data directory; one that was cut short notes nothing."""
    file = data_dir / ERASURE_JOURNAL
    try:
        return Journal(file, **json.loads(file.read_bytes()))
    except (FileNotFoundError, ValueError):
        return Journal(file)
