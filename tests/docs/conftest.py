"""The committed sample, published once: what the documents show is of this."""

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from tests.made_once import published_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the sample's logs and its last day's snapshot."""
    return published_sample(tmp_path_factory)[0]


def run(*arguments: str) -> str:
    """Run plainscore in this process and return what it prints; another exit code fails."""
    with StringIO() as printed, StringIO() as errors:
        with redirect_stdout(printed), redirect_stderr(errors):
            code = run_command_line(arguments)
        assert code == 0, f"{' '.join(arguments)}\n{errors.getvalue()}"
        return printed.getvalue()
