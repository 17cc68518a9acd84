"""Dense integers for the ids of people, given once, in the order of ingestion.

The key of somebody who was erased is not given again: what a forgotten copy of old rows says of
it must not become true of another.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from plainscore.logs.tables import person_fields, stored_name, stored_tables


class PersonKeys:
    """The ids known so far and their keys: 0, 1, 2 ..., with gaps where people were erased."""

    def __init__(self, stored: pl.DataFrame, next_key: int = 0) -> None:
        self._known = stored.select("person_key", "person_id")
        self._next_key = max(next_key, 1 + max(stored["person_key"].to_list(), default=-1))
        self._fresh: list[pl.DataFrame] = []

    def find_keys(self, log: str, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Return, by delivered field, the keys that are known by now; null where there is none.

        May be called in any thread: people are only ever added.
        """
        return {name: self._look_up(rows[name]) for name in person_fields(log)}

    def put_keys(
        self, log: str, rows: pl.DataFrame, found: Mapping[str, pl.Series]
    ) -> pl.DataFrame:
        """Replace the delivered fields that name people by keys, giving new ones where needed.

        ``found`` is what ``find_keys`` knew of these rows a while ago.
        """
        for name in person_fields(log):
            keys = self._complete(rows[name], found[name])
            rows = rows.drop(name).with_columns(keys.alias(stored_name(name)))
        return rows

    def _complete(self, ids: pl.Series, keys: pl.Series) -> pl.Series:
        lacking = (keys.is_null() & ids.is_not_null()).arg_true()
        if not len(lacking):
            return keys
        named = ids.gather(lacking)
        found = self._look_up(named)
        if found.null_count():
            self._add(named.filter(found.is_null()).unique())
            found = self._look_up(named)
        return keys.clone().scatter(lacking, found)

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
