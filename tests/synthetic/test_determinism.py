"""The same settings give the same rows, whoever makes them, in whatever portions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from plainscore.synthetic import synthesise as writing
from plainscore.synthetic.logs import LOGS, Log
from plainscore.synthetic.rows import Month, Rows
from plainscore.synthetic.synthesise import rows_arriving_in, synthesise
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


@_EACH_LOG
def test_one_person_made_alone_equals_that_person_of_the_whole(made: World, log: Log) -> None:
    month, everyone = Month.of(date(2025, 6, 1)), made.population.everyone
    for person in (17, 399):
        whole = rows_arriving_in(made, log, everyone, month)
        alone = rows_arriving_in(made, log, np.array([person]), month)
        assert _sorted(alone) == _sorted(whole.take(whole["person"] == person))


@_EACH_LOG
def test_a_month_made_alone_equals_that_month_of_the_whole(made: World, log: Log) -> None:
    wanted = Month.of(date(2026, 3, 1))
    everyone = made.population.everyone
    by_month = writing._arrivals_by_month(made, log, everyone)
    whole = next(rows for month, rows in by_month if month == wanted)
    assert _sorted(rows_arriving_in(made, log, everyone, wanted)) == _sorted(whole)


@_EACH_LOG
def test_no_event_number_is_given_twice(made: World, log: Log) -> None:
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
    monkeypatch.setattr(writing, "PEOPLE_PER_FILE", 60)
    settings = settings_of(last=date(2025, 1, 31))
    synthesise(settings)
    files = {path.name for path in settings.landing.glob("purchase/*/*.parquet")}
    assert files == {"part-000.parquet", "part-001.parquet", "part-002.parquet"}


def test_a_later_last_day_adds_days_and_changes_none(settings_of: SettingsOf) -> None:
    short = settings_of("grown", last=date(2025, 1, 20))
    synthesise(short)
    before = {
        name: content
        for name, content in fingerprint(short.landing).items()
        if not name.startswith("_truth")
    }
    assert synthesise(replace(short, last=date(2025, 2, 9))).is_new
    whole = settings_of("whole")
    synthesise(whole)
    grown = fingerprint(short.landing)
    assert {name: grown[name] for name in before} == before
    assert grown == fingerprint(whole.landing)
