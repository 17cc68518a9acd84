"""The causes of a change in words."""

from plainscore.show.change_pairs import Pair

TITLES = {
    "rules": "rules",
    "late_data": "late data",
    "time": "time",
    "new_events": "new events",
}


def cause_meaning(cause: str, pair: Pair, scorecards: tuple[str, str]) -> str:
    """Return what a cause stands for between two snapshots."""
    before, after = pair.before, pair.after
    match cause:
        case "rules":
            if scorecards[0] == scorecards[1]:
                return f"other code, or other rules by the name of {scorecards[1]}"
            return f"the scorecard {scorecards[1]} in place of {scorecards[0]}"
        case "late_data":
            return f"what arrived after {before.known_on} about days up to {before.as_of_date}"
        case "time":
            days = (after.as_of_date - before.as_of_date).days
            return f"what {days} days did by passing, without anything new in them"
        case _:
            return f"what happened after {before.as_of_date}"


def signed(points: int) -> str:
    """Return points with their sign; 0 as it is."""
    return f"{points:+,}" if points else "0"


def status_words(status: str) -> str:
    """Return a status as it is read in a sentence."""
    return status if status in ("scored", "not there") else f"not scored ({status})"
