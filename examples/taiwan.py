"""Statements of 30,000 Taiwanese credit cards as a payment log: a bill a month, and its payment.

    python examples/taiwan.py taiwan_statements.parquet taiwan_clients.parquet DIR
    plainscore run --as-of 2005-09-30 --data DIR --scorecard examples/everyone.toml

The data has balance, limit and by how many months a client is behind (repay_status k > 0), not
what was due. We take a tenth of the balance as due at the end of the month. A bill due in month m
counts as paid at the end of the first month m' >= m in which the client is at most m' - m months
behind; until then it is open.
"""

import sys
from pathlib import Path

import polars as pl

LAST_DAY = "2005-09-30"
SHARE_DUE = 0.1


def to_payment_log(statements: pl.DataFrame, clients: pl.DataFrame) -> pl.DataFrame:
    """Return `bill` and `payment` events of (client_id, month, repay_status, bill_amount)."""
    limits = clients.select(client_id="ID", credit_limit="LIMIT_BAL")
    bills = statements.join(limits, on="client_id").with_columns(
        bill_id=pl.col("month").dt.strftime("%Y-%m"),
        due_date=pl.col("month").dt.month_end(),
        balance=pl.col("bill_amount").clip(lower_bound=0),
    )
    bills = bills.with_columns(amount=(pl.col("balance") * SHARE_DUE).round(2))
    later = statements.select("client_id", paid_month="month", behind="repay_status")
    months_passed = pl.col("paid_month").dt.month() - pl.col("month").dt.month()
    paid = (
        bills.join(later, on="client_id")
        .filter((months_passed >= 0) & (pl.col("behind") <= months_passed))
        .group_by("client_id", "bill_id", "amount", maintain_order=True)
        .agg(pl.col("paid_month").min().dt.month_end().alias("day"))
    )
    issued = bills.with_columns(day="month")
    events = pl.concat([_events(issued, "bill"), _events(paid, "payment")], how="diagonal")
    return events.sort("event_time", "event_id")


def _events(rows: pl.DataFrame, event_type: str) -> pl.DataFrame:
    own = [c for c in ("due_date", "balance", "credit_limit") if c in rows.columns]
    return rows.select(
        *own,
        event_id=pl.concat_str(pl.lit(event_type), "client_id", "bill_id", separator="-"),
        event_time=pl.col("day").cast(pl.String),
        person_id=pl.col("client_id").cast(pl.String),
        event_type=pl.lit(event_type),
        bill_id="bill_id",
        bill_type=pl.lit("card"),
        amount="amount",
    )


if __name__ == "__main__":
    statements_file, clients_file, data_dir = map(Path, sys.argv[1:])
    folder = data_dir / "landing" / "payment" / f"arrived={LAST_DAY}"
    folder.mkdir(parents=True)
    log = to_payment_log(pl.read_parquet(statements_file), pl.read_parquet(clients_file))
    log.write_parquet(folder / "statements.parquet")
