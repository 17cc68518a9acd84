"""`plainscore demo`: the whole way, from an invented world to one person explained."""

import json
import shutil
import sys
import time
from datetime import date
from pathlib import Path

PEOPLE = 10_000
FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)
SEED = 1


def demo(*, data: Path = Path("data"), people: int = PEOPLE) -> int:
    """Invent 10,000 people and 24 months, ingest, score the last month end, explain one person.

    Run again, it finds all of it done and only shows the result.

    Parameters
    ----------
    data
        The data directory.
    people
        How many people to invent.
    """
    from plainscore.synthetic.synthesise import synthesise
    from plainscore.synthetic.world import WorldSettings

    started = time.monotonic()
    world = WorldSettings(
        people=people, first=FIRST, last=LAST, seed=SEED, landing=data / "landing"
    )
    made = synthesise(world)
    state = "invented" if made.is_new else "already there"
    print(f"{people:,} people, {sum(made.rows.values()):,} events: {state} in {world.landing}")

    from plainscore.cli.run_command import run

    run(as_of=LAST, data=data)
    print(f"\nThe job took {time.monotonic() - started:.0f} s.\n")
    _explain_one(data)
    _say_what_next(data)
    return 0


def _explain_one(data: Path) -> None:
    """Explain the person in the middle of the ranking: neither the best nor the worst."""
    from plainscore.cli.explain_command import explain
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        row = snapshots.rows(
            "select person_id from score where score is not null order by score_rank, person_id "
            "limit 1 offset (select count(score) // 2 from score)"
        )
    explain(row[0][0], as_of=str(LAST), data=data)


def _say_what_next(data: Path) -> None:
    place = "" if data == Path("data") else f" --data {json.dumps(str(data))}"
    command = "plainscore" if shutil.which("plainscore") else sys.argv[0]
    print("Try next:")
    print(f"  {command} query 'from score limit 5'{place}")
    print(f"  {command} status{place}")
    print(f"  {command} scorecard standard")
