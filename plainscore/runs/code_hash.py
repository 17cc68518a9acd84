"""Identity of all code that makes a snapshot: the SQL, and the Python of what SQL cannot say."""

import hashlib
from collections.abc import Sequence

from plainscore.analysis.statistics import statistics_versions
from plainscore.contracts.catalog import AUDITS, Catalog, StageHash, catalog_hash, stage_hashes
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reference import AGE_BANDS, decay_weights, injected_attacks


def code_hash(catalog: Catalog) -> str:
    """Return SHA-256 (hex) over every table as it is made; a manifest holds it."""
    parts = [catalog_hash(catalog), *_python_by_stage().values()]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def code_by_stage(catalog: Catalog, cards: Sequence[Scorecard]) -> dict[str, StageHash]:
    """Return stage -> hashes of what decides it; see `stage_hashes`."""
    return stage_hashes(catalog, cards, _python_by_stage())


def _python_by_stage() -> dict[str, str]:
    """Return stage -> hash of what Python brings into it: weights; age bands, attacks and so on."""
    weights = hashlib.sha256(str(decay_weights()).encode()).hexdigest()
    parts = f"{AGE_BANDS} {injected_attacks()} {statistics_versions()}"
    return {"features": weights, AUDITS: hashlib.sha256(parts.encode()).hexdigest()}
