"""Small worlds keep their bytes: digests of what the first released version wrote."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings

_DAILY = {"first": date(2025, 1, 10), "last": date(2025, 3, 5), "file_format": "ndjson"}
_PROXY = {
    "first": date(2025, 9, 1), "last": date(2025, 12, 31), "file_format": "csv",
    "arrivals": "monthly", "is_region_causal": True,
}  # fmt: skip


def digests(landing: Path) -> dict[str, str]:
    """Return one digest for the files of each log and one for the labels."""
    folders = sorted(path for path in landing.iterdir())
    return {folder.name: _digest(folder) for folder in folders}


def _digest(folder: Path) -> str:
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            # The rows: packing may change with the library.
            content = pl.read_parquet(path).write_ndjson().encode()
        if path.name != "targets.json":
            digest.update(f"{path.relative_to(folder)}\n".encode() + content)
    return digest.hexdigest()[:16]


_WRITTEN = [
    {"_truth": "cf0e8768c6696ffb", "friendship": "1382e56c03333238", "payment": "1eb91b3244f7cf39",
     "profile": "09878127b8c16df6", "purchase": "f4cd142b390f8447", "service": "b17b1d8b48a533a0"},
    {"_truth": "eeaa8d6f1038a513", "friendship": "c33a56a40425281b", "payment": "855f16b01e8eaf9f",
     "profile": "42472aeb5074759c", "purchase": "ea1028b31a3c890d", "service": "54cd65f55cfa27b6"},
    {"_truth": "1e091813b1792c93", "friendship": "e587f659bebeda23", "payment": "1c3bbf1cd1995f4f",
     "profile": "f384917dbc3503f6", "purchase": "99bf1cbe4f16313e", "service": "18b49887415b278e"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("people", "seed", "options", "expected"),
    [
        (150, 5, _DAILY, _WRITTEN[0]),
        (110, 2**63 + 9, _PROXY, _WRITTEN[1]),
        (3, 1, _PROXY | {"first": date(2024, 1, 1)}, _WRITTEN[2]),
    ],
)
def test_the_bytes_of_a_world_never_change(
    tmp_path: Path, people: int, seed: int, options: dict[str, object], expected: dict[str, str]
) -> None:
    synthesise(WorldSettings(people, seed=seed, landing=tmp_path / "landing", **options))  # type: ignore[arg-type]
    assert digests(tmp_path / "landing") == expected
