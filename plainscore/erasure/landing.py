"""Landing files: which of their rows name people, as the ingest reads them, and copies without."""

import gzip
import io
import os
import shutil
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import IO, cast

import duckdb

from plainscore.common.files import file_sha256, fsync_path
from plainscore.common.text import file_literal, identifier, read_parquet, text_literal
from plainscore.erasure.erased_ids import (
    ErasedIds,
    Fields,
    csv_fields,
    json_texts,
    people_in,
    read_fields,
    unknown_fields_name,
)
from plainscore.erasure.journal import Journal, Rewritten
from plainscore.logs.judge import judge_sql
from plainscore.logs.landing import FileRefused, LandingFile, list_landing
from plainscore.logs.mapping import log_rows
from plainscore.logs.parquet_files import raw_texts
from plainscore.logs.readers import Reader
from plainscore.logs.sources import Format, Source, read_inputs
from plainscore.logs.text_files import DOCUMENTS, column_names, read_records
from plainscore.project import read_project

UNFINISHED = ".erasing"
_PIECE_CHARACTERS = 2**26
_LINES = (".csv", ".ndjson", ".jsonl", ".tsv", ".txt", ".md")


UNREADABLE = (FileRefused, EOFError, OSError, ValueError, zlib.error, duckdb.Error)
"""What reading a delivered file may raise."""


class ByHand(Exception):
    """A file holds a person and cannot be rewritten by us; the message says why."""


@dataclass(frozen=True)
class DeliveredRow:
    """A row that may name someone: its text, and the fields that can be read of it.

    ``people`` are all people in the events of the row, and ``known`` the columns that are read.
    """

    line: int
    raw: str
    fields: Fields
    people: set[str]
    known: tuple[str, ...]

    def names_one_of(self, names: ErasedIds) -> bool:
        """Return whether it is a row of these people.

        It names whoever stands in a field that names people, whether or not its event defines
        that, or in one that nothing reads. One that names no one at all counts where it holds an
        id as a word: it was refused, and can hold a person anywhere.
        """
        if not self.people:
            return names.are_words_of(self.raw)
        return not self.people.isdisjoint(names.ids) or unknown_fields_name(
            self.fields, self.known, names
        )


class Landing:
    """The landing directory of a data directory, and how its files are read.

    ``with_unknown_columns``: the files, as ingested, in which nothing reads some column.
    """

    def __init__(self, data_dir: Path, with_unknown_columns: Collection[str] = ()) -> None:
        self.with_unknown_columns = frozenset(with_unknown_columns)
        self.folder = data_dir / "landing"
        self.inputs = read_inputs(read_project(data_dir))
        self.logs, self.sources = self.inputs.logs, self.inputs.sources
        is_there = self.folder.is_dir()
        listed = list_landing(self.folder, self.sources).files if is_there else []
        self.files = {file.path: file for file in listed}
        self._con = duckdb.connect()

    def source(self, file: LandingFile) -> Source:
        """Return how the folder of a file is read."""
        return self.sources[file.log]

    def rows(self, file: LandingFile, names: ErasedIds) -> Iterator[DeliveredRow]:
        """Yield the rows of a file that may name one of the people.

        Raises one of UNREADABLE where it cannot be read.
        """
        source = self.source(file)
        if not self._derives_ids(source):
            for line, raw, fields in self._candidates(file, names):
                people = people_in(fields, self._naming(source))
                yield DeliveredRow(line, raw, fields, people, source.columns)
            return
        found = {line: (raw, fields) for line, raw, fields in self._candidates(file, names)}
        named = self._people_of_events(file, names, list(found))
        rest = [line for line in named if line not in found]
        if rest:
            for line, raw, fields in _read_rows(file, source.format, source.columns, rest):
                found[line] = raw, fields
        for line, (raw, fields) in sorted(found.items()):
            yield DeliveredRow(line, raw, fields, named.get(line, set()), source.columns)

    def spans(self, file: LandingFile, names: ErasedIds) -> dict[int, int]:
        """Return the rows of a file that are of the people: line -> physical lines it takes."""
        return {
            row.line: 1 if file.format == "parquet" else row.raw.count("\n") + 1
            for row in self.rows(file, names)
            if row.names_one_of(names)
        }

    def people(self, names: ErasedIds) -> set[str]:
        """Return those of the ids that a row names as a person, refused or not."""
        found: set[str] = set()
        for file in self.files.values():
            try:
                for row in self.rows(file, names):
                    found |= row.people
            except UNREADABLE:
                continue
        return found & set(names.ids)

    def quarantined_row(self, file: str, raw: str) -> DeliveredRow:
        """Return a row as it stands in quarantine; its file may be gone from landing/."""
        listed = self.files.get(self.folder / file)
        source = self.sources.get(file.partition("/")[0])
        columns: tuple[str, ...] = ()
        if listed is not None and listed.format == "csv":
            with suppress(FileRefused, OSError):
                columns = column_names(listed, self.source(listed).format)
        fields = read_fields(raw, columns, source.format.delimiter if source else ",")
        people = people_in(fields, self._naming(source))
        return DeliveredRow(0, raw, fields, people, source.columns if source else ())

    def _derives_ids(self, source: Source) -> bool:
        """Return whether the ids of people are made of cells, and not cells as they are."""
        return any(
            mapping.from_ is None or bool(mapping.map)
            for event in source.events
            for name, mapping in event.fields.items()
            if name in self.logs[event.log].person_fields
        )

    def _naming(self, source: Source | None) -> set[str]:
        """Return the delivered columns that name people, as far as they do so as they are."""
        own = {name for log in self.logs.values() for name in log.person_fields}
        if source is None or source.is_own_words:
            return own
        return {
            mapping.from_
            for event in source.events
            for name, mapping in event.fields.items()
            if name in own and mapping.from_ is not None
        }

    def _candidates(self, file: LandingFile, names: ErasedIds) -> Iterator[tuple[int, str, Fields]]:
        source = self.source(file)
        if file.format == "parquet":
            lines = _parquet_rows_with(self._con, file.path, names)
            yield from _read_rows(file, source.format, source.columns, lines)
        elif (
            file.format in DOCUMENTS
            or source.format.encoding != "utf-8"
            or _holds(file.path, names)
        ):
            columns = column_names(file, source.format) if file.format == "csv" else ()
            for line, raw in read_records(file, source.format):
                if names.may_be_in(raw, is_json=not columns):
                    yield line, raw, read_fields(raw, columns, source.format.delimiter)

    def _people_of_events(
        self, file: LandingFile, names: ErasedIds, lines: list[int]
    ) -> dict[int, set[str]]:
        """Return the people in the events of rows: of some lines, and of all that name an id."""
        source, found = self.source(file), dict[int, set[str]]()
        with duckdb.connect() as con, tempfile.TemporaryDirectory() as scratch:
            con.execute(
                "create temp table batch_file as select 0 as file_no, $day as arrived",
                {"day": file.arrived},
            )
            reader = Reader(con, source, self.logs, {0: file}, Path(scratch))
            for cells in reader.parts():
                for number, event in enumerate(source.events):
                    log = self.logs[event.log]
                    rows = log_rows(source, event, log, cells, number == 0)
                    listed = ", ".join(map(identifier, log.person_fields))
                    judged = con.execute(
                        f"select line, [{listed}] as people from "
                        f"({judge_sql(log, rows.sql, rows.faulty)}) "
                        "where list_has_any(people, $ids) or list_contains($lines, line)",
                        {"ids": list(names.ids), "lines": lines},
                    )
                    for line, people in judged.fetchall():
                        found.setdefault(line, set()).update(one for one in people if one)
        if reader.refused:
            raise reader.refused[0]
        return found

    def unknown_columns(self, file: LandingFile) -> list[str]:
        """Return the columns of a file that its source does not read."""
        with duckdb.connect() as con, tempfile.TemporaryDirectory() as scratch:
            reader = Reader(con, self.source(file), self.logs, {0: file}, Path(scratch))
            for _ in reader.parts():
                pass
        if reader.refused:
            raise reader.refused[0]
        return sorted(reader.facts[0].unknown)


def _read_rows(
    file: LandingFile, form: Format, known: tuple[str, ...], lines: list[int]
) -> Iterator[tuple[int, str, Fields]]:
    """Yield some rows of a file: line, text, fields."""
    if file.format == "parquet":
        found = raw_texts(file.path, set(lines), known) if lines else {}
        yield from ((line, raw, read_fields(raw)) for line, raw in sorted(found.items()))
        return
    columns = column_names(file, form) if file.format == "csv" else ()
    wanted = set(lines)
    for line, raw in read_records(file, form):
        if line in wanted:
            yield line, raw, read_fields(raw, columns, form.delimiter)


def _parquet_rows_with(con: duckdb.DuckDBPyConnection, path: Path, names: ErasedIds) -> list[int]:
    """Return the numbers (from 1) of rows in which a cell holds an id, or hides one."""
    source = read_parquet([path])
    columns = [row[0] for row in con.execute(f"describe from {source}").fetchall()]
    held = " or ".join(names.may_hold(identifier(name)) for name in columns) or "false"
    numbered = source.removesuffix(")") + ", file_row_number = true)"
    rows = con.execute(f"select file_row_number + 1 from {numbered} where {held} order by 1")
    return [line for (line,) in rows.fetchall()]


# Copies of a file without some rows, so that all other rows keep their places. In a text a row is
# replaced by as many empty lines as it took: blank lines are no rows, and line numbers stay true.
# In parquet the rows behind it move up.


def _unfinished(path: Path) -> Path:
    """Return where a copy is written: next to the file, under a name that the ingest ignores."""
    return path.with_name(f".{path.name}{UNFINISHED}")


@contextmanager
def text_lines(path: Path, encoding: str = "utf-8") -> Iterator[Iterator[str]]:
    """Open a text file, unpacked: its lines with their ends, parts of one that is enormous."""
    errors = "strict" if encoding.startswith("utf-16") else "surrogateescape"
    if path.suffix == ".zst":
        yield _zstd_lines(path)
        return
    with (
        gzip.open(path) if path.suffix == ".gz" else path.open("rb") as unpacked,
        io.TextIOWrapper(unpacked, encoding, errors, newline="\n") as text,
    ):
        yield iter(lambda: text.readline(_PIECE_CHARACTERS), "")


def _zstd_lines(path: Path) -> Iterator[str]:
    with duckdb.connect() as con:
        rows = con.execute(
            f"select coalesce(line, '') || chr(10) from read_csv({text_literal(str(path))}, "
            "columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = '\x01', "
            "quote = '', escape = '', compression = 'zstd', strict_mode = false, "
            "max_line_size = 100000000)"
        )
        while found := rows.fetchmany(10_000):
            yield from (line for (line,) in found)


def _holds(path: Path, names: ErasedIds) -> bool:
    """Return quickly whether a text file may hold an id."""
    with text_lines(path) as lines:
        return any(names.may_be_in(line, is_json=True) for line in lines)


def copy_text(
    path: Path, spans: Mapping[int, int], encoding: str = "utf-8", masks: ErasedIds | None = None
) -> Path:
    """Write a copy of a text file with some rows (line -> lines it takes) left blank.

    ``masks``: replace the ids inside all other texts.
    """
    blank = {first + more for first, count in spans.items() for more in range(count)}
    copy = _unfinished(path)
    errors = "strict" if encoding.startswith("utf-16") else "surrogateescape"
    with text_lines(path, encoding) as lines, ExitStack() as opened:
        kept = _without(lines, blank, masks)
        if path.suffix == ".zst":
            content = "".join(kept).encode(encoding, errors)
            con = opened.enter_context(duckdb.connect())
            options = "format blob, compression zstd"
            con.execute(f"copy (select ?::blob) to {file_literal(copy)} ({options})", [content])
        else:
            target: IO[bytes] = opened.enter_context(copy.open("wb"))
            if path.suffix == ".gz":  # neither name nor time: the same rows give the same bytes
                target = cast(IO[bytes], gzip.GzipFile("", "wb", 6, target, mtime=0))
            text = io.TextIOWrapper(target, encoding, errors, newline="\n")
            opened.enter_context(text).writelines(kept)
    return _finish(path, copy)


def _without(lines: Iterator[str], blank: set[int], masks: ErasedIds | None) -> Iterator[str]:
    line = 1
    for piece in lines:
        is_ended = piece.endswith("\n")
        if line not in blank:
            yield masks.masked(piece) if masks else piece
        elif is_ended:
            yield "\n"
        line += is_ended


def copy_parquet(path: Path, rows: Mapping[int, int], masks: ErasedIds | None = None) -> Path:
    """Write a copy of a parquet file without some rows (numbers from 1); see ``copy_text``."""
    copy = _unfinished(path)
    with duckdb.connect() as con:
        source = read_parquet([path])
        chosen = []
        if masks:
            con.create_function("masked", masks.masked, ["VARCHAR"], "VARCHAR")
        for name, kind, *_ in con.execute(f"describe from {source}").fetchall():
            text = (
                f"masked({identifier(name)})" if masks and kind == "VARCHAR" else identifier(name)
            )
            chosen.append(f"{text} as {identifier(masks.masked(name) if masks else name)}")
        numbered = source.removesuffix(")") + ", file_row_number = true)"
        con.execute(
            f"copy (select {', '.join(chosen)} from {numbered} where not "
            f"list_contains({list(rows)}::bigint[], file_row_number + 1)) "
            f"to {file_literal(copy)} (format parquet, compression zstd)"
        )
    return _finish(path, copy)


def put_in_place(copy: Path, path: Path) -> None:
    """Replace a file by its copy, which is on the disk before."""
    os.replace(copy, path)
    fsync_path(path.parent)


def _finish(path: Path, copy: Path) -> Path:
    shutil.copymode(path, copy)
    fsync_path(copy)
    return copy


# Erase people from everything under landing/.


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
    landing: Landing, names: ErasedIds, journal: Journal, *, inside_texts: bool = False
) -> LandingErasure:
    """Rewrite every landing file that names one of the people, each at once and noted before.

    Files that the ingest ignores or refuses are cleaned as far as they have rows or lines.
    ``inside_texts``: mask the ids inside all other texts, too.
    """
    done = LandingErasure()
    for path in sorted(_files_under(landing.folder)):
        if path.name.endswith(UNFINISHED):
            path.unlink()
            continue
        shown = path.relative_to(landing.folder).as_posix()
        masks = names if inside_texts else None
        try:
            if path in landing.files:
                count = _erase_from(landing.files[path], landing, names, journal, masks)
            else:
                count = _erase_from_other(path, names, masks)
        except ByHand as error:
            done.by_hand[shown] = str(error)
        except (OSError, duckdb.Error) as error:
            why = getattr(error, "strerror", None) or str(error).splitlines()[0]
            done.by_hand[shown] = f"cannot be read or written ({why})"
        else:
            if count is not None:
                done.rewritten[shown] = count
            if names.matches(path.name):
                done.renamed[shown] = _rename(path, shown, names, journal)
    return done


def _files_under(folder: Path) -> Iterator[Path]:
    """Yield every file under a folder, links to directories not followed."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _rename(path: Path, shown: str, names: ErasedIds, journal: Journal) -> str:
    """Give a file whose name holds an id another one; return its new path under landing/.

    Within its day it may then come before a file that it came after: that matters only to rows
    that share an event_id on that very day.
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
    file: LandingFile, landing: Landing, names: ErasedIds, journal: Journal, masks: ErasedIds | None
) -> int | None:
    """Return how many rows went from a file of a log; None where it stays as it is."""
    form, is_parquet = landing.source(file).format, file.format == "parquet"
    try:
        spans = landing.spans(file, names)
        if file.format in DOCUMENTS and not spans:
            return None
        if not spans and not (masks and _changes(file.path, masks, form.encoding)):
            return None
    except UNREADABLE:
        return _erase_from_other(file.path, names, masks)
    if file.format in DOCUMENTS:
        rows = ", ".join(map(str, spans))
        raise ByHand(f"is one document: take its rows {rows} out and deliver it again")
    if is_parquet:
        copy = copy_parquet(file.path, spans, masks)
    else:
        copy = copy_text(file.path, spans, form.encoding, masks)
        while _has_quotes(file, form) and (
            more := _reads_otherwise(file, copy, form, spans, masks)
        ):
            spans |= more
            copy = copy_text(file.path, spans, form.encoding, masks)
    unknown: list[str] | None = None
    if masks or file.file in landing.with_unknown_columns:
        with suppress(FileRefused):  # the ingest refuses it, and knows none of its columns
            unknown = landing.unknown_columns(replace(file, path=copy))
    size, after = copy.stat().st_size, file_sha256(copy)
    before = file_sha256(file.path)
    journal.note_rewritten(Rewritten(file.file, before, after, size, spans, is_parquet, unknown))
    put_in_place(copy, file.path)
    return len(spans)


def _has_quotes(file: LandingFile, form: Format) -> bool:
    """Return whether how a row reads can depend on the rows around it."""
    with text_lines(file.path, form.encoding) as lines:
        return file.format == "csv" and form.quote != "" and any(form.quote in one for one in lines)


def _reads_otherwise(
    file: LandingFile, copy: Path, form: Format, spans: Mapping[int, int], masks: ErasedIds | None
) -> dict[int, int]:
    """Return the first refused row (line -> lines) that would swallow others once rows are gone.

    A quote that is never closed was refused because of the lines that followed it. Raises ByHand
    where a row that was not refused reads otherwise.
    """
    columns = column_names(file, form)
    before = ((line, raw) for line, raw in read_records(file, form) if line not in spans)
    now = read_records(replace(file, path=copy), form)
    for was, row in zip_longest(before, now):
        if was is not None and masks:
            was = was[0], masks.masked(was[1])
        if was != row:
            if was is not None and not read_fields(was[1], columns, form.delimiter):
                return {was[0]: was[1].count("\n") + 1}
            copy.unlink()
            raise ByHand("cannot lose its rows without changing how others read")
    return {}


def _changes(path: Path, masks: ErasedIds, encoding: str = "utf-8") -> bool:
    """Return whether a text of a file would be masked."""
    if path.suffix != ".parquet":
        with text_lines(path, encoding) as lines:
            return any(masks.masked(line) != line for line in lines)
    with duckdb.connect() as con:
        source = read_parquet([path])
        columns = con.execute(f"describe from {source}").fetchall()
        texts = [name for name, *_ in columns]
        for column in (identifier(name) for name, kind, *_ in columns if kind == "VARCHAR"):
            held = f"select {column} from {source} where {masks.may_hold(column)}"
            texts += [text for (text,) in con.execute(held).fetchall()]
        return any(masks.masked(text) != text for text in texts)


# Files that the ingest never reads: labels, files it refuses, odd formats.


def _erase_from_other(path: Path, names: ErasedIds, masks: ErasedIds | None) -> int | None:
    """Remove every row or line that mentions a person; None where the file stays as it is.

    Raises ByHand where it mentions one and is of no kind that has rows, OSError where it cannot
    be read or written.
    """
    is_parquet = path.name.lower().endswith(".parquet")
    plain = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    if not is_parquet and not plain.endswith(_LINES):
        if file_mentions(path, names):
            raise ByHand("is of no kind that has rows")
        return None
    try:
        if is_parquet:
            with duckdb.connect() as con:
                rows = raw_texts(path, set(_parquet_rows_with(con, path, names)), ())
            gone = {line: 1 for line, raw in rows.items() if mentions(raw, names)}
        else:
            with text_lines(path) as lines:
                gone = {
                    number: 1
                    for number, line in enumerate(lines, 1)
                    if names.may_be_in(line, is_json=True) and mentions(line, names)
                }
        if not gone and not (masks and _changes(path, masks)):
            return None
        copy = copy_parquet(path, gone, masks) if is_parquet else copy_text(path, gone, masks=masks)
    except UNREADABLE as error:
        if file_mentions(path, names):
            raise ByHand("cannot be read to its end") from error
        return None
    put_in_place(copy, path)
    return len(gone)


def file_mentions(path: Path, names: ErasedIds) -> bool:
    """Return whether a file's bytes hold an id."""
    content = path.read_bytes().decode("utf-8", "replace")
    return names.may_be_in(content) and names.matches(content)


def mentions(line: str, names: ErasedIds) -> bool:
    """Return whether a line mentions anyone, as a value, a csv field or a word of its text."""
    return names.matches(line) or any(
        text in names.ids for text in (*csv_fields(line), *json_texts(line))
    )
