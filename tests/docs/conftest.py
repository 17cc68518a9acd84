"""The committed sample, published once: what the documents show is of this."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT

AS_OF = "2026-10-31"


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample's logs and its snapshot of AS_OF."""
    return made_once(tmp_path_factory, "sample", _make_sample)


def _make_sample(made: Path) -> None:
    shutil.copytree(CHECKOUT / "data" / "sample", made)
    run("run", "--as-of", AS_OF, "--data", str(made), "--plain")


def made_once(
    tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]
) -> Path:
    """Return a directory that test processes side by side share: the first to come makes it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(made, ignore_errors=True)
            make(made)
            done.touch()
    return made


def run(*arguments: str) -> str:
    """Run plainscore and return what it prints; another exit code than 0 fails the test."""
    command = [str(CHECKOUT / ".venv" / "bin" / "plainscore"), *arguments]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=CHECKOUT, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stderr}"
    return ended.stdout
