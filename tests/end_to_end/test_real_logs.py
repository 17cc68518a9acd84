"""A card fitted to real statements; skipped where the data is not at hand."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.campaigns.real_sets import BERKA, separations
from tests.end_to_end.taiwan_fit import clients_and_outcomes, cross_validated, with_folds

REAL = Path(__file__).parents[3] / "shared" / "real"


def test_a_card_fitted_to_statements_ranks_unseen_clients_as_well_as_a_binned_logistic_model() -> (
    None
):
    statements, clients = _read("taiwan_statements.parquet"), _read("taiwan_clients.parquet")
    found = clients_and_outcomes(statements, clients)
    names = [name for name in found.columns if name not in ("client_id", "is_bad")]
    with duckdb.connect() as con:
        folds = cross_validated(with_folds(con, found), names)
    assert sum(of_points for of_points, _ in folds) / len(folds) >= 0.775
    assert all(abs(of_points - unrounded) < 0.001 for of_points, unrounded in folds)


def test_balances_tell_good_loans_from_bad_ones_without_any_fit(tmp_path: Path) -> None:
    found = dict(separations(BERKA, REAL, ["standard", "standard_3"], tmp_path))
    if not found:
        pytest.skip("the transactions are not at hand")
    without, with_balances = found["standard"].auc, found["standard_3"].auc
    assert without is not None
    assert with_balances is not None
    assert with_balances >= 0.80 > without


def _read(name: str) -> pl.DataFrame:
    if not (REAL / name).exists():
        pytest.skip(f"{name} is not at hand")
    return pl.read_parquet(REAL / name)
