"""The dates of a snapshot, and what cannot be meant by them."""

from datetime import date

import pytest

from plainscore.contracts import SnapshotDates

D, BEFORE, AFTER = date(2026, 1, 31), date(2025, 12, 31), date(2026, 2, 1)


def test_a_snapshot_leaves_nothing_out_unless_told_to() -> None:
    assert SnapshotDates(D, AFTER).parameters["events_until"] == D
    assert SnapshotDates(D, AFTER, BEFORE).parameters["events_until"] == BEFORE


def test_events_cannot_be_cut_after_the_day_of_the_snapshot() -> None:
    with pytest.raises(ValueError, match="2026-02-01, after 2026-01-31"):
        SnapshotDates(D, D, AFTER)
