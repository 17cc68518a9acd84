"""A fresh data directory for every test."""

from pathlib import Path

import pytest

from tests.ingest.delivery import Delivery


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """Return a data directory to which nothing was delivered yet."""
    return Delivery(tmp_path / "data")
