"""What the manifests and contracts of published runs say."""

from collections.abc import Mapping, Sequence
from typing import Any

from plainscore.contracts.contract import Column
from plainscore.publish.manifest import read_contracts, read_manifest
from plainscore.publish.runs import Run

Contracts = Mapping[str, Any]
Manifest = Mapping[str, Any]


class PublishedRuns:
    """The runs that a catalog shows, oldest first, with their manifests.

    Runs of the same code have the same contracts: those are read once.
    """

    def __init__(self, runs: Sequence[Run]):
        self.runs = tuple(runs)
        self.manifests: dict[Run, Manifest] = {run: read_manifest(run) for run in runs}
        self._contracts: dict[str, Contracts] = {}
        for run in runs:
            if self._hash(run) not in self._contracts:
                self._contracts[self._hash(run)] = read_contracts(run)

    @property
    def contracts(self) -> Contracts:
        """The contracts of the newest run: table name -> title, grain, key, columns."""
        return self._contracts[self._hash(self.runs[-1])]

    def by_contracts(self) -> Mapping[str, list[Run]]:
        """Return the runs by the hash of their contracts, the oldest first."""
        groups: dict[str, list[Run]] = {}
        for run in self.runs:
            groups.setdefault(self._hash(run), []).append(run)
        return groups

    def contracts_of(self, runs: Sequence[Run]) -> list[str]:
        """Return the hashes of the contracts that the runs have, the newest run's first."""
        return list(dict.fromkeys(self._hash(run) for run in reversed(runs)))

    def columns(self, table_name: str, contracts: Sequence[str]) -> list[Column]:
        """Return the columns that a table has by any of the contracts, the first's first."""
        columns: dict[str, Column] = {}
        for one in contracts:
            for column in self._own_columns(table_name, one):
                columns.setdefault(column.name, column)
        return list(columns.values())

    def groups_alike(
        self, table_name: str, contracts: Sequence[str]
    ) -> Mapping[frozenset[str], list[str]]:
        """Return the contracts that know the table, by the names of its columns."""
        groups: dict[frozenset[str], list[str]] = {}
        for one in contracts:
            names = frozenset(column.name for column in self._own_columns(table_name, one))
            if names:
                groups.setdefault(names, []).append(one)
        return groups

    def feature_names(self) -> list[str]:
        """Return every feature of any run, the newest run's first and in its order."""
        keys = ("person_id", "as_of_date", "known_on")
        columns = self.columns("features", self.contracts_of(self.runs))
        return [column.name for column in columns if column.name not in keys]

    def _hash(self, run: Run) -> str:
        return str(self.manifests[run]["contracts_sha256"])

    def _own_columns(self, table_name: str, contracts_hash: str) -> list[Column]:
        contract = self._contracts[contracts_hash].get(table_name, {"columns": ()})
        return [
            Column(said["name"], said["type"], said["doc"], said["unit"])
            for said in contract["columns"]
        ]
