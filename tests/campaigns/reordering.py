"""Points put into the order of observed risk, changing as little of a scorecard as that takes."""

from collections.abc import Mapping, Sequence

from plainscore.analysis.metrics import RiskBin, contradictions

MISSING = 0


def reordered(bins: Sequence[RiskBin]) -> Mapping[int, int]:
    """Return place -> points of a feature's bins, in the order of their observed risk.

    Edges, the most points and the direction of a feature stay. Bins of which one contradicts
    another earn the same, as does what lies between them: the mean of their points, weighted by
    people and rounded half up, or the most points where the best bin is among them. Then `missing`
    (place 0, where there is one) gets the points nearest to its own at which nothing contradicts
    it; where no points do, it keeps its own.
    """
    values = _values_in_order(sorted((b for b in bins if b.place), key=lambda one: one.place))
    missing = [_missing_in_order(one, values) for one in bins if one.place == MISSING]
    return {one.place: one.points for one in (*missing, *values)}


def _values_in_order(values: Sequence[RiskBin]) -> list[RiskBin]:
    ordered = list(values)
    spans: list[tuple[int, int]] = []
    while pairs := _contradicted(ordered):
        spans = _joined([*spans, *((min(pair), max(pair)) for pair in pairs)])
        for first, last in spans:
            # Of the bins as declared, so that the order of merging cannot show.
            points = _points_together([b for b in values if first <= b.place <= last], values)
            ordered = [
                b._replace(points=points) if first <= b.place <= last else b for b in ordered
            ]
    return ordered


def _contradicted(bins: Sequence[RiskBin]) -> list[tuple[int, int]]:
    found = contradictions(bins)
    return [(place, what.place) for place, what in found.items() if what.is_significant]


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans with those that overlap made one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _points_together(block: Sequence[RiskBin], values: Sequence[RiskBin]) -> int:
    most = max(one.points for one in values)
    if any(one.points == most for one in block):
        return most
    people = sum(one.people for one in block)
    earned = sum(one.points * one.people for one in block)
    return (2 * earned + people) // (2 * people)


def _missing_in_order(missing: RiskBin, values: Sequence[RiskBin]) -> RiskBin:
    def is_contradicted(points: int) -> bool:
        pairs = _contradicted([missing._replace(points=points), *values])
        return any(MISSING in pair for pair in pairs)

    most = max(one.points for one in values)
    allowed = [points for points in range(most + 1) if not is_contradicted(points)]
    nearest = min(allowed, key=lambda points: abs(points - missing.points), default=missing.points)
    return missing._replace(points=nearest)
