"""Read published snapshots whose outcomes are known, as arrays."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from plainscore.analysis.fitting.past import PastSnapshot, Ties
from plainscore.common.text import identifier
from plainscore.scorecards.card import Scorecard
from plainscore.show.snapshots import Snapshots

SCORED = """
scored as (
    select person_id, row_number() over (order by person_id) - 1 as place
    from score where as_of_date = ? and score is not null
)"""
TIES = f"""
with {SCORED}
select mine.place, friend.place, contact_months
from friend as tie
inner join scored as mine on tie.person_id = mine.person_id
inner join scored as friend on tie.friend_id = friend.person_id
where as_of_date = ?
order by all
"""


def known_dates(snapshots: Snapshots) -> list[date]:
    """Return the published dates whose outcomes are known and published, oldest first."""
    rows = snapshots.rows("select distinct as_of_date from outcome order by as_of_date")
    return [day for (day,) in rows]


def read_past(
    snapshots: Snapshots, days: Sequence[date], card: Scorecard
) -> Iterator[PastSnapshot]:
    """Yield what is published of each date: features of the card, ties, outcomes."""
    names = [feature.name for feature in card.features if feature.bins]
    columns = ", ".join(f"cast(features.{identifier(name)} as double)" for name in names)
    people = f"""
with {SCORED}
select scored.person_id, outcome.is_bad, {columns}
from scored
inner join features on scored.person_id = features.person_id and features.as_of_date = ?
left join outcome on scored.person_id = outcome.person_id and outcome.as_of_date = ?
order by scored.place
"""
    for day in days:
        rows = snapshots.rows(people, [day, day, day])
        values = np.array([row[2:] for row in rows], dtype=np.float64)
        ties = np.array(snapshots.rows(TIES, [day, day]), dtype=np.int64).reshape(-1, 3)
        yield PastSnapshot(
            day,
            tuple(row[0] for row in rows),
            {name: values[:, place] for place, name in enumerate(names)},
            Ties(ties[:, 0], ties[:, 1], ties[:, 2]),
            np.array([row[1] is not None for row in rows], dtype=np.bool_),
            np.array([bool(row[1]) for row in rows], dtype=np.bool_),
        )
