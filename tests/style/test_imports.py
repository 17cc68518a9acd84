"""Imports go one way: flows -> expectations -> transforms, and who looks, builds nothing."""

import pytest
from importlinter.cli import lint_imports

from tests.style.files import ROOT


def test_imports_keep_their_contracts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    exit_code = lint_imports(no_cache=True)
    assert exit_code == 0, capsys.readouterr().out
