"""The tables that tell what drifted between two snapshots, made of counts by bin and by band."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plainscore.analysis.drift.stability import shorrocks_index, stability_index, stability_noise

Row = tuple[Any, ...]
DRIFT_VERSION = 2
"""Raised with every change of what these tables hold: what was computed before is then stale."""
NO_RECORD = -1


@dataclass(frozen=True, order=True)
class Subject:
    """A score, factor or feature of one scorecard."""

    scorecard_no: int
    scorecard: str
    subject_no: int
    kind: str
    name: str


@dataclass(frozen=True, order=True)
class Bin:
    """A bin of a subject: missing or not, and what is earned in it."""

    is_valued: bool
    points: int


Counts = Mapping[Subject, Mapping[Bin, int]]
"""Scored people of one snapshot by subject and bin."""


@dataclass(frozen=True)
class Move:
    """How many people went from one band of a scorecard to another; 0 not scored, -1 no record."""

    scorecard_no: int
    scorecard: str
    band_no_before: int
    band_before: str
    band_no_after: int
    band_after: str
    people: int


def drift_rows(before: Counts, after: Counts) -> Iterator[Row]:
    """Yield the rows of ``drift``, without the columns that name the snapshots."""
    for subject, bins in _side_by_side(before, after):
        ones, others = [b for _, b, _ in bins], [a for _, _, a in bins]
        psi = stability_index(ones, others)
        noise = stability_noise(len(bins), sum(ones), sum(others))
        yield (
            subject.scorecard, subject.scorecard_no, subject.subject_no, subject.kind, subject.name,
            sum(ones), sum(others), len(bins), psi, noise,
            psi is not None and noise is not None and psi > noise,
        )  # fmt: skip


def drift_bin_rows(before: Counts, after: Counts) -> Iterator[Row]:
    """Yield the rows of ``drift_bin``."""
    for subject, bins in _side_by_side(before, after):
        valued = sorted(one for one, _, _ in bins if one.is_valued)
        for one, people_before, people_after in bins:
            yield (
                subject.scorecard, subject.scorecard_no, subject.subject_no, subject.name,
                valued.index(one) + 1 if one.is_valued else 0, one.points,
                people_before, people_after,
            )  # fmt: skip


def band_mobility_rows(moves: Sequence[Move]) -> Iterator[Row]:
    """Yield the rows of ``band_mobility``."""
    left: dict[tuple[int, int], int] = {}
    for one in moves:
        key = (one.scorecard_no, one.band_no_before)
        left[key] = left.get(key, 0) + one.people
    for one in moves:
        yield (
            one.scorecard, one.scorecard_no, one.band_no_before, one.band_before,
            one.band_no_after, one.band_after, one.people,
            one.people / left[one.scorecard_no, one.band_no_before],
        )  # fmt: skip


def mobility_index_rows(moves: Sequence[Move]) -> Iterator[Row]:
    """Yield the rows of ``mobility_index``: of those who have a record in both snapshots."""
    for number, name in sorted({(one.scorecard_no, one.scorecard) for one in moves}):
        both = [
            (one.band_no_before, one.band_no_after, one.people)
            for one in moves
            if one.scorecard_no == number
            and NO_RECORD not in (one.band_no_before, one.band_no_after)
        ]
        yield (
            name, number,
            sum(people for _, _, people in both),
            sum(people for before, after, people in both if before != after),
            sum(people for before, after, people in both if 0 < before < after),
            sum(people for before, after, people in both if 0 < after < before),
            shorrocks_index(both),
        )  # fmt: skip


def _side_by_side(
    before: Counts, after: Counts
) -> Iterable[tuple[Subject, list[tuple[Bin, int, int]]]]:
    """Return the subjects that both snapshots have, with every bin that either has people in."""
    for subject in sorted(before.keys() & after.keys()):
        ones, others = before[subject], after[subject]
        bins = sorted(ones.keys() | others.keys())
        yield subject, [(one, ones.get(one, 0), others.get(one, 0)) for one in bins]
