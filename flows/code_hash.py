"""Identity of all code that makes a snapshot: the SQL, and the Python of what SQL cannot say."""

import hashlib
from collections.abc import Sequence

from studies.statistics.statistic_tables import statistics_hash
from transforms.catalog import AUDITS, Catalog
from transforms.fingerprint import StageHash, catalog_hash, stage_hashes
from transforms.house import HouseTables
from transforms.scorecard.card import Scorecard


def code_hash(catalog: Catalog) -> str:
    """Return SHA-256 (hex) over every table as it is made; a manifest holds it."""
    return hashlib.sha256(f"{catalog_hash(catalog)} {statistics_hash()}".encode()).hexdigest()


def code_by_stage(tables: HouseTables, cards: Sequence[Scorecard]) -> dict[str, StageHash]:
    """Return stage -> hashes of what decides it; see transforms.fingerprint.stage_hashes."""
    return stage_hashes(tables, cards, {AUDITS: statistics_hash()})
