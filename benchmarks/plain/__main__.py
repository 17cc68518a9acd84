"""The same features and scores as `plainscore run`, by hand-written DuckDB SQL and nothing else.

    python -m benchmarks.plain JOB            # JOB is a JSON file of benchmarks.world
    python -m benchmarks.plain JOB --floor

No contracts, no checks, no audits, no publishing, no second scorecard: what an engineer who cares
for speed writes for this one job on this one engine. Imports nothing but duckdb.

``--floor`` only reads each log once: no pipeline can be faster. It reads the columns that features
need; each goes into one sum of integers or one min of text, so that all of it is decoded.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
WHOLE_LOG_FIRST = ("profile",)
BY_PEOPLE = ("purchase", "purchased", "payment", "bill", "paid", "own")
WHOLE_LOG_LAST = ("friendship",)
# Hash tables of so many people stay near the processor, and memory stays bounded.
PEOPLE_AT_A_TIME = 100_000
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
    """Do the job, or only read its logs."""
    job = json.loads(Path(sys.argv[1]).read_text())
    if "--floor" in sys.argv[2:]:
        read_once(job)
    else:
        score(job)


def read_once(job: dict[str, Any]) -> None:
    """Read every log once."""
    with duckdb.connect() as con:
        for log, columns in READ.items():
            wanted = ", ".join(
                f"sum({name})" if name.endswith(("_key", "_cents")) else f"min({name})"
                for name in columns
            )
            con.execute(f"select {wanted} from read_parquet({job['files'][log]})").fetchall()


def score(job: dict[str, Any]) -> None:
    """Compute features and scores of everyone; write the result file that the job names."""
    job["as_of_date"] = date.fromisoformat(job["as_of_date"])
    config = {"preserve_insertion_order": False, "temp_directory": job["spill"]}
    with duckdb.connect(config=config) as con:
        open_events(con, job)
        for name in WHOLE_LOG_FIRST:
            run(con, name, job)
        for first_key in range(0, job["people"], PEOPLE_AT_A_TIME):
            slice_ = {"first_key": first_key, "last_key": first_key + PEOPLE_AT_A_TIME - 1}
            for name in BY_PEOPLE:
                run(con, name, job | slice_)
        for name in WHOLE_LOG_LAST:
            run(con, name, job)
        con.execute(job["own_points"])
        run(con, "score", job)
        con.execute(job["result"])
        con.execute(f"copy result to '{job['result_file']}'")


def open_events(con: duckdb.DuckDBPyConnection, job: dict[str, Any]) -> None:
    """Make a view of each log: what had happened by as_of_date and arrived by known_on."""
    for log, files in job["files"].items():
        known = (
            ""
            if log == "person"
            else f"where event_date <= date '{job['as_of_date']}' "
            f"and arrived <= date '{job['known_on']}'"
        )
        con.execute(
            f"create view {log} as from read_parquet({files}, hive_partitioning = true) {known}"
        )


def run(con: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any]) -> None:
    """Run one file of SQL."""
    for statement in con.extract_statements((HERE / f"{name}.sql").read_text()):
        con.execute(statement, {key: values[key] for key in statement.named_parameters})


if __name__ == "__main__":
    main()
