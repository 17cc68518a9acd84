"""Read scores, points and explanations again and again until stopped; print what was seen.

Run with a data directory, and a day that is published all the while. A line "open again" is
answered once the catalog that was open then is closed. Fails at the first error,
and at the first score that is not the sum of its points: score and points are files of their own,
so that a mixture of runs would show.
"""

import select
import sys
from pathlib import Path

import duckdb

PAUSE_SECONDS = 0.05  # between reads: cores are shared with who writes
ADDS_UP = (
    "select count(*) from score inner join factor using (person_id, as_of_date, known_on) "
    "where score <> 350 + credit_history + purchase_behaviour + performance_reliability "
    "+ personal_information + social_connections"
)


def main(data_dir: Path, day: str = "2026-09-30") -> None:
    seen: set[str] = set()
    reads = 0
    print("reading", flush=True)
    while True:
        if select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
            if sys.stdin.readline() != "open again\n":
                break
            print("reading", flush=True)
        with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
            totals = con.execute(
                "select as_of_date::text, sum(score) from score group by all"
            ).fetchall()
            assert con.execute(ADDS_UP).fetchone() == (0,), "a mixture of runs"
            assert len(con.execute("from explain('p5', ?)", [day]).fetchall()) == 32
        seen |= {f"{day} {total}" for day, total in totals}
        reads += 1
    print(reads, *sorted(seen), sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
