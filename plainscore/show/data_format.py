"""The format of a data directory, stamped into it, and whether this version can read it."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from plainscore.show.errors import DataFormatError

FORMAT = 1
"""Raised when a data directory holds what earlier versions would misread."""

STAMP = "format.json"


@dataclass(frozen=True)
class Stamp:
    """``written_by``: the version that made the directory one of this format."""

    format: int
    written_by: str


def read_stamp(data_dir: Path) -> Stamp | None:
    """Return the stamp of a data directory; None where there is none: then it is of format 1.

    Raises DataFormatError where it cannot be read.
    """
    file = data_dir / STAMP
    try:
        said = json.loads(file.read_bytes())
        return Stamp(int(said["format"]), str(said["written_by"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFormatError(
            f"{file} cannot be read ({error}): put it back as it was; if no version after "
            f"{version('plainscore')} ever wrote here, it may be removed"
        ) from error


def refuse_newer_format(data_dir: Path) -> None:
    """Raise DataFormatError where a newer version wrote a data directory in a format of its own."""
    stamp = read_stamp(data_dir)
    if stamp is not None and stamp.format > FORMAT:
        raise DataFormatError(
            f"{data_dir} was written by plainscore {stamp.written_by} in format {stamp.format}, "
            f"and this is {version('plainscore')}, which reads up to format {FORMAT}: "
            f"install plainscore {stamp.written_by} or newer"
        )
