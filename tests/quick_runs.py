"""Runs for tests of something else than checks and reports, which take most of a small run."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from plainscore.runs import score_day
from plainscore.runs.steps import Design, read_design
from plainscore.settings import Settings

_DESIGNS: dict[tuple[str, ...], Design] = {}


@contextmanager
def quick_runs() -> Iterator[None]:
    """Leave out checks and reports, which have tests of their own, and read a card once."""

    def read_once(settings: Settings) -> Design:
        cards = settings.scorecards
        if cards not in _DESIGNS:
            _DESIGNS[cards] = read_design(settings)
        return _DESIGNS[cards]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(score_day, "check_stage", lambda _house, _schema: [])
        patched.setattr(score_day, "read_design", read_once)
        patched.setattr(score_day, "write_report", lambda _request, _catalog: None)
        yield
