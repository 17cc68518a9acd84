"""The head of the event store: one small file that says which versions count.

It is replaced as a whole, and that is the only moment at which an ingest becomes true.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from plainscore.common.errors import InputRefused
from plainscore.logs.delta_table import sync

HEAD_NAME = "head.json"
_FORMAT = 1


@dataclass(frozen=True)
class Head:
    """``versions`` by table; ``seen`` the files of seen event ids by log, made with ``probe``.

    ``next_key``: a person key below it was given at some time, perhaps to somebody who was
    erased since. ``erasures``: how many times people were erased.
    """

    versions: dict[str, int] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)
    probe: str = ""
    next_key: int = 0
    erasures: int = 0


def read_head(events: Path) -> Head:
    """Read the head of an event store; an empty one where nothing was ever ingested.

    Raises
    ------
    InputRefused
        The file is not a head that this version can read.
    """
    path = events / HEAD_NAME
    try:
        read = json.loads(path.read_text())
        if (written := read.pop("format")) > _FORMAT:
            raise InputRefused(
                f"{path} is of format {written}, and this version reads up to {_FORMAT}: "
                "install the version of plainscore that wrote it, or a newer one"
            )
        return Head(**read)
    except FileNotFoundError:
        return Head()
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise InputRefused(
        f"{path} is not readable by this version: restore it, or remove {events} and ingest again"
    )


def write_head(events: Path, head: Head) -> None:
    """Replace the head of an event store."""
    text = json.dumps(
        {"format": _FORMAT, **asdict(head)},
        indent=1,
        sort_keys=True,
    )
    fresh = events / f"{HEAD_NAME}.new"
    fresh.write_text(text + "\n")
    sync(fresh)
    fresh.replace(events / HEAD_NAME)
    sync(events)
