"""Which bins of a scorecard earn more than their risk warrants, and what would put them in order?

`python -m tests.campaigns.card_order --card standard --people 20000 --seeds 11 12 13 14` invents
worlds, scores each on one day, evaluates it 120 days later, and adds up who became bad bin by bin:
everybody once, so that the people are independent. Prints every feature of which a bin contradicts
another, with the people, the bad share and the points of each bin, and the points that
`tests.campaigns.reordering` proposes. The changed bins of `standard_2.toml` are what it
printed of the standard card. `--card standard_2` with other seeds shows what is left.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
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
from tests.campaigns.reordering import MISSING, reordered
from tests.quick_runs import quick_runs

FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)
COUNTED = "select feature, bin_no, people, bad from feature_risk where scorecard_no = 1"
QUALITY = """
    select people, auc, auc_low, auc_high
    from quality
    where scorecard_no = 1 and subject_kind = 'score'
"""
Counts = Mapping[tuple[str, int], tuple[int, int]]


def main() -> None:
    wanted = _arguments()
    card = read_scorecard(find_scorecard(wanted.card))
    people: Counter[tuple[str, int]] = Counter()
    bad: Counter[tuple[str, int]] = Counter()
    for seed in wanted.seeds:
        for (feature, place), (counted, bad_ones) in _counted(wanted, seed).items():
            people[feature, place] += counted
            bad[feature, place] += bad_ones
    for line in _told(card, {key: (people[key], bad[key]) for key in people}):
        print(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--card", default="standard", help="a packaged card or a .toml file")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14])
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 3, 31))
    return parser.parse_args()


def _counted(wanted: argparse.Namespace, seed: int) -> Counts:
    """Return (feature, place of the bin) -> people and bad ones of one invented world."""
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


def _told(card: Scorecard, counts: Counts) -> Iterator[str]:
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


if __name__ == "__main__":
    main()
