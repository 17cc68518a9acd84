"""The format of a data directory: written into it, and refused where it is newer than ours."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from plainscore.common.errors import DataFormatError
from plainscore.common.files import write_json

FORMAT = 1
"""Raised when a data directory holds what earlier versions would misread."""

FORMAT_FILE = "format.json"


@dataclass(frozen=True)
class DataFormat:
    """``written_by``: the version that first wrote the directory in this format."""

    format: int
    written_by: str


def read_format(data_dir: Path) -> DataFormat | None:
    """Return the format of a data directory; None, which means format 1, without a file of it.

    Raises DataFormatError if the file cannot be read.
    """
    file = data_dir / FORMAT_FILE
    try:
        found = json.loads(file.read_bytes())
        return DataFormat(int(found["format"]), str(found["written_by"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFormatError(
            f"{file} cannot be read ({error}): put it back as it was; if no version after "
            f"{version('plainscore')} ever wrote here, it may be removed"
        ) from error


def refuse_newer_format(data_dir: Path) -> None:
    """Raise DataFormatError if a newer version wrote the directory in a format of its own."""
    found = read_format(data_dir)
    if found is not None and found.format > FORMAT:
        raise DataFormatError(
            f"{data_dir} was written by plainscore {found.written_by} in format {found.format}, "
            f"and this is {version('plainscore')}, which reads up to format {FORMAT}: "
            f"install plainscore {found.written_by} or newer"
        )


def write_format(data_dir: Path) -> None:
    """Record our format, unless the directory has it. The caller holds the writer lock."""
    found = read_format(data_dir)
    if found is None or found.format < FORMAT:
        value = {"format": FORMAT, "written_by": version("plainscore")}
        write_json(data_dir / FORMAT_FILE, value)
