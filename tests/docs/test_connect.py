"""The ways in that docs/how-to/connect.md shows in Python lead in."""

import ast
import importlib.util
from pathlib import Path

import pytest

from tests.docs.pages import blocks

PAGE = "docs/how-to/connect.md"


def _packages(code: str) -> list[str]:
    names = [
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.parse(code).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    return [name.split(".")[0] for name in names]


@pytest.mark.parametrize("code", blocks(PAGE, "python"), ids=lambda code: _packages(code)[-1])
def test_the_python_that_is_shown_runs(
    code: str, sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = [name for name in _packages(code) if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not among what `make install` installs")
    exec(compile(code.replace("/tmp/sample", str(sample)), PAGE, "exec"), {})
    assert capsys.readouterr().out.strip()
