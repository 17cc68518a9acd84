"""A card fitted to 30,000 Taiwanese credit cards, from six statements each, and its 5-fold AUC.

    python -m tests.end_to_end.taiwan_fit taiwan_statements.parquet taiwan_clients.parquet [DIR]

With the directory in which examples/taiwan was run, also the AUC of a card fitted to the
features of that snapshot.

Bins, coefficients and points are fitted on four fifths of the clients and tried on the other fifth,
five times: every client is judged once, by a card that has not seen them.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from plainscore.analysis.fit import (
    FeatureBins,
    Floats,
    Ints,
    Sample,
    evidence_of,
    fit_bins,
    fit_card,
    fit_logistic,
    whole_points,
)
from plainscore.analysis.fit_report import binned_points, separation_of
from plainscore.analysis.network import draw
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.reader import open_snapshots

EVERYONE = "everyone"
FOLDS = 5
POINTS = 600
BEHIND, BILL, PAID = "repay_status", "bill_amount", "paid_amount"


def auc_of(ranks: Any, is_bad: Any) -> float:
    auc = separation_of(ranks, is_bad).auc
    assert auc is not None, "good and bad people"
    return auc


def client_features(statements: pl.DataFrame, clients: pl.DataFrame) -> pl.DataFrame:
    """Return one row per client, by id: what its six statements say, and nothing of the outcome."""
    limits = clients.select(client_id="ID", limit="LIMIT_BAL")
    rows = statements.join(limits, on="client_id").sort("client_id", "month")
    behind, bill, paid = pl.col(BEHIND), pl.col(BILL), pl.col(PAID)
    bill_before = bill.shift(1).over("client_id")
    rows = rows.with_columns(
        utilisation=bill / pl.col("limit"),
        paid_share=pl.when(bill_before > 0).then(pl.min_horizontal(paid / bill_before, 2.0)),
    )
    late = pl.max_horizontal(behind, 0)
    spent = (bill - bill_before + paid).drop_nulls()
    limit = pl.col("limit").first()
    return rows.group_by("client_id", maintain_order=True).agg(
        months_behind_now=late.last(),
        months_behind_rise=late.last() - late.slice(4, 1).first(),
        long_late_statements=(behind > 1).sum(),
        is_revolving_now=(behind.last() == 0).cast(pl.Int64),
        revolving_statements=(behind == 0).sum(),
        unused_limit_now=limit - bill.last(),
        utilisation_mean=pl.col("utilisation").mean(),
        paid_share_least=pl.col("paid_share").min(),
        paid=paid.sum(),
        paid_to_limit=paid.sum() / limit,
        paid_in_two_months=paid.slice(4).sum(),
        paid_median=paid.median(),
        paid_least=paid.min(),
        spent=spent.sum(),
        spent_to_limit=spent.clip(0).sum() / limit,
        spent_now=spent.last(),
    )


@dataclass(frozen=True)
class FittedFeatures:
    """Bins, coefficients and points, as fitted on some clients."""

    bins: list[FeatureBins]
    coefficients: Floats
    points: dict[str, tuple[int, ...]]

    def score(self, sample: Sample) -> Ints:
        """Return each client's sum of whole points."""
        return np.asarray(sum(one.points(self.points[one.name], sample) for one in self.bins))

    def log_odds(self, sample: Sample) -> Floats:
        """Return the model's log odds, up to a constant, before anything is rounded to points."""
        return np.asarray(evidence_of(self.bins, sample) @ self.coefficients)


def fit(sample: Sample) -> FittedFeatures:
    """Fit bins in whichever direction the evidence has, a logistic model, and points to 600."""
    bins = [fit_bins(name, sample, None) for name in sample.values]
    coefficients = fit_logistic(evidence_of(bins, sample), sample.is_bad)
    return FittedFeatures(bins, coefficients, whole_points(bins, coefficients.tolist(), POINTS))


def clients_and_outcomes(statements: pl.DataFrame, clients: pl.DataFrame) -> Sample:
    """Return features and outcome (default in the month after) of every client, by id."""
    features = client_features(statements, clients).join(
        clients.select(client_id="ID", is_bad=pl.col("default_next_month") == 1),
        on="client_id", maintain_order="left",
    )  # fmt: skip
    named = features.drop("client_id", "is_bad")
    values = {column.name: column.cast(pl.Float64).fill_null(np.nan).to_numpy() for column in named}
    return Sample(values, features["is_bad"].to_numpy())


def rows_of(sample: Sample, rows: Any) -> Sample:
    """Return the rows of a sample that are flagged."""
    values = {name: column[rows] for name, column in sample.values.items()}
    return Sample(values, sample.is_bad[rows])


def folds_of(people: int) -> Ints:
    """Return the fold of each client, drawn by chance."""
    draws = draw("taiwan folds", np.arange(people, dtype=np.int64))
    return (draws % np.uint64(FOLDS)).astype(np.int64)


def cross_validated(sample: Sample) -> list[tuple[float, float]]:
    """Return (AUC of the points, AUC before rounding) of each fold."""
    folds, aucs = folds_of(len(sample.is_bad)), []
    for fold in range(FOLDS):
        fitted, unseen = fit(rows_of(sample, folds != fold)), rows_of(sample, folds == fold)
        of_points = auc_of(fitted.score(unseen), unseen.is_bad)
        aucs.append((of_points, auc_of(fitted.log_odds(unseen), unseen.is_bad)))
    return aucs


def snapshot_aucs(data_dir: Path, clients: pl.DataFrame) -> Iterator[float]:
    """Yield the AUC of each fold by a card fitted to the features that a snapshot has of it."""
    card = read_scorecard(find_scorecard(EVERYONE))
    names = [feature.name for feature in card.features if feature.bins]
    with open_snapshots(data_dir) as snapshots:
        rows = snapshots.rows(f"select cast(person_id as bigint), {', '.join(names)} from features")
    outcomes = dict(clients.select("ID", pl.col("default_next_month") == 1).iter_rows())
    rows.sort()
    values = np.array([row[1:] for row in rows], dtype=np.float64)
    is_bad = np.array([outcomes[row[0]] for row in rows], dtype=np.bool_)
    sample = Sample({name: values[:, place] for place, name in enumerate(names)}, is_bad)
    folds = folds_of(len(rows))
    for fold in range(FOLDS):
        fitted, unseen = (
            fit_card(card, rows_of(sample, folds != fold), is_keeping_caps=False),
            rows_of(sample, folds == fold),
        )
        earned = [
            binned_points(feature, unseen.values[feature.name])
            for feature in fitted.card.features
            if feature.bins
        ]
        yield auc_of(np.asarray(np.sum(earned, axis=0)), unseen.is_bad)


def _print(statements: pl.DataFrame, clients: pl.DataFrame, data_dir: Path | None) -> None:
    everyone = clients_and_outcomes(statements, clients)
    aucs = cross_validated(everyone)
    for number, (of_points, unrounded) in enumerate(aucs, start=1):
        print(f"fold {number}: AUC of points {of_points:.4f}, before rounding {unrounded:.4f}")
    of_points, unrounded = (sum(one) / FOLDS for one in zip(*aucs, strict=True))
    print(f"mean:   AUC of points {of_points:.4f}, before rounding {unrounded:.4f}")
    whole = fit(everyone)
    for one in whole.bins:
        pairs = zip(one.edges, whole.points[one.name][:-1], strict=True)
        steps = " ".join(f"{edge:f}:{points}" for edge, points in pairs)
        print(f"{one.name:21} {one.direction:4}  {steps}")
    if data_dir is not None:
        of_folds = list(snapshot_aucs(data_dir, clients))
        print(f"snapshot's features, mean: AUC of points {sum(of_folds) / FOLDS:.4f}")


if __name__ == "__main__":
    _print(
        pl.read_parquet(Path(sys.argv[1])),
        pl.read_parquet(Path(sys.argv[2])),
        Path(sys.argv[3]) if len(sys.argv) > 3 else None,
    )
