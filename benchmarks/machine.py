"""On what it was measured, so that figures of two days can be held against each other."""

import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("duckdb", "polars", "deltalake", "prefect", "great-expectations")


def machine() -> str:
    """Return processors, memory, day and versions in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    day = datetime.now(UTC).date()
    return f"{day}, {os.cpu_count()} processors, {memory:.0f} GiB; {versions}"


def present_load() -> float:
    """Return how many processes have wanted a processor in the last minute, on average."""
    return float(Path("/proc/loadavg").read_text().split()[0])
