"""A world to measure: invented here, or one that is there already and is left as it is."""

import os
import shutil
from pathlib import Path

import duckdb

from plainscore.logs.event_store import open_store
from plainscore.logs.log_fields import LOGS

CACHED = ("head.json", "file_states.json")


def borrow(data_dir: Path, home: Path) -> Path:
    """Return a data directory of the same events that can be published into.

    Files of the store are hard links where the disk is the same; landing/ is a symbolic link, for
    another link to a file there would change its state and have it hashed again.
    """
    mine = home / "data"
    shutil.copytree(data_dir / "events", mine / "events", copy_function=_link)
    (mine / "landing").symlink_to((data_dir / "landing").resolve(), target_is_directory=True)
    return mine


def _link(source: str, target: str) -> None:
    if Path(source).name in CACHED:
        shutil.copy2(source, target)
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def counted(data_dir: Path) -> tuple[int, int]:
    """Return how many people and how many accepted events the store of a world holds."""
    store = open_store(data_dir)
    accepted = store.ledger().select("log", "accepted").sum()["accepted"].item()
    return store.head.next_key, int(accepted)


def bytes_of_events(data_dir: Path) -> dict[str, int]:
    """Return the size of each log in the event store, in bytes."""
    store = open_store(data_dir)
    return {log: sum(Path(f).stat().st_size for f in store.files(log)) for log in LOGS}


def scored_person(data_dir: Path) -> str:
    """Return the id of somebody who is scored."""
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        rows = con.execute("select min(person_id) from score where score is not null").fetchall()
        return str(rows[0][0])
