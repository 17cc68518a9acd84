"""The order in which tests are run."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs a Prefect server.

    Processes with nothing left to do take tests from the end of the list of another, and each that
    came to have one of these would start a server of its own.
    """
    items.sort(key=lambda item: "prefect_server" not in getattr(item, "fixturenames", ()))
