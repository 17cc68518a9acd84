"""What the site's scripts know of a published date, beside the people: one JSON object."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from plainscore.show import person_questions
from plainscore.show.explanation import goal_of
from plainscore.show.method_of_day import SOCIAL_FACTOR, read_method
from plainscore.show.next_band import SHOWN_MOVES
from plainscore.show.report.people import people_object
from plainscore.show.site.people_files import METHOD_FILE, PERSON_TABLES
from plainscore.show.snapshots import Snapshots

_EXAMPLES = 8


def method_object(snapshots: Snapshots, day: date, first_ids: Sequence[str]) -> dict[str, Any]:
    """Return it; ``first_ids``: the first id of every file of people, in their order."""
    run = snapshots.records("from run where as_of_date = ? and is_shown", (day,))[0]
    method = read_method(snapshots, day)
    card = method.card
    bins = [
        {"feature": one["feature"], "goal": goal_of(one), "points": one["points"]}
        for one in method.advised_bins()
    ]
    return {
        "told": people_object(snapshots, (), day),
        "known_on": str(run["known_on"]),
        "scorecard": card["scorecard"],
        "card": {
            name: card[name] for name in ("own_points_max", "max_distance_ppm", "friend_points_max")
        },
        "social_factor": SOCIAL_FACTOR,
        "counted": sorted(method.counted),
        "better_bins": bins,
        "shown_moves": SHOWN_MOVES,
        "questions": _questions(),
        "tables": list(PERSON_TABLES),
        "method_file": METHOD_FILE,
        "first_ids": list(first_ids),
    }


def some_people(snapshots: Snapshots, day: date) -> list[str]:
    """Return some ids to begin with, evenly by rank, and one of somebody without a score."""
    rows = snapshots.rows(
        "select person_id from score where as_of_date = $day qualify "
        "(score is not null and row_number() over (order by score desc nulls last, person_id) "
        "% greatest(count(score) over () // $count, 1) = 0) "
        "or (score is null and row_number() over (partition by score is null order by person_id) "
        "= 1) order by score desc nulls last, person_id limit $count + 1",
        {"day": day, "count": _EXAMPLES},
    )
    return [person_id for (person_id,) in rows]


def _questions() -> Mapping[str, str]:
    return {name.lower(): sql for name, sql in vars(person_questions).items() if name.isupper()}
