"""Files in the landing folder: written in any format, and revealed whole, once.

There is one file per log, arrival day and group of people (formats: docs/method.md). Everything is
written under `landing/_unfinished/` and moved into place when it is complete; the record
`_truth/world.json` comes last. Killed at any moment, the same command makes the same world, and
never over logs of someone else.
"""

import csv
import fcntl
import gzip
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from plainscore.synthetic.delivery import BROKEN_LINE, CORRUPT, FAULTS, IS_TEXT, break_rows
from plainscore.synthetic.logs import LOGS, Log, written
from plainscore.synthetic.rows import EPOCH, Month, Rows, day_number
from plainscore.synthetic.world import WorldError, WorldSettings

WORLD_VERSION: Final = 1
"""Raised whenever the same settings give other rows."""

_RECORD: Final = "world.json"

_Packing = Literal["snappy", "zstd"]
_TIME_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"
# Mixed worlds should be small: the formats that need least room take the most turns.
_LARGE_LOG_FORMATS: Final = ("csv.gz", "parquet", "csv.gz", "ndjson.gz", "csv.gz", "csv.gz")
_SMALL_LOG_FORMATS: Final = ("csv", "parquet", "ndjson.gz", "csv.gz", "ndjson", "csv.gz")
_SMALL_LOGS: Final = ("profile", "service")


@dataclass(frozen=True)
class LandingPlan:
    """What is to be done in a landing folder.

    Attributes
    ----------
    step
        "write" all days after `written_until`, only "reveal" what a killed run had completed, or
        "nothing".
    written_until
        Last arrival day (day number) that is there already, None if none is.
    """

    step: Literal["write", "reveal", "nothing"]
    written_until: int | None = None


def truth_folder(landing: Path) -> Path:
    """Return the folder of the labels."""
    return landing / "_truth"


def unfinished_folder(landing: Path) -> Path:
    """Return the folder in which a world is written before it is revealed."""
    return landing / "_unfinished"


@contextmanager
def sole_writer(landing: Path) -> Iterator[None]:
    """Lock the landing folder, so that no second process makes a world in it at the same time."""
    landing.mkdir(parents=True, exist_ok=True)
    folder = os.open(landing, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        message = f"{landing}: another process is making a world here; wait for it to end"
        raise WorldError(message, exit_code=4) from error
    finally:
        os.close(folder)


def plan_landing(settings: WorldSettings) -> LandingPlan:
    """Compare the landing folder with the settings and return what is to be done.

    Raises
    ------
    WorldError
        Where the folder holds other logs or another world (exit code 5).
    """
    landing = settings.landing
    completed = _read_record(unfinished_folder(landing))
    if completed is not None and completed["settings"] == settings.recorded():
        return LandingPlan("reveal")
    present = _read_record(truth_folder(landing))
    if present is None:
        _refuse_foreign_logs(landing)
        return LandingPlan("write")
    wanted = settings.recorded() | {"world_version": WORLD_VERSION}
    known = present["settings"] | {"world_version": present["world_version"]}
    differing = [name for name, value in wanted.items() if known.get(name) != value]
    if not differing:
        return LandingPlan("nothing")
    if differing == ["last"] and known["last"] < wanted["last"]:
        return LandingPlan("write", day_number(date.fromisoformat(known["last"])))
    raise WorldError(
        f"{landing} holds another world (it differs in: {', '.join(differing)}); "
        "choose another --data, or remove that folder",
        exit_code=5,
    )


def _refuse_foreign_logs(landing: Path) -> None:
    for log in LOGS:
        if (landing / log.name).is_dir() and any((landing / log.name).iterdir()):
            raise WorldError(
                f"{landing / log.name} already holds logs that are not of this world; "
                "choose another --data, or remove that folder",
                exit_code=5,
            )


def _read_record(folder: Path) -> dict[str, Any] | None:
    path = folder / _RECORD
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except ValueError as error:
        raise WorldError(f"{path} cannot be read: {error}; remove its world", 5) from error
    return record


def start_unfinished(landing: Path) -> None:
    """Make an empty folder to write a world in; what a killed run left there goes."""
    folder = unfinished_folder(landing)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def complete(settings: WorldSettings, rows: dict[str, int]) -> None:
    """Record that everything is written and may be revealed."""
    record = {"world_version": WORLD_VERSION, "settings": settings.recorded(), "rows": rows}
    path = unfinished_folder(settings.landing) / _RECORD
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(record, indent=1) + "\n")
    draft.replace(path)


def reveal(landing: Path) -> None:
    """Move a completed world into place, its record last."""
    unfinished = unfinished_folder(landing)
    for arrivals in sorted(unfinished.glob("[!_]*/arrived=*")):
        log = landing / arrivals.parent.name
        log.mkdir(exist_ok=True)
        arrivals.rename(log / arrivals.name)
    truth = truth_folder(landing)
    truth.mkdir(exist_ok=True)
    for label in sorted(unfinished.glob("_truth/*")):
        label.replace(truth / label.name)
    (unfinished / _RECORD).replace(truth / _RECORD)
    shutil.rmtree(unfinished)


def recorded_rows(landing: Path) -> dict[str, int]:
    """Return the delivered rows by log of the world in the landing folder."""
    rows: dict[str, int] = json.loads((truth_folder(landing) / _RECORD).read_text())["rows"]
    return rows


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
    is_text = np.flatnonzero(IS_TEXT[np.maximum(faults, -1)])
    ending = _ending(settings, log, month)
    # Parquet is compressed fast in large worlds, small in the mixed ones.
    packing: _Packing = "zstd" if settings.file_format == "mixed" else "snappy"
    ends = np.cumsum(np.bincount(rows["arrival"] - month.first_day)).tolist()
    for day, (start, end) in enumerate(pairwise([0, *ends]), start=month.first_day):
        if start == end:
            continue
        folder = root / log.name / f"arrived={EPOCH + timedelta(days=day)}"
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
    formats = _SMALL_LOG_FORMATS if log.name in _SMALL_LOGS else _LARGE_LOG_FORMATS
    return formats[(month.number + len(log.name)) % len(formats)]


def _write_day(
    stem: Path,
    ending: str,
    packing: _Packing,
    whole: pl.DataFrame,
    spoilt: pl.DataFrame,
    faults: list[int],
) -> None:
    """Write a day's file; unreadable rows end it, or go into a text file next to parquet."""
    if ending == "parquet":
        if len(whole):
            whole.write_parquet(stem.with_suffix(".parquet"), compression=packing, statistics=False)
        if faults:
            unreadable = stem.with_name(f"{stem.name}-unreadable.ndjson")
            unreadable.write_bytes(_unreadable_lines("ndjson", spoilt, faults))
        return
    text = _as_text(whole)
    lines = (text.write_ndjson() if ending.startswith("ndjson") else text.write_csv()).encode()
    lines += _unreadable_lines(ending, spoilt, faults)
    if ending.endswith(".gz"):
        # Level and time are fixed: the same rows give the same bytes.
        lines = gzip.compress(lines, compresslevel=9, mtime=0)
    stem.with_name(f"{stem.name}.{ending}").write_bytes(lines)


def _as_text(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("event_time").dt.strftime(_TIME_FORMAT))


def _unreadable_lines(ending: str, spoilt: pl.DataFrame, faults: list[int]) -> bytes:
    """Return the rows as lines, with the unreadable text (or half of the line) in place."""
    values = _as_text(spoilt).with_columns(pl.selectors.date().cast(pl.String)).to_dicts()
    lines = []
    for row, fault in zip(values, (FAULTS[number] for number in faults), strict=True):
        if fault.column:
            row[fault.column] = fault.text
        line = json.dumps(row) if ending.startswith("ndjson") else _csv_line(row.values())
        lines.append(line[: len(line) // 2] if fault.name == BROKEN_LINE else line)
    return "".join(f"{line}\n" for line in lines).encode()


def _csv_line(values: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()
