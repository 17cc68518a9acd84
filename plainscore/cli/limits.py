"""Flags that bound what a command takes of the machine, alike for all that compute."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True)
class Limits:
    """What is not given is taken from the settings.

    Parameters
    ----------
    threads
        Threads of the engine; all processors by default.
    memory_limit
        Memory of the engine, such as 3GB; it spills what goes beyond.
    temp_dir
        A folder to spill into; .spill in the data directory by default.
    """

    threads: int | None = None
    memory_limit: str | None = None
    temp_dir: Path | None = None

    @property
    def wishes(self) -> dict[str, Any]:
        """The settings that these flags win over, by name."""
        return {
            "threads": self.threads,
            "memory_limit": self.memory_limit,
            "temp_directory": self.temp_dir,
        }


NO_LIMITS = Limits()
