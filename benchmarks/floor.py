"""The scan floor: read the columns that the features need, once, and nothing more.

``python -m benchmarks.floor JOB``, JOB as of ``benchmarks.job``. One query a log; each column
goes into one sum of integers or one min of text, so that all of it is decoded.
"""

import json
import sys
from pathlib import Path

import duckdb

READ = {
    "profile": ("person_key", "event_time", "event_type", "field", "value_hash"),
    "purchase": (
        "person_key", "event_date", "event_type", "order_id", "merchant_id", "category",
        "amount_cents", "is_own_name",
    ),
    "payment": (
        "person_key", "event_time", "event_date", "event_type", "bill_id", "bill_type",
        "amount_cents", "due_date", "balance_cents", "credit_limit_cents", "counterparty_key",
    ),
    "service": ("person_key", "event_time", "event_date", "event_type", "agreement_id", "due_date"),
    "friendship": ("person_key", "event_time", "event_date", "event_type", "friend_key"),
}  # fmt: skip


def main() -> None:
    """Read everything once."""
    job = json.loads(Path(sys.argv[1]).read_text())
    with duckdb.connect() as con:
        for log, columns in READ.items():
            wanted = ", ".join(
                f"sum({name})" if name.endswith(("_key", "_cents")) else f"min({name})"
                for name in columns
            )
            con.execute(f"select {wanted} from read_parquet({job['files'][log]})").fetchall()


if __name__ == "__main__":
    main()
