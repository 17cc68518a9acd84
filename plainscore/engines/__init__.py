"""Engines: what runs the transforms, and what it may use. Imports none of them here."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from plainscore.common.errors import UsageError

EngineName = Literal["duckdb", "spark", "sail"]
NEEDS = {"duckdb": (), "spark": ("pyspark", "py4j"), "sail": ("pysail", "pyspark", "grpc")}


@dataclass(frozen=True)
class EngineOptions:
    """The engine of a run and its limits.

    ``threads`` None: all processors, or one for a small store. ``memory_limit`` as DuckDB writes
    it, e.g. ``"3GB"``; None: a run stays within half of the machine's and 4 GB, and on Spark
    its own default. ``temp_directory``: a folder of this run alone, for rows that do not fit into
    memory and, of many people or with Spark, for the tables themselves. ``master``: the
    URL of a Spark cluster.
    """

    threads: int | None = None
    memory_limit: str | None = None
    temp_directory: Path | None = None
    engine: EngineName = "duckdb"
    master: str | None = None


def require_engine(engine: EngineName, master: str | None) -> None:
    """Raise UsageError where an engine is not installed, or a master is given to one without."""
    if master is not None and engine != "spark":
        raise UsageError(f"a master is Spark's: {engine} has none (give --engine spark with it)")
    if any(find_spec(package) is None for package in NEEDS[engine]):
        raise UsageError(
            f"the engine {engine} is not installed: pip install 'plainscore[{engine}]'"
        )
