"""The labels of a world, in landing/_truth/: what the pipeline never reads and an audit may."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from plainscore.synthetic import attacks, life_events
from plainscore.synthetic.bills import BILL_TYPES
from plainscore.synthetic.logs import day_column, named, numbered, person_ids, whole_numbers
from plainscore.synthetic.outcomes import Troubles
from plainscore.synthetic.people import GENDERS, REGIONS
from plainscore.synthetic.randomness import Ints
from plainscore.synthetic.society import Society
from plainscore.synthetic.statistics import Statistic
from plainscore.synthetic.tally import Tally

TARGETS_FILE: Final = "targets.json"


def write_truth(
    folder: Path,
    society: Society,
    troubles: Troubles,
    tally: Tally,
    statistics: list[Statistic],
) -> None:
    """Write one parquet file per kind of label, and the table of targets."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "person": _person_table(society),
        "life_event": _life_event_table(society),
        "attack": _attack_table(society),
        "attack_tie": _attack_tie_table(society),
        "troubled_bill": _troubled_bill_table(society, troubles),
        "delivery": _delivery_table(tally),
    }
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="snappy", statistics=False)
    rows = [asdict(statistic) | {"is_met": statistic.is_met} for statistic in statistics]
    (folder / TARGETS_FILE).write_text(json.dumps(rows, indent=1) + "\n")


def read_targets(folder: Path) -> list[Statistic]:
    """Return the table of targets of a world made before."""
    rows = json.loads((folder / TARGETS_FILE).read_text())
    return [Statistic(row["name"], row["low"], row["high"], row["generated"]) for row in rows]


def _ids(society: Society, persons: Ints) -> pl.Series:
    return person_ids(persons, society.population.count)


def _person_table(society: Society) -> pl.DataFrame:
    """One row per person: latent traits (mean 0, deviation 1000) and audit attributes."""
    people = society.population
    return pl.DataFrame(
        {
            "person_id": _ids(society, people.everyone),
            "reliability": people.reliability,
            "capacity": people.capacity,
            "activity": people.activity,
            "sociability": people.sociability,
            "is_thin": people.is_thin,
            "is_fake": people.operator >= 0,
            "opened": day_column(people.opened_day),
            "region": named(REGIONS)(people.region),
            "gender": named(GENDERS)(people.gender),
            "birth_year": whole_numbers(people.birth_year),
        }
    )


def _life_event_table(society: Society) -> pl.DataFrame:
    """One row per life event within the world's months."""
    persons = society.population.everyone
    found = []
    for month in society.settings.months:
        began = life_events.onsets(society.dice, persons, month)
        some = np.flatnonzero(began.kind >= 0)
        found.append(
            pl.DataFrame(
                {
                    "person_id": _ids(society, some),
                    "kind": named(life_events.KINDS)(began.kind[some]),
                    "day": day_column(began.day[some]),
                    "months": began.months[some],
                }
            )
        )
    return pl.concat(found)


def _attack_table(society: Society) -> pl.DataFrame:
    """One row per part played in an attack."""
    planted = society.attacks
    return pl.DataFrame(
        {
            "attack": planted.attack,
            "kind": named(attacks.KINDS)(planted.kind),
            "role": named(attacks.ROLES)(planted.role),
            "person_id": _ids(society, planted.person),
            "first_day": day_column(planted.first_day),
        }
    )


def _attack_tie_table(society: Society) -> pl.DataFrame:
    """One row per tie that an attack added."""
    ties = society.ties.take(np.flatnonzero(society.ties.attack >= 0))
    return pl.DataFrame(
        {
            "attack": ties.attack,
            "person_id": _ids(society, ties.low),
            "friend_id": _ids(society, ties.high),
            "added": day_column(ties.added_day),
        }
    )


def _troubled_bill_table(society: Society, troubles: Troubles) -> pl.DataFrame:
    """One row per bill that became 30 or more days late; days_late is null if never paid."""
    return pl.DataFrame(
        {
            "person_id": _ids(society, troubles.person),
            "bill_id": numbered("b")(troubles.bill),
            "bill_type": named(BILL_TYPES)(troubles.bill_type),
            "due_date": day_column(troubles.due_day),
            "days_late": whole_numbers(troubles.days_late),
        }
    )


def _delivery_table(tally: Tally) -> pl.DataFrame:
    """One row per log and what its delivered rows were counted as."""
    counts = sorted((log, what, number) for (log, what), number in tally.counts.items() if number)
    return pl.DataFrame(counts, schema={"log": str, "what": str, "rows": pl.Int64}, orient="row")
