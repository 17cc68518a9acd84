"""What a run computes, whatever its dates: scorecards, contracts, and the hashes of both."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from plainscore.analysis.statistics import statistics_versions
from plainscore.common.errors import InputRefused
from plainscore.contracts.catalog import (
    AUDITS,
    Catalog,
    StageHash,
    catalog_hash,
    load_catalog,
    rehearsed_catalog,
    stage_hashes,
)
from plainscore.logs import IngestReport
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.reading import (
    FORMER_HASHES,
    PACKAGED,
    find_scorecard,
    read_scorecard,
    read_scorecards,
)
from plainscore.scorecards.reference import AGE_BANDS, decay_weights, injected_attacks
from plainscore.settings import Settings


@dataclass(frozen=True)
class Pipeline:
    """Scorecards (champion first), tables in order, and what identifies their code."""

    cards: tuple[Scorecard, ...]
    catalog: Catalog

    @cached_property
    def code_hash(self) -> str:
        """SHA-256 (hex) of all code that makes a snapshot; a manifest holds it."""
        return code_hash(self.catalog)

    @cached_property
    def stage_hashes(self) -> Mapping[str, StageHash]:
        """Stage -> hashes of what decides it; see ``plainscore.contracts.catalog``."""
        return stage_hashes(self.catalog, self.cards, _python_by_stage())


@dataclass(frozen=True)
class Prepared:
    """What many dates share: the method, and what one ingest brought."""

    pipeline: Pipeline
    report: IngestReport


def load_pipeline(settings: Settings) -> Pipeline:
    """Read scorecards and contracts, and rehearse them on empty tables.

    Raises ContractError if the rehearsal fails, UsageError if a scorecard is invalid.
    """
    cards = read_scorecards(settings.scorecards, settings.method)
    return Pipeline(cards, rehearsed_catalog(cards, settings.method))


def read_pipeline(settings: Settings) -> Pipeline:
    """Read scorecards and contracts without the rehearsal, for who only looks."""
    cards = read_scorecards(settings.scorecards, settings.method)
    return Pipeline(cards, load_catalog(cards, method=settings.method))


def code_hash(catalog: Catalog) -> str:
    """Return the code hash of a pipeline of this catalog; reading what SELECTs read takes time."""
    parts = [catalog_hash(catalog), *_python_by_stage().values()]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _python_by_stage() -> dict[str, str]:
    """Return stage -> hash of what Python adds to SQL: weights; age bands, attacks and so on."""
    weights = hashlib.sha256(str(decay_weights()).encode()).hexdigest()
    parts = f"{AGE_BANDS} {injected_attacks()} {statistics_versions()}"
    return {"features": weights, AUDITS: hashlib.sha256(parts.encode()).hexdigest()}


def cards_by_hash(hashes: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """Return the paths of the scorecards with some hashes, among the packaged and configured ones.

    A packaged card of an earlier version is today's, where only its words have changed.

    Raises InputRefused if one no longer exists, UsageError if a configured one cannot be read.
    """
    standard = settings.method.files("transforms/scorecards", ".toml").values()
    configured = [find_scorecard(name, settings.method) for name in settings.scorecards]
    files = [*standard, *configured]
    known = {former: str(PACKAGED / f"{name}.toml") for former, name in FORMER_HASHES.items()}
    known |= {read_scorecard(path, settings.method).hash: str(path) for path in files}
    missing = [one for one in hashes if one not in known]
    if missing:
        raise InputRefused(
            f"the scorecard it was made with is not there any more (hash {missing[0][:12]}...): "
            "add it to the setting scorecards"
        )
    return tuple(known[one] for one in hashes)
