"""What was generated, held against what docs/method.md asks for."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from plainscore.synthetic.outcomes import Outcomes
from plainscore.synthetic.randomness import Flags, Ints, lane
from plainscore.synthetic.society import Society
from plainscore.synthetic.tally import Tally

_ORDINARY_MONTHS: Final = (3, 4, 5, 6, 7, 8, 9, 10)
_CLUSTERING_SAMPLE: Final = 1_500


@dataclass(frozen=True)
class Statistic:
    """One figure of a world and the bounds it should lie in.

    `generated` is None where the world is too short to tell (no December, say); `is_met` is None
    then.
    """

    name: str
    low: float
    high: float
    generated: float | None

    @property
    def is_met(self) -> bool | None:
        """Whether it lies within its bounds."""
        if self.generated is None:
            return None
        return self.low <= self.generated <= self.high


def compare_with_targets(society: Society, tally: Tally, outcomes: Outcomes) -> list[Statistic]:
    """Return every target of docs/method.md ("Synthetic world") beside what was generated.

    A world under a few thousand people or of a few months can miss bounds by chance alone.
    """
    people = society.population
    figures = [
        (
            "thin files, fakes included (share)",
            0.08,
            0.12,
            _ratio(int((~people.are_ordinary(people.everyone)).sum()), people.count),
        ),
        *_tie_figures(society),
        *_purchase_figures(tally),
        *_bill_figures(society, outcomes),
        *_delivery_figures(society, tally),
    ]
    return [Statistic(*figure) for figure in figures]


_Figure = tuple[str, float, float, float | None]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _tie_figures(society: Society) -> list[_Figure]:
    """Return the shape of the ties formed by the last day."""
    ties = society.ties
    formed = ties.take(np.flatnonzero(ties.added_day <= society.settings.last_day))
    ends = np.concatenate([formed.low, formed.high])
    others = np.concatenate([formed.high, formed.low])
    degree = np.bincount(ends, minlength=society.population.count)
    return [
        ("ties per person (mean)", 18, 22, float(degree.mean())),
        ("ties per person (most)", 30, 1_000, float(degree.max())),
        ("clustering (mean of persons)", 0.11, 0.17, _clustering(society, ends, others)),
        ("degree assortativity", 0.02, 0.5, _correlation(degree[ends], degree[others])),
        (
            "reliability of friends (correlation)",
            0.1,
            0.5,
            _correlation(
                society.population.reliability[ends], society.population.reliability[others]
            ),
        ),
    ]


def _correlation(one: Ints, other: Ints) -> float | None:
    return float(np.corrcoef(one, other)[0, 1]) if len(one) > 1 else None


def _clustering(society: Society, ends: Ints, others: Ints) -> float | None:
    """Return the mean share of a person's pairs of friends who know each other, on a sample."""
    order = np.argsort(ends << 32 | others)
    ends, others = ends[order], others[order]
    codes = ends << 32 | others
    start = np.searchsorted(ends, np.arange(society.population.count + 1))
    draw = lane(society.dice.roll("statistics", np.arange(_CLUSTERING_SAMPLE)), 0)
    shares = []
    for person in (draw * society.population.count >> 16).tolist():
        friends = others[start[person] : start[person + 1]]
        if len(friends) < 2:
            continue
        one, other = np.triu_indices(len(friends), k=1)
        wanted = friends[one] << 32 | friends[other]
        found = codes[np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)] == wanted
        shares.append(float(found.mean()))
    return float(np.mean(shares)) if shares else None


def _purchase_figures(tally: Tally) -> list[_Figure]:
    """Return concentration and seasons."""
    groups = [np.zeros(0, dtype=np.int64), *tally.purchases_by_person.values()]
    bought = np.sort(np.concatenate(groups))[::-1]
    top = bought[: len(bought) // 5].sum()
    by_month = tally.purchases_by_month
    return [
        ("purchases of the busiest 20 % (share)", 0.5, 0.8, _ratio(int(top), int(bought.sum()))),
        ("December / ordinary month", 1.6, 2.0, _season(by_month, (12,))),
        ("January, February / ordinary month", 0.67, 0.83, _season(by_month, (1, 2))),
    ]


def _season(by_month: dict[int, int], of_year: tuple[int, ...]) -> float | None:
    """Return the mean of the chosen months over the mean of March to October."""
    chosen = [count for month, count in by_month.items() if month % 12 + 1 in of_year]
    ordinary = [count for month, count in by_month.items() if month % 12 + 1 in _ORDINARY_MONTHS]
    if not chosen or not ordinary:
        return None
    return float(np.mean(chosen) / np.mean(ordinary))


def _bill_figures(society: Society, outcomes: Outcomes) -> list[_Figure]:
    """Return how instalments end, and how well reliability alone would foretell trouble."""
    return [
        (
            "instalments paid late (share)",
            0.03,
            0.05,
            _ratio(outcomes.late_instalments, outcomes.instalments),
        ),
        (
            "instalments never paid (share)",
            0.015,
            0.025,
            _ratio(outcomes.unpaid_instalments, outcomes.instalments),
        ),
        (
            "reliability foretells 30 days late (AUC)",
            0.75,
            0.95,
            _area_under_curve(
                -society.population.reliability[outcomes.had_bill],
                outcomes.had_trouble[outcomes.had_bill],
            ),
        ),
    ]


def _area_under_curve(value: Ints, is_case: Flags) -> float | None:
    """Return the chance that a case has the larger value than a non-case (ties count half)."""
    _, place, size = np.unique(value, return_inverse=True, return_counts=True)
    rank = (np.cumsum(size) - (size - 1) / 2)[place]
    cases = int(is_case.sum())
    others = len(value) - cases
    if not cases or not others:
        return None
    return float((rank[is_case].sum() - cases * (cases + 1) / 2) / cases / others)


def _delivery_figures(society: Society, tally: Tally) -> list[_Figure]:
    """Return what share of the rows was delivered late, twice, in conflict, or broken."""
    counts = tally.counts
    rows = sum(number for (_, what), number in counts.items() if what == "rows")
    months = len(society.settings.months)

    def share(what: str) -> float | None:
        return _ratio(sum(n for (_, name), n in counts.items() if name.startswith(what)), rows)

    return [
        ("rows per person and month", 8, 18, rows / society.population.count / months),
        ("rows delivered late (share)", 0.016, 0.024, share("late")),
        ("rows delivered twice (share)", 0.004, 0.006, share("duplicate")),
        ("rows in conflict (share)", 0.0001, 0.0004, share("conflict")),
        ("rows corrupt (share)", 0.0008, 0.0012, share("corrupt")),
        (
            "payments taken back (share)",
            0.004,
            0.02,
            _ratio(counts["payment", "reversal"], counts["payment", "payment"]),
        ),
    ]
