"""Which bins of a scorecard earn more than their risk warrants, and what would put them in order?

`python -m tests.campaigns.card_order --card standard --people 20000 --seeds 11 12 13 14` invents
worlds, scores each on one day, evaluates it 120 days later, and adds up who became bad bin by bin:
everybody once, so that the people are independent. Prints every feature of which a bin contradicts
another, with the people, the bad share and the points of each bin, and the points that
`reordered` proposes. The changed bins of `standard_2.toml` are what it
printed of the standard card. `--card standard_2` with other seeds shows what is left.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb

from plainscore.analysis.evaluation import evaluate
from plainscore.analysis.metrics import RiskBin, contradictions
from plainscore.common.lock import writer_lock
from plainscore.publish.runs import latest_runs
from plainscore.runs.request import read_request
from plainscore.runs.run import score_day
from plainscore.scorecards.card import Feature, Scorecard
from plainscore.scorecards.reading import find_scorecard, read_scorecard
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings
from tests.quick_runs import quick_runs

FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)
COUNTED = "select feature, bin_no, people, bad from feature_risk where scorecard_no = 1"
QUALITY = """
    select people, auc, auc_low, auc_high
    from quality
    where scorecard_no = 1 and subject_kind = 'score'
"""
Counts = Mapping[tuple[str, int], tuple[int, int]]
"""(feature, place of the bin) -> people and bad ones."""
MISSING = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--card", default="standard", help="a packaged card or a .toml file")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14])
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 3, 31))
    wanted = parser.parse_args()
    card = read_scorecard(find_scorecard(wanted.card))
    people: Counter[tuple[str, int]] = Counter()
    bad: Counter[tuple[str, int]] = Counter()
    for seed in wanted.seeds:
        for (feature, place), (counted, bad_ones) in _counted(wanted, seed).items():
            people[feature, place] += counted
            bad[feature, place] += bad_ones
    for line in _out_of_order(card, {key: (people[key], bad[key]) for key in people}):
        print(line)


def _counted(wanted: argparse.Namespace, seed: int) -> Counts:
    """Invent a world, score and evaluate it, and count."""
    with tempfile.TemporaryDirectory(prefix="plainscore-") as home:
        data_dir = Path(home)
        settings = WorldSettings(
            people=wanted.people, first=FIRST, last=LAST, seed=seed,
            landing=data_dir / "landing", arrivals="monthly",
        )  # fmt: skip
        synthesise(settings)
        request = read_request(wanted.as_of, data=data_dir, scorecards=(wanted.card,))
        with quick_runs(), writer_lock(data_dir, "card_order"):
            score_day(request)
            list(evaluate(data_dir, latest_runs(data_dir), request.settings))
        with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
            scored, auc, low, high = con.execute(QUALITY).fetchall()[0]
            output = f"seed {seed}: {scored} people, AUC {auc:.4f} ({low:.4f} to {high:.4f})"
            print(output, flush=True)
            rows = con.execute(COUNTED).fetchall()
            return {(name, place): (people, bad) for name, place, people, bad in rows}


def _out_of_order(card: Scorecard, counts: Counts) -> Iterator[str]:
    for feature in card.features:
        bins = _bins(feature, counts)
        found = {p: c for p, c in contradictions(bins).items() if c.is_significant}
        if not (feature.bins and found):
            continue
        yield f"{feature.name}"
        proposed = reordered(bins)
        for one in bins:
            share = f"{100 * one.bad / one.people:.1f} %" if one.people else "no one"
            line = (
                f"    {_edge(feature, one.place):>9} {one.people:>7} people, bad {share:>6}: "
                f"{one.points} -> {proposed[one.place]}"
            )
            if one.place in found:
                line += f", contradicted by {_edge(feature, found[one.place].place)}"
            yield line


def _bins(feature: Feature, counts: Counts) -> list[RiskBin]:
    points = [feature.missing_points, *(step.points for step in feature.bins)]
    return [
        RiskBin(place, earned, *counts.get((feature.name, place), (0, 0)))
        for place, earned in enumerate(points)
    ]


def _edge(feature: Feature, place: int) -> str:
    return "missing" if place == MISSING else f"{feature.bins[place - 1].at_least}"


# --- points in the order of observed risk, changing as little of a scorecard as that takes --------


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


if __name__ == "__main__":
    main()
