"""Real logs through the adapters of examples/; skipped where the data is not at hand."""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from examples.cdnow import LAST_DAY as CDNOW_LAST_DAY
from examples.cdnow import to_purchase_log
from examples.taiwan import LAST_DAY as TAIWAN_LAST_DAY
from examples.taiwan import to_payment_log
from examples.taiwan_fit import clients_and_outcomes, cross_validated
from plainscore.publish.sets import read_manifest
from plainscore.runs.request import read_request
from plainscore.runs.run import SnapshotOutcome, score_day
from tests.quick_runs import quick_runs

REAL = Path(__file__).parents[3] / "shared" / "real"
EVERYONE = Path(__file__).parents[2] / "examples" / "everyone.toml"
CLIENTS = 3_000


@pytest.fixture
def cdnow() -> pl.DataFrame:
    """Purchases of the first CDNOW customers: an eighth of the data, for its time."""
    return _read("cdnow_purchases.parquet").filter(pl.col("customer_id") <= CLIENTS)


@pytest.fixture
def taiwan() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Statements of the first clients, and the clients: a tenth of the data, for its time."""
    statements, clients = _read("taiwan_statements.parquet"), _read("taiwan_clients.parquet")
    return statements.filter(pl.col("client_id") <= CLIENTS), clients.filter(
        pl.col("ID") <= CLIENTS
    )


def test_a_purchase_log_alone_scores_every_customer(cdnow: pl.DataFrame, tmp_path: Path) -> None:
    outcome = _run(to_purchase_log(cdnow), "purchase", CDNOW_LAST_DAY, tmp_path)
    assert [file.accepted for file in outcome.report.files] == [len(cdnow)]
    manifest = read_manifest(outcome.run)
    assert manifest["people"] == manifest["scored"] == cdnow["customer_id"].n_unique()
    with duckdb.connect(str(tmp_path / "plainscore.duckdb"), read_only=True) as con:
        known = con.execute(
            "select count(active_months), count(on_time_share), count(verified_fields) "
            "from features"
        ).fetchone()
    assert known == (manifest["people"], 0, 0)


def test_the_unfitted_card_ranks_defaults_far_above_chance(
    taiwan: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path
) -> None:
    statements, clients = taiwan
    with quick_runs():
        outcome = _run(to_payment_log(statements, clients), "payment", TAIWAN_LAST_DAY, tmp_path)
    assert sum(file.quarantined for file in outcome.report.files) == 0
    with duckdb.connect(str(tmp_path / "plainscore.duckdb"), read_only=True) as con:
        scores = pl.DataFrame(
            con.execute("select cast(person_id as bigint), score from score").fetchall(),
            schema={"ID": pl.UInt32, "score": pl.Int64},
            orient="row",
        )
    judged = scores.join(clients.select("ID", "default_next_month"), on="ID")
    assert len(judged) == CLIENTS
    assert _auc(judged) > 0.70


def test_a_card_fitted_to_statements_ranks_unseen_clients_as_well_as_a_binned_logistic_model() -> (
    None
):
    statements, clients = _read("taiwan_statements.parquet"), _read("taiwan_clients.parquet")
    folds = cross_validated(clients_and_outcomes(statements, clients))
    assert sum(of_points for of_points, _ in folds) / len(folds) >= 0.775
    assert all(abs(of_points - unrounded) < 0.001 for of_points, unrounded in folds)


def _auc(judged: pl.DataFrame) -> float:
    """Chance that a client who pays has a higher score than one who defaults."""
    ranked = judged.with_columns(pl.col("score").rank("average").alias("rank"))
    good = ranked.filter(pl.col("default_next_month") == 0)
    bad_count = len(ranked) - len(good)
    return (float(good["rank"].sum()) - len(good) * (len(good) + 1) / 2) / (len(good) * bad_count)


def _run(log: pl.DataFrame, name: str, day: str, data_dir: Path) -> SnapshotOutcome:
    folder = data_dir / "landing" / name / f"arrived={day}"
    folder.mkdir(parents=True)
    log.write_parquet(folder / "log.parquet")
    return score_day(
        read_request(date.fromisoformat(day), None, data_dir, scorecards=(str(EVERYONE),))
    )


def _read(name: str) -> pl.DataFrame:
    if not (REAL / name).exists():
        pytest.skip(f"{name} is not at hand")
    return pl.read_parquet(REAL / name)
