"""Take people out of everything under landing/, and keep the record of an erasure under way.

Until the event store has followed, the original of each file that was replaced stands beside it
under a name that the ingest ignores: an erasure that is cut short before begins again with them.

The journal is on the disk before what it notes is done. It holds the ids, so it is readable by its
owner alone. While it exists, no other command may write (``plainscore.common.lock``).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from plainscore.common.files import file_sha256, fsync_path, write_json
from plainscore.common.lock import ERASURE_JOURNAL
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.rewrite import (
    UNFINISHED,
    ByHand,
    Edit,
    kind_of,
    parts_with,
    rewritten,
    text_lines,
)
from plainscore.erasure.rows import UNREADABLE, Landing, NoRows, Row, read_fields
from plainscore.logs.documents import DAMAGED_ZIP
from plainscore.logs.landing import LandingFile
from plainscore.logs.masking import COMMAS
from plainscore.logs.sources import Format
from plainscore.logs.text_files import column_names, read_records


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


_ORIGINAL = ".to-be-erased"


@dataclass
class CleanedFile:
    """What became of a landing file that held a person or, where that is asked, a text to mask.

    ``shown`` is its path under landing/, ``file`` what the ingest takes it for, ``before`` its
    digest then, ``gone`` the lines of the people. ``problem``: why it must be dealt with by hand.
    """

    path: Path
    shown: str
    file: LandingFile | None
    before: str = ""
    gone: set[int] = field(default_factory=set)
    is_rewritten: bool = False
    problem: str = ""


def files_under(folder: Path) -> Iterator[Path]:
    """Yield every file under a folder, links to directories not followed."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def settle(folder: Path, *, is_stored: bool) -> None:
    """Remove the originals where the event store has followed; else put them back."""
    ours = (path for path in sorted(files_under(folder)) if path.name.startswith("."))
    for path in ours:
        if path.name.endswith(UNFINISHED):
            path.unlink()
        elif path.name.endswith(_ORIGINAL):
            present = path.with_name(path.name[1:].removesuffix(_ORIGINAL))
            if is_stored and present.exists():
                path.unlink()
            else:
                put_in_place(path, present)


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


def erase_from_landing(landing: Landing, masks: ErasedIds | None = None) -> list[CleanedFile]:
    """Rewrite every landing file that names one of the people.

    Files that the ingest ignores or refuses are cleaned as far as they have rows or lines.
    ``masks``: mask these ids inside all other texts, too.
    """
    cleaned = []
    for path in sorted(files_under(landing.folder)):
        shown = path.relative_to(landing.folder).as_posix()
        one = CleanedFile(path, shown, landing.files.get(path))
        try:
            _clean(one, landing, masks)
        except ByHand as error:
            one.problem = str(error)
        except (*UNREADABLE, *DAMAGED_ZIP) as error:
            why = getattr(error, "strerror", None) or str(error).splitlines()[0]
            one.problem = f"cannot be read or written ({why})"
        if one.is_rewritten or one.gone or one.problem:
            cleaned.append(one)
    return cleaned


def _clean(one: CleanedFile, landing: Landing, masks: ErasedIds | None) -> None:
    try:
        rows = landing.rows(one.path)
    except (NoRows, *UNREADABLE) as error:
        content, rows = one.path.read_bytes().decode("utf-8", "replace"), []
        if landing.names.may_be_in(content) and landing.names.matches(content):
            is_odd = isinstance(error, NoRows)
            why = "is of no kind that has rows" if is_odd else "cannot be read to its end"
            raise ByHand(why) from error
    one.gone = {row.line for row in rows if row.is_theirs}
    if not one.gone and not (masks and kind_of(one.path)):
        return
    one.before = file_sha256(one.path)
    form = landing.inputs.sources[one.file.log].format if one.file else COMMAS
    spans = {row.line: row.lines for row in rows}
    edit = Edit(one.gone, spans, masks, form)
    copy = rewritten(one.path, edit)
    if masks and kind_of(one.path) == "xlsx":
        left = parts_with((copy or one.path).read_bytes(), masks)
        one.problem = f"names one where no mask can be written ({', '.join(left)})" if left else ""
    if copy is None:
        return
    if one.file and one.file.format == "csv" and _has_quotes(one.path, form):
        while row := _swallowing(one.file, form, copy, edit):
            one.gone.add(row.line)
            spans[row.line] = row.lines
            rewritten(one.path, edit)
    if one.file and one.file.format == "xlsx":
        _require_others(one.file, form, copy, edit)
    one.path.rename(one.path.with_name(f".{one.path.name}{_ORIGINAL}"))
    put_in_place(copy, one.path)
    one.is_rewritten = True


def _require_others(file: LandingFile, form: Format, copy: Path, edit: Edit) -> None:
    """Raise ByHand unless a copy holds all rows but those that go, each in its place.

    Their texts are the same, or masked.
    """
    others = [
        (line, edit.of(line, raw))
        for line, raw in read_records(file, form)
        if line not in edit.gone
    ]
    if list(read_records(replace(file, path=copy), form)) != others:
        copy.unlink()
        raise ByHand("cannot lose its rows without changing others")


def _has_quotes(path: Path, form: Format) -> bool:
    """Return whether how a row reads can depend on the rows around it."""
    with text_lines(path, form.encoding) as lines:
        return form.quote != "" and any(form.quote in line for line in lines)


def _swallowing(file: LandingFile, form: Format, copy: Path, edit: Edit) -> Row | None:
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
                return Row(was[0], was[1], is_theirs=True)
            copy.unlink()
            raise ByHand("cannot lose its rows without changing how others read")
    return None
