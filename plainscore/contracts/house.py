"""The house as it stands: every table, written by hand or decided by scorecards, in build order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plainscore.contracts.catalog import (
    COMPARING,
    DRIFTING,
    EVALUATING,
    HERE,
    Catalog,
    tables_on_file,
)
from plainscore.contracts.contract import Glossary, Table, read_glossary
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.compiled import compile_scorecards


@dataclass(frozen=True)
class HouseTables:
    """``written``: the tables that have a file of their own; ``compiled``: what the cards decide.

    Their inputs are not read yet: that is the catalog's part, and takes most of the time.
    """

    written: tuple[Table, ...]
    compiled: tuple[Table, ...]
    glossary: Glossary

    @property
    def catalog(self) -> Catalog:
        """All of them in build order; ContractError where they do not fit each other."""
        return Catalog([*self.written, *self.compiled], self.glossary)


def read_tables(cards: Sequence[Scorecard], root: Path = HERE) -> HouseTables:
    """Return the tables of a run with these scorecards, champion first.

    Raises ContractError or UsageError where files and cards do not fit each other.
    """
    glossary = read_glossary(root / "glossary.toml")
    written = tables_on_file(root, glossary)
    features = [table for table in written if table.schema == "features"]
    compiled = compile_scorecards(cards, features, glossary)
    return HouseTables(tuple(written), tuple(compiled), glossary)


def comparison_catalog(root: Path = HERE) -> Catalog:
    """Return the catalog of the tables that compare two snapshots, whatever the scorecards."""
    glossary = read_glossary(root / "glossary.toml")
    return Catalog(tables_on_file(root, glossary, (COMPARING,)), glossary)


def evaluation_catalog(root: Path = HERE) -> Catalog:
    """Return the catalog of what became of a snapshot's people, and of what that is read from."""
    glossary = read_glossary(root / "glossary.toml")
    schemas = ("events", "reference", "raw", "staging", EVALUATING)
    return Catalog(tables_on_file(root, glossary, schemas), glossary)


def drift_catalog(root: Path = HERE) -> Catalog:
    """Return the catalog of the tables that tell how far two snapshots have drifted."""
    glossary = read_glossary(root / "glossary.toml")
    return Catalog(tables_on_file(root, glossary, (DRIFTING,)), glossary)


def build_catalog(cards: Sequence[Scorecard], root: Path = HERE) -> Catalog:
    """Return the catalog of a run with these scorecards, champion first.

    Raises ContractError or UsageError where files and cards do not fit each other.
    """
    return read_tables(cards, root).catalog
