"""Read delivered files: each part of them becomes the view ``delivered``, all cells as text.

``delivered`` has ``file_no, line, reason`` and a column for each that the source reads. The text
of a row as it was delivered is needed for few rows, and read again for those by `raw_texts`.
"""

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from plainscore.common.text import escape_glob, identifier, text_literal
from plainscore.contracts.logs import Log, hidden_fields
from plainscore.logs import parquet_files
from plainscore.logs.changes import FileState, state_of
from plainscore.logs.json_lines import JsonShape, read_line, rows_of
from plainscore.logs.landing import FileRefused, LandingFile
from plainscore.logs.mapping import Cells
from plainscore.logs.plain_lines import ESCAPE, ESCAPES, MARK, SEPARATOR, TextFile, prepare
from plainscore.logs.sources import Format, Source
from plainscore.logs.text_files import (
    DOCUMENTS,
    MAX_LINE_BYTES,
    read_few,
    read_records,
    refuse_names,
)

PART_BYTES = 2**28
_MAX_UNKNOWN = 1_000
_CHANGED = FileRefused("changed while it was read", "run ingest again when no one writes to it")
_ODD_ROWS, _FEW = 20_000, 1_000
_MARK = text_literal(MARK)
_JSON_LINES = Format(delimiter="\x01")
# Escapes double a line at most; a number and a reason stand before it.
_MAX_SCRATCH_LINE = 2 * MAX_LINE_BYTES + 1_000


@dataclass
class FileFacts:
    """What is known about a file as a whole once it was read; ``unknown``: columns not read."""

    size: int = 0
    sha256: str = ""
    state: FileState | None = None
    unknown: set[str] = field(default_factory=set)

    def add_unknown(self, names: Iterable[str]) -> None:
        """Note unknown columns, as long as there are not too many to keep."""
        for name in sorted(names):
            if len(self.unknown) < _MAX_UNKNOWN:
                self.unknown.add(name.encode("utf-8", "backslashreplace").decode()[:100])


@dataclass
class _FilePart:
    """Files of one format that one statement reads; ``key`` is what they share."""

    key: tuple[object, ...]
    shape: JsonShape = field(default_factory=JsonShape)
    texts: dict[int, TextFile] = field(default_factory=dict)
    paths: dict[int, Path] = field(default_factory=dict)
    types: dict[str, parquet_files.ParquetType] = field(default_factory=dict)
    columns: int = 0
    size: int = 0


class Reader:
    """Reads the numbered files of one source; ``facts`` and ``refused`` then describe each.

    ``texts``: the columns that become ids and other texts, in which a number with decimals, a
    truth value or a list is at fault.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        source: Source,
        logs: Mapping[str, Log],
        files: Mapping[int, LandingFile],
        scratch: Path,
    ) -> None:
        self._con, self._source, self._files, self._scratch = con, source, files, scratch
        self._texts = text_columns(source, logs)
        self.facts: dict[int, FileFacts] = {}
        self.refused: dict[int, FileRefused] = {}
        self._states: dict[Path, FileState] = {}
        self._types: parquet_files.Judged = {}

    def parts(self) -> Iterator[Cells]:
        """Make one part after the other the view ``delivered``; yield what its columns hold.

        No row is given of a file that is ``refused``; all parts must be done to know them all.
        """
        parts: dict[tuple[object, ...], _FilePart] = {}
        self._judge_parquet()
        for file_no, file in self._files.items():
            self.facts[file_no] = FileFacts()
            try:
                part = self._add(parts, file_no, file)
            except FileRefused as error:
                self.refused[file_no] = error
            except OSError as error:
                self.refused[file_no] = FileRefused(
                    f"cannot be read ({error.strerror})", "run ingest again when it can"
                )
            else:
                if part.size > PART_BYTES:
                    yield self._deliver(parts.pop(part.key))
        while parts:
            yield self._deliver(parts.pop(next(iter(parts))))

    def _judge_parquet(self) -> None:
        """Judge all parquet files together, and note the state in which they were."""
        for file in self._files.values():
            if file.format == "parquet":
                with suppress(OSError):
                    self._states[file.path] = state_of(file.path)
        readable = [path for path in self._states if os.access(path, os.R_OK)]
        self._types = parquet_files.read_types(readable, self._source.columns)

    def _add(
        self, parts: dict[tuple[object, ...], _FilePart], file_no: int, file: LandingFile
    ) -> _FilePart:
        before, facts = self._states.get(file.path) or state_of(file.path), self.facts[file_no]
        with file.path.open("rb") as stream:
            if file.format == "parquet":
                judged = self._types.get(file.path, _CHANGED)
                if isinstance(judged, FileRefused):
                    raise judged
                types = judged
                self._check_names(file_no, list(types))
                facts.size, facts.sha256 = parquet_files.digest(stream)
            else:
                scratch = self._scratch / f"{file_no}.txt"
                check = lambda names: self._check_names(file_no, names)  # noqa: E731
                text, source = prepare(
                    file, self._source.format, self._source.columns, check, scratch, stream
                )
                while source.read(2**22):
                    pass
                facts.size, facts.sha256 = source.size, source.sha256
        facts.state = state_of(file.path)
        if facts.state != before:
            raise _CHANGED
        if file.format == "parquet":
            known = {name: types[name] for name in self._source.columns if name in types}
            key: tuple[object, ...] = ("parquet", len(types), *known.items())
            part = parts.setdefault(key, _FilePart(key, types=known, columns=len(types)))
            part.paths[file_no] = file.path
            part.size += 8 * facts.size
            return part
        key = (file.format, text.names)
        part = parts.setdefault(key, _FilePart(key))
        if not text.names and not part.shape.add(text.sample):
            key = (*key, file_no)
            part = parts.setdefault(key, _FilePart(key))
            part.shape.add(text.sample)
        text.sample = []
        part.texts[file_no] = text
        part.size += sum(one.stat().st_size for one in (text.path, text.odd) if one)
        return part

    def _check_names(self, file_no: int, names: Sequence[str]) -> None:
        refuse_names(names)
        if absent := self._source.absent_column(list(names)):
            raise FileRefused(absent, self._absent_hint())
        self.facts[file_no].add_unknown(name for name in names if name not in self._source.columns)

    def _absent_hint(self) -> str:
        if self._source.is_own_words:
            required = ", ".join(self._source.required_columns)
            return f"deliver {self._source.folder} with {required} and the log's own fields"
        return "correct the mapping in plainscore.toml, or deliver files that have it"

    # ---- a part -> the view --------------------------------------------------------------------

    def _deliver(self, part: _FilePart) -> Cells:
        if part.paths:
            sql, cells = parquet_files.select_rows(
                part.paths, part.types, part.columns, self._texts
            )
        elif part.key[0] in ("csv", "xlsx"):
            sql, cells = self._csv_rows(part)
        else:
            sql, cells = self._json_rows(part)
        self._con.execute(f"create or replace temp view delivered as {sql}")
        return cells

    def _csv_rows(self, part: _FilePart) -> tuple[str, Cells]:
        names = next(iter(part.texts.values())).names
        known = [name for name in self._source.columns if name in names]
        places = {name: f"c{at}" for at, name in enumerate(known)}
        columns = [places.get(name, f"x{at}") for at, name in enumerate(names)]
        lines = _read_lines(part, columns, self._source.format, chosen=list(places.values()))
        chosen = "".join(f", {place}" for place in places.values())
        sql = f"select file_no, line, reason{chosen} from ({lines})"
        return sql, Cells(places, {}, is_text=part.key[0] == "csv")

    def _json_rows(self, part: _FilePart) -> tuple[str, Cells]:
        """Read lines of the shared shape by DuckDB, and the others one by one."""
        columns, shape = list(self._source.columns), part.shape
        self._con.execute(f"create or replace temp table json_line as {self._json_lines(part)}")
        self._note_unknown(shape)
        kinds = {"file_no": "bigint", "line": "bigint", "reason": "varchar"}
        kinds |= {f"c{at}": "varchar" for at in range(len(columns))}
        kinds |= {f"fault_c{at}": "varchar" for at in range(len(columns))}
        odd_cells = rows_of(self._scratch / "odd.json", kinds, self._odd_cells(columns))
        self._con.execute(f"create or replace temp table odd_cell as {odd_cells}")
        cells = [
            f"nullif(k{shape.keys.index(name)}, '') as c{at}"
            if name in shape.keys
            else f"cast(null as varchar) as c{at}"
            for at, name in enumerate(columns)
        ]
        places = {name: f"c{at}" for at, name in enumerate(columns)}
        faults = {name: f"fault_c{at}" for at, name in enumerate(columns) if name in self._texts}
        cells += [f"cast(null as varchar) as {one}" for one in faults.values()]
        odd = ", ".join([*places.values(), *faults.values()])
        sql = (
            f"select file_no, line, reason, {', '.join(cells)} from json_line "
            "where raw is null union all "
            f"select file_no, line, reason, {odd} from odd_cell"
        )
        return sql, Cells(places, faults)

    def _json_lines(self, part: _FilePart) -> str:
        """Return SQL that parses each line once; ``raw`` is left of those not of the shape alone.

        ``k<place>``: the text of each key; of one that is not read, whether it is there.
        """
        keys = part.shape.keys
        lines = _read_lines(part, ["raw"], _JSON_LINES, chosen=["raw"])
        wanted = text_literal(json.dumps(dict.fromkeys(keys or ["x"], "VARCHAR")))
        cells = {key: f"object.{identifier(key)}" for key in keys}
        pattern = text_literal(part.shape.pattern(self._texts))
        chosen = [
            f"{cells[key]} as k{at}"
            if key in self._source.columns
            else f"contains(raw, {text_literal(json.dumps(key) + ':')}) as k{at}"
            for at, key in enumerate(keys)
        ]
        return f"""
            select file_no, line, reason, {"".join(f"{one}, " for one in chosen)}
                case
                    when reason is null and {part.shape.proof("raw", cells, self._texts)} then null
                    when reason is null and regexp_full_match(raw, {pattern})
                        and ends_with(raw, '}}') then null
                    else raw
                end as raw
            from (
                select *, case when json_valid(raw) then json_transform(raw, {wanted}) end as object
                from ({lines})
            )"""

    def _odd_cells(self, columns: Sequence[str]) -> Iterator[list[object]]:
        """Yield file, line, reason, cells and their faults of the lines that have another shape."""
        odd = self._con.execute(
            "select file_no, line, reason, raw from json_line where raw is not null"
        )
        nothing = [None] * len(columns)
        while rows := odd.fetchmany(_ODD_ROWS):
            for file_no, line, reason, raw in rows:
                if reason is not None:
                    yield [file_no, line, reason, *nothing, *nothing]
                elif raw.strip(" \t\r"):
                    cells, faults, fault, others = read_line(raw, columns, self._texts)
                    self.facts[file_no].add_unknown(others)
                    yield [file_no, line, fault, *cells, *faults]

    def _note_unknown(self, shape: JsonShape) -> None:
        """Note which files have keys that the source does not read, among those of the shape."""
        unknown = {at: key for at, key in enumerate(shape.keys) if key not in self._source.columns}
        if unknown:
            held = ", ".join(f"bool_or(k{at})" for at in unknown)
            found = self._con.execute(
                f"select file_no, {held} from json_line where raw is null group by file_no"
            )
            for file_no, *is_held in found.fetchall():
                names = [key for key, held in zip(unknown.values(), is_held, strict=True) if held]
                self.facts[file_no].add_unknown(names)


def text_columns(source: Source, logs: Mapping[str, Log]) -> frozenset[str]:
    """Return the delivered columns that become an id, a hash or another text as they are."""
    return frozenset(
        mapping.from_
        for event in source.events
        for name, mapping in event.fields.items()
        if mapping.from_ is not None and logs[event.log].kinds.get(name) in ("text", "hash")
    )


def hidden_columns(source: Source, logs: Mapping[str, Log]) -> frozenset[str]:
    """Return the names, in small letters, under which a delivered value must never be shown."""
    read = {
        column
        for event in source.events
        for name, mapping in event.fields.items()
        if logs[event.log].kinds.get(name) == "hash"
        for column in mapping.columns
    }
    return frozenset(name.lower() for name in read | hidden_fields(logs))


def raw_texts(
    files: Mapping[LandingFile, Collection[int]], source: Source
) -> dict[LandingFile, dict[int, str]]:
    """Return the text of some rows of files by their line, as delivered: nothing is masked.

    Files that cannot be read are left out.
    """
    paths = {file.path: lines for file, lines in files.items() if file.format == "parquet"}
    rows = parquet_files.raw_texts(paths, source.columns)
    found = {file: rows[file.path] for file in files if file.path in rows}
    for file, lines in files.items():
        if file.format != "parquet":
            with suppress(OSError, FileRefused):
                found[file] = _raw_lines(file, source, set(lines))
    return found


def _raw_lines(file: LandingFile, source: Source, wanted: set[int]) -> dict[int, str]:
    if len(wanted) <= _FEW and file.format not in DOCUMENTS:
        return read_few(file, source.format, wanted)
    found: dict[int, str] = {}
    for line, raw in read_records(file, source.format):
        if line in wanted:
            found[line] = raw
            if len(found) == len(wanted):
                break
    return found


def _read_lines(
    part: _FilePart, columns: Sequence[str], form: Format, *, chosen: Sequence[str]
) -> str:
    """Return SQL for ``file_no, line, reason`` and the chosen columns of the rows of some files.

    ``columns``: of their plain lines. Odd rows have the chosen ones alone.
    """
    plain = {no: text for no, text in part.texts.items() if text.path}
    odd = {no: text.odd for no, text in part.texts.items() if text.odd}
    selects = []
    if plain:
        selects.append(_read_plain(plain, columns, form, chosen))
    if odd:
        reader = _read_csv(odd.values(), ["line", "reason", *chosen], SEPARATOR, (MARK,))
        has_escapes = any(text.has_escapes for text in part.texts.values())
        nulls = ", ".join(map(text_literal, form.null))
        texts = {one: _unescaped(one) if has_escapes else one for one in chosen}
        cells = (f", case when {x} not in ({nulls}) then {x} end as {y}" for y, x in texts.items())
        numbers = ", ".join(f"({no}, {text_literal(str(path))})" for no, path in odd.items())
        selects.append(
            "select file_no, cast(line as bigint) as line, nullif(reason, '') as reason"
            f"{''.join(cells)} from {reader} "
            f"join (values {numbers}) as numbered(file_no, file_path) using (file_path)"
        )
    if not selects:  # documents without a row
        nothing = "".join(f", null::varchar as {one}" for one in chosen)
        selects.append(
            f"select 0::bigint as file_no, 0::bigint as line, '' as reason{nothing} limit 0"
        )
    return " union all ".join(selects)


def _read_plain(
    texts: Mapping[int, TextFile],
    columns: Sequence[str],
    form: Format,
    chosen: Sequence[str],
) -> str:
    skip = next(iter(texts.values())).first_line - 1
    paths = [text.path for text in texts.values() if text.path]
    numbers, before = [], 0
    for file_no, text in texts.items():
        numbers.append(f"({file_no}, {text_literal(str(text.path))}, {before - skip})")
        before += text.row_count
    is_json = form is _JSON_LINES  # in which a blank line is the mark
    is_plain = "raw is not null" if is_json else f"{columns[0]} is distinct from {_MARK}"
    cells = "".join(f", {one}" for one in chosen)
    return (
        f"select file_no, line - before as line, cast(null as varchar) as reason{cells} "
        f"from (select row_number() over () as line, file_path, {', '.join(columns)} "
        f"from {_read_csv(paths, columns, form.delimiter, form.null, skip)}) "
        f"join (values {', '.join(numbers)}) as numbered(file_no, file_path, before) "
        f"using (file_path) where {is_plain}"
    )


def _read_csv(
    paths: Iterable[Path],
    columns: Sequence[str],
    delimiter: str,
    null: Sequence[str],
    skip: int = 0,
) -> str:
    listed = ", ".join(text_literal(escape_glob(str(path))) for path in paths)
    types = ", ".join(f"{text_literal(one)}: 'VARCHAR'" for one in columns)
    nulls = ", ".join(map(text_literal, null))
    return (
        f"read_csv([{listed}], header = false, auto_detect = false, filename = 'file_path', "
        f"skip = {skip}, quote = '', escape = '', delim = {text_literal(delimiter)}, "
        f"nullstr = [{nulls}], max_line_size = {_MAX_SCRATCH_LINE}, columns = {{{types}}}, "
        "strict_mode = false, hive_partitioning = false)"
    )


def _unescaped(column: str) -> str:
    """Return SQL for a column of an odd row as it was delivered."""
    for sign, letter in reversed(ESCAPES.items()):
        column = f"replace({column}, {text_literal(ESCAPE + letter)}, chr({ord(sign)}))"
    return column
