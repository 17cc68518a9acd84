"""Spark and Sail as sessions: the one place that knows pyspark and pysail, and loads them late."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

from plainscore.common.errors import UsageError

EngineName = Literal["duckdb", "spark", "sail"]
NEEDS = {"duckdb": (), "spark": ("pyspark", "py4j"), "sail": ("pysail", "pyspark", "grpc")}
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
# What keeps rows equal to the last digit, whatever the cluster's own settings say.
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    # Without this, the optimizer needs hours for the chain of CASEs in scores.reason.
    "spark.sql.constraintPropagation.enabled": "false",
}


@dataclass(frozen=True)
class Session:
    """An open session, and how it ends."""

    spark: Any
    close: Callable[[], None]


def require_engine(engine: EngineName, master: str | None) -> None:
    """Raise UsageError where an engine is not installed, or has no master to be told of."""
    if master is not None and engine != "spark":
        raise UsageError(f"a master is Spark's: {engine} has none (give --engine spark with it)")
    if any(find_spec(package) is None for package in NEEDS[engine]):
        raise UsageError(
            f"the engine {engine} is not installed: pip install 'plainscore[{engine}]'"
        )


def open_session(
    engine: EngineName, master: str | None, *, threads: int | None, memory_limit: str | None
) -> Session:
    """Start an engine, or connect to the cluster that ``master`` names (``spark://host:port``).

    ``threads`` and ``memory_limit`` bound an engine in this machine; a cluster has its own.
    Raises UsageError as `require_engine`.
    """
    require_engine(engine, master)
    if engine == "sail":
        return _sail()
    return _spark(master or f"local[{threads or '*'}]", memory_limit)


def _spark(master: str, memory_limit: str | None) -> Session:
    from pyspark.sql import SparkSession

    logging.getLogger("py4j").setLevel(logging.CRITICAL)  # who interrupts a run knows why it ends
    builder = SparkSession.builder.master(master).appName("plainscore")
    local = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    if memory_limit is not None and master.startswith("local"):
        local["spark.driver.memory"] = jvm_memory(memory_limit)
    for name, value in (SETTINGS | local).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return Session(spark, spark.stop)


def jvm_memory(limit: str) -> str:
    """Return a limit as DuckDB writes it, such as 2.5GB, in the JVM's whole MiB."""
    number, unit = limit[:-2], limit[-2:]
    return f"{int(float(number) * UNITS[unit]) // 2**20}m"


def _sail() -> Session:
    os.environ.setdefault("RUST_LOG", "error")  # it would tell of every start and stop
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)

    def close() -> None:
        spark.stop()
        server.stop()

    return Session(spark, close)
