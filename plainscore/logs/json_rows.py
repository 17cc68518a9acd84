"""JSON lines -> the log's fields as delivered text.

A line in plain form (one flat object of unescaped text, short plain numbers, true, false, null) is
read by polars; every other line is read by the standard library, which keeps the digits of numbers.
Of the plain lines, those of the shape that most share are recognised by one pattern.
"""

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from plainscore.contracts.logs import COMMON_FIELDS, Log
from plainscore.logs.json_lines import MAX_NESTING, _Number, _read_object

# The shape that most JSON lines of a delivery share: plain values under keys in one order.
# One pattern per delivery proves a line to be a flat object with known keys, none twice, each
# with a value of a type its field may have. Proving all that apart took 3 times as long.

_NO_CONTROL = r'[^"\\\x00-\x1f]'
TEXT = rf'"{_NO_CONTROL}*"'
KEY = rf'"[^":\\\x00-\x1f]{_NO_CONTROL}*"'
INTEGER = r"(?:0|-?[1-9][0-9]{0,17})"
DECIMAL = r"(?:0|[1-9][0-9]{0,8})\.[0-9]{1,6}"
_SAMPLE_LINES, _SAMPLE_CHARS, _MAX_KEYS = 100, 4_000, 40
_ORDINARY_KEY = re.compile(r'"([A-Za-z0-9_]{1,60})": *')


def keys_in_order(lines: pl.Series) -> list[str]:
    """Return the keys of the first lines, merged into one order.

    The order is a guess: lines of another one do not match the pattern, and are read elsewhere.
    """
    order: list[str] = []
    for line in lines.head(_SAMPLE_LINES).drop_nulls().str.head(_SAMPLE_CHARS):
        at = 0
        for key in _ORDINARY_KEY.findall(line):
            if key not in order:
                order.insert(at, key)
            at = order.index(key) + 1
    return order[:_MAX_KEYS]


def match_shape(log: Log, keys: list[str], lines: pl.Series) -> pl.Series:
    """Mark the lines that are flat objects of plain values, some of the keys in their order."""
    pairs = (rf'(?:"{key}": *(?:{_values(log, key)}) *(?:, *|\}}$))?' for key in keys)
    pattern = r"^\{ *" + "".join(pairs) + "$"
    # The pattern alone lets a comma pass in the place of the closing brace.
    return lines.str.contains(pattern) & lines.str.ends_with("}")


def _values(log: Log, key: str) -> str:
    """Return the pattern of the values that a key may have; an unknown key may have any."""
    kind = "any"
    if key in log.names:
        kind = next((own.kind for own in log.fields if own.name == key), "text")
    values = [TEXT, INTEGER, "null"]
    if kind in ("amount", "year", "any"):
        values.append(DECIMAL)
    if kind in ("flag", "any"):
        values += ["true", "false"]
    return "|".join(values)


_PLAIN = rf"^\{{ *(?:{KEY}: *(?:{TEXT}|{INTEGER}|{DECIMAL}|true|false|null) *(?:, *|\}} *$))+$"
_NOT_JSON, _REPEATS = "line is not JSON", "line repeats a key"
_TOO_DEEP = f"line is nested more than {MAX_NESTING} deep"


def read_json_rows(log: Log, lines: pl.DataFrame, text: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read JSON lines.

    Parameters
    ----------
    log
        The log they belong to.
    lines
        ``text_lines.LINE_COLUMNS``.
    text
        The same lines as they were delivered.

    Returns
    -------
    rows
        ``lines`` with the log's fields as String; ``reason`` filled where a line cannot be read;
        blank lines left out.
    unknown
        ``file_no`` and ``name`` of the keys the log does not know.
    """
    keys = keys_in_order(lines["raw"])
    is_shaped = lines["reason"].is_null() & match_shape(log, keys, lines["raw"])
    if is_shaped.all():
        rows = lines.hstack(_read_fields(log, text))
        return rows, _unknown_keys(log, keys, rows)
    shaped = lines.filter(is_shaped)
    shaped = shaped.hstack(_read_fields(log, _select_lines(lines["raw"], is_shaped, text)))
    rest, rest_unknown = _read_rest(log, lines.filter(~is_shaped))
    unknown = pl.concat([_unknown_keys(log, keys, shaped), rest_unknown])
    return pl.concat([shaped, rest]), unknown.unique()


def _select_lines(lines: pl.Series, is_wanted: pl.Series, text: bytes) -> bytes:
    """Return the wanted lines of a text: cut out in runs where ``lines`` have kept all bytes."""
    ends = (lines.str.len_bytes().cast(pl.Int64) + 1).cum_sum()
    if ends[-1] != len(text):
        return "\n".join(lines.filter(is_wanted)).encode()
    runs = is_wanted.rle().struct.unnest()
    last = ends.gather(runs["len"].cast(pl.Int64).cum_sum() - 1)
    spans = zip(runs["value"], last.shift(1, fill_value=0), last, strict=True)
    return b"".join(text[begin:end] for is_run_wanted, begin, end in spans if is_run_wanted)


def _unknown_keys(log: Log, keys: Sequence[str], shaped: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of lines of one shape that the log does not know, by file."""
    found = [_no_unknown()]
    for key in (key for key in keys if key not in log.names):
        having = shaped.filter(pl.col("raw").str.contains(f'"{key}":', literal=True))
        found.append(having.select("file_no", name=pl.lit(key)).unique())
    return pl.concat(found)


def _read_rest(log: Log, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines of any shape."""
    is_plain = lines["reason"].is_null() & lines["raw"].str.contains(_PLAIN)
    is_plain &= lines["raw"].str.contains(r"\} *$")  # the pattern alone lets a last comma pass
    is_plain &= ~lines["raw"].str.contains(_odd_type_pattern(log))
    plain, plain_unknown = _read_plain(log, lines.filter(is_plain))
    others = lines.filter(~is_plain & (pl.col("raw") != ""))
    other, other_unknown = _read_others(log, others)
    return pl.concat([plain, other]), pl.concat([plain_unknown, other_unknown]).unique()


def _odd_type_pattern(log: Log) -> str:
    """Match a known field that holds a type it should not, which polars would hide."""
    flags = {own.name for own in log.fields if own.kind == "flag"}
    decimals = {own.name for own in log.fields if own.kind in ("amount", "year")}
    no_decimal = "|".join(name for name in log.names if name not in decimals)
    no_truth = "|".join(name for name in log.names if name not in flags)
    return rf'"(?:(?:{no_decimal}): *-?[0-9]+\.|(?:{no_truth}): *[tf])'.replace("):", ')":')


def _read_fields(log: Log, text: bytes) -> pl.DataFrame:
    """Read plain lines; fields that a line does not have are null."""
    schema = dict.fromkeys(log.names, pl.String)
    return pl.read_ndjson(text, schema=schema) if text else pl.DataFrame(schema=schema)


def _read_plain(log: Log, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    fields = _read_fields(log, "\n".join(lines["raw"]).encode())
    keys = lines["raw"].str.count_matches('":', literal=True)
    known = fields.select(pl.sum_horizontal(pl.all().is_not_null().cast(pl.UInt32))).to_series()
    rows = lines.hstack(fields)
    if (keys == known).all():
        return rows, _no_unknown()
    return _read_keys(log, rows, keys != known)


def _read_keys(
    log: Log, rows: pl.DataFrame, is_odd: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Look at the keys of lines that hold nulls, unknown keys or a key twice."""
    odd = rows.filter(is_odd).select("file_no", keys=pl.col("raw").str.extract_all(rf"{KEY}:"))
    repeats = odd["keys"].list.n_unique() != odd["keys"].list.len()
    if repeats.any():
        reasons = pl.Series([None] * len(odd), dtype=pl.String).set(repeats, _REPEATS)
        rows = rows.with_columns(rows["reason"].scatter(is_odd.arg_true(), reasons))
    names = odd.explode("keys").select("file_no", name=pl.col("keys").str.slice(1).str.head(-2))
    return rows, names.unique().filter(~pl.col("name").is_in(log.names))


def _read_others(log: Log, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read lines one by one, whatever they hold."""
    kinds: dict[str, str] = dict.fromkeys(COMMON_FIELDS, "choice")
    kinds |= {"event_id": "text", "person_id": "text"}
    kinds |= {own.name: own.kind for own in log.fields}
    schema = dict(lines.schema) | dict.fromkeys(log.names, pl.String)
    nothing = [None] * len(log.names)
    rows: list[tuple[Any, ...]] = []
    unknown: set[tuple[int, str]] = set()
    for file_no, line, raw, reason in lines.iter_rows():
        if not raw.strip(" \t\r"):
            continue
        fields: dict[str, Any] = {}
        if reason is None:
            fields, reason = _read_object(raw)
        texts, fault = _take_known(log, kinds, fields)
        for name in fields.keys() - kinds.keys():
            unknown.add((file_no, _clean(name)))
        rows.append((file_no, line, raw, reason or fault, *(texts or nothing)))
    names = pl.DataFrame(sorted(unknown), schema=_no_unknown().schema, orient="row")
    return pl.DataFrame(rows, schema=schema, orient="row"), names


def _take_known(
    log: Log, kinds: dict[str, str], fields: dict[str, Any]
) -> tuple[list[str | None], str | None]:
    """Return the known fields as text, and why the row is refused if one has no text to give."""
    event = log.event_types.get(str(fields.get("event_type")))
    needed = COMMON_FIELDS + (event.required if event else ())
    texts: list[str | None] = []
    fault = None
    for name in log.names if fields else ():
        value = fields.get(name)
        text = None if value is None else _as_text(value, kinds[name])
        if text is None and value is not None and name in needed:
            fault = fault or f"{name} is neither text nor an integer"
        texts.append(text)
    return texts, fault


def _as_text(value: Any, kind: str) -> str | None:
    """Return a value as text; None where it is to be an id and is nothing that can be one."""
    if isinstance(value, bool):
        value = _Number("true" if value else "false")
    elif isinstance(value, list | dict):
        value = _Number("nested")
    if kind in ("text", "hash") and isinstance(value, _Number):
        return None
    text = str(value)
    return text if _is_unicode(text) else None


def _is_unicode(text: str) -> bool:
    """Return whether a text holds no half of a surrogate pair."""
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)


def _clean(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _no_unknown() -> pl.DataFrame:
    return pl.DataFrame(schema={"file_no": pl.Int64, "name": pl.String})
