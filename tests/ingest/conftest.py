"""A fresh data directory for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plainscore.store import lake
from tests.ingest.delivery import Delivery


@pytest.fixture(scope="package", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out what only a loss of power could show: no test can, and it takes half the time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lake, "fsync_path", lambda _path: None)
        yield


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """Return a data directory to which nothing was delivered yet."""
    return Delivery(tmp_path / "data")
