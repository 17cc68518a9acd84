"""Runs for tests of something else than checks and reports, which take most of a small run."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from plainscore.checks import validate
from plainscore.common.standard import Method
from plainscore.publish import catalog
from plainscore.runs import run
from plainscore.runs.pipeline import Pipeline, load_pipeline
from plainscore.settings import Settings

_PIPELINES: dict[tuple[tuple[str, ...], Method], Pipeline] = {}


@contextmanager
def quick_runs() -> Iterator[None]:
    """Leave out checks, reports and comments of views, which have tests; read a card once."""
    with pytest.MonkeyPatch.context() as patched:
        make_runs_quick(patched)
        yield


def make_runs_quick(patched: pytest.MonkeyPatch) -> None:
    """Do so until ``patched`` is undone: that of a test, where the test patches the same."""

    def load_once(settings: Settings) -> Pipeline:
        key = settings.scorecards, settings.method
        if key not in _PIPELINES:
            _PIPELINES[key] = load_pipeline(settings)
        return _PIPELINES[key]

    patched.setattr(catalog, "comments_of", lambda _view: iter(()))
    patched.setattr(run.SnapshotRun, "check", lambda _run, _schema: [])
    for module in (run, validate):
        patched.setattr(module, "import_in_background", lambda: None)
    patched.setattr(run, "load_pipeline", load_once)
    patched.setattr(run, "write_report", lambda *_: None)
