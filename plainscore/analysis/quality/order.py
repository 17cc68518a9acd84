"""Whether more points mean less risk, bin by bin and band by band, beyond what chance explains."""

from collections.abc import Sequence
from dataclasses import dataclass

from plainscore.analysis.inference import SIGNIFICANCE, holm, two_shares_p

FEWEST_EXPECTED = 5


@dataclass(frozen=True)
class RiskBin:
    """A bin or band: its place, what it earns, its people and how many of them are bad."""

    place: int
    points: int
    people: int
    bad: int


@dataclass(frozen=True)
class Contradiction:
    """The bin that earns fewer points at a smaller bad share; ``p_value`` adjusted after Holm."""

    place: int
    p_value: float

    @property
    def is_significant(self) -> bool:
        return self.p_value < SIGNIFICANCE


def contradictions(bins: Sequence[RiskBin]) -> dict[int, Contradiction]:
    """Return place -> what contradicts a bin most, of bins that earn more than their risk warrants.

    Every two bins of different points are compared, by the pooled normal test of two shares, if
    both are large enough for it; the p values are adjusted for the number of such pairs, so that
    with many bins chance alone is not taken for a finding.
    """
    pairs = [
        (rich, poor)
        for rich in sorted(bins, key=lambda one: one.place)
        for poor in sorted(bins, key=lambda one: one.place)
        if rich.points > poor.points and _is_enough(rich, poor)
    ]
    p_values = holm([two_shares_p(a.bad, a.people, b.bad, b.people) for a, b in pairs])
    found: dict[int, Contradiction] = {}
    for (rich, poor), p_value in zip(pairs, p_values, strict=True):
        is_riskier = rich.bad * poor.people > poor.bad * rich.people
        if p_value is None or not is_riskier:
            continue
        if rich.place not in found or p_value < found[rich.place].p_value:
            found[rich.place] = Contradiction(poor.place, p_value)
    return found


def _is_enough(one: RiskBin, other: RiskBin) -> bool:
    """Whether both bins would have five good and five bad people at the risk of both together.

    Below that the normal test cries wolf (Cochran, Biometrics 10, 1954).
    """
    bad, people = one.bad + other.bad, one.people + other.people
    fewest = min(one.people, other.people) * min(bad, people - bad)
    return fewest >= FEWEST_EXPECTED * people
