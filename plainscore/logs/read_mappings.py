"""Under which mapping the files of each folder were read, so that an edited one is not silent.

A file is read once. Where ``[sources.<folder>]`` is edited afterwards, its events stay as they
were; only reading all of landing/ again, into a new store, changes them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from plainscore.common.files import write_atomically
from plainscore.logs.sources import Source

MAPPINGS = "sources.json"


def changed_mappings(
    events: Path, sources: Mapping[str, Source], ingested: Iterable[str]
) -> list[str]:
    """Return a warning for each folder of which files were read under another mapping.

    ``ingested``: the paths of the ingested files under landing/.
    """
    noted, counts = _read(events), Counter(file.partition("/")[0] for file in ingested)
    return [
        f"{folder}/: {counts[folder]:,} files were read before [sources.{folder}] of "
        "plainscore.toml was edited, and their events stay as they are; "
        "`plainscore ingest --rebuild` reads all of landing/ again"
        for folder, source in sources.items()
        if counts[folder] and noted.get(folder, _digest(source)) != _digest(source)
    ]


def note_mappings(events: Path, sources: Mapping[str, Source], ingested: Iterable[str]) -> None:
    """Note the mappings of folders of which nothing was read before, and those not yet noted."""
    noted, known = _read(events), {file.partition("/")[0] for file in ingested}
    present = {folder: _digest(source) for folder, source in sources.items()}
    now = present | {folder: digest for folder, digest in noted.items() if folder in known}
    if now != noted:
        write_atomically(events / MAPPINGS, json.dumps(now, indent=1) + "\n")


def _digest(source: Source) -> str:
    """Return a digest of what decides which events a delivered row becomes."""
    own = source.is_own_words  # then the log says which fields there are
    said = {
        "format": source.format.model_dump(exclude_defaults=True),
        "time_zone": source.time_zone,
        "events": [] if own else [one.model_dump(exclude_defaults=True) for one in source.events],
    }
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _read(events: Path) -> dict[str, str]:
    try:
        noted = json.loads((events / MAPPINGS).read_text())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
