"""Score a list of events with the real transforms, and read the standard card's figures back."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from plainscore.contracts import SnapshotDates
from tests.oracle.events import Event
from tests.oracle.house import score_events

Row = tuple[object, ...]


def scores(events: Sequence[Event], dates: SnapshotDates) -> dict[str, int | None]:
    """Return person_id -> score on the standard card; None where not scored."""
    sql = "select person_key, score from scores.score where scorecard = 'standard'"
    return {who: row[0] for who, row in figures(events, dates, sql).items()}  # type: ignore[misc]


def figures(events: Sequence[Event], dates: SnapshotDates, sql: str) -> dict[str, Row]:
    """Return person_id -> the columns of ``sql`` after its first, the person_key."""
    with tempfile.TemporaryDirectory() as folder:
        engine, keys = score_events(events, dates, Path(folder))
        rows = engine.con.execute(sql).fetchall()
        engine.close()
    names = {key: who for who, key in keys.items()}
    return {names[key]: tuple(rest) for key, *rest in rows}
