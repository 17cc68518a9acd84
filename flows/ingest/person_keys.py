"""Dense integers for the ids of people, given once, in the order of ingestion.

The key of somebody who was erased is not given again: what a forgotten copy of old rows says of
it must not become true of another.
"""

from collections.abc import Sequence

import polars as pl

from flows.ingest.tables import person_fields, stored_name, stored_tables


class PersonKeys:
    """The ids known so far and their keys: 0, 1, 2 ..., with gaps where people were erased."""

    def __init__(self, stored: pl.DataFrame, next_key: int = 0) -> None:
        self._known = stored.select("person_key", "person_id")
        self._next_key = max(next_key, 1 + max(stored["person_key"].to_list(), default=-1))
        self._fresh: list[pl.DataFrame] = []

    def put_keys(self, log: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Replace the delivered fields that name people by keys, giving new ones where needed."""
        for name in person_fields(log):
            keys = self._look_up(rows[name])
            unknown = keys.is_null() & rows[name].is_not_null()
            if unknown.any():
                self._add(rows[name].filter(unknown).unique())
                keys = self._look_up(rows[name])
            rows = rows.drop(name).with_columns(keys.alias(stored_name(name)))
        return rows

    @property
    def next_key(self) -> int:
        """The key that the next person gets."""
        return self._next_key

    def _look_up(self, ids: pl.Series) -> pl.Series:
        named = ids.alias("person_id").to_frame()
        keyed = named.join(self._known, on="person_id", how="left", maintain_order="left")
        return keyed["person_key"].rechunk()

    def id_of(self, key: object) -> str:
        """Return the id that has a key."""
        return str(self._known.filter(pl.col("person_key") == key)["person_id"].item())

    def keys_of(self, ids: Sequence[str]) -> list[int]:
        """Return the keys of those ids that have one."""
        is_wanted = pl.col("person_id").is_in(ids)
        return self._known.filter(is_wanted)["person_key"].to_list()

    def _add(self, ids: pl.Series) -> None:
        keys = pl.int_range(self._next_key, self._next_key + len(ids), dtype=pl.Int64, eager=True)
        numbered = pl.DataFrame({"person_key": keys, "person_id": ids.sort()})
        self._known = pl.concat([self._known, numbered])
        self._next_key += len(numbered)
        self._fresh.append(numbered)

    def take_fresh(self) -> pl.DataFrame:
        """Return the people added since the last call."""
        fresh = pl.concat([stored_tables()["person"].empty(), *self._fresh])
        self._fresh = []
        return fresh
