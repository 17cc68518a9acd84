"""The SQL and the oracle say the same of every person of every nasty world."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from plainscore.contracts import SnapshotDates
from plainscore.scorecards.card import ReasonRule, Scorecard
from tests.oracle.agreement import differences, made_on
from tests.oracle.events import LOGS
from tests.oracle.house import score_events
from tests.oracle.nasty_worlds import NastyWorld, nasty_world
from tests.oracle.score import ReasonChoice
from tests.oracle.snapshot import snapshot
from tests.transforms.worked_example import cards


@pytest.mark.parametrize("seed", range(8))
def test_every_person_gets_what_the_method_says(seed: int, tmp_path: Path) -> None:
    _assert_agreement(nasty_world(seed), tmp_path)


@pytest.mark.parametrize("seed", [2, 5])
def test_without_the_newest_events_only_time_has_passed(seed: int, tmp_path: Path) -> None:
    _assert_agreement(nasty_world(seed), tmp_path, days_left_out=45)


@pytest.mark.parametrize("log", LOGS)
def test_a_log_may_be_missing_altogether(log: str, tmp_path: Path) -> None:
    _assert_agreement(nasty_world(100, without_log=log), tmp_path)


CHOICES = (
    ReasonChoice("average"),
    ReasonChoice("average", count=10, one_per_family=False),
    ReasonChoice("passing", gate=600, within=100),
    ReasonChoice("passing", gate=550, within=0, count=1),
    ReasonChoice("passing", gate=500, within=450, count=9, one_per_family=False),
    ReasonChoice("maximum", count=10),
    ReasonChoice("maximum", one_per_family=False),
)


@pytest.mark.parametrize("seed", [1, 6])
def test_reasons_are_those_of_the_method_that_the_card_chose(seed: int, tmp_path: Path) -> None:
    """One card for each choice, all of them scored at once."""
    choosing = {f"{n}_{choice.method}": choice for n, choice in enumerate(CHOICES)}
    on_cards = [
        replace(cards()[0], name=name, reasons=_rule(choice)) for name, choice in choosing.items()
    ]
    _assert_agreement(nasty_world(seed), tmp_path, on_cards=on_cards, choosing=choosing)


def _rule(choice: ReasonChoice) -> ReasonRule:
    near = {"gate": choice.gate, "within": choice.within} if choice.method == "passing" else {}
    return ReasonRule(
        choice.method, count=choice.count, one_per_family=choice.one_per_family, **near
    )


def _assert_agreement(
    world: NastyWorld,
    folder: Path,
    days_left_out: int = 0,
    on_cards: Sequence[Scorecard] = (),
    choosing: Mapping[str, ReasonChoice] = MappingProxyType({"standard": ReasonChoice()}),
) -> None:
    until = world.as_of_date - timedelta(days=days_left_out)
    known = [event for event in world.events if event.event_date <= until]
    dates = SnapshotDates(world.as_of_date, world.known_on, until)
    engine = score_events(world.events, dates, folder, on_cards=on_cards)
    found = []
    for card, choice in choosing.items():
        expected = snapshot(known, world.as_of_date, world.known_on, choice)
        lines = differences(engine.con, expected, made_on(card))
        found += [f"{card}: {line}" for line in lines]
    engine.close()
    assert not found, f"{len(found)} values differ:\n" + "\n".join(found[:40])
