"""Which event ids of a log were seen before: sorted 64-bit numbers on disk, a few per log.

A number holds 52 bits of the id's hash and 12 bits of its arrival month. Equal ids have equal
hashes, so what is not found was never seen; what is found is compared as a whole by ``identity``.
It is a derived thing: lost files, or another hash function, make it be built again.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import polars as pl

from plainscore.logs.delta_table import sync

Numbers = npt.NDArray[np.uint64]

_MONTH_BITS = np.uint64(0xFFF)
_TIER = 4
_PROBES = ("", "plainscore", "e-0000000001", "0123456789abcdef0123456789abcdef", "\u00e9\U0001f600")


def probe() -> str:
    """Return a mark of the hash function: another mark, other hashes."""
    return "-".join(f"{one:016x}" for one in pl.Series(_PROBES, dtype=pl.String).hash())


def month_code(month: str) -> int:
    """Return the 12-bit code of ``YYYY-MM``; two months 341 years apart share one."""
    return (int(month[:4]) * 12 + int(month[5:7])) % 4096


def hash_ids(event_ids: pl.Series) -> Numbers:
    """Return the hashes of ids, their month bits 0."""
    return without_month(event_ids.hash().to_numpy())


def number_ids(rows: pl.DataFrame) -> Numbers:
    """Return hash and arrival month of rows with ``event_id`` and ``arrived`` as one number."""
    numbers: Numbers = hash_ids(rows["event_id"]) | _month_codes(rows["arrived"])
    return numbers


def without_month(numbers: Numbers) -> Numbers:
    """Return the hashes alone; what was sorted stays sorted."""
    hashes: Numbers = numbers & ~_MONTH_BITS
    return hashes


def _month_codes(days: pl.Series) -> Numbers:
    """Return the month code of every day, worked out once for each run of equal days."""
    runs = days.rle().struct.unnest()
    months = runs["value"].dt.year().cast(pl.Int64) * 12 + runs["value"].dt.month()
    codes = (months % 4096).cast(pl.UInt64).to_numpy()
    return np.repeat(codes, runs["len"].to_numpy())


def sort_numbers(numbers: Numbers) -> Numbers:
    """Return the numbers sorted."""
    return pl.Series(numbers, dtype=pl.UInt64).sort().to_numpy()


def merge(one: Numbers, other: Numbers) -> Numbers:
    """Return all of two sorted arrays, sorted: numpy's stable sort merges the runs it finds."""
    merged = np.concatenate([one, other])
    merged.sort(kind="stable")
    return merged


class SeenIds:
    """The seen ids of one log; ``names`` are the files that hold them."""

    def __init__(self, folder: Path, log: str, names: Iterable[str]) -> None:
        """Open the files. Raises OSError or ValueError where one is lost or damaged."""
        self._folder = folder
        self._log = log
        self.names = list(names)
        self._runs = [_load(folder / name) for name in self.names]
        self._fresh: list[Numbers] = []

    def find(self, sorted_hashes: Numbers) -> tuple[Numbers, set[int]]:
        """Look up hashes.

        Returns those that were seen, and the codes of the months in which they were.
        """
        found: list[Numbers] = []
        codes: set[int] = set()
        for run in (*self._runs, *self._fresh):
            wanted, at = sorted_hashes, np.searchsorted(run, sorted_hashes)
            while len(wanted):
                wanted, at = _matching(run, wanted, at)
                found.append(wanted)
                codes.update(np.unique(run[at] & _MONTH_BITS).tolist())
                at = at + 1
        return np.unique(np.concatenate([*found, sorted_hashes[:0]])), codes

    def add(self, fresh: Numbers) -> None:
        """Note sorted numbers (hash and month) as seen; kept in memory until ``save``."""
        if len(fresh):
            while self._fresh and len(self._fresh[-1]) <= 2 * len(fresh):
                fresh = merge(self._fresh.pop(), fresh)
            self._fresh.append(fresh)

    def save(self) -> None:
        """Write what was noted, merging files of similar size so that they stay few."""
        if not self._fresh:
            return
        fresh = self._fresh.pop()
        while self._fresh:
            fresh = merge(self._fresh.pop(), fresh)
        while self._runs and len(self._runs[-1]) <= _TIER * len(fresh):
            fresh = merge(self._runs.pop(), fresh)
            self.names.pop()
        name = f"{self._log}-{uuid4().hex}.npy"
        self._folder.mkdir(parents=True, exist_ok=True)
        np.save(self._folder / name, fresh, allow_pickle=False)
        sync(self._folder / name)
        sync(self._folder)
        self.names.append(name)
        self._runs.append(_load(self._folder / name))
        self._fresh = []


def _matching(run: Numbers, wanted: Numbers, at: npt.NDArray[np.intp]) -> tuple[Numbers, Any]:
    """Return those hashes, and their places, that stand in a run at the given places."""
    inside = at < len(run)
    wanted, at = wanted[inside], at[inside]
    is_there = (run[at] & ~_MONTH_BITS) == wanted
    return wanted[is_there], at[is_there]


def _load(path: Path) -> Numbers:
    run: Numbers = np.load(path, mmap_mode="r", allow_pickle=False)
    if run.dtype != np.uint64 or run.ndim != 1:
        raise ValueError(f"{path} holds no event id hashes")
    return run


def remove_unused(folder: Path, used: set[str]) -> None:
    """Delete the files of seen ids that no head names any more."""
    if folder.is_dir():
        for file in folder.iterdir():
            if file.name not in used:
                file.unlink()
