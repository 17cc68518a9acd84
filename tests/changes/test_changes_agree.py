"""Every cell of the changes is what the independent reference says, computed state by state."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from plainscore.publish.runs import RunPair
from plainscore.publish.sets import SNAPSHOTS, STAGING
from plainscore.show.reader import open_snapshots
from tests.changes.conftest import Published
from tests.changes.expected import CAUSES, State, cause_of_status, change_of, score, state_of
from tests.oracle.score import FEATURES
from tests.oracle.snapshot import snapshot

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def by_all_causes(computed: Published) -> tuple[dict[str, list[State]], Rows, Rows]:
    """Five states of everyone, and what is published of the pair."""
    before, after = computed.month_ago.dates, computed.now_later.dates
    events = computed.world.events
    older = [event for event in events if event.event_date <= before.as_of_date]
    results = [
        snapshot(events, before.as_of_date, before.known_on),
        snapshot(events, before.as_of_date, after.known_on),
        snapshot(older, after.as_of_date, after.known_on),
        snapshot(events, after.as_of_date, after.known_on),
    ]
    first = _published_states(computed, results[0])
    states = {
        who: [first.get(who, State("not there", {})), *(state_of(r.get(who)) for r in results)]
        for who in {*first, *results[-1]}
    }
    return states, *_published_changes(computed, computed.by_all_causes)


def test_everyones_change_is_split_as_the_method_says(by_all_causes: Any) -> None:
    states, changes, _ = by_all_causes
    assert {row["person_id"] for row in changes} == set(states)
    differences = [
        f"{row['person_id']}: {name}: method {wanted!r}, published {row[name]!r}"
        for row in changes
        for name, wanted in _change_row(states[row["person_id"]]).items()
        if row[name] != wanted
    ]
    assert not differences, "\n".join(differences[:40])


def test_every_feature_is_split_as_the_method_says(by_all_causes: Any) -> None:
    states, _, features = by_all_causes
    rows = {(row["person_id"], row["feature"]): row for row in features}
    assert len(rows) == len(features)
    split = {who: change_of(trail) for who, trail in states.items()}
    moved = {
        (who, feature): steps
        for who, one in split.items()
        if one is not None
        for feature, steps in one.features.items()
        if any(steps)
    }
    assert set(moved) <= set(rows)
    assert all(split[who] is not None for who, _ in rows)
    differences = [
        f"{key}: method {moved.get(key)}, published {_steps(row)}"
        for key, row in rows.items()
        if _steps(row) != moved.get(key, (0, 0, 0, 0))
        or row["points_before"] != states[key[0]][0].points[key[1]]
        or row["points_after"] != states[key[0]][-1].points[key[1]]
    ]
    assert not differences, "\n".join(differences[:40])


def test_the_world_is_nasty_enough(by_all_causes: Any) -> None:
    _, changes, _ = by_all_causes
    for cause in CAUSES:
        assert any(row[f"{cause}_change"] for row in changes), cause
    assert any(row["is_carried"] for row in changes)
    assert any(row["late_data_friends"] for row in changes)
    assert {row["status_cause"] for row in changes} >= {None, "late_data", "time", "new_events"}


def test_a_restatement_is_late_data_and_nothing_else(computed: Published) -> None:
    before, after = computed.now.dates, computed.now_later.dates
    events = computed.world.events
    results = [snapshot(events, d.as_of_date, d.known_on) for d in (before, after)]
    changes, _ = _published_changes(computed, computed.restatement)
    assert {row["person_id"] for row in changes} == {*results[0], *results[1]}
    for row in changes:
        ends = [state_of(result.get(row["person_id"])) for result in results]
        for name, wanted in _change_row([ends[0], ends[0], ends[1], ends[1], ends[1]]).items():
            assert row[name] == wanted, (row["person_id"], name)
    assert {row["time_change"] for row in changes} | {
        row["new_events_change"] for row in changes
    } == {0, None}
    assert any(row["late_data_change"] for row in changes)


def _change_row(trail: Sequence[State]) -> dict[str, Any]:
    one = change_of(trail)
    ends = score(trail[0]), score(trail[-1])
    row: dict[str, Any] = {
        "score_before": ends[0],
        "score_after": ends[1],
        "score_change": ends[1] - ends[0] if one and ends[0] and ends[1] else None,
        "status_before": trail[0].status,
        "status_after": trail[-1].status,
        "status_cause": cause_of_status(trail),
        "is_carried": one.is_carried if one else False,
    }
    for place, cause in enumerate(CAUSES):
        row[f"{cause}_change"] = one.causes[place] if one else None
        row[f"{cause}_friends"] = one.friends[place] if one else None
    return row


def _steps(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[f"{cause}_change"] for cause in CAUSES)


def _published_states(published: Published, by_method: Any) -> dict[str, State]:
    """The states before: statuses by the method, points as published by the other card."""
    run = published.month_ago
    names = ", ".join(FEATURES)
    with duckdb.connect() as con:
        rows = con.execute(
            f"select person_id, {names} from read_parquet('{run.folder}/points/points.parquet')"
        ).fetchall()
    points = {who: dict(zip(FEATURES, row, strict=True)) for who, *row in rows}
    assert set(points) == {who for who, result in by_method.items() if result.points}
    return {
        who: State(state_of(result).status, points.get(who, {}))
        for who, result in by_method.items()
    }


def _published_changes(published: Published, pair: RunPair) -> tuple[Rows, Rows]:
    assert not list((published.data_dir / SNAPSHOTS / STAGING).glob("*"))
    dates = [*pair.before.key[:2], *pair.after.key[:2]]
    of_pair = "(as_of_date_before, known_on_before, as_of_date, known_on) = (?, ?, ?, ?)"
    with open_snapshots(published.data_dir) as snapshots:
        changes = snapshots.records(f"from change where {of_pair}", dates)
        return changes, snapshots.records(f"from change_feature where {of_pair}", dates)
