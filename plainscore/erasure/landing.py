"""Take people out of everything under landing/.

Until the event store has followed, the original of each file that was replaced stands beside it
under a name that the ingest ignores: an erasure that is cut short before begins again with them.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

from plainscore.common.files import file_sha256, fsync_path
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.journal import Journal
from plainscore.erasure.rewrite import (
    UNFINISHED,
    ByHand,
    Edit,
    kind_of,
    rewritten,
    text_lines,
)
from plainscore.erasure.rows import UNREADABLE, Landing, NoRows, Row, read_fields
from plainscore.logs.landing import LandingFile
from plainscore.logs.masking import COMMAS
from plainscore.logs.sources import Format
from plainscore.logs.text_files import column_names, read_records

_ORIGINAL = ".to-be-erased"


@dataclass(frozen=True)
class CleanedFile:
    """A file of a log or source: its digest ``before``, and the lines of the people in it.

    ``is_rewritten``: where not, it must be dealt with by hand.
    """

    file: LandingFile
    before: str
    gone: list[int]
    is_rewritten: bool


@dataclass
class LandingErasure:
    """What became of the landing files.

    By their path under landing/: ``rewritten``, how many rows went from each, and ``by_hand``, why
    a file that holds a person, or may hold one, could not be rewritten.
    """

    rewritten: dict[str, int] = field(default_factory=dict)
    by_hand: dict[str, str] = field(default_factory=dict)
    cleaned: list[CleanedFile] = field(default_factory=list)


def files_under(folder: Path) -> Iterator[Path]:
    """Yield every file under a folder, links to directories not followed."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def settle(folder: Path, *, is_stored: bool) -> None:
    """Remove the originals where the event store has followed; else put them back."""
    for path in sorted(files_under(folder)):
        if path.name.endswith(UNFINISHED) or (is_stored and path.name.endswith(_ORIGINAL)):
            path.unlink()
        elif path.name.endswith(_ORIGINAL):
            put_in_place(path, path.with_name(path.name[1:].removesuffix(_ORIGINAL)))


def put_in_place(copy: Path, path: Path) -> None:
    """Replace a file by a copy, which is on the disk before."""
    os.replace(copy, path)
    fsync_path(path.parent)


def rename_files(folder: Path, names: ErasedIds, journal: Journal, masks: bool) -> None:
    """Give files whose name holds an id another one; the journal notes each before.

    Within its day a file may then come before one that it came after: that matters only to rows
    that share an event_id on that very day.
    """
    for path in sorted(files_under(folder)):
        new = names.taken_out_of(path.name)
        stem, dot, ending = (names.masked(new) if masks else new).partition(".")
        if (target := path.with_name(f"{stem}{dot}{ending}")) == path:
            continue
        number = 1
        while target.exists():
            number, target = number + 1, path.with_name(f"{stem}-{number + 1}{dot}{ending}")
        old, now = (one.relative_to(folder).as_posix() for one in (path, target))
        journal.note(renamed=journal.renamed | {old: now})
        path.rename(target)
        fsync_path(path.parent)


def erase_from_landing(landing: Landing, *, inside_texts: bool = False) -> LandingErasure:
    """Rewrite every landing file that names one of the people.

    Files that the ingest ignores or refuses are cleaned as far as they have rows or lines.
    ``inside_texts``: mask the ids inside all other texts, too.
    """
    done, masks = LandingErasure(), landing.names if inside_texts else None
    for path in sorted(files_under(landing.folder)):
        shown = path.relative_to(landing.folder).as_posix()
        file, gone, is_rewritten = landing.files.get(path), list[int](), False
        try:
            before = file_sha256(path) if file else ""
            rows = _rows(landing, path)
            gone = [row.line for row in rows if row.is_theirs]
            if gone or (masks and kind_of(path)):
                took = _rewrite(path, rows, file, landing, masks)
                gone, is_rewritten = took or gone, took is not None
        except ByHand as error:
            done.by_hand[shown] = str(error)
        except UNREADABLE as error:
            why = getattr(error, "strerror", None) or str(error).splitlines()[0]
            done.by_hand[shown] = f"cannot be read or written ({why})"
        if is_rewritten:
            done.rewritten[shown] = len(gone)
        if file and (is_rewritten or gone):
            done.cleaned.append(CleanedFile(file, before, gone, is_rewritten))
    return done


def _rows(landing: Landing, path: Path) -> list[Row]:
    try:
        return landing.rows(path)
    except (NoRows, *UNREADABLE) as error:
        content = path.read_bytes().decode("utf-8", "replace")
        if landing.names.may_be_in(content) and landing.names.matches(content):
            is_odd = isinstance(error, NoRows)
            why = "is of no kind that has rows" if is_odd else "cannot be read to its end"
            raise ByHand(why) from error
        return []


def _rewrite(
    path: Path,
    rows: Sequence[Row],
    file: LandingFile | None,
    landing: Landing,
    masks: ErasedIds | None,
) -> list[int] | None:
    """Replace a file by its copy; return the lines of the rows that went, None where none did."""
    form = landing.inputs.sources[file.log].format if file else COMMAS
    gone = {row.line for row in rows if row.is_theirs}
    edit = Edit(gone, {row.line: row.lines for row in rows}, masks, form.encoding)
    if (copy := rewritten(path, edit)) is None:
        return None
    if file and file.format == "csv" and _has_quotes(path, form):
        while swallowing := _swallowing(file, form, copy, edit):
            more = {row.line: row.lines for row in swallowing}
            edit = replace(edit, gone={*edit.gone, *more}, spans={**edit.spans, **more})
            rewritten(path, edit)
    path.rename(path.with_name(f".{path.name}{_ORIGINAL}"))
    put_in_place(copy, path)
    return sorted(edit.gone)


def _has_quotes(path: Path, form: Format) -> bool:
    """Return whether how a row reads can depend on the rows around it."""
    with text_lines(path, form.encoding) as lines:
        return form.quote != "" and any(form.quote in line for line in lines)


def _swallowing(file: LandingFile, form: Format, copy: Path, edit: Edit) -> list[Row]:
    """Return the first refused row that would swallow others once rows are gone.

    A quote that is never closed was refused because of the lines that followed it. Raises ByHand
    where a row that was not refused reads otherwise.
    """
    columns = column_names(file, form)
    before = ((line, raw) for line, raw in read_records(file, form) if line not in edit.gone)
    now = read_records(replace(file, path=copy), form)
    for was, row in zip_longest(before, now):
        if was is None or (was[0], edit.of(*was)) != row:
            if was is not None and not read_fields(was[1], columns, form):
                return [Row(was[0], was[1], is_theirs=True)]
            copy.unlink()
            raise ByHand("cannot lose its rows without changing how others read")
    return []
