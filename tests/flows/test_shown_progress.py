"""How far many dates have come, as Prefect shows it, never back or past the end, and a terminal."""

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.progress import Progress

from plainscore.contracts import SnapshotDates
from plainscore.runs.ledger import STAGES, StageRecord
from plainscore.runs.observers import TerminalProgress

RUN: Any = SimpleNamespace(is_current=False, results=[])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is shown, in percent, instead of being sent to a server."""
    from plainscore.flows import artifacts

    percents: list[float] = []
    monkeypatch.setattr(artifacts, "create_progress_artifact", lambda *_, **__: None)
    monkeypatch.setattr(
        artifacts, "update_progress_artifact", lambda _artifact, percent: percents.append(percent)
    )
    return percents


def publish(artifacts: Any, until: str = STAGES[-1]) -> None:
    """Go through the stages of one date, up to the one that is the last or fails."""
    for stage in STAGES[: STAGES.index(until) + 1]:
        artifacts.started(RUN, StageRecord(stage))
    artifacts.closed(RUN)


def test_the_dates_that_a_daily_run_finds_share_the_whole_between_them(shown: list[float]) -> None:
    from plainscore.flows.artifacts import Artifacts

    artifacts = Artifacts()
    artifacts.dates = 3
    for _ in range(3):
        publish(artifacts)
    artifacts.complete()
    assert shown == sorted(set(shown))
    assert shown[-1] == 100
    assert len(shown) == 3 * len(STAGES)


def test_a_date_that_failed_counts_as_done(shown: list[float]) -> None:
    from plainscore.flows.artifacts import Artifacts

    artifacts = Artifacts(2)
    publish(artifacts, until="scores")
    publish(artifacts)
    assert 50 < shown[-1] < 100
    artifacts.complete()
    assert shown[-1] == 100


def test_a_terminal_shows_a_line_for_each_of_several_dates() -> None:
    """The line says the date, its place among them, and the stage; at the end the date alone."""
    lines: dict[int, str] = {}

    class Bar:
        def add_task(self, text: str, **_: Any) -> int:
            lines[len(lines)] = text
            return len(lines) - 1

        def update(self, line: int, description: str | None = None, **_: Any) -> None:
            lines[line] = description or lines[line]

    progress = TerminalProgress(cast("Progress", Bar()), 2)
    runs: list[Any] = [
        SimpleNamespace(request=SimpleNamespace(dates=SnapshotDates(day, day)))
        for day in (date(2026, 9, 30), date(2026, 10, 31))
    ]
    for run in runs:
        for stage in ("raw", "features"):
            progress.started(run, StageRecord(stage))
        if run is runs[0]:
            progress.closed(run)
    assert list(lines.values()) == ["ingest", "2026-09-30", "2026-10-31, 2 of 2, features"]
