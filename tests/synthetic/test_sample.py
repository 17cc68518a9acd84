"""The committed sample is what its settings make, row for row."""

import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import WorldSettings

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "landing"
_LOG_FILES = "[!_]*/arrived=*/*"


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, made anew by the command that README names."""
    landing = tmp_path_factory.mktemp("sample") / "landing"
    days = date(2025, 11, 1), date(2026, 10, 31)
    synthesise(WorldSettings(200, *days, 2, landing, "mixed", "monthly"))
    return landing


def _content(path: Path) -> object:
    """Return what a file holds, whatever the version of the packing library."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        return frame.schema, frame.rows()
    return path.read_bytes()


def test_the_sample_is_made_again_row_for_row(made_again: Path) -> None:
    kept = {p.relative_to(SAMPLE): p for p in SAMPLE.rglob("*") if p.is_file()}
    made = {p.relative_to(made_again): p for p in made_again.rglob("*") if p.is_file()}
    assert set(kept) == set(made)
    for name, path in kept.items():
        if name.name != "targets.json":
            assert _content(path) == _content(made[name]), name


def test_the_sample_has_every_format_and_is_small() -> None:
    files = list(SAMPLE.glob(_LOG_FILES))
    endings = {path.name.partition(".")[2] for path in files}
    assert endings == {"parquet", "ndjson", "ndjson.gz", "csv", "csv.gz"}
    assert sum(path.stat().st_size for path in files) < 600_000
