"""Write a world: all five logs and the truth about them, day by day, in bounded memory.

Every row is a function of (settings but `last` and `landing`, log, person, month). So any person's
or month's rows can be made alone, the number of threads decides nothing, and
a later `last` only adds days.

There is one file per log, arrival day and group of people (formats: method.md). Everything is
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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from plainscore.synthetic.chance import Ints
from plainscore.synthetic.delivery import (
    CORRUPT,
    FAULTS,
    IS_TEXT,
    LOGS,
    SourceLog,
    deliver,
    written,
)
from plainscore.synthetic.rows import EPOCH, Month, Rows, day_number, stack
from plainscore.synthetic.truth import (
    Counts,
    count_rows,
    find_troubles,
    write_truth,
)
from plainscore.synthetic.world import World, WorldError, WorldSettings, build_world

WORLD_VERSION: Final = 3
"""Raised whenever the same settings give other rows."""
PEOPLE_PER_FILE: Final = 100_000
PEOPLE_PER_BLOCK: Final = 12_500
"""Few enough for a processor's cache."""

_TRUTH, _UNFINISHED, _RECORD = "_truth", "_unfinished", "world.json"
# Mixed worlds should be small: the formats that need least room take the most turns.
_LARGE_LOG_FORMATS: Final = ("csv.gz", "parquet", "csv.gz", "ndjson.gz", "csv.gz", "csv.gz")
_SMALL_LOG_FORMATS: Final = ("csv", "parquet", "ndjson.gz", "csv.gz", "ndjson", "csv.gz")
_SMALL_LOGS: Final = ("profile", "service")

Progress = Callable[[int, int], None]
"""Called with the number of pieces of work that are done, and of all."""


@dataclass(frozen=True)
class SynthesisResult:
    """Delivered rows by log; `is_new` is False where the world was there already."""

    is_new: bool
    rows: dict[str, int]


def synthesise(
    settings: WorldSettings, threads: int | None = None, progress: Progress | None = None
) -> SynthesisResult:
    """Write a world into `settings.landing`.

    A world that is there already stays as it is; one with an earlier last day gets the days after.
    `threads` logs are written at a time, by default one per processor. Raises WorldError where the
    landing folder holds other logs or another world, or another process writes there.
    """
    landing = settings.landing
    with sole_writer(landing):
        unfinished = _read_record(landing / _UNFINISHED)
        is_complete = unfinished is not None and unfinished["settings"] == settings.recorded()
        written_until = settings.first_day - 1 if is_complete else _written_until(settings)
        is_new = written_until < settings.last_day
        if is_new and not is_complete:
            _write_world(settings, written_until, threads or os.cpu_count() or 1, progress)
        if is_new:
            _reveal(landing)
        rows = (_read_record(landing / _TRUTH) or {})["rows"]
        return SynthesisResult(is_new, rows)


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


def _written_until(settings: WorldSettings) -> int:
    """Return the last arrival day that the landing folder holds; the day before the first for none.

    Raises WorldError where the folder holds other logs or another world (exit code 5).
    """
    landing, remedy = settings.landing, "choose another --data, or remove that folder"
    present = _read_record(landing / _TRUTH)
    if present is None:
        for folder in (landing / log.name for log in LOGS):
            if folder.is_dir() and any(folder.iterdir()):
                message = f"{folder} already holds logs that are not of this world; {remedy}"
                raise WorldError(message, exit_code=5)
        return settings.first_day - 1
    wanted = settings.recorded() | {"world_version": WORLD_VERSION}
    known = present["settings"] | {"world_version": present["world_version"]}
    differing = [name for name, value in wanted.items() if known.get(name) != value]
    if differing and (differing != ["last"] or known["last"] > wanted["last"]):
        names = ", ".join(differing)
        message = f"{landing} holds another world (it differs in: {names}); {remedy}"
        raise WorldError(message, exit_code=5)
    return day_number(date.fromisoformat(known["last"]))


def _read_record(folder: Path) -> dict[str, Any] | None:
    path = folder / _RECORD
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except ValueError as error:
        raise WorldError(f"{path} cannot be read: {error}; remove its world", 5) from error
    return record


def _write_world(
    settings: WorldSettings, written_until: int, threads: int, progress: Progress | None
) -> None:
    """Write all logs, the labels and the record into the unfinished folder."""
    unfinished = settings.landing / _UNFINISHED
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(parents=True)
    world = build_world(settings)
    everyone = world.population.everyone
    groups = np.split(everyone, range(PEOPLE_PER_FILE, len(everyone), PEOPLE_PER_FILE))
    counts = Counts()
    with ThreadPoolExecutor(threads) as pool:
        troubles = pool.submit(find_troubles, world)
        pieces = [
            pool.submit(_write_log, world, log, number, persons, written_until)
            for number, persons in enumerate(groups)
            for log in LOGS
        ]
        for done, piece in enumerate(as_completed(pieces), start=1):
            counts.update(piece.result())
            if progress is not None:
                progress(done, len(pieces))
    write_truth(unfinished / _TRUTH, world, troubles.result(), counts)
    rows = {log.name: counts[log.name, "rows"] for log in LOGS}
    record = {"world_version": WORLD_VERSION, "settings": settings.recorded(), "rows": rows}
    draft = unfinished / "world.draft"
    draft.write_text(json.dumps(record, indent=1) + "\n")
    draft.replace(unfinished / _RECORD)


def _reveal(landing: Path) -> None:
    """Move a completed world into place, its record last."""
    unfinished, truth = landing / _UNFINISHED, landing / _TRUTH
    for arrivals in sorted(unfinished.glob("[!_]*/arrived=*")):
        log = landing / arrivals.parent.name
        log.mkdir(exist_ok=True)
        arrivals.rename(log / arrivals.name)
    truth.mkdir(exist_ok=True)
    for label in sorted(unfinished.glob(f"{_TRUTH}/*")):
        label.replace(truth / label.name)
    (unfinished / _RECORD).replace(truth / _RECORD)
    shutil.rmtree(unfinished)


def _write_log(
    world: World, log: SourceLog, group: int, persons: Ints, written_until: int
) -> Counts:
    """Write one log of one group of people, month by month."""
    counts = Counts()
    for month, rows in _arrivals_by_month(world, log, persons):
        counts.update(count_rows(log.name, rows))
        if month.first_day <= written_until:
            rows = rows.take(rows["arrival"] > written_until)
        if len(rows):
            _write_arrivals(world.settings, log, month, f"part-{group:03d}", rows)
    return counts


def _arrivals_by_month(world: World, log: SourceLog, persons: Ints) -> Iterator[tuple[Month, Rows]]:
    """Yield what arrives in each month by the day, keeping what arrives later."""
    waiting: list[Rows] = []
    for month in world.settings.months:
        rows = stack([*waiting, *_begun_in(world, log, persons, month)])
        last_day = min(month.last_day, world.settings.last_day)
        day = np.minimum(rows["arrival"], last_day + 1) - month.first_day
        # Sorting 16-bit numbers is counting them; the order within a day stays.
        order = np.argsort(day.astype(np.uint16), kind="stable")
        due = int((day <= last_day - month.first_day).sum())
        yield month, rows.take(order[:due])
        waiting = [rows.take(order[due:])]


def _begun_in(world: World, log: SourceLog, persons: Ints, month: Month) -> list[Rows]:
    """Return all that begins in a month, with what follows from it, as it is delivered."""
    blocks = np.split(persons, range(PEOPLE_PER_BLOCK, len(persons), PEOPLE_PER_BLOCK))
    return [
        deliver(world.dice, log, log.rows(world, block, month), world.settings) for block in blocks
    ]


def _write_arrivals(
    settings: WorldSettings, log: SourceLog, month: Month, stem: str, rows: Rows
) -> None:
    """Write `<log>/arrived=YYYY-MM-DD/<stem>.<ending>`: what arrives in a month, day by day.

    Rows that only text can hold end a day's file, or go into a text file next to parquet.
    """
    table, faults = written(log, rows), rows["mark"] - CORRUPT
    is_text = IS_TEXT[np.maximum(faults, -1)]
    ending: str = settings.file_format
    if ending == "mixed":
        formats = _SMALL_LOG_FORMATS if log.name in _SMALL_LOGS else _LARGE_LOG_FORMATS
        ending = formats[(month.number + len(log.name)) % len(formats)]
    ends = np.cumsum(np.bincount(rows["arrival"] - month.first_day)).tolist()
    for day, (start, end) in enumerate(pairwise([0, *ends]), start=month.first_day):
        if start == end:
            continue
        arrived = f"arrived={EPOCH + timedelta(days=day)}"
        folder = settings.landing / _UNFINISHED / log.name / arrived
        folder.mkdir(parents=True, exist_ok=True)
        whole = table.slice(start, end - start)
        unreadable = start + np.flatnonzero(is_text[start:end])
        if len(unreadable):
            whole = whole.filter(~is_text[start:end])
        if ending != "parquet":
            lines = _lines(ending, whole, table[unreadable], faults[unreadable])
            (folder / f"{stem}.{ending}").write_bytes(lines)
            continue
        if len(whole):
            # Compressed fast in large worlds, small in the mixed ones.
            whole.write_parquet(
                folder / f"{stem}.parquet",
                compression="zstd" if settings.file_format == "mixed" else "snappy",
                statistics=False,
            )
        if len(unreadable):
            lines = _lines("ndjson", whole.clear(), table[unreadable], faults[unreadable])
            (folder / f"{stem}-unreadable.ndjson").write_bytes(lines)


def _lines(ending: str, whole: pl.DataFrame, unreadable: pl.DataFrame, faults: Ints) -> bytes:
    """Return rows as text, the unreadable ones at the end with their faults (or half a line)."""
    is_json = ending.startswith("ndjson")
    as_text = pl.col("event_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    whole = whole.with_columns(as_text)
    text = whole.write_ndjson() if is_json else whole.write_csv()
    rows = unreadable.with_columns(as_text, pl.selectors.date().cast(pl.String)).to_dicts()
    for row, fault in zip(rows, (FAULTS[number] for number in faults.tolist()), strict=True):
        if fault.column:
            row[fault.column] = fault.text
        line = io.StringIO(json.dumps(row) if is_json else "")
        if not is_json:
            csv.writer(line, lineterminator="").writerow(row.values())
        length = len(line.getvalue()) // (1 if fault.column else 2)
        text += f"{line.getvalue()[:length]}\n"
    # Level and time are fixed: the same rows give the same bytes.
    is_gzip = ending.endswith(".gz")
    return gzip.compress(text.encode(), compresslevel=9, mtime=0) if is_gzip else text.encode()
