"""Each situation of docs/how-to/operate.md is brought about; its commands end as the page shows."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.publish.catalog import rebuild_catalog
from tests.docs.pages import CHECKOUT, COMMAND, Shown, sessions_by_section, words
from tests.docs.trouble import DAY, SETTINGS, TROUBLE, Scene
from tests.made_once import made_once
from tests.quick_runs import quick_runs

PAGE = "docs/how-to/operate.md"
HOME = "/srv/plainscore"
ANY = "..."
LAST_CODE = "echo $?"
SITUATIONS = sessions_by_section(PAGE)


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a date of the sample published; what arrived after it lies in inbox/."""
    return made_once(tmp_path_factory, "project", _make_project)


def _make_project(folder: Path) -> None:
    shutil.copytree(CHECKOUT / "data" / "sample" / "landing", folder / "data" / "landing")
    for came in (folder / "data" / "landing").glob(f"*/{DAY}"):
        (folder / "inbox" / came.parent.name).mkdir(parents=True)
        came.rename(folder / "inbox" / came.parent.name / DAY)
    (folder / SETTINGS).write_text('scorecards = ["standard"]\nreport = false\n')
    with quick_runs(), pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        assert run_command_line(["run", "--as-of", "2026-09-30", "--plain"]) == 0


@pytest.fixture
def scene(before: Path, tmp_path: Path) -> Iterator[Scene]:
    """A copy of the project, to write into.

    What a trouble patches is undone before what makes runs quick: the other way round, the last to
    be undone would put back what the first had put in.
    """
    folder = tmp_path / "here"
    shutil.copytree(before, folder)
    with quick_runs(), pytest.MonkeyPatch.context() as patched:
        rebuild_catalog(folder / "data")
        patched.chdir(folder)
        patched.setenv("COLUMNS", "100")
        yield Scene(folder, patched, {str(folder): HOME})


@pytest.mark.parametrize("title", TROUBLE)
def test_a_situation_ends_as_the_page_shows(title: str, scene: Scene) -> None:
    TROUBLE[title](scene)
    code, is_reported = 0, True
    for shown in SITUATIONS[title]:
        if shown.command == LAST_CODE:
            assert str(code) == shown.output
            is_reported = True
            continue
        assert is_reported, f"{code} before {shown.command}"
        code, output = _typed(shown.command, scene)
        is_reported = code == 0
        _assert_as_shown(output, shown)
    assert is_reported


def test_there_are_twelve_and_each_is_brought_about() -> None:
    assert list(SITUATIONS) == list(TROUBLE)
    assert len(TROUBLE) == 12


def _typed(command: str, scene: Scene) -> tuple[int, str]:
    """Run a line of the page in the scene; return its exit code and all that it prints."""
    for real, shown in scene.shown_as.items():
        command = command.replace(shown, real)
    if command.startswith(f"{COMMAND} "):
        with StringIO() as printed, redirect_stdout(printed), redirect_stderr(printed):
            code = run_command_line(words(command))
            output = printed.getvalue()
    else:
        ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        code, output = ended.returncode, ended.stdout + ended.stderr
    for real, shown in scene.shown_as.items():
        output = output.replace(real, shown)
    return code, output


def _assert_as_shown(output: str, shown: Shown) -> None:
    """Hold what was printed against the page, where ``...`` stands for anything."""
    printed = "\n".join(line.rstrip() for line in output.strip("\n").splitlines())
    pattern = re.escape("\n".join(line.rstrip() for line in shown.output.splitlines()))
    pattern = pattern.replace(re.escape(ANY), ".*")
    assert re.fullmatch(pattern, printed, re.DOTALL), f"$ {shown.command}\n{output}"
