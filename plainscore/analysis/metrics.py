"""Figures of distributions and of separation, intervals and tests, from whole-number counts.

Every figure is a function of integers; sums are exact until the last operations, so that the
result does not depend on order or threads. scipy.special is imported where it is needed: loading
it takes longer than most commands run.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, permutations
from typing import NamedTuple

# Intervals and tests of means and shares

NORMAL_95 = 1.959963984540054
"""Within so many standard errors lie 95 % of a normal distribution."""

SIGNIFICANCE = 0.01
"""A gap counts as found below this, over all groups of an attribute together. The tables are read
every day: at the usual 0.05 they would raise a false alarm every month."""

FEWEST_TO_JUDGE_BY = 30
"""Smaller groups are flagged: the usual rule of thumb for the mean of skewed values."""


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return each p value adjusted for the others, after Holm (Scand. J. Statist. 6, 1979).

    None was not tested and stays None.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    grown = accumulate((min(1.0, p * (len(tested) - no)) for no, (p, _) in enumerate(tested)), max)
    adjusted = {place: p for (_, place), p in zip(tested, grown, strict=True)}
    return [adjusted.get(place) for place in range(len(p_values))]


def wilson(hits: int, people: int, errors: float = NORMAL_95) -> tuple[float, float]:
    """Return the interval of a share after Wilson (JASA 22, 1927); ``people`` above 0.

    Unlike share +- 2 standard errors it stays within 0 to 1 for few people and extreme shares.
    ``errors``: so many standard errors to either side.
    """
    z_square = errors * errors
    middle = hits + z_square / 2
    spread = errors * math.sqrt(hits * (people - hits) / people + z_square / 4)
    low = (middle - spread) / (people + z_square) if hits else 0.0
    high = (middle + spread) / (people + z_square) if hits < people else 1.0
    return low, high


def two_shares_p(hits: int, people: int, other_hits: int, other_people: int) -> float | None:
    """Return the two-sided p value of two shares being equal, by the pooled normal test.

    None where a side has no people, or where all or none of both have it: nothing to compare.
    """
    all_hits, everyone = hits + other_hits, people + other_people
    misses = everyone - all_hits
    if not (people and other_people and all_hits and misses):
        return None
    # The difference and its variance, both times people * other_people: whole until here.
    difference = hits * other_people - other_hits * people
    variance = all_hits * misses * people * other_people / everyone
    return math.erfc(abs(difference) / math.sqrt(2 * variance))


def errors_of(comparisons: int) -> float:
    """Return within how many standard errors all of so many comparisons lie together, at 95 %.

    Bonferroni's: each is left 5 % divided by their number.
    """
    return statistics.NormalDist().inv_cdf(1 - 0.025 / comparisons)


def ratio_interval(
    hits: int, people: int, other_hits: int, other_people: int, errors: float = NORMAL_95
) -> tuple[float, float]:
    """Return the interval of one share divided by another, which is above 0.

    From Wilson's intervals of the two (Donner and Zou, Statistical Methods in Medical Research 21,
    2012: MOVER-R). ``errors``: so many standard errors to either side.
    """
    share, other = hits / people, other_hits / other_people
    low, high = wilson(hits, people, errors)
    other_low, other_high = wilson(other_hits, other_people, errors)
    product = share * other

    def root(end: float, other_end: float) -> float:
        ends = end * (2 * share - end) * other_end * (2 * other - other_end)
        return product + math.sqrt(max(0.0, product * product - ends))

    below = low * (2 * share - low) / root(low, other_high) if hits else 0.0
    return below, root(high, other_low) / (other_low * (2 * other - other_low))


class Sums(NamedTuple):
    """A group of people by whole numbers: how many, their total, the total of their squares."""

    people: int = 0
    total: int = 0
    squares: int = 0

    @property
    def mean(self) -> float | None:
        return self.total / self.people if self.people else None

    @property
    def scatter(self) -> int:
        """Sum of squared distances from the mean, times the people: a whole number."""
        return self.people * self.squares - self.total * self.total

    @property
    def variance(self) -> float | None:
        """Of the sample, with people - 1; None for fewer than two."""
        if self.people < 2:
            return None
        return self.scatter / (self.people * (self.people - 1))


class MeanDifference(NamedTuple):
    """One mean less another, in the unit of the values; None where it cannot be computed.

    ``low``, ``high``: 95 % interval. ``standardised``: in standard deviations of a person within
    the two groups (Cohen's d). ``p_value``: two-sided, of there being no difference.
    """

    difference: float | None = None
    low: float | None = None
    high: float | None = None
    standardised: float | None = None
    p_value: float | None = None


def compare_means(group: Sums, rest: Sums) -> MeanDifference:
    """Compare two groups that may differ in size and in spread, after Welch (Biometrika 34, 1947).

    Only the difference is set where a side has fewer than two people, or no two people differ
    within either side.
    """
    if not (group.people and rest.people):
        return MeanDifference()
    across = group.total * rest.people - rest.total * group.people
    difference = across / (group.people * rest.people)
    if group.variance is None or rest.variance is None or not group.variance + rest.variance:
        return MeanDifference(difference)
    from scipy.special import stdtr, stdtrit

    errors = group.variance / group.people, rest.variance / rest.people
    error = math.sqrt(errors[0] + errors[1])
    degrees = (errors[0] + errors[1]) ** 2 / (
        errors[0] ** 2 / (group.people - 1) + errors[1] ** 2 / (rest.people - 1)
    )
    margin = float(stdtrit(degrees, 0.975)) * error
    within = group.scatter / group.people + rest.scatter / rest.people
    return MeanDifference(
        difference,
        difference - margin,
        difference + margin,
        difference / math.sqrt(within / (group.people + rest.people - 2)),
        float(2 * stdtr(degrees, -abs(difference / error))),
    )


FEWEST_EXPECTED = 5

PointsCount = tuple[int, int, int]
"""Points, how many good people have them, how many bad; each number of points occurs once."""


# Stability of a distribution


def stability_index(before: Sequence[int], after: Sequence[int]) -> float | None:
    """Return the population stability index of people by bin; None where a side has no people.

    sum((q - p) ln(q / p)) over the shares p and q. Half a person is added to every bin of either
    side, so that one that is empty on one side stays finite. Custom has it that below 0.1 is
    stable and above 0.25 has shifted (Siddiqi, Credit Risk Scorecards, 2006).
    """
    people_before, people_after = sum(before), sum(after)
    if not (people_before and people_after):
        return None
    whole_before = people_before + len(before) / 2
    whole_after = people_after + len(after) / 2
    shares = zip(before, after, strict=True)
    pairs = (((one + 0.5) / whole_before, (other + 0.5) / whole_after) for one, other in shares)
    return math.fsum((q - p) * math.log(q / p) for p, q in pairs)


def stability_noise(bin_count: int, people_before: int, people_after: int) -> float | None:
    """Return what the index stays below, 19 times in 20, for two samples of one population.

    The index is then about (1/n + 1/m) times a chi-square of one degree of freedom less than there
    are bins (Yurdakul, Statistical Properties of the Population Stability Index, 2018). People in
    both snapshots make it smaller, so this is a floor that chance rarely reaches. None with fewer
    than two bins, or without people on a side.
    """
    if bin_count < 2 or not (people_before and people_after):
        return None
    from scipy.special import chdtri

    return float(chdtri(bin_count - 1, 0.05)) * (1 / people_before + 1 / people_after)


def shorrocks_index(moves: Sequence[tuple[int, int, int]]) -> float | None:
    """Return Shorrocks' mobility index (Econometrica 46, 1978) of (from, to, people).

    (n - trace) / (n - 1) of the matrix of shares by where people came from, over the n states that
    anyone came from; None with fewer than two of them.
    """
    left, stayed = Counter[int](), Counter[int]()
    for before, after, people in moves:
        left[before] += people
        stayed[before] += people * (before == after)
    if len(left) < 2:
        return None
    trace = math.fsum(stayed[state] / people for state, people in left.items())
    return (len(left) - trace) / (len(left) - 1)


# Separation of good and bad


class Separation(NamedTuple):
    """Figures of one score, factor or feature; None where there is nothing to separate."""

    people: int
    bad: int
    auc: float | None = None
    auc_low: float | None = None
    auc_high: float | None = None
    gini: float | None = None
    ks: float | None = None
    ks_low: float | None = None
    ks_high: float | None = None
    ks_corrected: float | None = None


def separation(counts: Sequence[PointsCount]) -> Separation:
    """Return how well points separate the good, who should have more, from the bad.

    AUC is the chance that a good person has more points than a bad one, ties by half (Hanley and
    McNeil, Radiology 143, 1982). Its variance is that of DeLong et al. (Biometrics 44, 1988): of
    each person's own share of people beaten, over good and over bad; the interval is
    `auc_interval`. KS is the greatest difference of the shares of bad and of good at or below some
    points, the lowest such points, or above them, where there are more of the good below; of what
    chance adds to it, and its interval, see `corrected_distance`.
    """
    good, bad = (sum(count[place] for count in counts) for place in (1, 2))
    if not (good and bad):
        return Separation(good + bad, bad)
    # Twice the people of the other kind that someone beats (or is beaten by), and how many do.
    good_placed, bad_placed, distances = [], [], [(0, 0, 0)]
    good_below = bad_below = 0
    for _, good_here, bad_here in sorted(counts):
        good_placed.append((2 * bad_below + bad_here, good_here))
        good_below, bad_below = good_below + good_here, bad_below + bad_here
        bad_placed.append((2 * (good - good_below) + good_here, bad_here))
        distances.append((bad_below * good - good_below * bad, bad_below, good_below))
    wins = sum(beaten * people for beaten, people in good_placed)
    auc = wins / (2 * good * bad)
    low = high = None
    if good > 1 and bad > 1:
        variances = []
        for placed, people, others in ((good_placed, good, bad), (bad_placed, bad, good)):
            # Over one denominator, so that one division of integers is left.
            squares = sum(count * (beaten * people - wins) ** 2 for beaten, count in placed)
            variances.append(squares / ((2 * people * others) ** 2 * (people - 1)) / people)
        low, high = auc_interval(auc, (good, bad), variances)
    distance, bad_at, good_at = max(distances, key=lambda one: abs(one[0]))
    if distance < 0:
        bad_at, good_at = bad - bad_at, good - good_at
    gini, ks = (wins - good * bad) / (good * bad), abs(distance) / (good * bad)
    corrected, ks_low, ks_high = corrected_distance(bad_at, bad, good_at, good)
    return Separation(good + bad, bad, auc, low, high, gini, ks, ks_low, ks_high, corrected)


def auc_interval(
    auc: float, people: tuple[int, int], variances: Sequence[float]
) -> tuple[float, float]:
    """Return the 95 % interval of an AUC: of two intervals the lower and the higher end.

    The one is DeLong's on the scale of log odds (Pepe, The Statistical Evaluation of Medical Tests,
    2003), with Student's quantile for the few on a side (degrees of freedom of Brunner and Munzel,
    Biometrical Journal 42, 2000). Few people may all be alike by chance, and its variance is then
    too small, or none; so the other takes the variance from the AUC itself (`newcombe_low`).

    ``people``, ``variances``: of good and of bad; at least two of each.
    """
    low, high = newcombe_low(auc, *people), 1 - newcombe_low(1 - auc, *people)
    variance = sum(variances)
    if 0 < auc < 1 and variance > 0:
        from scipy.special import expit, logit, stdtrit

        parts = zip(variances, people, strict=True)
        degrees = variance**2 / math.fsum(part**2 / (count - 1) for part, count in parts)
        margin = float(stdtrit(degrees, 0.975)) * math.sqrt(variance) / (auc * (1 - auc))
        ends = (float(expit(logit(auc) + step)) for step in (-margin, margin))
        low, high = min(low, next(ends)), max(high, next(ends))
    return low, high


def newcombe_low(auc: float, good: int, bad: int) -> float:
    """Return the lower end of the 95 % interval of an AUC after Newcombe; 0 where it is 0.

    Method 5 of Stat. Med. 25, 2006: the AUC that lies 1.96 of its own standard errors below, by
    Hanley and McNeil's variance of two exponential distributions, the numbers of people averaged.
    """
    if auc == 0:
        return 0.0
    from scipy.optimize import brentq

    others = (good + bad) / 2 - 1

    def beyond(true: float) -> float:
        spread = 1 + others * ((1 - true) / (2 - true) + true / (1 + true))
        return float((auc - true) ** 2 - NORMAL_95**2 * true * (1 - true) * spread / (good * bad))

    return float(brentq(beyond, 0, auc * (1 - 1e-9)))


CHANCE_SQUARED = math.pi**2 / 12
"""Mean square of Kolmogorov's distribution: of the greatest distance between two samples of one
population, times 1/n + 1/m."""


def corrected_distance(
    hits: int, people: int, other_hits: int, other_people: int
) -> tuple[float, float, float]:
    """Return the greatest distance of two distributions without what chance adds, and its interval.

    ``hits``, ``other_hits``: at the points where it is reached, more of the first. Chance adds to
    the square of the distance what it is where there is none: the points are those that look best.
    The 95 % interval is that of two shares (`difference_interval`), its lower end moved down by as
    much as the distance, to 0 at the least: there it agrees with the test of Kolmogorov and Smirnov
    at about 5 %. The upper end needs no move: other points could only be further apart.
    """
    ks = hits / people - other_hits / other_people
    squared = ks * ks - CHANCE_SQUARED * (1 / people + 1 / other_people)
    corrected = math.sqrt(max(0.0, squared))
    low, high = difference_interval(hits, people, other_hits, other_people)
    return corrected, max(0.0, low - (ks - corrected)), high


def difference_interval(
    hits: int, people: int, other_hits: int, other_people: int
) -> tuple[float, float]:
    """Return the 95 % interval of one share less another, of two groups that are not empty.

    Newcombe's hybrid of Wilson's intervals (Stat. Med. 17, 1998, method 10): it stays within -1 to
    1, and is honest where either share is near an end.
    """
    share, other = hits / people, other_hits / other_people
    low, high = wilson(hits, people)
    other_low, other_high = wilson(other_hits, other_people)
    below = math.hypot(share - low, other_high - other)
    above = math.hypot(high - share, other - other_low)
    return share - other - below, share - other + above


# Whether more points mean less risk, beyond what chance explains


class RiskBin(NamedTuple):
    """A bin or band: its place, what it earns, its people and how many of them are bad."""

    place: int
    points: int
    people: int
    bad: int


class Contradiction(NamedTuple):
    """The bin that earns fewer points at a smaller bad share; ``p_value`` adjusted after Holm."""

    place: int
    p_value: float
    is_significant: bool


def contradictions(bins: Sequence[RiskBin]) -> dict[int, Contradiction]:
    """Return place -> what contradicts a bin most, of bins that earn more than their risk warrants.

    Every two bins of different points are compared, by the pooled normal test of two shares, if
    both would have five good and five bad people at their joint risk: below that the test cries
    wolf (Cochran, Biometrics 10, 1954). The p values are adjusted for the number of such pairs.
    """
    pairs = [
        (rich, poor)
        for rich, poor in permutations(sorted(bins), 2)
        for bad, people in [(rich.bad + poor.bad, rich.people + poor.people)]
        if rich.points > poor.points
        and min(rich.people, poor.people) * min(bad, people - bad) >= FEWEST_EXPECTED * people
    ]
    p_values = holm([two_shares_p(a.bad, a.people, b.bad, b.people) for a, b in pairs])
    found: dict[int, Contradiction] = {}
    for (rich, poor), p_value in zip(pairs, p_values, strict=True):
        is_riskier = rich.bad * poor.people > poor.bad * rich.people
        if p_value is None or not is_riskier:
            continue
        if rich.place not in found or p_value < found[rich.place].p_value:
            found[rich.place] = Contradiction(poor.place, p_value, p_value < SIGNIFICANCE)
    return found
