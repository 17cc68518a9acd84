"""What rows with the same event_id are to each other: the first, its repeats, its conflicts.

The first arrival is the first by (arrival day, path, line). A later row with the same content is a
duplicate, any other a conflict: each is compared with the first alone.
"""

from dataclasses import dataclass

import polars as pl

from plainscore.logs.tables import content_columns

DUPLICATE, CONFLICT = "duplicate", "conflict"
CONFLICT_REASON = "event_id was used before with another content"
PLACE = ["file_no", "line"]


@dataclass(frozen=True)
class Verdicts:
    """What becomes of rows that share an event_id with others.

    ``accepted`` are new rows that came first; ``displaced`` are rows of the store that turned out
    not to be the first; ``repeats`` are all that are not the first, those displaced included, with
    their ``verdict``; ``firsts`` are the rows all others were compared with.
    """

    accepted: pl.DataFrame
    displaced: pl.DataFrame
    repeats: pl.DataFrame
    firsts: pl.DataFrame


def judge_shared_ids(
    log: str, new: pl.DataFrame, stored: pl.DataFrame, paths: pl.DataFrame
) -> Verdicts:
    """Judge new rows against each other and against the accepted rows of the store.

    Parameters
    ----------
    log
        The log of all rows.
    new
        Rows in the log's stored columns that share their event_id with others.
    stored
        The accepted rows with one of these event ids, the same columns.
    paths
        ``file_no`` and ``file`` of every file of the log.
    """
    together = pl.concat(
        [
            new.with_columns(pl.lit(False).alias("is stored")),
            stored.select(new.columns).with_columns(pl.lit(True).alias("is stored")),
        ]
    )
    ordered = together.join(paths, on="file_no", how="left").sort(
        "event_id", "arrived", "file", "line"
    )
    firsts = ordered.unique("event_id", keep="first", maintain_order=True)
    others = ordered.join(firsts, on=PLACE, how="anti", maintain_order="left")
    repeats = compare(log, others, firsts)
    return Verdicts(
        accepted=firsts.filter(~pl.col("is stored")).select(new.columns),
        displaced=others.filter("is stored").select(new.columns),
        repeats=repeats.select(*new.columns, "verdict"),
        firsts=firsts.select(new.columns),
    )


def compare(log: str, rows: pl.DataFrame, firsts: pl.DataFrame) -> pl.DataFrame:
    """Return ``rows`` with their ``verdict`` against the first row of the same event_id."""
    content = content_columns(log)
    renamed = firsts.select("event_id", *(pl.col(name).alias(f"{name} first") for name in content))
    is_same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(f"{name} first")) for name in content
    )
    verdict = pl.when(is_same).then(pl.lit(DUPLICATE)).otherwise(pl.lit(CONFLICT))
    compared = rows.join(renamed, on="event_id", how="left", maintain_order="left")
    return compared.select(*rows.columns, verdict.alias("verdict"))
