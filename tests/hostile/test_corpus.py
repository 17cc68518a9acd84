"""Every hostile input meets the fate that is written beside it, all in one landing directory."""

import pytest

from tests.hostile.conftest import Siege
from tests.hostile.corpus import CASES
from tests.hostile.outcome import Outcomes


@pytest.fixture(scope="session")
def outcomes(siege: Siege) -> Outcomes:
    """Return what became of all inputs."""
    return Outcomes(siege.delivery, siege.report)


def test_every_input_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 250


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_an_input_meets_the_fate_that_is_written_beside_it(
    siege: Siege, outcomes: Outcomes, name: str
) -> None:
    assert outcomes.faults(*siege.desks[name]) == []


def test_every_row_of_every_file_is_accounted_for(siege: Siege) -> None:
    for file, (rows, accepted, duplicates, quarantined) in siege.delivery.counts().items():
        assert rows == accepted + duplicates + quarantined, file


def test_no_refusal_is_longer_than_a_few_lines_of_a_terminal(siege: Siege) -> None:
    assert max(len(str(one)) for one in siege.report.refused) < 500


def test_a_second_ingest_finds_nothing_new_and_refuses_the_same(siege: Siege) -> None:
    again = siege.delivery.ingest()
    assert again.files == []
    assert {one.file for one in again.refused} == {one.file for one in siege.report.refused}
