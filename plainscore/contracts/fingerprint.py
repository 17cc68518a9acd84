"""Identity of the code that makes a snapshot: the transforms as they run, nothing else."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from plainscore.contracts.catalog import APART, SCHEMAS, Catalog
from plainscore.contracts.contract import Table
from plainscore.contracts.house import HouseTables
from plainscore.scorecards.card import Scorecard

SOURCES = ("events", "reference")
# Before it, a card decides no more than which features there are and who can be scored.
WHOLE_CARDS_FROM = "scores"


def catalog_hash(catalog: Catalog) -> str:
    """Return SHA-256 (hex) over every contract and SELECT of a snapshot, scorecards compiled in.

    A changed comment in SQL counts as a change; layout of contracts does not. What looks at
    snapshots from outside is part of none: see `hash_of_schema`.
    """
    return _hash_of(catalog, [n for n in catalog.tables if catalog[n].schema not in APART])


def hash_of_schema(catalog: Catalog, schema: str) -> str:
    """Return SHA-256 (hex) over every contract and SELECT of one schema."""
    return _hash_of(catalog, [table.name for table in catalog.of_schema(schema)])


def _hash_of(catalog: Catalog, names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(names):
        table = asdict(catalog[name])
        table["inputs"] = sorted(table["inputs"])
        digest.update(_json(table))
    return digest.hexdigest()


@dataclass(frozen=True)
class StageHash:
    """What decides a stage beside its input: hand-written tables, and scorecards (or None)."""

    code: str
    scorecards: str | None


def stage_hashes(
    tables: HouseTables, cards: Sequence[Scorecard], own_code: Mapping[str, str]
) -> dict[str, StageHash]:
    """Return stage -> hashes over its own tables and those of every stage before it.

    ``own_code``: stage -> hash of the code that fills its tables where no SQL does.

    A stage reads itself and earlier stages only: so the first stage whose hash differs is the
    one that was changed, and all later ones differ with it.
    """
    code, decided = hashlib.sha256(), hashlib.sha256()
    is_decided = False
    hashes = {}
    for schema in (schema for schema in SCHEMAS if schema not in APART):
        code.update(_text_of(tables.written, schema) + own_code.get(schema, "").encode())
        compiled = _text_of(tables.compiled, schema)
        decided.update(compiled)
        if schema == WHOLE_CARDS_FROM:
            decided.update(_json([card.hash for card in cards]))
        is_decided = is_decided or bool(compiled) or schema == WHOLE_CARDS_FROM
        if schema not in SOURCES:
            by_cards = decided.hexdigest() if is_decided else None
            hashes[schema] = StageHash(code.hexdigest(), by_cards)
    return hashes


def _text_of(tables: Iterable[Table], schema: str) -> bytes:
    of_schema = sorted((t for t in tables if t.schema == schema), key=lambda table: table.name)
    return b"".join(_json(asdict(table) | {"inputs": None}) for table in of_schema)


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
