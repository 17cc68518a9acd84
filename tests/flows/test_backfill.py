"""Many dates in one process: what is done once, and what stops only its own date."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.cli.many_dates import is_done_already, tell_outcome
from plainscore.common.errors import (
    ChecksRefused,
    InputRefused,
    Locked,
    PlainscoreError,
    UsageError,
)
from plainscore.contracts.dates import SnapshotDates
from plainscore.logs import IngestReport
from plainscore.publish.runs import Run
from plainscore.runs.backfill import BackfillOutcome, backfill, publish_each
from plainscore.runs.doing import Do
from plainscore.runs.request import SnapshotRequest, read_requests
from plainscore.runs.score_day import SnapshotOutcome
from plainscore.runs.steps import read_design, show_published, take_in_new_files
from tests.flows.conftest import LAST_DAY

DAYS = [date(2026, 10, 29), date(2026, 10, 30), date(2026, 10, 31)]


def requests_for(data_dir: Path) -> list[SnapshotRequest]:
    return read_requests(DAYS, None, data_dir)


def published(request: SnapshotRequest, is_new: bool = True) -> SnapshotOutcome:
    run = Run(request.dates, 1, request.data_dir / "run=0001")
    return SnapshotOutcome(run, is_new, IngestReport(warnings=["a feed is quiet"]))


def failing_on(day: date, error: Exception) -> Callable[[SnapshotRequest], SnapshotOutcome]:
    def publish(request: SnapshotRequest) -> SnapshotOutcome:
        if request.dates.as_of_date == day:
            raise error
        return published(request)

    return publish


@pytest.mark.parametrize(
    "error",
    [
        ChecksRefused("bad"),
        InputRefused("bad"),
        PlainscoreError("bad"),
        OSError("bad"),
        duckdb.OutOfMemoryException("bad"),
    ],
)
def test_a_date_that_fails_does_not_stop_the_rest(tmp_path: Path, error: Exception) -> None:
    outcome = publish_each(requests_for(tmp_path), failing_on(DAYS[1], error))
    assert [done.run.dates.as_of_date for done in outcome.done] == [DAYS[0], DAYS[2]]
    assert list(outcome.failed) == [SnapshotDates(DAYS[1], DAYS[1])]
    assert "bad" in outcome.failed[SnapshotDates(DAYS[1], DAYS[1])]


@pytest.mark.parametrize(
    "error",
    [UsageError("bad"), Locked("bad"), duckdb.InterruptException("bad"), ZeroDivisionError("bad")],
)
def test_what_concerns_every_date_stops_at_once(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)):
        publish_each(requests_for(tmp_path), failing_on(DAYS[0], error))


def test_landing_and_contracts_are_read_once_however_many_dates_there_are(tmp_path: Path) -> None:
    done: list[str] = []

    def note(step: Callable[..., Any], *_: Any) -> str:
        done.append(step.__name__)
        return step.__name__

    def publish(request: SnapshotRequest, do: Do) -> SnapshotOutcome:
        for step in (read_design, take_in_new_files, show_published):
            assert do(step, request) == step.__name__
        return published(request)

    backfill(requests_for(tmp_path), note, publish)
    assert done == ["read_design", "take_in_new_files", "show_published"]


def test_without_a_landing_no_date_is_tried(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="is no directory"):
        backfill(requests_for(tmp_path))


def test_dates_that_failed_are_told_on_stderr_with_their_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = publish_each(requests_for(tmp_path), failing_on(DAYS[1], ChecksRefused("one\ntwo")))
    assert tell_outcome(outcome, "table") == 6
    told = capsys.readouterr()
    assert "2026-10-30  2026-10-30  failed\n" in told.out
    assert "2 published, 1 failed" in told.out
    assert "1 of 3 dates failed:\n  2026-10-30: one\n    two\n" in told.err
    assert "a feed is quiet" in told.err


def test_a_backfill_with_nothing_to_do_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = [published(request, is_new=False) for request in requests_for(tmp_path)]
    assert tell_outcome(BackfillOutcome(done), "table") == 0
    assert "nothing to do: all 3 are published and current" in capsys.readouterr().out


def test_what_is_done_already_is_known_before_a_server_is_started(
    published_once: tuple[Path, SnapshotOutcome],
) -> None:
    data_dir, _ = published_once
    assert is_done_already(read_requests([LAST_DAY], None, data_dir))
    assert not is_done_already(read_requests([LAST_DAY], None, data_dir, force=True))
    assert not is_done_already(read_requests(DAYS, None, data_dir))
    assert not is_done_already(read_requests(DAYS, None, data_dir / "nowhere"))
