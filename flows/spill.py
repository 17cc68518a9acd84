"""Where engines spill to: a folder for each data directory, so that no two ever share one."""

import hashlib
from pathlib import Path

from flows.settings import Settings

SPILL = ".spill"


def spill_folder(data_dir: Path, settings: Settings, apart: str = "") -> Path:
    """Return the folder into which the engines of a data directory spill.

    In the data directory, or where the settings say: there it bears a name made of the data
    directory's path, because engines that shared a folder would delete each other's files.
    ``apart``: an ending for what reads without holding the writer lock.
    """
    home = data_dir.resolve()
    if settings.temp_directory is None:
        return home / f"{SPILL}{apart}"
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return settings.temp_directory.resolve() / f"plainscore-{name}{apart}"
