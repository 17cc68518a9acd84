"""Erase people from the landing directory: the one command that writes what was delivered."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from plainscore.common.files import fsync_path
from plainscore.erasure.journal import Journal
from plainscore.erasure.log_file import prepare_without
from plainscore.erasure.loose_file import erase_from_loose_file
from plainscore.erasure.names import Names
from plainscore.erasure.rewriting import UNFINISHED, ByHand, put_in_place
from plainscore.logs.landing import LandingFile, list_landing
from plainscore.logs.refusals import FileRefused


@dataclass
class LandingErasure:
    """What became of the landing files, by their path under landing/.

    ``rewritten``: how many rows went from each; ``by_hand``: why a file that holds a person, or
    may hold one, could not be rewritten; ``renamed``: the new paths of files whose name held an id.
    """

    rewritten: dict[str, int] = field(default_factory=dict)
    by_hand: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def erase_from_landing(
    landing: Path, names: Names, journal: Journal, ledger: pl.DataFrame
) -> LandingErasure:
    """Write every landing file anew that names one of the people, each at once and noted before.

    Files that the ingest ignores or refuses are cleaned as far as they have rows or lines.
    """
    done = LandingErasure()
    if not landing.is_dir():
        return done
    for copy in [path for path in files_under(landing) if path.name.endswith(UNFINISHED)]:
        copy.unlink()
    unknown = set(ledger.filter(pl.col("unknown_column_count") > 0)["file"])
    listed = {file.path: file for file in list_landing(landing).files}
    for path in sorted(files_under(landing)):
        shown = path.relative_to(landing).as_posix()
        try:
            count = _erase_from(path, listed.get(path), names, journal, shown in unknown)
        except ByHand as error:
            done.by_hand[shown] = str(error)
        except OSError as error:
            done.by_hand[shown] = f"cannot be read or written ({error.strerror or error})"
        else:
            if count:
                done.rewritten[shown] = count
            if names.are_told_by(path.name):
                done.renamed[shown] = _rename(path, shown, names, journal)
    return done


def _rename(path: Path, shown: str, names: Names, journal: Journal) -> str:
    """Give a file whose name holds an id another one; return its new path under landing/.

    Within its day it may then come before a file that it came after: only rows that share an
    event_id on that very day could tell.
    """
    stem, dot, ending = names.taken_out_of(path.name).partition(".")
    number, target = 1, path.with_name(f"{stem}{dot}{ending}")
    while target.exists():
        number, target = number + 1, path.with_name(f"{stem}-{number + 1}{dot}{ending}")
    new = f"{shown.rpartition('/')[0]}/{target.name}".removeprefix("/")
    journal.note_renamed(shown, new)
    path.rename(target)
    fsync_path(path.parent)
    return new


def _erase_from(
    path: Path, file: LandingFile | None, names: Names, journal: Journal, has_unknown: bool
) -> int:
    if file is not None:
        try:
            prepared = prepare_without(file, names, has_unknown=has_unknown)
        except FileRefused as error:
            if "otherwise" in error.mend or "by hand" in error.mend:
                raise ByHand(error.reason) from error
        else:
            if prepared is None:
                return 0
            rewritten, copy = prepared
            journal.note_rewritten(rewritten)
            put_in_place(copy, path)
            return len(rewritten.spans)
    return erase_from_loose_file(path, names)


def files_under(folder: Path) -> Iterator[Path]:
    """Yield every file under a folder, links to directories not followed."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)
