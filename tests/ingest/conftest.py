"""A fresh data directory for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plainscore.logs import delta_table, seen_ids
from tests.ingest.delivery import Delivery


@pytest.fixture(scope="package", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Leave out what only a loss of power could show: no test can, and it takes half the time."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (delta_table, seen_ids):
            patched.setattr(module, "sync", lambda _path: None)
        yield


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """Return a data directory to which nothing was delivered yet."""
    return Delivery(tmp_path / "data")
