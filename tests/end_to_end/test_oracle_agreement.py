"""Black box: what is published of a nasty world is what the independent reference says of it.

More worlds are compared table by table in tests/oracle/test_transforms_agree.py, and one under
Prefect in tests/flows/test_prefect_flows.py.
"""

import pytest

from tests.made_once import published_nasty_world
from tests.oracle.agreement import assert_published


def test_what_run_publishes_is_what_the_reference_says(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert_published(*published_nasty_world(tmp_path_factory))
