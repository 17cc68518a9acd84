"""How far a flow of many dates has come, as Prefect shows it: never back, never past the end."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from plainscore.runs.daily import missing_dates
from plainscore.runs.steps import build_stage

DAYS = [date(2026, 10, day) for day in (29, 30, 31)]
SCHEMAS = ("raw", "staging", "features", "scores")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is shown, in percent, instead of being sent to a server."""
    from plainscore.flows.scheduling import artifacts

    percents: list[float] = []

    def show(_artifact: Any, percent: float) -> None:
        percents.append(percent)

    monkeypatch.setattr(artifacts, "create_progress_artifact", lambda *_, **__: None)
    monkeypatch.setattr(artifacts, "update_progress_artifact", show)
    monkeypatch.setattr(artifacts, "score_day", _do_the_stages)
    monkeypatch.setattr(artifacts, "tell_published", lambda *_: None)
    monkeypatch.setattr(artifacts, "create_markdown_artifact", lambda **_: None)
    monkeypatch.setattr(artifacts, "snapshot_markdown", lambda _: "")
    monkeypatch.setattr(artifacts, "has_report", lambda _: False)
    return percents


def _do_the_stages(request: Any, do: Callable[..., Any], _on_checked: Any) -> Any:
    for schema in SCHEMAS:
        do(build_stage, request, schema)
        if request.fails_at == schema:
            raise RuntimeError("the disk was away")
    return request


class Wish:
    """As much of a request as progress asks for."""

    data_dir = None

    def __init__(self, fails_at: str | None = None) -> None:
        self.fails_at = fails_at


def _nothing(step: Callable[..., Any], *_: Any) -> Any:
    return DAYS if step is missing_dates else None


def test_the_dates_that_a_daily_run_finds_share_the_whole_between_them(shown: list[float]) -> None:
    from plainscore.flows.scheduling.artifacts import ShownProgress

    progress = ShownProgress()
    do = progress.moved_by(_nothing)
    do(missing_dates)
    for _ in DAYS:
        progress.score_day(Wish(), do)  # type: ignore[arg-type]
    progress.complete()
    assert shown == sorted(set(shown))
    assert shown[-1] == 100
    assert [sum(low <= p < low + 100 / 3 for p in shown) for low in (0, 100 / 3, 200 / 3)] == [
        len(SCHEMAS), len(SCHEMAS), len(SCHEMAS),
    ]  # fmt: skip


def test_a_date_that_failed_counts_as_done(shown: list[float]) -> None:
    from plainscore.flows.scheduling.artifacts import ShownProgress

    progress = ShownProgress(2)
    do = progress.moved_by(_nothing)
    with pytest.raises(RuntimeError):
        progress.score_day(Wish(fails_at="staging"), do)  # type: ignore[arg-type]
    progress.score_day(Wish(), do)  # type: ignore[arg-type]
    assert 50 < shown[-1] < 100
    progress.complete()
    assert shown[-1] == 100
