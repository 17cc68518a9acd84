"""``events/head.json``: the parquet files that each table of the event store consists of.

Readers need nothing else, so that they and a writer never wait for each other: a writer replaces
the head as a whole after each commit, and no file it ever named changes. Here are also the columns
of the store's own tables.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from plainscore.common.errors import InputRefused
from plainscore.common.files import write_atomically

HEAD_NAME = "head.json"
HEAD_FORMAT = 2
MONTH = "arrived_month"
_PLACE = {"arrived": "DATE", "file_no": "BIGINT", "line": "BIGINT", MONTH: "VARCHAR"}

Columns = Mapping[str, str]
"""SQL types by column name."""

OWN_TABLES: dict[str, Columns] = {
    "person": {"person_key": "BIGINT", "person_id": "VARCHAR"},
    "file": {
        "file_no": "BIGINT",
        "log": "VARCHAR",
        "file": "VARCHAR",
        "arrived": "DATE",
        "bytes": "BIGINT",
        "sha256": "VARCHAR",
        "rows": "BIGINT",
        "accepted": "BIGINT",
        "duplicates": "BIGINT",
        "quarantined": "BIGINT",
        "unknown_column_count": "BIGINT",
        "unknown_columns": "VARCHAR",
    },
    "quarantine": {"log": "VARCHAR", "file": "VARCHAR", "reason": "VARCHAR", "raw": "VARCHAR"}
    | _PLACE,
    "erasure": {"number": "BIGINT", "next_key": "BIGINT"},
}
"""Tables next to the logs. ``erasure`` keeps what the remaining rows no longer show."""


@dataclass(frozen=True)
class StoreHead:
    """One state of the event store.

    Attributes
    ----------
    snapshot
        The number of the DuckLake snapshot with this state; -1: nothing was ever stored.
    next_key
        The key of the next new person: every lower one was given at some time.
    erasures
        How many times people were erased.
    files
        By table, the paths of its parquet files under ``events/``, sorted. Tables are the logs,
        ``repeats.<log>``, ``person``, ``file`` (the ledger) and ``quarantine``.
    """

    snapshot: int = -1
    next_key: int = 0
    erasures: int = 0
    files: dict[str, list[str]] = field(default_factory=dict)


def places_while_rebuilt(events: Path) -> tuple[Path, Path]:
    """Return where a rebuild makes the new store, and where the old one stands while both move.

    The names are hidden: ``events.old`` may be a backup of the operator's.
    """
    return events.with_name(f".{events.name}.new"), events.with_name(f".{events.name}.old")


def store_folder(data_dir: Path) -> Path:
    """Return where the event store stands: ``events``, unless a rebuild was killed as it moved."""
    events = data_dir / "events"
    _, old = places_while_rebuilt(events)
    return old if old.is_dir() and not events.exists() else events


def settle_rebuild(events: Path) -> None:
    """Put the old store back where a rebuild was killed before the new one stood in its place.

    What it left otherwise is removed. The caller holds the writer lock.
    """
    fresh, old = places_while_rebuilt(events)
    if old.is_dir() and not events.exists():
        old.rename(events)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)


def read_store_head(events: Path) -> StoreHead:
    """Read the head of an event store; an empty one where nothing was ever ingested.

    Raises
    ------
    InputRefused
        The file is damaged, or another version of plainscore wrote the store.
    """
    path = events / HEAD_NAME
    try:
        read = json.loads(path.read_text())
        written = int(read.pop("format"))
        if written == HEAD_FORMAT:
            return StoreHead(**read)
    except FileNotFoundError:
        return StoreHead()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputRefused(
            f"{path} is not readable by this version: restore it, or remove {events} and ingest "
            "again"
        ) from error
    if written > HEAD_FORMAT:
        raise InputRefused(
            f"{path} is of format {written}, and this version reads format {HEAD_FORMAT}: "
            "install the version of plainscore that wrote it, or a newer one"
        )
    raise InputRefused(
        f"{events} was written by plainscore 1 in another format: rebuild it from landing/ with "
        f"these two commands: rm -r {events}; plainscore ingest --data {events.parent}"
    )


def write_store_head(events: Path, head: StoreHead) -> None:
    """Replace the head of an event store, also across a power cut."""
    text = json.dumps({"format": HEAD_FORMAT, **asdict(head)}, indent=1, sort_keys=True)
    write_atomically(events / HEAD_NAME, text + "\n")
