"""What one hub costs: somebody with very many ties that all began within thirty days.

``python -m benchmarks.hub`` makes the ties of one such person, and prints what the transforms that
walk from tie to tie take of them.
"""

import time
from collections.abc import Iterator
from datetime import date

from plainscore.contracts.dates import SnapshotDates
from plainscore.contracts.house import build_catalog
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.reading import find_scorecard, read_scorecard

DAY = date(2026, 10, 31)
TIES = (1_000, 10_000, 20_000)
WALKING = ("features.social_connections", "scores.friend_reliability", "audits.burst_tie")
HUB = """
    insert into staging.tie
    select 0, friend, friend % 30, 6 from range(1, $ties + 1) as one (friend)
    union all
    select friend, 0, friend % 30, 6 from range(1, $ties + 1) as one (friend)"""
RECORDS = """
    insert into scores.own_points (scorecard, person_key, own_points)
    select 'standard', person_key, 300 from range($ties + 1) as one (person_key)"""


def main() -> None:
    """Print CPU seconds for each table and number of ties."""
    print(f"| ties of one person | {' | '.join(f'`{name}`' for name in WALKING)} |")
    print(f"|--:|{'--:|' * len(WALKING)}")
    for ties in TIES:
        print(f"| {ties:,} | {' | '.join(f'{s:.2f}' for s in _seconds(ties))} |", flush=True)


def _seconds(ties: int) -> Iterator[float]:
    card = read_scorecard(find_scorecard("standard"))
    catalog = build_catalog((card,))
    engine = DuckDBEngine(catalog, SnapshotDates(DAY, DAY))
    engine.load_reference((card,))
    needed = {"staging.person", "features.scoring_status", "scores.own_points", "staging.tie"}
    for name in sorted(needed):
        engine.con.execute(catalog[name].ddl)
    engine.con.execute(HUB, {"ties": ties})
    engine.con.execute(RECORDS, {"ties": ties})
    for name in WALKING:
        begun = time.process_time()
        engine.build(catalog[name])
        yield time.process_time() - begun
    engine.close()


if __name__ == "__main__":
    main()
