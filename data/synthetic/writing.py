"""Files: one per log, arrival day and group of people, in any of the formats of docs/method.md."""

import csv
import gzip
import io
import json
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl

from plainscore.synthetic.disorder import CORRUPT
from plainscore.synthetic.faults import BROKEN_LINE, FAULTS, break_rows
from plainscore.synthetic.logs import Log, written
from plainscore.synthetic.months import EPOCH, Month
from plainscore.synthetic.rows import Rows
from plainscore.synthetic.settings import WorldSettings

Packing = Literal["snappy", "zstd"]
"""How parquet is compressed: fast in large worlds, small in the mixed ones."""

_TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
# Mixed worlds are meant to be small: the formats that need least room take the most turns.
_LARGE_LOG_ROTA: Final = ("csv.gz", "parquet", "csv.gz", "ndjson.gz", "csv.gz", "csv.gz")
_SMALL_LOG_ROTA: Final = ("csv", "parquet", "ndjson.gz", "csv.gz", "ndjson", "csv.gz")
_IS_TEXT: Final = np.array([*(fault.text is not None for fault in FAULTS), False])
"""Which faults only text can hold; the last place is for rows without a fault."""
_SMALL_LOGS: Final = ("profile", "service")


def arrival_folder(root: Path, log_name: str, day: int) -> Path:
    """Return the folder of one log's arrivals on a day number."""
    date = EPOCH.fromordinal(EPOCH.toordinal() + day)
    return root / log_name / f"arrived={date.isoformat()}"


def write_arrivals(
    root: Path, settings: WorldSettings, log: Log, month: Month, part: int, rows: Rows
) -> None:
    """Write the rows of one group of people that arrive within one month.

    Parameters
    ----------
    root
        The folder that gets `<log>/arrived=YYYY-MM-DD/part-<part>.<ending>`.
    rows
        Delivered rows in the order of their arrival days.
    """
    faults = rows["mark"] - CORRUPT
    table = break_rows(written(log, rows, settings.people), faults)
    is_text = np.flatnonzero(_IS_TEXT[np.maximum(faults, -1)])
    ending = _ending(settings, log, month)
    packing: Packing = "zstd" if settings.file_format == "mixed" else "snappy"
    ends = np.cumsum(np.bincount(rows["arrival"] - month.first_day)).tolist()
    for day, (start, end) in enumerate(pairwise([0, *ends]), start=month.first_day):
        if start == end:
            continue
        folder = arrival_folder(root, log.name, day)
        folder.mkdir(parents=True, exist_ok=True)
        whole = table.slice(start, end - start)
        places = is_text[(is_text >= start) & (is_text < end)]
        spoilt = table[places]
        if len(places):
            whole = whole.filter(~pl.int_range(start, end, eager=True).is_in(places.tolist()))
        stem = folder / f"part-{part:03d}"
        _write_day(stem, ending, packing, whole, spoilt, faults[places].tolist())


def _ending(settings: WorldSettings, log: Log, month: Month) -> str:
    """Return the format of a log's files in a month."""
    if settings.file_format != "mixed":
        return settings.file_format
    rota = _SMALL_LOG_ROTA if log.name in _SMALL_LOGS else _LARGE_LOG_ROTA
    return rota[(month.number + len(log.name)) % len(rota)]


def _write_day(
    stem: Path,
    ending: str,
    packing: Packing,
    whole: pl.DataFrame,
    spoilt: pl.DataFrame,
    faults: list[int],
) -> None:
    """Write a day's file; rows that only text can spoil end it, or stand beside a parquet file."""
    if ending == "parquet":
        if len(whole):
            whole.write_parquet(stem.with_suffix(".parquet"), compression=packing, statistics=False)
        if faults:
            beside = stem.with_name(f"{stem.name}-unreadable.ndjson")
            beside.write_bytes(_ndjson_lines(spoilt, faults))
        return
    lines = _whole_text(ending, whole)
    if faults:
        spoil = _ndjson_lines if ending.startswith("ndjson") else _csv_lines
        lines += spoil(spoilt, faults)
    if ending.endswith(".gz"):
        # Level and time are fixed: the same rows give the same bytes.
        lines = gzip.compress(lines, compresslevel=9, mtime=0)
    stem.with_name(f"{stem.name}.{ending}").write_bytes(lines)


def _as_text(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("event_time").dt.strftime(_TIME_FORMAT))


def _whole_text(ending: str, whole: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    if ending.startswith("ndjson"):
        _as_text(whole).write_ndjson(buffer)
    else:
        _as_text(whole).write_csv(buffer)
    return buffer.getvalue()


def _spoilt_values(spoilt: pl.DataFrame, faults: list[int]) -> list[dict[str, object]]:
    """Return the rows as written values, with the unreadable text where the fault says."""
    values = _as_text(spoilt).with_columns(pl.selectors.date().cast(pl.String)).to_dicts()
    for row, number in zip(values, faults, strict=True):
        fault = FAULTS[number]
        if fault.column:
            row[fault.column] = fault.text
    return values


def _cut_if_broken(line: str, number: int) -> str:
    return line[: len(line) // 2] if FAULTS[number].name == BROKEN_LINE else line


def _ndjson_lines(spoilt: pl.DataFrame, faults: list[int]) -> bytes:
    lines = (json.dumps(row) for row in _spoilt_values(spoilt, faults))
    cut = [_cut_if_broken(line, n) for line, n in zip(lines, faults, strict=True)]
    return "".join(f"{line}\n" for line in cut).encode()


def _csv_lines(spoilt: pl.DataFrame, faults: list[int]) -> bytes:
    cut = []
    for row, number in zip(_spoilt_values(spoilt, faults), faults, strict=True):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="").writerow(row.values())
        cut.append(_cut_if_broken(buffer.getvalue(), number))
    return "".join(f"{line}\n" for line in cut).encode()
