"""An event_id whose first row goes belongs to the first of its repeats that stay."""

import os
from pathlib import Path

import polars as pl

from plainscore.logs.identity import CONFLICT, DUPLICATE, PLACE, Verdicts
from plainscore.logs.ledger import Counts
from plainscore.logs.set_aside import SetAside
from plainscore.logs.tables import MONTH, stored_tables
from plainscore.logs.writer import StoreWriter

COUNTED_AS = {DUPLICATE: "duplicates", CONFLICT: "quarantined"}


def promote(
    writer: StoreWriter, landing: Path, log: str, gone: pl.DataFrame, counts: Counts
) -> None:
    """Accept the first repeat of every event_id whose first row is gone; judge the others anew.

    The ledger in ``writer`` already knows the files as they are in landing/, and the repeats of
    erased people are out.
    """
    firsts = _first_repeats(writer, log, gone)
    if firsts.is_empty():
        return
    for verdict, count in COUNTED_AS.items():
        counts.add(firsts.filter(pl.col("verdict") == verdict), accepted=1, **{count: -1})
    places = firsts.select(*PLACE, "arrived")
    writer.tables["repeat"].remove_rows(places)
    writer.tables["quarantine"].remove_rows(places)
    columns = [name for name in stored_tables()[log].columns if name != MONTH]
    accepted = firsts.with_columns(event_date=pl.col("event_time").dt.date()).select(columns)
    writer.tables[log].add(accepted, ["person_key"])
    nothing = accepted.clear()
    set_aside = SetAside(writer, landing, log, {}, {}, os.cpu_count() or 1)
    changed = set_aside.judge_anew(Verdicts(nothing, accepted, nothing, accepted))
    for verdict, step in {DUPLICATE: 1, CONFLICT: -1}.items():
        rows = changed.filter(pl.col("verdict") == verdict)
        counts.add(rows, duplicates=step, quarantined=-step)
    set_aside.write()


def _first_repeats(writer: StoreWriter, log: str, gone: pl.DataFrame) -> pl.DataFrame:
    files = writer.tables["repeat"].files()
    if not files:
        return stored_tables()["repeat"].empty()
    return (
        pl.scan_parquet(files, glob=False, hive_partitioning=False)
        .filter(pl.col("log") == log)
        .join(gone.lazy().select("event_id").unique(), on="event_id", how="semi")
        .collect()
        .join(writer.ledger.select("file_no", "file"), on="file_no", how="left")
        .sort("event_id", "arrived", "file", "line")
        .unique("event_id", keep="first", maintain_order=True)
    )
