"""One Delta table of the event store: parquet files written by us, commits by deltalake."""

import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from plainscore.common.errors import InputRefused
from plainscore.logs.tables import MONTH, StoredTable

_ROW_GROUP_ROWS = 122_880
# A table's log is read from its last checkpoint on: seldom ones make every opening slower.
CONFIGURATION = {"delta.checkpointInterval": "20"}
_LOG_FOLDER = "_delta_log"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


class TableFiles:
    """A table at one version, and the files with which a batch is going to change it.

    Nothing that is written is part of the table before ``commit``, and nothing that was committed
    is seen by a reader before the head pins it.
    """

    def __init__(self, root: Path, declared: StoredTable, version: int | None) -> None:
        self.declared = declared
        self._root = root
        self._table = _open_at(root, version)
        self._files = _relative_files(self._table)
        self._added: list[AddAction] = []
        self._removed: list[RemoveAction] = []

    @property
    def version(self) -> int | None:
        """The version last committed; None as long as there is no table."""
        return None if self._table is None else self._table.version()

    @property
    def is_changed(self) -> bool:
        """Whether anything was written or taken out since the last commit."""
        return bool(self._added or self._removed)

    def files(self, months: set[str] | None = None) -> list[Path]:
        """Return the files, those of a batch under way included; of some months only if given."""
        return [
            self._root / file for file in self._files if months is None or _month_of(file) in months
        ]

    def add(self, rows: pl.DataFrame, sort_by: Sequence[str]) -> None:
        """Write rows, sorted, into new files: one for each month where the table is cut by it.

        A table cut by month takes the month from ``arrived``.
        """
        if not self.declared.partition_by:
            self._write(rows.sort(sort_by), None)
            return
        months = rows["arrived"].dt.month_start()
        for month in months.unique().sort():
            part = rows if (months == month).all() else rows.filter(months == month)
            self._write(part.sort(sort_by), month_name(month))

    def _write(self, rows: pl.DataFrame, month: str | None) -> None:
        if rows.is_empty():
            return
        folder = f"{MONTH}={month}/" if month else ""
        relative = f"{folder}{uuid4().hex}.parquet"
        path = self._root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = rows.select(
            pl.col(name).cast(dtype)
            for name, dtype in self.declared.schema.items()
            if name != MONTH or not month
        )
        with _translating_errors(path):
            stored.write_parquet(
                path, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP_ROWS
            )
            sync(path)
        self._added.append(
            AddAction(
                path=relative,
                size=path.stat().st_size,
                partition_values={MONTH: month} if month else {},
                modification_time=0,
                data_change=True,
                stats=json.dumps({"numRecords": len(rows)}),
            )
        )
        self._files.append(relative)

    def remove_rows(self, rows: pl.DataFrame) -> None:
        """Rewrite every file that holds one of some rows: ``file_no``, ``line``, ``arrived``."""
        months = {month_name(day) for day in rows["arrived"].unique()}
        for file in self._files_of(months):
            stored = pl.read_parquet(self._root / file, hive_partitioning=False, glob=False)
            kept = stored.join(rows, on=["file_no", "line"], how="anti", maintain_order="left")
            if len(kept) < len(stored):
                self.replace_file(file, kept)

    def _files_of(self, months: set[str]) -> list[str]:
        return [file for file in self._files if _month_of(file) in months]

    def replace_file(self, file: str, rows: pl.DataFrame | None) -> None:
        """Take a file out of the table and put ``rows``, if any, in its place."""
        self._files.remove(file)
        fresh = [action for action in self._added if action.path == file]
        if fresh:
            self._added.remove(fresh[0])
        else:
            size = (self._root / file).stat().st_size
            month = _month_of(file)
            partition: dict[str, str | None] = {MONTH: month} if month else {}
            self._removed.append(RemoveAction(file, True, _now_ms(), size, partition))
        if rows is not None:
            self._write(rows, _month_of(file))

    def replace_all(self, rows: pl.DataFrame) -> None:
        """Put ``rows`` in the place of everything the table holds."""
        for file in list(self._files):
            self.replace_file(file, None)
        self._write(rows, None)

    def replace_files(self, files: Sequence[Path]) -> None:
        """Take files, given by their paths, out of the table."""
        for path in files:
            self.replace_file(path.relative_to(self._root).as_posix(), None)

    def vacuum(self, grace: timedelta) -> int:
        """Delete the files that have not been in use for ``grace``; return their number."""
        if self._table is None:
            return 0
        # The dry run leaves no commit behind, which would be one beyond the head.
        hours = int(grace.total_seconds() // 3600)
        unused = self._table.vacuum(
            hours, dry_run=True, enforce_retention_duration=False, full=True
        )
        for file in unused:
            (self._root / file).unlink(missing_ok=True)
        return len(unused)

    def forget_history(self) -> None:
        """Delete every file that the present version does not use, and the log of older ones.

        Readers that hold an older version lose it at once.
        """
        if self._table is None:
            return
        self._table.create_checkpoint()
        sync(self._root / _LOG_FOLDER)
        used = set(self._files)
        for file in self._root.rglob("*.parquet"):
            relative = file.relative_to(self._root).as_posix()
            if not relative.startswith(_LOG_FOLDER) and relative not in used:
                file.unlink()
        for file in (self._root / _LOG_FOLDER).iterdir():
            number = file.name.partition(".")[0]
            if number.isdigit() and int(number) < self._table.version():
                file.unlink()

    def discard(self) -> None:
        """Delete the files of a batch that is not going to be committed."""
        for action in self._added:
            (self._root / action.path).unlink(missing_ok=True)

    def commit(self) -> None:
        """Make the written files a new version of the table."""
        if not self.is_changed:
            return
        with _translating_errors(self._root):
            self._commit()

    def _commit(self) -> None:
        if self._table is None:
            self._root.mkdir(parents=True, exist_ok=True)
            self._table = DeltaTable.create(
                _uri(self._root),
                self.declared.delta_schema,
                partition_by=self.declared.partition_by,
                configuration=CONFIGURATION,
            )
        for folder in {(self._root / action.path).parent for action in self._added}:
            sync(folder)
        self._table.create_write_transaction(
            [*self._added, *self._removed],
            "append",
            self.declared.delta_schema,
            self.declared.partition_by,
        )
        self._table.update_incremental()
        self._added, self._removed = [], []
        sync(self._root / _LOG_FOLDER / f"{self._table.version():020}.json")
        sync(self._root / _LOG_FOLDER)


@contextmanager
def _translating_errors(path: Path) -> Iterator[None]:
    """Raise one clear InputRefused for whatever a library raises on a full or failing disk."""
    try:
        yield
    except (pl.exceptions.PolarsError, DeltaError, OSError) as error:
        if path.is_file():
            path.unlink()
        text = _COLOUR.sub("", str(error))
        cause = getattr(error, "strerror", None) or " ".join(text.split())[:200]
        raise InputRefused(
            f"{path} cannot be written ({cause}): fix that and run again; "
            "what was committed before stands"
        ) from error


def _open_at(root: Path, version: int | None) -> DeltaTable | None:
    """Open a table for writing, with its newest version holding what ``version`` held.

    What was committed beyond the pinned version was never seen by anyone: it is taken back.
    """
    if version is None:
        if root.exists():
            shutil.rmtree(root)
        return None
    table = DeltaTable(_uri(root))
    if table.version() > version:
        table.restore(version)
        table.update_incremental()
    return table


def pinned_files(root: Path, version: int) -> list[Path]:
    """Return the absolute paths of a table's files at one version, sorted."""
    return sorted(root / file for file in _relative_files(DeltaTable(_uri(root), version=version)))


def _uri(root: Path) -> str:
    """Return a table's address.

    Raises InputRefused where the path holds what deltalake takes for an escaped character.
    """
    if _ESCAPE.search(str(root.absolute())):
        raise InputRefused(
            f"{root.absolute()} holds a % with two hexadecimal digits, which the table format "
            "takes for an escaped character: choose another data directory"
        )
    return root.absolute().as_uri()


def _relative_files(table: DeltaTable | None) -> list[str]:
    if table is None:
        return []
    depth = 1 + len(table.metadata().partition_columns)
    return sorted("/".join(uri.rsplit("/", depth)[1:]) for uri in table.file_uris())


def _month_of(file: str) -> str | None:
    folder, _, _ = file.rpartition("/")
    return folder.removeprefix(f"{MONTH}=") or None


def month_name(day: date) -> str:
    """Return the month of a day as ``YYYY-MM``."""
    return day.isoformat()[:7]


def _now_ms() -> int:
    """Return the clock in milliseconds: only a table's log says when a file went out of use."""
    return time.time_ns() // 1_000_000


def sync(path: Path) -> None:
    """Make a file's bytes, or a directory's entries, safe from a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# The head of the event store: one small file that says which versions count.
# It is replaced as a whole, and that is the only moment at which an ingest becomes true.

HEAD_NAME = "head.json"
_FORMAT = 1


@dataclass(frozen=True)
class Head:
    """``versions`` by table; ``seen`` the files of seen event ids by log, made with ``probe``.

    ``next_key``: a person key below it was given at some time, perhaps to somebody who was
    erased since. ``erasures``: how many times people were erased.
    """

    versions: dict[str, int] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)
    probe: str = ""
    next_key: int = 0
    erasures: int = 0


def read_head(events: Path) -> Head:
    """Read the head of an event store; an empty one where nothing was ever ingested.

    Raises
    ------
    InputRefused
        The file is not a head that this version can read.
    """
    path = events / HEAD_NAME
    try:
        read = json.loads(path.read_text())
        if (written := read.pop("format")) > _FORMAT:
            raise InputRefused(
                f"{path} is of format {written}, and this version reads up to {_FORMAT}: "
                "install the version of plainscore that wrote it, or a newer one"
            )
        return Head(**read)
    except FileNotFoundError:
        return Head()
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise InputRefused(
        f"{path} is not readable by this version: restore it, or remove {events} and ingest again"
    )


def write_head(events: Path, head: Head) -> None:
    """Replace the head of an event store."""
    text = json.dumps(
        {"format": _FORMAT, **asdict(head)},
        indent=1,
        sort_keys=True,
    )
    fresh = events / f"{HEAD_NAME}.new"
    fresh.write_text(text + "\n")
    sync(fresh)
    fresh.replace(events / HEAD_NAME)
    sync(events)
