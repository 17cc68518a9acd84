"""Where engines spill to: a folder for each data directory, which its next run may empty."""

import hashlib
from pathlib import Path

from plainscore.engines.options import EngineOptions
from plainscore.settings import Settings

SPILL = ".spill"


def spill_folder(data_dir: Path, settings: Settings, apart: str = "") -> Path:
    """Return the folder into which the engines of a data directory spill.

    In the data directory, or where the settings say: there it bears a name made of the data
    directory's path, so that what a dead run left there can be deleted without touching others'.
    ``apart``: an ending for what reads without holding the writer lock.
    """
    home = data_dir.resolve()
    if settings.temp_directory is None:
        return home / f"{SPILL}{apart}"
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return settings.temp_directory.resolve() / f"plainscore-{name}{apart}"


def engine_options(data_dir: Path, settings: Settings, apart: str = "") -> EngineOptions:
    """Return DuckDB's limits from the settings, with the folder of `spill_folder`."""
    return EngineOptions(
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        temp_directory=spill_folder(data_dir, settings, apart),
    )
