"""The rows of a file that hold an id, and which of them are the people's: for search and erasure.

Landing files are read as the ingest reads them, with its line numbers. Of every other file, and of
one that the ingest refuses, a row is a line, or a row of parquet.
"""

import csv
import json
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.text import identifier, read_parquet
from plainscore.erasure.erased_ids import ErasedIds, json_texts, texts_within
from plainscore.erasure.rewrite import kind_of, packing_of, text_lines, unpacked
from plainscore.logs.judge import judge_sql
from plainscore.logs.landing import FileRefused, LandingFile, list_landing
from plainscore.logs.mapping import Cells, log_rows
from plainscore.logs.masking import COMMAS
from plainscore.logs.packing import DAMAGED
from plainscore.logs.parquet_files import raw_texts
from plainscore.logs.readers import FileFacts, Reader
from plainscore.logs.readers import raw_texts as texts_at
from plainscore.logs.sources import Format, Source, read_inputs
from plainscore.logs.text_files import column_names, csv_reader, read_records
from plainscore.project import read_project

UNREADABLE = (*DAMAGED, FileRefused, KeyError, ValueError, duckdb.Error)
"""What reading a delivered file may raise."""

_JSON_PAIR = re.compile(r'"([^"\\]+)"\s*:\s*("(?:[^"\\]|\\.)*"|[^\s,"}\]]+)')
_BLOCK_BYTES = 2**22
Fields = Mapping[str, Any]


class NoRows(Exception):
    """A file is of no kind that has rows."""


@dataclass(frozen=True)
class Row:
    """A row that holds an id; ``people`` are all people that it names where they should stand."""

    line: int
    text: str
    is_theirs: bool
    people: frozenset[str] = frozenset()

    @property
    def lines(self) -> int:
        """How many lines it takes."""
        return self.text.count("\n") + 1


class _SharedDatabase:
    database: duckdb.DuckDBPyConnection | None = None


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection for one file; to open a database for each takes longer than to read most.

    The database that they share is in memory, and left behind when a file has made it fail.
    """
    if _SharedDatabase.database is None:
        # A file that was replaced a moment ago must not be taken from a cache.
        _SharedDatabase.database = duckdb.connect(config={"enable_external_file_cache": False})
    try:
        with _SharedDatabase.database.cursor() as con:
            yield con
    except duckdb.Error:
        _SharedDatabase.database = None
        raise


class Landing:
    """The landing directory of a data directory, searched for some ids."""

    def __init__(self, data_dir: Path, names: ErasedIds) -> None:
        self.folder, self.names = data_dir / "landing", names
        self.inputs = read_inputs(read_project(data_dir))
        is_there = self.folder.is_dir()
        listed = list_landing(self.folder, self.inputs.sources).files if is_there else []
        self.files = {file.path: file for file in listed}
        self._columns: dict[Path, tuple[str, ...]] = {}

    def rows(self, path: Path) -> list[Row]:
        """Return the rows of a file, listed or not, that are theirs or hold an id.

        Raises NoRows, or one of UNREADABLE where it cannot be read.
        """
        refusal: Exception = NoRows()
        if (file := self.files.get(path)) is not None:
            try:
                return list(self._delivered(file))
            except UNREADABLE as error:
                refusal = error
        if (kind := kind_of(path)) == "parquet":
            texts = raw_texts({path: self._parquet_lines(path)}, ())[path]
            return list(self._mentioning(texts.items()))
        if kind == "csv":
            file = LandingFile("", date.min, "", path, "csv", packing_of(path))
            return list(self._mentioning(read_records(file, Format(names=("header too",)))))
        if kind != "lines":
            raise refusal
        with text_lines(path) as lines:
            return list(self._mentioning(enumerate(lines, 1)))

    def people(self) -> set[str]:
        """Return those of the ids that a delivered row names as a person, refused or not."""
        found: set[str] = set()
        for file in self.files.values():
            with suppress(*UNREADABLE):
                found.update(*(row.people for row in self._delivered(file)))
        return found & set(self.names.ids)

    def quarantined(self, file: str, text: str) -> Row | None:
        """Return a row as it stands in quarantine; its file may be gone. None: it holds no id."""
        source, columns = self.inputs.sources.get(file.partition("/")[0]), tuple[str, ...]()
        if listed := self.files.get(self.folder / file):
            with suppress(FileRefused, OSError):
                columns = self._columns_of(listed)
        return self._row(0, text, source, columns)

    def facts(self, files: Mapping[int, LandingFile]) -> dict[int, FileFacts]:
        """Return what the ledger keeps of some numbered files, without those that are refused."""
        known: dict[int, FileFacts] = {}
        for folder in {file.log for file in files.values()}:
            of_source = {no: file for no, file in files.items() if file.log == folder}
            reader = self._read(self.inputs.sources[folder], of_source)
            known |= {no: of for no, of in reader.facts.items() if no not in reader.refused}
        return known

    # ---- which rows ----------------------------------------------------------------------------

    def _mentioning(self, texts: Iterable[tuple[int, str]]) -> Iterator[Row]:
        """Yield the rows that mention anyone as a value, a csv field or a word of their text."""
        for line, text in texts:
            if self.names.may_be_in(text, is_json=True):
                values = (*csv_fields(text), *json_texts(text))
                is_theirs = self.names.matches(text) or any(v in self.names.ids for v in values)
                if is_theirs or self.names.are_inside(text):
                    yield Row(line, text, is_theirs)

    def _delivered(self, file: LandingFile) -> Iterator[Row]:
        source = self.inputs.sources[file.log]
        columns, texts = self._columns_of(file), dict(self._candidates(file, source))
        people = self._derived_people(file, source, list(texts))
        texts |= texts_at({file: people.keys() - texts.keys()}, source)[file]
        for line, text in sorted(texts.items()):
            if row := self._row(line, text, source, columns, people.get(line, ())):
                yield row

    def _candidates(self, file: LandingFile, source: Source) -> Iterator[tuple[int, str]]:
        """Yield line and text of the rows that may hold an id, or hide one."""
        if file.format == "parquet":
            texts = texts_at({file: self._parquet_lines(file.path)}, source)[file]
            yield from sorted(texts.items())
        elif self._may_hold(file, source):
            for line, text in read_records(file, source.format):
                if self.names.may_be_in(text, is_json=file.format != "csv"):
                    yield line, text

    def _may_hold(self, file: LandingFile, source: Source) -> bool:
        """Return quickly whether a file may hold an id, as far as one line shows."""
        if file.format == "xlsx" or source.format.encoding != "utf-8":
            return True
        wanted = [form.partition("\n")[0].encode(errors="replace") for form in self.names.forms]
        wanted += [b"\\"] * (file.format != "csv")
        longest, before = max(map(len, wanted)), b""
        with unpacked(file.path) as stream:
            while block := stream.read(_BLOCK_BYTES):
                if any(one in before + block for one in wanted):
                    return True
                before = (before + block)[-longest:]
        return False

    def _parquet_lines(self, path: Path) -> list[int]:
        """Return the numbers of rows in which a cell may hold an id, or hide one."""
        source = read_parquet([path])
        numbered = source.removesuffix(")") + ", file_row_number = true)"
        with scratch() as con:
            columns = con.sql(f"from {source}").columns
            held = " or ".join(self.names.may_hold(identifier(name)) for name in columns) or "false"
            rows = con.execute(f"select file_row_number + 1 from {numbered} where {held}")
            return [line for (line,) in rows.fetchall()]

    def _row(
        self,
        line: int,
        text: str,
        source: Source | None,
        columns: Sequence[str],
        of_events: Collection[str] = (),
    ) -> Row | None:
        """Return a delivered row as what it is to the people; None where it holds no id.

        It is theirs where one stands in a field that names people, whether or not its event
        defines that, or in one that nothing reads. One that names no one at all counts where it
        holds an id as a word: it was refused, and can hold a person anywhere.
        """
        names, known = self.names, source.columns if source else ()
        fields = read_fields(text, columns, source.format if source else COMMAS)
        named = (fields.get(name) for name in self._naming(source))
        people = {one for one in named if isinstance(one, str) and one} | {*of_events}
        if people:
            unread = (value for name, value in fields.items() if name not in known)
            is_theirs = not people.isdisjoint(names.ids) or any(
                one in names.distinctive_ids for value in unread for one in texts_within(value)
            )
        else:
            is_theirs = names.are_words_of(text)
        is_inside = names.are_inside(text) or any(x in names.ids for x in texts_within(fields))
        return Row(line, text, is_theirs, frozenset(people)) if is_theirs or is_inside else None

    def _naming(self, source: Source | None) -> set[str]:
        """Return the delivered columns that name people, as far as they do so as they are."""
        own = {name for log in self.inputs.logs.values() for name in log.person_fields}
        if source is None or source.is_own_words:
            return own
        return {
            mapping.from_
            for event in source.events
            for name, mapping in event.fields.items()
            if name in own and mapping.from_ is not None
        }

    def _columns_of(self, file: LandingFile) -> tuple[str, ...]:
        if file.format == "csv" and file.path not in self._columns:
            form = self.inputs.sources[file.log].format
            self._columns[file.path] = column_names(file, form)
        return self._columns.get(file.path, ())

    # ---- as SQL over what the readers give -----------------------------------------------------

    def _derived_people(
        self, file: LandingFile, source: Source, lines: list[int]
    ) -> dict[int, set[str]]:
        """Return the people in the events of rows, where ids are made of cells by a mapping.

        Of some lines, and of all that name one of the people.
        """
        found: dict[int, set[str]] = {}
        logs = self.inputs.logs

        def ask(con: duckdb.DuckDBPyConnection, cells: Cells) -> None:
            for number, event in enumerate(source.events):
                log = logs[event.log]
                rows = log_rows(source, event, log, cells, number == 0)
                judged = con.execute(
                    f"select line, [{', '.join(map(identifier, log.person_fields))}] as people "
                    f"from ({judge_sql(log, rows.sql, rows.faulty, rows.typed)}) "
                    "where list_has_any(people, $ids) or list_contains($lines, line)",
                    {"ids": list(self.names.ids), "lines": lines},
                )
                for line, people in judged.fetchall():
                    found.setdefault(line, set()).update(one for one in people if one)

        if any(
            mapping.from_ is None or mapping.map
            for event in source.events
            for name, mapping in event.fields.items()
            if name in logs[event.log].person_fields
        ):
            reader = self._read(source, {0: file}, ask)
            if reader.refused:
                raise reader.refused[0]
        return found

    def _read(
        self,
        source: Source,
        files: Mapping[int, LandingFile],
        each: Callable[[duckdb.DuckDBPyConnection, Cells], None] | None = None,
    ) -> Reader:
        """Read numbered files of a source; ``each`` is called while a part is ``delivered``."""
        with scratch() as con, tempfile.TemporaryDirectory() as folder:
            con.execute(
                "create temp table batch_file as select unnest($numbers) as file_no, "
                "unnest($days) as arrived",
                {"numbers": list(files), "days": [file.arrived for file in files.values()]},
            )
            reader = Reader(con, source, self.inputs.logs, files, Path(folder))
            for cells in reader.parts():
                if each:
                    each(con, cells)
        return reader


# ---- what a row says of itself -------------------------------------------------------------------


def read_fields(line: str, columns: Sequence[str] = (), form: Format = COMMAS) -> Fields:
    """Return the fields of a delivered line; of a broken JSON line those that are whole.

    ``columns`` are the names in the header of a csv file. Empty where nothing can be read for
    sure, as of a record with more or fewer fields than the header.
    """
    if columns:
        fields = csv_fields(line, form)
        return dict(zip(columns, fields, strict=True)) if len(fields) == len(columns) else {}
    try:
        read = json.loads(line, parse_int=str, parse_float=str, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        found = _JSON_PAIR.findall(line)
        broken = {name: _unquoted(text) for name, text in found}
        return broken if len(broken) == len(found) else {}
    return read if isinstance(read, dict) else {}


def csv_fields(line: str, form: Format = COMMAS) -> list[str]:
    """Return the fields of a csv record; none where it cannot be read."""
    try:
        return next(csv_reader([line], form), [])
    except csv.Error:
        return []


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a key is repeated")
    return fields


def _unquoted(found: str) -> str:
    """Return what a JSON text or number stands for."""
    try:
        return str(json.loads(found, parse_int=str, parse_float=str, strict=False))
    except ValueError:
        return found
