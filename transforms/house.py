"""The whole house: every table, hand-written or decided by the scorecards, in build order."""

from collections.abc import Sequence
from pathlib import Path

from transforms.catalog import HERE, Catalog, tables_on_file
from transforms.contract import read_glossary
from transforms.scorecard.card import Scorecard
from transforms.scorecard.compiled import compile_scorecards


def build_catalog(cards: Sequence[Scorecard], root: Path = HERE) -> Catalog:
    """Return the catalog of a run with these scorecards, champion first.

    Raises ContractError or UsageError where files and cards do not fit each other.
    """
    glossary = read_glossary(root / "glossary.toml")
    written = tables_on_file(root, glossary)
    features = [table for table in written if table.schema == "features"]
    return Catalog([*written, *compile_scorecards(cards, features, glossary)], glossary)
