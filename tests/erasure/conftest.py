"""A data directory for every test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plainscore.publish.catalog import rebuild_catalog
from tests.erasure import published_world
from tests.ingest.delivery import Delivery
from tests.quick_runs import quick_runs


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    """A data directory to which nothing was delivered yet."""
    return Delivery(tmp_path / "data")


@pytest.fixture(scope="package", autouse=True)
def _quick_runs() -> Iterator[None]:
    with quick_runs():
        yield


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world with both months published; no one may write into it."""
    delivery = Delivery(tmp_path_factory.mktemp("world") / "data")
    published_world.deliver(delivery)
    with quick_runs():
        for day in (published_world.JANUARY, published_world.FEBRUARY):
            published_world.publish(delivery.data, day)
    return delivery.data


@pytest.fixture
def world(published_once: Path, delivery: Delivery) -> Delivery:
    """A copy of the published world, to write into."""
    shutil.copytree(published_once, delivery.data)
    rebuild_catalog(delivery.data)
    return delivery
