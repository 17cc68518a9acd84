"""What points cost on packaged cards, as the rows of transforms/reference/price.toml.

``python -m tests.campaigns.prices [--card standard_3 ...]`` plays the price list of each card on
the sample, as its column measured_by says, and prints the rows: a minute of processor time a card.
They change where a card or the method does; `tests.studies.test_price_law` then says so.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from plainscore.analysis.gaming import built_scores
from plainscore.analysis.prices import FRESH, price_list
from plainscore.analysis.scenarios import open_people
from plainscore.contracts import SnapshotDates
from plainscore.engines.duckdb import DuckDBEngine
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import read_scorecards
from plainscore.settings import read_settings

CARDS = ("standard", "standard_2", "standard_3")
SAMPLE = Path("data/sample")
DAY = date(2026, 10, 31)
HORIZONS = (89, 181)
LIMITS = {"most below 100.00": 100_00, "most below 1,000.00": 1_000_00}
MEASURED_ON = f"five of the sample of 200 invented people and a fresh identity, as of {DAY}"
MEASURED_BY = "plainscore gaming --card {card} --days 89 --days 181 --data data/sample"


@contextmanager
def scored_sample(name: str) -> Iterator[tuple[DuckDBEngine, Scorecard]]:
    """Yield the scores of the sample by a card alone, and the card."""
    with tempfile.TemporaryDirectory(prefix="prices-") as folder:
        data = Path(folder)
        shutil.copytree(SAMPLE / "landing", data / "landing")
        settings = read_settings(data, scorecards=(name,))
        open_people(data, None, None, settings)
        with built_scores(data, SnapshotDates(DAY, DAY), settings) as engine:
            yield engine, read_scorecards((name,))[0]


def headline(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the most that is bought within each limit and number of days, of a list's rows."""
    for player in ("someone scored", FRESH):
        for days in HORIZONS:
            for goal, below in LIMITS.items():
                found = [
                    row
                    for row in rows
                    if (row["days"], row["goal"]) == (days, goal)
                    and (row["person_id"] == FRESH) == (player == FRESH)
                ]
                if found:
                    best = max(found, key=lambda row: row["points_gained"] or row["score_after"])
                    yield _figure(player, below, best)


def _figure(player: str, below: int, row: Mapping[str, Any]) -> dict[str, Any]:
    bought = {} if row["points_gained"] is None else {"points_bought": row["points_gained"]}
    return {
        "player": player,
        "within_days": row["days"],
        "below_cents": below,
        **bought,
        "score_bought": row["score_after"],
        "band_bought": row["band"],
        "deed_count": row["deeds"],
        "moved_cents": row["cents"],
        "acts": row["acts"],
    }


def main() -> None:
    """Print the rows of each card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--card", action="append", default=None)
    for name in parser.parse_args().card or CARDS:
        with scored_sample(name) as (engine, card):
            figures = headline(price_list(engine, [card], (), HORIZONS))
            for number, figure in enumerate(figures, start=1):
                start = {"scorecard": name, "version": card.version, "price_no": number}
                end = {"measured_on": MEASURED_ON, "measured_by": MEASURED_BY.format(card=name)}
                print("\n[[rows]]")
                for key, value in (start | figure | end).items():
                    print(f"{key} = {json.dumps(value)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
