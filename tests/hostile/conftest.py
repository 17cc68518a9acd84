"""One data directory to which every hostile input was delivered, ingested once."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from plainscore.logs import IngestReport, packing, parquet_files, parquet_footers
from tests.hostile.case import Case, Desk
from tests.hostile.corpus import deliver_all
from tests.ingest.delivery import Delivery

BOMB_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Siege:
    """The data directory, the report of its ingest, and where each case was delivered."""

    delivery: Delivery
    report: IngestReport
    desks: dict[str, tuple[Case, Desk]]


@pytest.fixture(scope="session")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """Return every hostile input, delivered and ingested; bombs are smaller than real ones."""
    delivery = Delivery(tmp_path_factory.mktemp("siege") / "data")
    with pytest.MonkeyPatch.context() as patched:
        for module in (parquet_files, parquet_footers, packing):
            patched.setattr(module, "BOMB_BYTES", BOMB_BYTES)
        desks = {case.name: (case, desk) for case, desk in deliver_all(delivery.data / "landing")}
        yield Siege(delivery, delivery.ingest(), desks)
