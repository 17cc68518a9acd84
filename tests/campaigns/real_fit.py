"""How well a card that is fitted to a public data set judges the people it was not fitted to.

``python -m tests.campaigns.real_fit --folder FOLDER [--card standard_3] [--draws 3] [--home DIR]``
writes each set as `tests.campaigns.real_sets` does, fits the card to the features that a run makes
of it, on four fifths of the people, and judges the whole points on the other fifth, five times. It
prints the mean AUC over folds and draws of the folds, its 95 % interval, and the goal.
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import duckdb

from plainscore.analysis.fit import fit_card
from plainscore.analysis.fit_people import People
from plainscore.analysis.metrics import NORMAL_95, Separation, separation
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.compile import points_case
from plainscore.scorecards.reading import read_scorecard
from tests.campaigns.real_sets import BERKA, CREDIT_STATUS, TAIWAN, RealSet, separations

FOLDS = 5
GOALS = ((TAIWAN, 0.772), (BERKA, 0.85), (CREDIT_STATUS, 0.94))
# Good and bad people are dealt to the folds separately, in an order drawn by a hash.
_FOLDED = """
create or replace table folded as
with outcome (person_id, is_bad) as ({bad})
select
    features.*, is_bad,
    row_number() over (
        partition by is_bad order by md5(features.person_id || ' {draw}')
    ) % {folds} as fold
from made.features as features
inner join outcome on features.person_id = cast(outcome.person_id as varchar)
where is_bad is not null
"""
_JUDGED = """
select {points} as points, count(*) filter (not is_bad), count(*) filter (is_bad)
from folded where fold = {fold} group by points order by points
"""


def main() -> int:
    """Print a line for each set; return 1 where a goal is missed or no set is at hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--card", default="standard_3")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--home", type=Path, default=None)
    asked = parser.parse_args()
    home = asked.home or Path(tempfile.mkdtemp(prefix="real-fit-"))
    card = read_scorecard(find_scorecard(asked.card))
    print(f"{'set':14} {'people':>8} {'bad':>7} {'AUC':>6}  95 % interval     goal", flush=True)
    is_met = []
    for one, goal in GOALS:
        if not (home / one.name / "data").is_dir():
            list(separations(one, asked.folder, [asked.card], home / one.name))
        draws = [
            list(judged(one, asked.folder, home / one.name, card, n)) for n in range(asked.draws)
        ]
        auc, low, high = mean_auc([fold for draw in draws for fold in draw], asked.draws)
        people, bad = (sum(getattr(fold, name) for fold in draws[0]) for name in ("people", "bad"))
        print(
            f"{one.name:14} {people:8,} {bad:7,} {auc:6.4f}  {low:.4f} to {high:.4f}  {goal}",
            flush=True,
        )
        is_met.append(auc >= goal)
    return int(not all(is_met))


def judged(
    one: RealSet, folder: Path, home: Path, card: Scorecard, draw: int
) -> Iterator[Separation]:
    """Yield how a card that is fitted to all folds but one separates the people of that one."""
    with duckdb.connect() as con:
        for name in one.files:
            con.execute(f"create view {name} as from '{folder / name}.parquet'")
        con.execute(f"attach '{home / 'data' / 'plainscore.duckdb'}' as made (read_only)")
        con.execute(_FOLDED.format(bad=one.bad, draw=draw, folds=FOLDS))
        for fold in range(FOLDS):
            seen = People(con, f"select * from folded where fold <> {fold}")
            fitted = fit_card(card, seen, is_keeping_caps=False).card
            points = " + ".join(f"({points_case(of)})" for of in fitted.features if of.bins)
            yield separation(con.execute(_JUDGED.format(points=points, fold=fold)).fetchall())


def mean_auc(folds: list[Separation], draws: int) -> tuple[float, float, float]:
    """Return the mean AUC and its interval, on the logit scale as that of each fold is.

    Folds of one draw have different people, and draws all have the same.
    """
    aucs, errors = [], []
    for one in folds:
        assert one.auc is not None
        assert one.auc_low is not None
        assert one.auc_high is not None
        ends = [math.log(end / (1 - end)) for end in (one.auc_low, one.auc_high)]
        aucs.append(one.auc)
        errors.append((ends[1] - ends[0]) / (2 * NORMAL_95) * one.auc * (1 - one.auc))
    auc = fmean(aucs)
    error = math.sqrt(sum(one * one for one in errors) / draws) / FOLDS / (auc * (1 - auc))
    level = math.log(auc / (1 - auc))
    low, high = (1 / (1 + math.exp(-level - by)) for by in (-NORMAL_95 * error, NORMAL_95 * error))
    return auc, low, high


if __name__ == "__main__":
    sys.exit(main())
