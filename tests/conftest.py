"""The order in which tests are run, a disk that is not waited for, and what many tests read."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("machines of any speed", deadline=None)
settings.load_profile("machines of any speed")


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out what only a loss of power could show: no test can, and it takes much time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session")
def autumn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September, October and October as known later, published in a nasty place; read only."""
    from tests.made_once import made_once
    from tests.publish.invented import published_autumn

    return made_once(tmp_path_factory, 'it\'s a [data] dir* %20, "ü"', published_autumn)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs a Prefect server.

    Processes with nothing left to do take tests from the end of the list of another, and each that
    came to have one of these would start a server of its own.
    """
    items.sort(key=lambda item: "prefect_server" not in getattr(item, "fixturenames", ()))
