"""The same settings give the same bytes, in any portions, in every version."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from plainscore.synthetic import synthesise as writing
from plainscore.synthetic.chance import Ints
from plainscore.synthetic.delivery import LOGS, SourceLog
from plainscore.synthetic.rows import Month, Rows, stack
from plainscore.synthetic.synthesise import synthesise
from plainscore.synthetic.world import World, WorldSettings, build_world
from tests.synthetic.conftest import fingerprint

SettingsOf = Callable[..., WorldSettings]
_EACH_LOG = pytest.mark.parametrize("log", LOGS, ids=lambda log: str(log.name))


def _sorted(rows: Rows) -> list[tuple[int, ...]]:
    names = sorted(rows.columns)
    return sorted(zip(*(rows[name].tolist() for name in names), strict=True))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    landing = tmp_path_factory.mktemp("made") / "landing"
    return build_world(WorldSettings(400, date(2024, 11, 1), date(2026, 10, 31), 3, landing))


def arriving_in(world: World, log: SourceLog, persons: Ints, month: Month) -> list[tuple[int, ...]]:
    """Return one month's arrivals of some people, made alone; nothing reaches further back."""
    first = max(world.settings.months[0].number, month.number - 8)
    months = map(Month, range(first, month.number + 1))
    rows = stack(
        [rows for begun in months for rows in writing._begun_in(world, log, persons, begun)]
    )
    return _sorted(
        rows.take((rows["arrival"] >= month.first_day) & (rows["arrival"] <= month.last_day))
    )


@_EACH_LOG
def test_a_person_or_month_made_alone_equals_that_of_the_whole(made: World, log: SourceLog) -> None:
    wanted, everyone = Month.of(date(2025, 6, 1)), made.population.everyone
    by_month = writing._arrivals_by_month(made, log, everyone)
    whole = next(rows for month, rows in by_month if month == wanted)
    assert arriving_in(made, log, everyone, wanted) == _sorted(whole)
    for person in (17, 399):
        alone = arriving_in(made, log, np.array([person]), wanted)
        assert alone == _sorted(whole.take(whole["person"] == person))


@_EACH_LOG
def test_no_event_number_is_given_twice(made: World, log: SourceLog) -> None:
    months = made.settings.months[:6]
    numbers = [log.rows(made, made.population.everyone, m)["event"] for m in months]
    together = np.concatenate(numbers)
    assert len(np.unique(together)) == len(together)


def test_threads_and_reruns_change_no_byte(settings_of: SettingsOf) -> None:
    one, two, other = settings_of("one"), settings_of("two"), settings_of("other", seed=6)
    synthesise(one, threads=1)
    synthesise(two, threads=4)
    synthesise(other, threads=2)
    assert fingerprint(one.landing) == fingerprint(two.landing)
    assert fingerprint(one.landing) != fingerprint(other.landing)


def test_people_lie_in_files_by_group_whatever_the_block(
    settings_of: SettingsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PEOPLE_PER_FILE", 40)
    settings = settings_of()
    synthesise(settings)
    files = {path.name for path in settings.landing.glob("purchase/*/*.parquet")}
    assert files == {"part-000.parquet", "part-001.parquet", "part-002.parquet"}


def test_a_later_last_day_adds_days_and_changes_none(settings_of: SettingsOf) -> None:
    short = settings_of("grown", last=date(2025, 1, 28))
    synthesise(short)
    before = {
        name: content
        for name, content in fingerprint(short.landing).items()
        if not name.startswith("_truth")
    }
    assert synthesise(replace(short, last=settings_of().last)).is_new
    whole = settings_of("whole")
    synthesise(whole)
    grown = fingerprint(short.landing)
    assert {name: grown[name] for name in before} == before
    assert grown == fingerprint(whole.landing)


SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "landing"
_LOG_FILES = "[!_]*/arrived=*/*"


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, made again by the command that README names."""
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
        assert _content(path) == _content(made[name]), name


def test_the_sample_has_every_format_and_is_small() -> None:
    files = list(SAMPLE.glob(_LOG_FILES))
    endings = {path.name.partition(".")[2] for path in files}
    assert endings == {"parquet", "ndjson", "ndjson.gz", "csv", "csv.gz"}
    assert sum(path.stat().st_size for path in files) < 600_000


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
        digest.update(f"{path.relative_to(folder)}\n".encode() + content)
    return digest.hexdigest()[:16]


_WRITTEN = [
    {"_truth": "cb09c434c47fa03f", "friendship": "ef989e17c2608cb1", "payment": "f06e5424c67e58e2",
     "profile": "09878127b8c16df6", "purchase": "a52de3d415bad2ac", "service": "6fbe99105e88c9d8"},
    {"_truth": "9a695a5b3760bbe6", "friendship": "5b2b41e1d9e11a05", "payment": "123b4b586b6ab9d0",
     "profile": "42472aeb5074759c", "purchase": "0d7acbd52146744c", "service": "de4a69d69d87512d"},
    {"_truth": "ea43d182b994134c", "friendship": "2eb0e983f7293b95", "payment": "eeae29d875307627",
     "profile": "f384917dbc3503f6", "purchase": "efcdf3ee26d1b26d", "service": "933af7466c9b28ce"},
    {"_truth": "b447ee237f547944", "friendship": "7b70d13545b1681f", "payment": "2ac0a4b2f826c4c7",
     "profile": "de0aecfe94482852", "purchase": "c464961f60820526", "service": "79fce21087cf96ab"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("people", "seed", "options", "expected"),
    [
        (150, 5, _DAILY, _WRITTEN[0]),
        (110, 2**63 + 9, _PROXY, _WRITTEN[1]),
        (3, 1, _PROXY | {"first": date(2024, 1, 1)}, _WRITTEN[2]),
        # With a class, which begins 20 days after the first.
        (260, 4, _DAILY, _WRITTEN[3]),
    ],
)
def test_the_bytes_of_a_world_never_change(
    tmp_path: Path, people: int, seed: int, options: dict[str, object], expected: dict[str, str]
) -> None:
    synthesise(WorldSettings(people, seed=seed, landing=tmp_path / "landing", **options))  # type: ignore[arg-type]
    assert digests(tmp_path / "landing") == expected
