"""The committed sample, published once: what the documents show is of this."""

import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT
from tests.made_once import published_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample's logs and its last day's snapshot."""
    return published_sample(tmp_path_factory)[0]


def run(*arguments: str) -> str:
    """Run plainscore and return what it prints; another exit code than 0 fails the test."""
    command = [str(CHECKOUT / ".venv" / "bin" / "plainscore"), *arguments]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=CHECKOUT, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stderr}"
    return ended.stdout
