"""Which ingested files are still as they were: by their state, and by their digest where needed.

Hashing every file on every run would make a day cost more with each day before it. As git does,
a file counts as unchanged while size, times and inode are those it had when it was last hashed.
These states are a cache beside the store: without it everything is hashed once more.
"""

import json
import time
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from plainscore.logs.landing import LandingFile, RefusedFile
from plainscore.logs.packing import HashedFile

STATES = "file_states.json"
CHANGED = "changed after it was ingested"
_SETTLED_NS = 1_000_000_000


class FileState(NamedTuple):
    """What changes with a file's content: where all of it is the same, so is the content."""

    size: int
    inode: int
    modified_ns: int
    status_changed_ns: int

    @property
    def changed_ns(self) -> tuple[int, int]:
        """The two times of change."""
        return self.modified_ns, self.status_changed_ns


class FileStates:
    """The states in which ingested files had their known digest."""

    def __init__(self, events: Path) -> None:
        self._path = events / STATES
        self._states = _read(self._path)
        self._is_changed = False

    def refuse_changed(
        self, files: list[LandingFile], digests: Mapping[str, str]
    ) -> list[RefusedFile]:
        """Return those of the ingested ``files`` that no longer have their digest."""
        refused = []
        for file in files:
            try:
                is_same = self.is_same(file, digests[file.file])
                reason = CHANGED
            except OSError as error:
                is_same, reason = False, f"cannot be read again ({error.strerror})"
            if not is_same:
                hint = "put the old file back, and deliver what is new under another name"
                refused.append(RefusedFile(file.log, file.file, file.arrived, reason, hint))
        return refused

    def is_same(self, file: LandingFile, sha256: str) -> bool:
        """Return whether a file still has a digest; raises OSError where it cannot be read."""
        state = state_of(file.path)
        if self._states.get(file.file) == [sha256, *state]:
            return True
        with file.path.open("rb") as stream:
            source = HashedFile(stream)
            while source.read(2**22):
                pass
        if source.sha256 != sha256:
            return False
        self.note(file, sha256, state)
        return True

    def note(self, file: LandingFile, sha256: str, state: FileState | None) -> None:
        """Note the state in which a file had a digest.

        A file that changed a moment ago is not noted: it could change again at the same time.
        """
        if state is not None and max(state.changed_ns) < time.time_ns() - _SETTLED_NS:
            self._states[file.file] = [sha256, *state]
            self._is_changed = True

    def save(self) -> None:
        """Write the states, so that the next run need not hash these files."""
        if self._is_changed:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(self._states))
            fresh.replace(self._path)
            self._is_changed = False


def corrected_files(refused: Iterable[RefusedFile], fruitless: Container[str]) -> set[str]:
    """Return the refused files that only changed, and of which nothing had been accepted.

    They may be corrected in place: no row of theirs counts.
    """
    return {one.file for one in refused if one.reason == CHANGED and one.file in fruitless}


def state_of(path: Path) -> FileState:
    """Return the present state of a file."""
    state = path.stat()
    return FileState(state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns)


def _read(path: Path) -> dict[str, list[object]]:
    try:
        states = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return states if isinstance(states, dict) else {}
