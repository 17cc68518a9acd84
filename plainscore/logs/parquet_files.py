"""Parquet files: what they claim is held against their bytes, then DuckDB reads cells as text.

A lie in a file can make DuckDB give up a whole database, so files are judged, and read once to
their end, on a connection of their own.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

import duckdb

from plainscore.common.text import escape_glob, text_literal
from plainscore.contracts.logs import FieldKind
from plainscore.logs.json_lines import NOT_TEXT
from plainscore.logs.landing import FileRefused
from plainscore.logs.mapping import Cells, TypedCell
from plainscore.logs.packing import BOMB_BYTES, BOMB_RATIO, READ_BYTES, WHOLE_FILE, HashedFile
from plainscore.logs.parquet_footers import ParquetSchema, read_schema
from plainscore.logs.text_files import MAX_LINE_BYTES, refuse_names

ParquetType = tuple[str, str]
"""What a column is called in `_reader`, and its type in DuckDB."""

# A file that was replaced a moment ago must not be taken from a cache.
_SCRATCH: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "2GB",
    "enable_external_file_cache": False,
}
_FIXED_BYTES = "FIXED_LEN_BYTE_ARRAY"
_MOST_DIGITS = 38  # DuckDB reads a wider decimal as a double, and some of them wrongly.
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
_INTEGERS |= {f"U{one}" for one in _INTEGERS}
_SIMPLE = {"VARCHAR", "BOOLEAN", "DOUBLE", "FLOAT", *_INTEGERS}
# What the text of such a cell would mean; null where it is beyond what a text may say.
_TYPED: dict[str, tuple[FieldKind, str]] = {
    "TIMESTAMP": (
        "time",
        "case when {0} between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999' "
        "then {0} end",
    ),
    "DATE": (
        "date",
        "case when {0} between date '0001-01-01' and date '9999-12-31' then {0} end",
    ),
    "BOOLEAN": ("flag", "{0}"),
    # The nearest double to an amount of two decimals, and so the one that its text is read as.
    "DOUBLE": (
        "amount",
        "case when {0} between 0 and 9999999999 and round({0} * 100) / 100 = {0} "
        "then try_cast(round({0} * 100) as bigint) end",
    ),
}


class _Scratch:
    """A connection that is thrown away when a file has made it fail."""

    _con: duckdb.DuckDBPyConnection | None = None

    @classmethod
    def execute(cls, sql: str, parameters: object = None) -> list[tuple[Any, ...]]:
        if cls._con is None:
            cls._con = duckdb.connect(config=_SCRATCH)
        try:
            return cls._con.execute(sql, parameters).fetchall()
        except duckdb.Error:
            cls._con.close()
            cls._con = None
            raise


def digest(stream: IO[bytes]) -> tuple[int, str]:
    """Return size and SHA-256 of a file."""
    source = HashedFile(stream)
    while source.read(READ_BYTES):
        pass
    return source.size, source.sha256


Judged = dict[Path, dict[str, ParquetType] | FileRefused]


def read_types(paths: Sequence[Path], wanted: Sequence[str]) -> Judged:
    """Return the columns of each file with their types; the wanted ones are read to their end.

    FileRefused stands for a file that is no parquet file, contradicts itself, points outside of
    itself, is encrypted, or would unpack to far more than its size. Files are judged together,
    because a query costs as much as a hundred footers; where one makes it fail, in halves.
    """
    groups, refused = _by_schema(paths)
    judged: Judged = {**refused}
    for schema, alike in groups.items():
        judged |= _in_halves(alike, partial(_read_ends, schema=schema, wanted=wanted))
    return judged


def _in_halves(paths: Sequence[Path], judge: Callable[[Sequence[Path]], Any]) -> dict[Path, Any]:
    """Return what ``judge`` says of files, FileRefused for each with which it fails."""
    if not paths:
        return {}
    try:
        return dict(judge(paths))
    except duckdb.Error as error:
        if len(paths) == 1:
            said, _, _ = str(error).partition("\nLINE 1:")  # our own statement
            why = " ".join(said.split())[:200]
            return {paths[0]: FileRefused(f"is no readable parquet file ({why})", WHOLE_FILE)}
    except FileRefused as error:
        return dict.fromkeys(paths, error)
    middle = len(paths) // 2
    return _in_halves(paths[:middle], judge) | _in_halves(paths[middle:], judge)


def _by_schema(
    paths: Iterable[Path],
) -> tuple[dict[ParquetSchema, list[Path]], dict[Path, FileRefused]]:
    """Return the files that may be read by their schema, and why others may not.

    A file that is gone is in neither.
    """
    groups: dict[ParquetSchema, list[Path]] = {}
    refused: dict[Path, FileRefused] = {}
    for path in paths:
        try:
            groups.setdefault(read_schema(path), []).append(path)
        except FileRefused as error:
            refused[path] = error
        except OSError:
            continue
    return groups, refused


def _read_ends(
    paths: Sequence[Path], *, schema: ParquetSchema, wanted: Sequence[str]
) -> dict[Path, dict[str, ParquetType] | FileRefused]:
    """Return the types of files of one schema, after their wanted columns were read."""
    described = _Scratch.execute(f"describe from {_reader(paths[:1])}")
    columns = schema.columns(len(described))
    types: dict[str, ParquetType] = {}
    for at, (column, row) in enumerate(zip(columns, described, strict=True)):
        types.setdefault(column.name, (f"p{at}", _FIXED_BYTES if column.is_fixed else row[1]))
    refuse_names([column.name for column in columns])
    read = {name: types[name] for name in wanted if name in types}
    for column in columns:
        if column.name in read and column.digits > _MOST_DIGITS:
            raise FileRefused(
                f"{column.name} is a decimal of {column.digits} digits",
                f"cast it to one of at most {_MOST_DIGITS}, such as DECIMAL({_MOST_DIGITS}, 2)",
            )
    lengths = " + ".join(
        f"coalesce(sum(strlen({place})), 0)" for place, kind in read.values() if kind == "VARCHAR"
    )
    counts = ", ".join(f"count({place})" for place, _ in read.values())
    reader = _reader(paths, columns=len(columns))
    try:
        found = _Scratch.execute(
            f"select filename, {lengths or '0'}, {counts or '1'} from {reader} group by filename"
        )
    except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
        is_of_a_value = isinstance(error, duckdb.ConversionException) or "UTF8" in str(error)
        if len(paths) > 1 or not is_of_a_value:
            raise
        raise _unreadable_values(error, read, reader) from error
    sizes = {path: size for path, size, *_ in found}
    too_long = FileRefused(
        f"unpacks to more than {BOMB_RATIO} times its size",
        "deliver it without texts that long",
    )
    return {
        path: too_long
        if sizes.get(str(path), 0) > max(BOMB_BYTES, BOMB_RATIO * path.stat().st_size)
        else types
        for path in paths
    }


def _unreadable_values(
    error: duckdb.Error, columns: Mapping[str, ParquetType], reader: str
) -> FileRefused:
    """Return the refusal of a file with far times or broken texts, which DuckDB does not read."""
    for name, (place, _) in columns.items():
        try:
            _Scratch.execute(f"select count({place}) from {reader}")
        except duckdb.Error as own:
            # DuckDB shows the broken text, which may be one that is hidden everywhere.
            is_text = "UTF8" in str(own)
            why = "text that is not UTF-8" if is_text else " ".join(str(own).split())[:200]
            return FileRefused(
                f"{name} has a value that cannot be read ({why})",
                f"deliver it without that value, or {name} as text in UTF-8",
            )
    return FileRefused(f"is no readable parquet file ({error})", WHOLE_FILE)


def select_rows(
    paths: Mapping[int, Path],
    types: Mapping[str, ParquetType],
    columns: int,
    texts: frozenset[str],
) -> tuple[str, Cells]:
    """Return SQL for the rows of files that share these columns, and what its columns hold.

    ``columns``: how many the files have, with those that nothing reads.
    """
    places, faults, typed, chosen = {}, {}, {}, []
    for at, (name, (column, kind)) in enumerate(types.items()):
        text, is_text = _as_text(column, kind)
        places[name] = f"c{at}"
        chosen.append(f"nullif({text}, '') as c{at}")
        if kind in _TYPED:
            own_kind, value = _TYPED[kind]
            value = value.format(column)
            typed[name] = TypedCell(own_kind, f"v{at}", f"t{at}")
            chosen.append(f"{value} as v{at}")
            chosen.append(f"case when v{at} is null then nullif({text}, '') end as t{at}")
        if name in texts and is_text != "true":
            given = f"nullif({column}, ''::blob)" if kind == "BLOB" else column
            faults[name] = f"fault_c{at}"
            chosen.append(
                f"case when {given} is not null and not {is_text} "
                f"then {text_literal(NOT_TEXT)} end as fault_c{at}"
            )
    lengths = " + ".join(
        f"coalesce({'octet_length' if kind == 'BLOB' else 'strlen'}({column}), 0)"
        for column, kind in types.values()
        if kind in ("VARCHAR", "BLOB")
    )
    reason = (
        f"case when {lengths} > {MAX_LINE_BYTES} "
        f"then 'row is longer than {MAX_LINE_BYTES} bytes' end"
        if lengths
        else "cast(null as varchar)"
    )
    numbers = ", ".join(
        f"({file_no}, {text_literal(str(path))})" for file_no, path in paths.items()
    )
    (first, *others) = paths
    sql = (
        f"select {'file_no' if others else f'{first} as file_no'}, file_row_number + 1 as line, "
        f"{reason} as reason{''.join(f', {one}' for one in chosen)} "
        f"from {_reader(paths.values(), columns=columns)}"
    )
    if others:
        sql += f" join (values {numbers}) as numbered(file_no, path) on path = filename"
    return sql, Cells(places, faults, is_text=False, typed=typed)


def _as_text(column: str, kind: str) -> tuple[str, str]:
    """Return SQL for a cell's text, and SQL for whether it is one that can be an id."""
    if kind in ("VARCHAR", "JSON", "UUID") or kind.startswith("ENUM") or kind in _INTEGERS:
        return f"cast({column} as varchar)" if kind != "VARCHAR" else column, "true"
    if kind.startswith("DECIMAL") and kind.endswith(",0)"):
        return f"cast({column} as varchar)", "true"
    if kind == "BLOB":
        text = f"try(decode({column}))"
        return text, f"({text} is not null)"
    return _text_of(column, kind), "false"


def _text_of(column: str, kind: str) -> str:
    """Return SQL for the text of a cell; of a time at midnight it is the date."""
    column = _writable(column, kind)
    if kind == "TIMESTAMP WITH TIME ZONE":
        column = f"timezone('UTC', {column})"
    text = f"cast({column} as varchar)"
    if not kind.startswith("TIMESTAMP"):
        return text
    day = f"cast({column} as date)"
    return f"case when {day} = {column} then cast({day} as varchar) else {text} end"


def _writable(column: str, kind: str) -> str:
    """Return SQL for a cell, null where DuckDB fails, or crashes, to write it as text.

    That is the least integer, as pandas writes a missing time, and a time of day that no day has.
    """
    if kind.startswith("TIMESTAMP"):
        return f"case when {column} >= cast('-infinity' as {kind}) then {column} end"
    if kind == "TIME":
        return f"case when {column} between time '00:00' and time '24:00' then {column} end"
    return column


def raw_texts(
    wanted: Mapping[Path, Collection[int]], known: Sequence[str]
) -> dict[Path, dict[int, str]]:
    """Return some rows of files, by number from 1, as JSON objects; times as text, nothing masked.

    Where a column that is not ``known`` is damaged, the others are shown. A file that cannot be
    read is left out.
    """
    groups, _ = _by_schema(wanted)
    found = {}
    for alike in groups.values():
        for path, texts in _in_halves(alike, partial(_raw_texts, wanted=wanted)).items():
            if isinstance(texts, FileRefused):
                texts = _in_halves([path], partial(_raw_texts, wanted=wanted, known=known))[path]
            if not isinstance(texts, FileRefused):
                found[path] = texts
    return found


def _raw_texts(
    paths: Sequence[Path],
    *,
    wanted: Mapping[Path, Collection[int]],
    known: Sequence[str] | None = None,
) -> dict[Path, dict[int, str]]:
    described = _Scratch.execute(f"describe from {_reader(paths[:1])}")
    columns = {
        name: (f"p{at}", kind)
        for at, (name, kind, *_) in enumerate(described)
        if known is None or name in known
    }
    chosen = ", ".join(_shown(place, kind) for place, kind in columns.values())
    reader = _reader(paths, columns=len(described))
    places = [(str(path), line - 1) for path in paths for line in wanted[path]]
    rows = _Scratch.execute(
        f"select filename, file_row_number + 1, {chosen} from {reader} "
        "join (select unnest($files) as file, unnest($lines) as row_number) as wanted "
        "on file = filename and row_number = file_row_number",
        {"files": [path for path, _ in places], "lines": [line for _, line in places]},
    )
    nested = [kind not in _SIMPLE and _is_nested(kind) for _, kind in columns.values()]
    found: dict[Path, dict[int, str]] = {path: {} for path in paths}
    for path, line, *values in rows:
        read = [
            json.loads(value) if is_nested and value is not None else value
            for value, is_nested in zip(values, nested, strict=True)
        ]
        text = json.dumps(dict(zip(columns, read, strict=True)), ensure_ascii=False)
        found[Path(path)][line] = text
    return found


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))


def _shown(column: str, kind: str) -> str:
    if kind in _SIMPLE:
        return column
    if _is_nested(kind):
        return f"cast(to_json({column}) as varchar)"
    text = f"cast({_writable(column, kind)} as varchar)"
    if kind.startswith("TIMESTAMP"):
        return f"replace({text}, ' ', 'T')"
    return f"coalesce(try(decode({column})), {text})" if kind == "BLOB" else text


def _reader(paths: Iterable[Path], *, columns: int = 0) -> str:
    """Return the rows of files; with the number of their columns these are called p0, p1 and so on.

    DuckDB has ``filename`` and ``file_row_number`` next to them, which no column then hides.
    """
    listed = ", ".join(text_literal(escape_glob(str(path))) for path in paths)
    names = ", ".join(f"p{at}" for at in range(columns))
    named = f" as given({names})" if names else ""
    return f"read_parquet([{listed}], hive_partitioning = false){named}"
