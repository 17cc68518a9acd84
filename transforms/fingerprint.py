"""Identity of the code that makes a snapshot: the transforms as they run, nothing else."""

import hashlib
import json
from dataclasses import asdict

from transforms.catalog import Catalog


def catalog_hash(catalog: Catalog) -> str:
    """Return SHA-256 (hex) over every contract and SELECT, scorecards compiled in.

    A changed comment in SQL counts as a change; layout of contracts does not.
    """
    digest = hashlib.sha256()
    for name in sorted(catalog.tables):
        table = asdict(catalog[name])
        table["inputs"] = sorted(table["inputs"])
        digest.update(json.dumps(table, sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()
