"""The order in which tests are run, what they leave out, and what many of them read."""

import gc
import os
import pickle
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import settings

from plainscore.engines.duckdb import DuckDBEngine

settings.register_profile("machines of any speed", deadline=None)
settings.load_profile("machines of any speed")


@pytest.fixture(scope="session", autouse=True)
def _light() -> Iterator[None]:
    """Leave out what only a loss of power could show, give DuckDB one thread, parse a text once.

    Test processes share the cores. Tests of what threads could change ask for more of them: the
    oracle's, those of laws, other cards, staged snapshots and forced runs.
    """
    connect = duckdb.connect

    def connect_lightly(
        database: Any = ":memory:", read_only: bool = False, config: Any = None
    ) -> duckdb.DuckDBPyConnection:
        return connect(database, read_only=read_only, config={"threads": 1} | (config or {}))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _descriptor: None)
        patched.setattr(duckdb, "connect", connect_lightly)
        patched.setattr(tomllib, "loads", parsed_once(tomllib.loads))
        yield


def parsed_once(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Return a parser that parses a text once: every run, card and catalog reads the same heads."""

    @cache
    def pickled(text: str, **how: Any) -> bytes:
        return pickle.dumps(parse(text, **how))

    return lambda text, **how: pickle.loads(pickled(text, **how))


@pytest.fixture(scope="session")
def autumn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September, October and October as known later, published in a nasty place; read only."""
    from tests.made_once import made_once
    from tests.publish.invented import published_autumn

    return made_once(tmp_path_factory, 'it\'s a [data] dir* %20, "ü"', published_autumn)


@pytest.fixture(scope="session")
def small_house() -> Iterator[DuckDBEngine]:
    """The house of tests/expectations/small_house.py, built; what a test changes is rolled back."""
    from tests.expectations.small_house import build_small_house

    engine = build_small_house()
    yield engine
    engine.close()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector what stays until the end: a twentieth of the processor time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs a Prefect server.

    Processes with nothing left to do take tests from the end of the list of another, and each that
    came to have one of these would start a server of its own.
    """
    items.sort(key=lambda item: "prefect_server" not in getattr(item, "fixturenames", ()))
