"""What the manifests and contracts of published runs say."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.publish.manifest import read_contracts, read_manifest
from flows.publish.runs import Run
from transforms.contract import Column

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

    def columns(self, table_name: str, runs: Sequence[Run]) -> list[Column]:
        """Return the columns of a table in any of the runs, the newest run's first."""
        columns: dict[str, Column] = {}
        for contracts_hash in dict.fromkeys(self._hash(run) for run in reversed(runs)):
            for column in self._own_columns(table_name, contracts_hash):
                columns.setdefault(column.name, column)
        return list(columns.values())

    def groups_alike(
        self, table_name: str, runs: Sequence[Run]
    ) -> Mapping[frozenset[str], list[Run]]:
        """Return the runs that have the table, by the names of its columns."""
        groups: dict[frozenset[str], list[Run]] = {}
        names_by_hash = {
            contracts_hash: frozenset(c.name for c in self._own_columns(table_name, contracts_hash))
            for contracts_hash in self._contracts
        }
        for run in runs:
            names = names_by_hash[self._hash(run)]
            if names:
                groups.setdefault(names, []).append(run)
        return groups

    def feature_names(self) -> list[str]:
        """Return every feature of any run, the newest run's first and in its order."""
        keys = ("person_id", "as_of_date", "known_on")
        columns = self.columns("features", self.runs)
        return [column.name for column in columns if column.name not in keys]

    def _hash(self, run: Run) -> str:
        return str(self.manifests[run]["contracts_sha256"])

    def _own_columns(self, table_name: str, contracts_hash: str) -> list[Column]:
        contract = self._contracts[contracts_hash].get(table_name, {"columns": ()})
        return [
            Column(said["name"], said["type"], said["doc"], said["unit"])
            for said in contract["columns"]
        ]
