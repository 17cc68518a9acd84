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

from plainscore.common.text import escape_glob, identifier, text_literal
from plainscore.contracts.logs import FieldKind
from plainscore.logs.json_lines import NOT_TEXT
from plainscore.logs.landing import FileRefused
from plainscore.logs.mapping import Cells, TypedCell
from plainscore.logs.packing import BOMB_BYTES, BOMB_RATIO, READ_BYTES, WHOLE_FILE, HashedFile
from plainscore.logs.text_files import MAX_LINE_BYTES, refuse_names

ParquetType = tuple[str, str]
"""The name that DuckDB gives a column, and its type."""

_LEAST_ROWS = 1_000_000
# A file that was replaced a moment ago must not be taken from a cache.
_SCRATCH: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "memory_limit": "2GB",
    "enable_external_file_cache": False,
}
_FIXED_BYTES = "FIXED_LEN_BYTE_ARRAY"
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
_FOOTERS = f"""
with given as (select unnest($names) as file_name, unnest($sizes)::bigint as size),
chunk as (
    select
        *,
        -- A row group without rows has no data page.
        least(
            case when num_values > 0 or dictionary_page_offset is null then data_page_offset end,
            dictionary_page_offset
        ) as begin_,
        contains(path_in_schema, ', ') as is_repeated
    from parquet_metadata($paths)
),
row_group as (
    select file_name, any_value(row_group_num_rows) as row_count
    from chunk group by file_name, row_group_id
),
counted as (select file_name, sum(row_count) as row_count from row_group group by file_name),
chunks as (
    select
        file_name,
        sum(total_uncompressed_size) as unpacked,
        bool_or(
            begin_ < 4 or total_compressed_size < 0 or begin_ + total_compressed_size > size
        ) as is_outside,
        bool_or(num_values <> row_group_num_rows and not is_repeated
            or is_repeated and num_values > greatest({_LEAST_ROWS}, size)) as is_uneven
    from given inner join chunk using (file_name)
    group by file_name
)
select file_name, case
    when file.num_rows > greatest({_LEAST_ROWS}, size)
        then 'claims to hold more rows than it has bytes'
    when unpacked > greatest($bomb, {BOMB_RATIO} * size)
        then 'unpacks to more than {BOMB_RATIO} times its size'
    when file.encryption_algorithm is not null then 'is an encrypted parquet file'
    when is_outside then 'is no readable parquet file (a column points outside of the file)'
    when is_uneven
        then 'is no readable parquet file (a column has not as many values as rows)'
    when file.num_rows <> coalesce(row_count, 0)
        then 'is no readable parquet file (its row groups do not add up to its rows)'
    end
from given
inner join parquet_file_metadata($paths) as file using (file_name)
left join chunks using (file_name)
left join counted using (file_name)
"""


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
    judged: Judged = {}
    begun = []
    for path in paths:
        with path.open("rb") as stream:
            begin = stream.read(4)
        if begin in (b"PAR1", b""):
            begun.append(path)
        else:
            why = "is no readable parquet file (it does not begin with PAR1)"
            judged[path] = FileRefused(why, WHOLE_FILE)
    groups: dict[tuple[object, ...], list[Path]] = {}
    for path, found in _in_halves(begun, _read_schemas).items():
        if isinstance(found, FileRefused):
            judged[path] = found
        else:
            groups.setdefault(found, []).append(path)
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
            why = " ".join(str(error).split())[:200]
            return {paths[0]: FileRefused(f"is no readable parquet file ({why})", WHOLE_FILE)}
    except FileRefused as error:
        return dict.fromkeys(paths, error)
    middle = len(paths) // 2
    return _in_halves(paths[:middle], judge) | _in_halves(paths[middle:], judge)


def _read_schemas(paths: Sequence[Path]) -> dict[Path, tuple[object, ...] | FileRefused]:
    """Hold the footers of files against their sizes; return the schema of each."""
    names = [str(path) for path in paths]
    where: dict[str, object] = {"paths": [escape_glob(name) for name in names]}
    given = {"names": names, "sizes": [path.stat().st_size for path in paths], "bomb": BOMB_BYTES}
    faults = dict(_Scratch.execute(_FOOTERS, where | given))
    return {
        path: FileRefused(faults[str(path)], WHOLE_FILE) if faults[str(path)] else schema
        for path, schema in _schemas(paths).items()
    }


def _schemas(paths: Sequence[Path]) -> dict[Path, tuple[object, ...]]:
    """Return the schema of each file, as far as it decides how its cells are read."""
    schemas: dict[str, list[object]] = {str(path): [] for path in paths}
    for name, *element in _Scratch.execute(
        "select file_name, name, coalesce(num_children, 0), type, logical_type, converted_type, "
        "type_length, repetition_type, scale, precision from parquet_schema($paths)",
        {"paths": [escape_glob(str(path)) for path in paths]},
    ):
        schemas[name].append(tuple(element))
    return {path: tuple(schemas[str(path)]) for path in paths}


def _read_ends(
    paths: Sequence[Path], *, schema: Sequence[Any], wanted: Sequence[str]
) -> dict[Path, dict[str, ParquetType] | FileRefused]:
    """Return the types of files of one schema, after their wanted columns were read."""
    described = _Scratch.execute(f"describe from {_reader(paths[:1])}")
    columns = _top_columns(schema)
    types: dict[str, ParquetType] = {}
    for (name, is_fixed), row in zip(columns, described, strict=True):
        types.setdefault(name, (row[0], _FIXED_BYTES if is_fixed else row[1]))
    refuse_names([name for name, _ in columns])
    read = [identifier(types[name][0]) for name in wanted if name in types] or ["1"]
    lengths = " + ".join(
        f"coalesce(sum(strlen({identifier(types[name][0])})), 0)"
        for name in wanted
        if types.get(name, ("", ""))[1] == "VARCHAR"
    )
    counts = ", ".join(f"count({one})" for one in read)
    sizes = {
        path: size
        for path, size, *_ in _Scratch.execute(
            f"select file_path, {lengths or '0'}, {counts} "
            f"from {_reader(paths, with_place=True)} group by file_path"
        )
    }
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


def _top_columns(schema: Iterable[Sequence[Any]]) -> list[tuple[str, bool]]:
    """Return the columns that are no part of another, and whether each is plain fixed bytes."""
    columns: list[tuple[str, bool]] = []
    elements = iter(schema)
    next(elements, None)

    def skip(count: int) -> None:
        for _ in range(count):
            skip(next(elements)[1])

    for name, children, kind, logical, converted, *_ in elements:
        columns.append((name, kind == _FIXED_BYTES and not logical and not converted))
        skip(children)
    return columns


def select_rows(
    paths: Mapping[int, Path], types: Mapping[str, ParquetType], texts: frozenset[str]
) -> tuple[str, Cells]:
    """Return SQL for the rows of files that share these columns, and what its columns hold."""
    places, faults, typed, chosen = {}, {}, {}, []
    for at, (name, (column, kind)) in enumerate(types.items()):
        text, is_text = _as_text(identifier(column), kind)
        places[name] = f"c{at}"
        chosen.append(f"nullif({text}, '') as c{at}")
        if kind in _TYPED:
            own_kind, value = _TYPED[kind]
            value = value.format(identifier(column))
            typed[name] = TypedCell(own_kind, f"v{at}", f"t{at}")
            chosen.append(f"{value} as v{at}")
            chosen.append(f"case when v{at} is null then nullif({text}, '') end as t{at}")
        if name in texts and is_text != "true":
            given = identifier(column)
            if kind == "BLOB":
                given = f"nullif({given}, ''::blob)"
            faults[name] = f"fault_c{at}"
            chosen.append(
                f"case when {given} is not null and not {is_text} "
                f"then {text_literal(NOT_TEXT)} end as fault_c{at}"
            )
    lengths = " + ".join(
        f"coalesce(octet_length({identifier(column)}), 0)"
        if kind == "BLOB"
        else f"coalesce(strlen({identifier(column)}), 0)"
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
        f"from {_reader(paths.values(), with_place=True)}"
    )
    if others:
        sql += f" join (values {numbers}) as numbered(file_no, file_path) using (file_path)"
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
    if kind == "TIMESTAMP WITH TIME ZONE":
        column, kind = f"timezone('UTC', {column})", "TIMESTAMP"
    if kind.startswith("TIMESTAMP"):
        day = f"cast({column} as date)"
        return (
            f"cast(case when {day} = {column} then cast({day} as varchar) "
            f"else cast({column} as varchar) end as varchar)",
            "false",
        )
    return f"cast({column} as varchar)", "false"


def raw_texts(
    wanted: Mapping[Path, Collection[int]], known: Sequence[str]
) -> dict[Path, dict[int, str]]:
    """Return some rows of files, by number from 1, as JSON objects; times as text, nothing masked.

    Where a column that is not ``known`` is damaged, the others are shown. A file that cannot be
    read is left out.
    """
    groups: dict[object, list[Path]] = {}
    for path, schema in _in_halves(list(wanted), _schemas).items():
        if not isinstance(schema, FileRefused):
            groups.setdefault(schema, []).append(path)
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
    columns = [(row[0], row[1]) for row in described if known is None or row[0] in known]
    chosen = ", ".join(_shown(name, kind) for name, kind in columns)
    places = [(str(path), line - 1) for path in paths for line in wanted[path]]
    rows = _Scratch.execute(
        f"select file_path, file_row_number + 1, {chosen} from {_reader(paths, with_place=True)} "
        "join (select unnest($files) as file_path, unnest($lines) as file_row_number) as wanted "
        "using (file_path, file_row_number)",
        {"files": [path for path, _ in places], "lines": [line for _, line in places]},
    )
    nested = [kind not in _SIMPLE and _is_nested(kind) for _, kind in columns]
    names = [name for name, _ in columns]
    found: dict[Path, dict[int, str]] = {path: {} for path in paths}
    for path, line, *values in rows:
        read = [
            json.loads(value) if is_nested and value is not None else value
            for value, is_nested in zip(values, nested, strict=True)
        ]
        text = json.dumps(dict(zip(names, read, strict=True)), ensure_ascii=False)
        found[Path(path)][line] = text
    return found


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))


def _shown(name: str, kind: str) -> str:
    column = identifier(name)
    if kind in _SIMPLE:
        return column
    if _is_nested(kind):
        return f"cast(to_json({column}) as varchar)"
    text = f"cast({column} as varchar)"
    if kind.startswith("TIMESTAMP"):
        return f"replace({text}, ' ', 'T')"
    return f"coalesce(try(decode({column})), {text})" if kind == "BLOB" else text


def _reader(paths: Iterable[Path], *, with_place: bool = False) -> str:
    listed = ", ".join(text_literal(escape_glob(str(path))) for path in paths)
    place = ", file_row_number = true, filename = 'file_path'" if with_place else ""
    return f"read_parquet([{listed}], hive_partitioning = false{place})"
