"""Always the newest catalog of a data directory, in a process that outlives many publishes."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from plainscore.show.snapshots import CATALOG, Snapshots, open_snapshots

Version = tuple[int, int, int]


class CurrentSnapshots:
    """Opens the catalog, and opens it again when a publish has replaced it.

    Readers that are at work with the older one finish with it. Safe to use from many threads.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock = Lock()
        self._version: Version | None = None
        self._snapshots: Snapshots | None = None

    def version(self) -> Version | None:
        """Return what changes with every publish; None where there is no catalog."""
        try:
            return _version_of(os.stat(self._data_dir / CATALOG))
        except FileNotFoundError:
            return None

    def open(self) -> tuple[Version | None, Snapshots]:
        """Return the newest catalog, open for one reader, and its version.

        Raises as `open_snapshots` does.
        """
        with self._lock:
            if self._snapshots is None or self.version() != self._version:
                self._version, self._snapshots = self._opened()
            return self._version, Snapshots(self._snapshots.con.cursor())

    def _opened(self) -> tuple[Version | None, Snapshots]:
        catalog = self._data_dir / CATALOG
        if not catalog.is_file():
            return None, open_snapshots(self._data_dir)  # which tells what is missing
        with TemporaryDirectory(prefix="plainscore-") as folder:
            copy = Path(folder) / CATALOG
            with catalog.open("rb") as source, copy.open("wb") as target:
                version = _version_of(os.fstat(source.fileno()))
                shutil.copyfileobj(source, target)
            return version, open_snapshots(self._data_dir, copy)


def _version_of(stat: os.stat_result) -> Version:
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
