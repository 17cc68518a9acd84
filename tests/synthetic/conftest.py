"""Worlds that many tests look at, made once."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from plainscore.synthetic.synthesise import SynthesisResult, synthesise
from plainscore.synthetic.world import WorldSettings

FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)
LOG_NAMES = ("profile", "purchase", "payment", "service", "friendship")
_ARRIVED = re.compile(r"arrived=(\d{4}-\d\d-\d\d)")


class MadeWorld:
    """A world on disk, its settings and how many rows it has."""

    def __init__(self, settings: WorldSettings, made: SynthesisResult) -> None:
        self.settings = settings
        self.made = made

    def log(self, name: str) -> pl.DataFrame:
        """Return all rows of a log's parquet files, with their arrival day and file."""
        files = sorted((self.settings.landing / name).glob("*/*.parquet"))
        return pl.concat([_with_origin(path) for path in files])

    def sound(self, name: str) -> pl.DataFrame:
        """Return the rows that are neither broken nor repeated: the first whole row of each id."""
        rows = self.log(name).filter(
            pl.col("event_id").is_not_null()
            & pl.col("person_id").is_not_null()
            & (pl.col("event_type") != "misspelt")
            & (pl.col("event_time") < pl.col("arrived").cast(pl.Datetime("us")).dt.offset_by("1d"))
        )
        if "amount" in rows.columns:
            cents = pl.col("amount") * 100
            rows = rows.filter((cents - cents.round()).abs() < 1e-6, cents.is_between(0, 1e12))
        return rows.unique("event_id", keep="first", maintain_order=True)

    def truth(self, name: str) -> pl.DataFrame:
        """Return one table of labels."""
        return pl.read_parquet(self.settings.landing / "_truth" / f"{name}.parquet")


def _with_origin(path: Path) -> pl.DataFrame:
    found = _ARRIVED.search(str(path))
    assert found is not None
    arrived = date.fromisoformat(found.group(1))
    return pl.read_parquet(path).with_columns(arrived=pl.lit(arrived))


def fingerprint(landing: Path) -> dict[str, bytes]:
    """Return every file under a landing folder with its bytes."""
    files = (path for path in sorted(landing.rglob("*")) if path.is_file())
    return {str(path.relative_to(landing)): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def modest_world(tmp_path_factory: pytest.TempPathFactory) -> MadeWorld:
    """3,000 people over 24 months, in few files."""
    landing = tmp_path_factory.mktemp("modest") / "landing"
    settings = WorldSettings(3_000, FIRST, LAST, 1, landing, arrivals="monthly")
    return MadeWorld(settings, synthesise(settings))


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[..., WorldSettings]:
    """Return a maker of small settings, each in a folder of its own."""

    def make(folder: str = "one", **changes: object) -> WorldSettings:
        chosen: dict[str, object] = {
            "people": 100,
            "first": date(2025, 1, 25),
            "last": date(2025, 2, 4),
            "seed": 5,
            "landing": tmp_path / folder / "landing",
        }
        return WorldSettings(**{**chosen, **changes})  # type: ignore[arg-type]

    return make
