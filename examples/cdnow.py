"""CDNOW purchases as a purchase log: one file, arrived on the last day of the data.

    python examples/cdnow.py cdnow_purchases.parquet DIR
    plainscore run --as-of 1998-06-30 --data DIR --scorecard examples/everyone.toml

The data knows neither merchants nor categories, so both are constants; four of the five factors
stay missing.
"""

import sys
from pathlib import Path

import polars as pl

LAST_DAY = "1998-06-30"


def to_purchase_log(purchases: pl.DataFrame) -> pl.DataFrame:
    """Return one `purchase` event a row of (customer_id, date, n_cds, amount_usd)."""
    number = pl.row_index().cast(pl.String)
    return purchases.select(
        event_id=pl.concat_str(pl.lit("cdnow-"), number),
        event_time=pl.col("date").cast(pl.String),
        person_id=pl.col("customer_id").cast(pl.String),
        event_type=pl.lit("purchase"),
        order_id=pl.concat_str(pl.lit("order-"), number),
        merchant_id=pl.lit("cdnow"),
        category=pl.lit("music"),
        amount=pl.col("amount_usd"),
    )


if __name__ == "__main__":
    source, data_dir = map(Path, sys.argv[1:])
    folder = data_dir / "landing" / "purchase" / f"arrived={LAST_DAY}"
    folder.mkdir(parents=True)
    to_purchase_log(pl.read_parquet(source)).write_parquet(folder / "cdnow.parquet")
