"""The same features and scores as `plainscore run`, by hand-written DuckDB SQL and nothing else.

``python -m benchmarks.plain JOB``: JOB is a JSON file of ``benchmarks.job``. No contracts, no
checks, no audits, no publishing, no second scorecard: what a good engineer who cares for speed
writes for this one job on this one engine. Imports nothing but duckdb.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
WHOLE_LOG_FIRST = ("profile", "own_table")
BY_PEOPLE = ("purchase", "purchased", "payment", "paid", "own")
WHOLE_LOG_LAST = ("friendship",)
# Hash tables of so many people stay near the processor, and memory stays bounded.
PEOPLE_AT_A_TIME = 100_000


def main() -> None:
    """Do the job; write ``result.parquet`` where it says."""
    job = json.loads(Path(sys.argv[1]).read_text())
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
