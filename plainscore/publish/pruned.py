"""What was pruned: ``snapshots/_pruned.json`` remembers of a deleted run its number and hashes.

So a number never comes back, and a proof from a deleted snapshot can still be held against its
root.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plainscore.common.errors import InputRefused
from plainscore.contracts.dates import SnapshotDates

PRUNED = "_pruned.json"


def pruned_runs(snapshots: Path) -> list[dict[str, Any]]:
    """Return one record for each deleted run: its dates, name, hashes, and when it went."""
    file = snapshots / PRUNED
    try:
        return list(json.loads(file.read_bytes())["runs"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputRefused(
            f"{file} cannot be read ({error}): put it back from a copy; without it, numbers of "
            "deleted runs would come back"
        ) from error


def pruned_of(snapshots: Path, dates: SnapshotDates) -> list[dict[str, Any]]:
    """Return the records of the deleted runs of some dates."""
    wanted = (str(dates.as_of_date), str(dates.known_on))
    return [one for one in pruned_runs(snapshots) if (one["as_of_date"], one["known_on"]) == wanted]


def with_records(known: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[Any]:
    """Return all records, a run's newest one only, in the order of the runs."""
    by_run = {(one["as_of_date"], one["known_on"], one["run"]): one for one in (*known, *new)}
    return [by_run[key] for key in sorted(by_run)]
