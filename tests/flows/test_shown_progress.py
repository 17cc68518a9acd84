"""How far a flow of many dates has come, as Prefect shows it: never back, never past the end."""

from types import SimpleNamespace
from typing import Any

import pytest

from plainscore.runs.ledger import STAGES, StageRecord

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
