"""What an operator is notified of, and what is well."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.runs.run import SnapshotOutcome, score_day
from plainscore.runs.upkeep import find_drift, find_stale
from plainscore.settings import Settings
from tests.flows.conftest import LAST_DAY, request_for

Published = tuple[Path, SnapshotOutcome]


def test_a_snapshot_is_stale_from_the_day_after_its_limit(published_once: Published) -> None:
    data_dir, _ = published_once
    assert find_stale(data_dir, LAST_DAY + timedelta(days=2), 2) is None
    found = find_stale(data_dir, LAST_DAY + timedelta(days=3), 2)
    assert found is not None
    assert (found.figure, found.limit) == (3, 2)
    assert found.message == "the newest snapshot is of 2026-10-31, 3 days ago (limit: 2)"


def test_where_nothing_is_published_that_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["watch", "--data", str(tmp_path)]) == 7
    assert "nothing is published" in capsys.readouterr().out
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("quick")
def test_a_score_that_drifted_is_told_once_it_is_above_the_limit(published: Published) -> None:
    data_dir, _ = published
    assert find_drift(data_dir, 28, 0.25, Settings()) is None
    score_day(request_for(data_dir, date(2026, 3, 31)))
    found = find_drift(data_dir, 28, 0.25, Settings())
    assert found is not None
    assert found.figure is not None
    assert found.figure > 0.25
    assert "between 2026-03-31 and 2026-10-31" in found.message
    assert find_drift(data_dir, 28, found.figure, Settings()) is None
    assert find_drift(data_dir, 400, 0.25, Settings()) is None
