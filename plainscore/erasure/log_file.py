"""Erase people from one file of a log, which the ingest can read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from plainscore.erasure.journal import Rewritten
from plainscore.erasure.landing_rows import find_naming_rows
from plainscore.erasure.names import Names
from plainscore.erasure.rewriting import (
    ByHand,
    sha256_of,
    write_parquet_without,
    write_text_without,
)
from plainscore.logs.csv_rows import read_csv_rows
from plainscore.logs.landing import LandingFile
from plainscore.logs.log_fields import LOGS
from plainscore.logs.text_lines import number_lines
from plainscore.logs.units import UnitReader, parse_unit

_READING = {"line": pl.Int64(), "raw": pl.String(), "reason": pl.String()}


def prepare_without(
    file: LandingFile, names: Names, *, has_unknown: bool
) -> tuple[Rewritten, Path] | None:
    """Write a file of a log anew beside itself; None where it names nobody.

    ``has_unknown``: it had columns that no log knows, so what it has now is to be read again.

    Raises
    ------
    FileRefused
        The ingest could not read it.
    ByHand
        No row can go without changing how others read.
    OSError
        It cannot be read or written.
    """
    found = find_naming_rows(file, names)
    spans: Mapping[int, int] = found.spans
    if not spans:
        return None
    is_parquet = file.format == "parquet"
    if is_parquet:
        copy = write_parquet_without(file.path, spans)
    else:
        copy = write_text_without(file.path, spans, is_gzipped=file.is_gzipped)
        if file.format == "csv":
            spans, copy = _with_what_would_read_otherwise(file, copy, spans)
    size, digest = copy.stat().st_size, sha256_of(copy)
    unknown = _unknown_columns(replace(file, path=copy)) if has_unknown else None
    before = found.facts.sha256
    return Rewritten(file.file, before, digest, size, dict(spans), is_parquet, unknown), copy


def _with_what_would_read_otherwise(
    file: LandingFile, copy: Path, spans: Mapping[int, int]
) -> tuple[Mapping[int, int], Path]:
    """Let those refused lines go too that would swallow lines behind them once a row is gone.

    A quote that is never closed was refused because of the lines that followed it.
    """
    if b'"' not in copy.read_bytes() and not file.is_gzipped:
        return spans, copy
    before = _reading(file)
    while True:
        kept = before.filter(~pl.col("line").is_in(list(spans)))
        now = _reading(replace(file, path=copy))
        if kept.equals(now):
            return spans, copy
        otherwise = kept.join(now, on=list(_READING), how="anti", nulls_equal=True)
        refused = otherwise.filter(pl.col("reason").is_not_null())
        if refused.is_empty():
            copy.unlink()
            raise ByHand("cannot lose its rows without changing how others read")
        spans = {**spans, **{line: raw.count("\n") + 1 for line, raw, _ in refused.rows()}}
        copy = write_text_without(file.path, spans, is_gzipped=file.is_gzipped)


def _reading(file: LandingFile) -> pl.DataFrame:
    """Return line, text and fault of every record of a csv file."""
    reader = UnitReader(file.log, [(0, file)])
    frames = [pl.DataFrame(schema=_READING)]
    for unit in reader.units():
        rows = read_csv_rows(LOGS[file.log], unit.columns, number_lines(unit.chunks))
        frames.append(rows.select(*_READING))
    if reader.refused:
        raise reader.refused[0]
    return pl.concat(frames).sort("line")


def _unknown_columns(file: LandingFile) -> list[str]:
    reader = UnitReader(file.log, [(0, file)])
    found = [parse_unit(unit, {0: file.arrived}).unknown for unit in reader.units()]
    names = reader.facts[0]
    for _, name in (one for unknown in found for one in unknown):
        names.add_unknown(name)
    return sorted(names.unknown)
