"""Many dates in one process: what is done once, and what stops only its own date."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.cli.app import run_command_line
from plainscore.cli.run import emit_outcomes
from plainscore.common.errors import (
    ChecksRefused,
    InputRefused,
    Locked,
    PlainscoreError,
    UsageError,
)
from plainscore.contracts import SnapshotDates
from plainscore.logs import IngestReport
from plainscore.publish.runs import Run, published_runs
from plainscore.runs import run, schedule
from plainscore.runs.calendar import read_dates
from plainscore.runs.pipeline import Prepared, SnapshotRequest
from plainscore.runs.plan import is_all_current
from plainscore.runs.run import SnapshotOutcome
from plainscore.runs.schedule import DatesOutcome, publish_in_process, publish_rounds
from tests.flows.conftest import LAST_DAY, request_for

NOTHING_SHARED: Any = None
DAYS = [date(2026, 10, 29), date(2026, 10, 30), date(2026, 10, 31)]
DATES = [SnapshotDates(day, day) for day in DAYS]


def published(data_dir: Path, dates: SnapshotDates, is_new: bool = True) -> SnapshotOutcome:
    run = Run(dates, 1, data_dir / "run=0001")
    return SnapshotOutcome(run, is_new, IngestReport(warnings=["a feed is quiet"]))


def publish_all_but(data_dir: Path, day: date, error: Exception) -> DatesOutcome:
    def publish(request: SnapshotRequest, _: Prepared) -> SnapshotOutcome:
        if request.dates.as_of_date == day:
            raise error
        return published(data_dir, request.dates)

    rounds = [DATES[:1], DATES[1:]]
    return publish_rounds(rounds, request_for(data_dir), NOTHING_SHARED, publish)


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
    outcome = publish_all_but(tmp_path, DAYS[1], error)
    assert [done.run.dates.as_of_date for done in outcome.done] == [DAYS[0], DAYS[2]]
    assert list(outcome.failed) == [SnapshotDates(DAYS[1], DAYS[1])]
    assert "bad" in outcome.failed[SnapshotDates(DAYS[1], DAYS[1])]


@pytest.mark.parametrize(
    "error",
    [UsageError("bad"), Locked("bad"), duckdb.InterruptException("bad"), ZeroDivisionError("bad")],
)
def test_what_concerns_every_date_stops_at_once(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)):
        publish_all_but(tmp_path, DAYS[0], error)


def test_landing_and_contracts_are_read_once_however_many_dates_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def note(name: str, made: Any) -> None:
        monkeypatch.setattr(run, name, lambda *_: done.append(name) or made)

    report = IngestReport()
    note("load_pipeline", None)
    note("ingest_new_files", report)
    note("recover_published", None)

    def publish(request: SnapshotRequest, prepared: Prepared, _: Any) -> SnapshotOutcome:
        assert prepared.report is report
        return published(tmp_path, request.dates)

    monkeypatch.setattr(schedule, "score_day", publish)
    assert len(publish_in_process([DATES], request_for(tmp_path)).done) == 3
    assert done == ["load_pipeline", "ingest_new_files", "recover_published"]


def test_without_a_landing_no_date_is_tried(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="is no directory"):
        publish_in_process([DATES], request_for(tmp_path))


def test_dates_that_failed_are_told_on_stderr_with_their_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = publish_all_but(tmp_path, DAYS[1], ChecksRefused("one\ntwo"))
    assert emit_outcomes(outcome, "table") == 6
    told = capsys.readouterr()
    assert "2026-10-30  2026-10-30  failed\n" in told.out
    assert "2 published, 1 failed" in told.out
    assert "1 of 3 dates failed:\n  2026-10-30: one\n    two\n" in told.err
    assert "a feed is quiet" in told.err


def test_a_backfill_with_nothing_to_do_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = [published(tmp_path, dates, is_new=False) for dates in DATES]
    assert emit_outcomes(DatesOutcome(done), "table") == 0
    assert "nothing to do: all 3 are published and current" in capsys.readouterr().out


def test_what_is_all_current_is_known_before_a_server_is_started(
    published_once: tuple[Path, SnapshotOutcome],
) -> None:
    data_dir, _ = published_once
    assert is_all_current(request_for(data_dir), DATES[-1:])
    assert not is_all_current(request_for(data_dir, force=True), DATES[-1:])
    assert not is_all_current(request_for(data_dir), DATES)
    assert not is_all_current(request_for(data_dir / "nowhere"), DATES[-1:])


def test_dates_come_from_a_file_as_well(tmp_path: Path) -> None:
    file = tmp_path / "dates.txt"
    file.write_text("\ufeff2026-10-31\n\n2026-10-29  # after the outage\n2026-10-31\n")
    assert read_dates(file) == [DAYS[0], DAYS[2]]
    file.write_text("2026-10-29\n30.10.2026\n")
    with pytest.raises(UsageError, match=r"dates\.txt, line 2: '30.10.2026' is no date"):
        read_dates(file)
    file.write_text("# none\n")
    with pytest.raises(UsageError, match="holds no dates"):
        read_dates(file)


@pytest.mark.usefixtures("quick")
def test_history_that_was_loaded_at_once_is_backfilled_as_known_later(
    delivered: Path, tmp_path: Path
) -> None:
    file = tmp_path / "dates.txt"
    file.write_text("2026-01-31\n")
    for arrived in (delivered / "landing").glob("*/arrived=*"):
        target = arrived.with_name("arrived=2026-10-31")
        target.mkdir(exist_ok=True)
        for number, one in enumerate(sorted(arrived.iterdir())):
            if arrived != target:
                one.rename(target / f"{arrived.name[8:]}-{number}-{one.name}")
    line = ["backfill", "--dates", str(file), "--data", str(delivered), "--no-prefect"]
    assert run_command_line(line) == 6
    assert run_command_line([*line, "--known-on", "2026-10-31"]) == 0
    [found] = published_runs(delivered)
    assert found.dates == SnapshotDates(date(2026, 1, 31), LAST_DAY)
    assert run_command_line([*line, "--from", "2026-01-31"]) == 2
