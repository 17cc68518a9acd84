"""List the landing directory: the files that can be read, and what must be refused unread.

The layout is ``<folder>/arrived=YYYY-MM-DD/<name>.<format>``: ``ndjson``, ``json`` or ``csv``, also
packed as ``.gz`` or ``.zst``; ``parquet``; ``xlsx``. Names that begin with ``.`` or ``_`` are
ignored; everything else that does not fit is refused, by name.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from plainscore.common.errors import InputRefused

# What is refused as a whole: files and folders, each with the reason and a hint what to do.


@dataclass(frozen=True)
class RefusedFile:
    """A file (or folder) of the landing directory that cannot be ingested as it is.

    ``file`` is the path under landing/; ``arrived`` is None where no arrival day can be read from
    it. ``log`` is its folder. It blocks its own (folder, arrival day) and nothing else.
    """

    log: str
    file: str
    arrived: date | None
    reason: str
    hint: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}; {self.hint}"


class FileRefused(Exception):
    """Raised while a file is read: it is refused as a whole."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


Format = Literal["ndjson", "json", "csv", "xlsx", "parquet"]
Packing = Literal["", "gz", "zst"]

_TEXT_FORMATS: tuple[Format, ...] = ("ndjson", "json", "csv")
_PACKINGS: tuple[Packing, ...] = ("", "gz", "zst")
_ENDINGS: dict[str, tuple[Format, Packing]] = {
    **{
        f".{form}.{packing}".removesuffix("."): (form, packing)
        for form in _TEXT_FORMATS
        for packing in _PACKINGS
    },
    ".xlsx": ("xlsx", ""),
    ".parquet": ("parquet", ""),
}
_DAY_FOLDER = re.compile(r"arrived=([0-9]{4}-[0-9]{2}-[0-9]{2})")


@dataclass(frozen=True, order=True)
class LandingFile:
    """One delivered file; the order of files is the order of arrival within a log.

    ``file`` is the path under landing/, ``log`` its folder, ``path`` where it is read.
    """

    log: str
    arrived: date
    file: str
    path: Path
    format: Format
    packing: Packing


@dataclass(frozen=True)
class Listing:
    """What stands in a landing directory, both lists sorted."""

    files: list[LandingFile]
    refused: list[RefusedFile]


def list_landing(landing: Path, folders: Collection[str]) -> Listing:
    """List a landing directory without opening any file; ``folders`` are those that are known.

    Raises
    ------
    InputRefused
        There is no such directory, or it cannot be listed.
    """
    if not landing.is_dir():
        raise InputRefused(
            f"{landing} is no directory: put the logs there as <log>/arrived=YYYY-MM-DD/<file>"
        )
    files: list[LandingFile] = []
    refused: list[RefusedFile] = []
    for found in _walk(landing, folders):
        if isinstance(found, LandingFile):
            files.append(found)
        else:
            refused.append(found)
    return Listing(sorted(files), sorted(refused, key=lambda one: one.file))


def file_at(landing: Path, file: str, arrived: date) -> LandingFile:
    """Return a file that was listed before by its path under landing/."""
    form, packing = _format(file.rpartition("/")[2])
    log = file.partition("/")[0]
    return LandingFile(log, arrived, file, landing / file, form, packing)


def blocked_days(refused: list[RefusedFile]) -> set[tuple[str, date]]:
    """Return the (log, arrival day) pairs from which nothing may be ingested."""
    return {(one.log, one.arrived) for one in refused if one.arrived is not None}


def _walk(landing: Path, folders: Collection[str]) -> Iterator[LandingFile | RefusedFile]:
    root = landing.resolve()
    for folder in _entries(landing):
        log = _shown(folder.name)
        try:
            if log not in folders:
                raise FileRefused(
                    "is neither a log nor a source",
                    f"move it away, rename it to one of {', '.join(folders)}, or say in "
                    f"plainscore.toml what its rows are: `plainscore check {landing} --draft` "
                    f"prints a first [sources.{log}]"
                    if folder.is_dir()
                    else f"put it into {landing / 'FOLDER' / 'arrived=YYYY-MM-DD'}",
                )
            _refuse_unless_folder(folder, root)
            days = list(_entries(Path(folder.path)))
        except FileRefused as error:
            yield RefusedFile(log, log, None, error.reason, error.hint)
            continue
        for day in days:
            yield from _walk_day(log, day, root)


def _walk_day(
    log: str, folder: os.DirEntry[str], root: Path
) -> Iterator[LandingFile | RefusedFile]:
    arrived: date | None = None
    place = f"{log}/{_shown(folder.name)}"
    try:
        arrived = _arrival_day(folder.name)
        _refuse_unless_folder(folder, root)
        entries = list(_entries(Path(folder.path)))
    except FileRefused as error:
        yield RefusedFile(log, place, arrived, error.reason, error.hint)
        return
    for entry in entries:
        file = f"{place}/{_shown(entry.name)}"
        try:
            form, packing = _format(entry.name)
            _refuse_unless_regular_file(entry, root)
        except FileRefused as error:
            yield RefusedFile(log, file, arrived, error.reason, error.hint)
        else:
            yield LandingFile(log, arrived, file, Path(entry.path), form, packing)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if not entry.name.startswith((".", "_"))]
    except OSError as error:
        raise FileRefused(
            f"cannot be listed ({error.strerror})", "give the user that ingests read permission"
        ) from error


def _arrival_day(name: str) -> date:
    match = _DAY_FOLDER.fullmatch(name)
    try:
        if match:
            return date.fromisoformat(match[1])
    except ValueError:
        pass
    raise FileRefused(
        "is no arrival folder", "name it arrived=YYYY-MM-DD after the day on which it arrived"
    )


def _format(name: str) -> tuple[Format, Packing]:
    if _shown(name) != name:
        raise FileRefused("has a name that is not UTF-8", "rename it")
    for ending, form in _ENDINGS.items():
        if name.endswith(ending) and name != ending:
            return form
    raise FileRefused(
        "is of an unknown format", f"deliver it with one of the endings {', '.join(_ENDINGS)}"
    )


def _refuse_unless_folder(entry: os.DirEntry[str], root: Path) -> None:
    mode = _mode(entry, root)
    if not stat.S_ISDIR(mode):
        raise FileRefused("is no folder", "move it to <log>/arrived=YYYY-MM-DD/")


def _refuse_unless_regular_file(entry: os.DirEntry[str], root: Path) -> None:
    mode = _mode(entry, root)
    if not stat.S_ISREG(mode):
        raise FileRefused("is not a regular file", "deliver the file itself")


def _mode(entry: os.DirEntry[str], root: Path) -> int:
    """Return the mode of what the entry stands for, following links within ``root`` only."""
    try:
        if entry.is_symlink():
            target = Path(os.path.realpath(entry.path, strict=True))
            if not target.is_relative_to(root):
                raise FileRefused("is a link that leads out of landing/", "deliver the file itself")
        return entry.stat().st_mode
    except OSError as error:
        raise FileRefused(
            f"cannot be reached ({error.strerror})", "deliver the file itself"
        ) from error


def _shown(name: str) -> str:
    """Return a file name as text; bytes that are no UTF-8 are written as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
