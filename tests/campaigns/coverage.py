"""How often the intervals and tests of the audits hold, by worlds whose truth is known.

    python -m tests.campaigns.coverage [--worlds 2000]

Prints a table per figure, for docs/explanation/audits. The worlds are counted draws: the same
command prints the same tables. An interval of 95 % should hold the truth in 95 of 100 worlds; where
it does not, the table is where to see it. Takes about a minute.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from plainscore.analysis.evaluation import stability
from plainscore.analysis.metrics import (
    SIGNIFICANCE,
    RiskBin,
    Sums,
    compare_means,
    contradictions,
    holm,
    separation,
    wilson,
)
from plainscore.analysis.network import draw
from plainscore.analysis.statistics import against_best
from plainscore.show.reader import ResultTable
from plainscore.show.report import markdown_table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Held = Callable[[int], Sequence[bool]]
"""Of the world of a number: whether each of some figures holds the truth."""


def uniform(what_for: str, world: int, count: int) -> Floats:
    """Return counted draws between 0 and 1, without either."""
    places = np.arange(world * count, (world + 1) * count, dtype=np.int64)
    return np.asarray(((draw(what_for, places) >> np.uint64(11)) + 0.5) / 2.0**53)


def counts(what_for: str, world: int, shares: Floats, people: int) -> Ints:
    """Return how many of some drawn people fall on each place, by the shares of the places."""
    drawn = uniform(what_for, world, people)
    places = np.searchsorted(np.cumsum(shares)[:-1], drawn, side="right")
    return np.bincount(places, minlength=len(shares))


def hits(what_for: str, world: int, share: float, people: int) -> int:
    """Return how many of some drawn people are hit, each by chance."""
    return int(np.count_nonzero(uniform(what_for, world, people) < share))


# Separation


class Shape(NamedTuple):
    """The shares of good and of bad people at each number of points."""

    good: Floats
    bad: Floats

    @property
    def auc(self) -> float:
        below = np.cumsum(self.bad) - self.bad / 2
        return float(self.good @ below)

    @property
    def ks(self) -> float:
        return float(np.abs(np.cumsum(self.bad) - np.cumsum(self.good)).max())


def normal(edges: Floats, auc: float) -> Shape:
    """Return two normal distributions a standard deviation wide, cut at some edges."""
    of_good, of_bad = (ndtr(edges - mean) for mean in (np.sqrt(2) * ndtri(auc), 0.0))
    return Shape(*(np.diff(one, prepend=0, append=1) for one in (of_good, of_bad)))


def tailed(auc: float) -> Shape:
    """Return two exponential distributions of what is missing from the most points."""
    edges = np.linspace(12, 0.04, 300)
    of_bad = np.exp(-edges * (1 / auc - 1))
    return Shape(*(np.diff(one, prepend=0, append=1) for one in (np.exp(-edges), of_bad)))


SHAPES: dict[str, Callable[[float], Shape]] = {
    "a score": partial(normal, np.linspace(-4, 6, 300)),
    "a feature of six bins": partial(normal, np.array([-1.5, -0.8, -0.2, 0.5, 1.2])),
    "a long tail": tailed,
}


def holds_separation(shape: Shape, name: str, good: int, bad: int, world: int) -> Sequence[bool]:
    """Return whether the intervals of AUC and of KS hold the truth."""
    of_good = counts(f"{name} good", world, shape.good, good).tolist()
    of_bad = counts(f"{name} bad", world, shape.bad, bad).tolist()
    rows = [(no, g, b) for no, (g, b) in enumerate(zip(of_good, of_bad, strict=True)) if g or b]
    found = separation(rows)
    return (
        _holds(found.auc_low, shape.auc, found.auc_high),
        _holds(found.ks_low, shape.ks, found.ks_high),
    )


def _holds(low: float | None, truth: float, high: float | None) -> bool:
    """Return whether an interval holds the truth, which is a float sum itself."""
    return low is not None and high is not None and low - 1e-12 <= truth <= high + 1e-12


def separations(worlds: int) -> Iterator[tuple[object, ...]]:
    """Yield a row per bad people and AUC: how often AUC and KS hold, on each shape."""
    for good, bad in ((300, 6), (300, 25), (1000, 100)):
        for auc in (0.5, 0.6, 0.75, 0.9, 0.95):
            found = [
                share_of(
                    partial(holds_separation, shape_of(auc), f"{name} {auc}", good, bad), worlds
                )
                for name, shape_of in SHAPES.items()
            ]
            yield good, bad, auc, *(one[0] for one in found), *(one[1] for one in found)


# Shares, gaps, access


def holds_share(share: float, people: int, world: int) -> Sequence[bool]:
    """Return whether Wilson's interval holds the share."""
    low, high = wilson(hits(f"share {share}", world, share, people), people)
    return (low <= share <= high,)


def holds_gap(sizes: Sequence[int], world: int) -> Sequence[bool]:
    """Return whether the first group's gap of none lies in its interval, and no group is found."""
    groups = []
    for no, people in enumerate(sizes):
        # Points short of the most, whose distribution has a long tail; the groups are alike.
        points = (600 + 100 * np.log(uniform(f"gap {no}", world, people))).clip(0).astype(np.int64)
        groups.append(Sums(people, int(points.sum()), int((points * points).sum())))
    whole = [sum(one) for one in zip(*groups, strict=True)]
    found = [
        compare_means(one, Sums(*(all_ - own for all_, own in zip(whole, one, strict=True))))
        for one in groups
    ]
    adjusted = [p for p in holm([one.p_value for one in found]) if p is not None]
    return _holds(found[0].low, 0, found[0].high), min(adjusted) >= SIGNIFICANCE


def holds_access(sizes: Sequence[int], shares: Sequence[float], world: int) -> Sequence[bool]:
    """Return whether all ratios to the best-off group lie in their intervals, and what is found.

    The second: whether no group is found that differs from the best-off group and does not.
    """
    groups = [
        (str(no), people, hits(f"access {no}", world, share, people))
        for no, (people, share) in enumerate(zip(sizes, shares, strict=True))
    ]
    lies, is_quiet = True, True
    for share, one in zip(shares, against_best(groups), strict=True):
        if one.ratio_low is not None and one.ratio_high is not None and one.best_group:
            best = shares[int(one.best_group)]
            lies &= one.ratio_low <= share / best <= one.ratio_high
            is_found = one.adjusted_p_value is not None and one.adjusted_p_value < SIGNIFICANCE
            is_quiet &= share != best or not is_found
    return lies, is_quiet


SMALL, ALIKE = (36, 22, 43, 32, 14, 12, 28), (0.6,) * 7
ACCESS = {
    "seven of 12 to 43, no difference": (SMALL, ALIKE),
    "the same, from 20 to 90 %": (SMALL, (0.6, 0.5, 0.7, 0.6, 0.2, 0.9, 0.3)),
    "seven of 200, no difference at 60 %": ((200,) * 7, ALIKE),
    "seven of 200, no difference at 5 %": ((200,) * 7, (0.05,) * 7),
    "three of 1,000, 30 to 36 %": ((1000,) * 3, (0.3, 0.33, 0.36)),
    "ten deciles of 100, 2 to 98 %": ((100,) * 10, tuple(np.linspace(0.02, 0.98, 10).tolist())),
    "twenty of 100, no difference at 40 %": ((100,) * 20, (0.4,) * 20),
}


# Drift and the order of bins


def holds_stability(bins: int, people: int, world: int) -> Sequence[bool]:
    """Return whether two samples of one population stay within the noise."""
    shares = np.full(bins, 1 / bins)
    before, after = (
        counts(f"{side} {bins}", world, shares, people).tolist() for side in ("before", "after")
    )
    return (not stability(before, after)[-1],)


def holds_order(bins: int, people: int, share: float, world: int) -> Sequence[bool]:
    """Return whether bins of the same risk are in no wrong order."""
    found = contradictions(
        [RiskBin(no, no, people, hits(f"bin {no}", world, share, people)) for no in range(bins)]
    )
    return (not any(one.is_significant for one in found.values()),)


def share_of(held: Held, worlds: int) -> tuple[float, ...]:
    """Return of each figure the share of worlds in which it holds."""
    rows = np.array([held(world) for world in range(worlds)], dtype=np.bool_)
    return tuple(round(float(one), 3) for one in rows.mean(axis=0))


def tables(worlds: int) -> Iterator[ResultTable]:
    """Yield every table of the campaign."""
    yield ResultTable(
        ("good", "bad", "AUC", *(f"AUC, {name}" for name in SHAPES), *(f"KS, {n}" for n in SHAPES)),
        list(separations(worlds)),
        "Intervals of AUC and KS (quality.md)",
    )
    yield ResultTable(
        ("people", "true share", "holds"),
        [
            (people, share, *share_of(partial(holds_share, share, people), worlds))
            for people in (20, 100, 1000)
            for share in (0.01, 0.05, 0.2, 0.5)
        ],
        "Wilson's interval of a share (quality.md, gaps.md)",
    )
    yield ResultTable(
        ("groups of people", "interval holds", "no group is found"),
        [
            (" ".join(map(str, sizes)), *share_of(partial(holds_gap, sizes), worlds))
            for sizes in (SMALL, (200,) * 7, (10, 1000), (1000, 1000, 1000))
        ],
        "The interval of a gap where there is none (gaps.md)",
    )
    yield ResultTable(
        ("groups", "all ratios hold", "no group is found that is as well off"),
        [
            (name, *share_of(partial(holds_access, *groups), worlds))
            for name, groups in ACCESS.items()
        ],
        "The intervals of the ratios to the best-off group (gaps.md)",
    )
    yield ResultTable(
        ("bins", "people on each side", "within the noise"),
        [
            (bins, people, *share_of(partial(holds_stability, bins, people), worlds))
            for bins in (5, 20)
            for people in (150, 1000, 10_000)
        ],
        "The noise of the stability index (drift.md)",
    )
    yield ResultTable(
        ("bins", "people in each", "bad share", "no bin is out of order"),
        [
            (bins, people, share, *share_of(partial(holds_order, bins, people, share), worlds))
            for bins in (3, 6)
            for people in (100, 1000)
            for share in (0.03, 0.1)
        ],
        "Bins of the same risk (quality.md)",
    )


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=2000)
    for table in tables(parser.parse_args().worlds):
        print(f"## {table.title}\n\n{markdown_table(table)}\n", flush=True)


if __name__ == "__main__":
    main()
