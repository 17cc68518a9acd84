"""The world that is measured, and whether both ways of scoring it agree."""

import os
import shutil
from datetime import date
from pathlib import Path

import duckdb

from plainscore.logs.event_store import open_store
from plainscore.logs.log_fields import LOGS

CACHED = ("head.json", "file_states.json")
DATE_COLUMNS = ("as_of_date", "known_on")
SCORE = ("person_id", "score", "band_no", "score_rank", "not_scored_code")


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
    """Return the id of a scored person."""
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        rows = con.execute("select min(person_id) from score where score is not null").fetchall()
        return str(rows[0][0])


def differing_rows(data_dir: Path, as_of_date: date, result: Path) -> dict[str, int]:
    """Return, for ``features`` and ``score``, how many rows only one of the two has."""
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        described = con.execute("describe features").fetchall()
        features = [name for name, *_ in described if name not in DATE_COLUMNS]
        con.execute("set variable plain = ?", [str(result)])
        counts = {}
        for view, columns in (("features", features), ("score", SCORE)):
            named = ", ".join(columns)
            published = f"select {named} from {view} where as_of_date = date '{as_of_date}'"
            by_hand = f"select {named} from read_parquet(getvariable('plain'))"
            counts[view] = _rows(con, f"({published} except all {by_hand})") + _rows(
                con, f"({by_hand} except all {published})"
            )
        return counts


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.execute(f"select count(*) from {query}").fetchall()[0][0])
