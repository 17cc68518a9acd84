"""A card fitted to 30,000 Taiwanese credit cards, from six statements each, and its 5-fold AUC.

    python -m tests.end_to_end.taiwan_fit taiwan_statements.parquet taiwan_clients.parquet [DIR]

With the directory in which examples/taiwan was run, also the AUC of a card fitted to the
features of that snapshot.

Bins and points are fitted on four fifths of the clients and tried on the other fifth,
five times: every client is judged once, by a card that has not seen them.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from plainscore.analysis.fit import (
    FeatureBins,
    binned,
    first_bins,
    fit_card,
    fit_together,
    log_odds_of,
    whole_points,
)
from plainscore.analysis.fit_people import BinnedPeople, Floats, Ints, People
from plainscore.analysis.fit_report import separation_of
from plainscore.analysis.network import draw
from plainscore.engines.duckdb import insert_rows
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.compile import points_case
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.reader import open_snapshots

EVERYONE = "everyone"
FOLDS = 5
POINTS = 600
SQL_TYPES = {pl.Int64: "bigint", pl.UInt32: "bigint", pl.Float64: "double", pl.Boolean: "boolean"}
BEHIND, BILL, PAID = "repay_status", "bill_amount", "paid_amount"


def auc_of(ranks: Any, good: Any, bad: Any) -> float:
    auc = separation_of(ranks, good, bad).auc
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
    """Bins and points, as fitted on some clients."""

    bins: tuple[FeatureBins, ...]
    points: dict[str, tuple[int, ...]]

    def score(self, people: BinnedPeople) -> Ints:
        """Return the sum of whole points of each combination of bins."""
        earned = [np.array(self.points[one.name]) for one in self.bins]
        return np.asarray(sum(of[people.numbers[:, no]] for no, of in enumerate(earned)))

    def log_odds(self, people: BinnedPeople) -> Floats:
        """Return the model's log odds, up to a constant, before anything is rounded to points."""
        return log_odds_of(self.bins, people)


def fit(people: People, names: Iterable[str]) -> FittedFeatures:
    """Fit all features in whichever direction the evidence has, and points to 600."""
    bins = fit_together([first_bins(name, people, None) for name in names], people)
    return FittedFeatures(bins, whole_points(bins, POINTS))


def with_folds(con: duckdb.DuckDBPyConnection, clients: pl.DataFrame) -> People:
    """Return clients, who are sorted by client_id, as people: each in a fold drawn by chance."""
    draws = draw("taiwan folds", np.arange(len(clients), dtype=np.int64))
    folded = clients.with_columns(fold=pl.Series(draws % np.uint64(FOLDS)).cast(pl.Int64))
    names = [*folded.columns]
    columns = ", ".join(f'"{name}" {SQL_TYPES[folded[name].dtype]}' for name in names)
    con.execute(f"create or replace table client ({columns})")
    insert_rows(con, "client", folded.rows())
    return People(con, "select * from client")


def cross_validated(people: People, names: Iterable[str]) -> list[tuple[float, float]]:
    """Return (AUC of the points, AUC before rounding) of each fold."""
    aucs = []
    for seen, unseen in folds_of(people):
        fitted = fit(seen, names)
        judged = binned(unseen, fitted.bins)
        aucs.append(
            (
                auc_of(fitted.score(judged), judged.good, judged.bad),
                auc_of(fitted.log_odds(judged), judged.good, judged.bad),
            )
        )
    return aucs


def folds_of(people: People) -> Iterator[tuple[People, People]]:
    """Yield the people of all folds but one, and those of that one."""
    for fold in range(FOLDS):
        yield (
            People(people.con, f"{people.rows} where fold <> {fold}"),
            People(people.con, f"{people.rows} where fold = {fold}"),
        )


def clients_and_outcomes(statements: pl.DataFrame, clients: pl.DataFrame) -> pl.DataFrame:
    """Return features and outcome (default in the month after) of every client, by id."""
    return client_features(statements, clients).join(
        clients.select(client_id="ID", is_bad=pl.col("default_next_month") == 1),
        on="client_id", maintain_order="left",
    )  # fmt: skip


def snapshot_aucs(data_dir: Path, clients: pl.DataFrame) -> Iterator[float]:
    """Yield the AUC of each fold by a card fitted to the features that a snapshot has of it."""
    card = read_scorecard(find_scorecard(EVERYONE))
    names = [feature.name for feature in card.features if feature.bins]
    cells = ", ".join(f"cast({name} as double) as {name}" for name in names)
    with open_snapshots(data_dir) as snapshots:
        columns = ["client_id", *names]
        rows = snapshots.rows(f"select cast(person_id as bigint), {cells} from features")
    outcomes = clients.select(client_id="ID", is_bad=pl.col("default_next_month") == 1)
    schema = {"client_id": pl.Int64, **dict.fromkeys(names, pl.Float64)}
    found = pl.DataFrame(rows, schema=schema, orient="row").select(columns)
    with duckdb.connect() as con:
        people = with_folds(con, found.join(outcomes, on="client_id").sort("client_id"))
        for seen, unseen in folds_of(people):
            fitted = fit_card(card, seen, is_keeping_caps=False)
            earned = " + ".join(f"({points_case(one)})" for one in fitted.card.features if one.bins)
            counted = con.execute(
                f"select {earned} as points, count(*) filter (where not is_bad) as good, "
                f"count(*) filter (where is_bad) as bad from ({unseen.rows}) group by 1 order by 1"
            ).fetchnumpy()
            yield auc_of(counted["points"], counted["good"], counted["bad"])


def _print(statements: pl.DataFrame, clients: pl.DataFrame, data_dir: Path | None) -> None:
    found = clients_and_outcomes(statements, clients)
    names = [name for name in found.columns if name not in ("client_id", "is_bad")]
    with duckdb.connect() as con:
        everyone = with_folds(con, found)
        aucs = cross_validated(everyone, names)
        whole = fit(everyone, names)
    for number, (of_points, unrounded) in enumerate(aucs, start=1):
        print(f"fold {number}: AUC of points {of_points:.4f}, before rounding {unrounded:.4f}")
    of_points, unrounded = (sum(one) / FOLDS for one in zip(*aucs, strict=True))
    print(f"mean:   AUC of points {of_points:.4f}, before rounding {unrounded:.4f}")
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
