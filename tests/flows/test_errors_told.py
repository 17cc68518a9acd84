"""How errors end a command: in a line that names the place and the fix, with a code."""

from pathlib import Path
from typing import NoReturn

import pytest

from plainscore.cli.app import run_command_line


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--plain", "--as-of", "2026-10-31"),
        ("compact",),
        ("prune",),
        ("erase", "p1"),
        ("status",),
        ("plan",),
        ("verify",),
    ],
)
def test_a_directory_that_may_not_be_looked_into_is_told_in_a_line(
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(path: Path, *_: object, **__: object) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    for question in ("is_file", "is_dir", "exists", "stat"):
        monkeypatch.setattr(Path, question, refuse)
    code = run_command_line([*command, "--data", str(tmp_path)])
    told = capsys.readouterr().err
    assert code == 5
    assert told.count("\n") == 1
    assert "(Permission denied): give permission" in told
