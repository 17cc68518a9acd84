"""The honest ways to the next band: which acts, and how long they take, exact to the point.

Time works for everyone: within so many days some features grow better by themselves. So a way is
a number of days and the acts that are needed beside waiting; of all ways with as many acts, the
shortest is told, and the fewer the acts, the longer a way may take.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from plainscore.common.standard import standard_folder
from plainscore.show.record import FeatureOfRecord, Record
from plainscore.show.snapshots import Snapshots

Kind = Literal["done", "monthly", "counted", "halved", "waited"]


_NOTHING = 0.001  # an edge so low that only 0 is meant


@dataclass(frozen=True)
class Advice:
    """What is honest to do about a feature; see recourse.toml."""

    kind: Kind
    days: int
    act: str
    most: int | None = None
    needs: str | None = None


@dataclass(frozen=True)
class Step:
    """A feature brought to a goal, such as ``at least 6``, and within how many days."""

    feature: str
    act: str
    days: int
    goal: str
    points_gained: int


@dataclass(frozen=True)
class Way:
    """What reaches the band within ``days``: acts to take, and features that only take time."""

    days: int
    acts: tuple[Step, ...]
    waiting: tuple[Step, ...]
    score_then: int


@dataclass(frozen=True)
class Recourse:
    """The next band (None: there is none higher), and the ways that lead there, the fastest first.

    ``ways`` is empty where honest acts and time alone do not reach it, all else equal.
    """

    record: Record
    band: str | None
    at_least: int | None
    ways: tuple[Way, ...]


def read_advice() -> dict[str, Advice]:
    """Return feature -> advice; a feature that is not in it is never advised."""
    text = (standard_folder("transforms") / "recourse.toml").read_text(encoding="utf-8")
    return {name: Advice(**said) for name, said in tomllib.loads(text).items()}


def recourse(snapshots: Snapshots, record: Record) -> Recourse:
    """Return the honest ways of a scored person to the next band."""
    bands = snapshots.rows(
        "select band, at_least from band_card where scorecard_no = 1 and as_of_date = ? "
        "and at_least > ? order by at_least limit 1",
        (record.as_of_date, record.score),
    )
    if not bands:
        return Recourse(record, None, None, ())
    band, at_least = bands[0]
    return Recourse(record, band, at_least, tuple(ways_to(record, at_least, read_advice())))


def ways_to(record: Record, at_least: int, advice: Mapping[str, Advice]) -> Iterator[Way]:
    """Yield the ways to a score, the fastest first, each with fewer acts than the one before it.

    Points only grow with the points of features, so the fewest acts are the greatest gains.
    """
    steps = [
        step
        for name, feature in record.features.items()
        if name in advice
        for step in _steps(feature, advice[name])
    ]
    fewest = len(steps) + 1
    for days in sorted({0, *(step.days for step in steps)}):
        way = _way(record, at_least, advice, [step for step in steps if step.days <= days], days)
        if way is not None and len(way.acts) < fewest:
            fewest = len(way.acts)
            yield way


def _way(
    record: Record, at_least: int, advice: Mapping[str, Advice], steps: Sequence[Step], days: int
) -> Way | None:
    """Return the way with the fewest acts among steps that are done in time; None without one."""
    best = {step.feature: step for step in steps}  # the greatest gain of a feature comes last
    waiting = [step for step in best.values() if advice[step.feature].kind == "waited"]
    needed = {step.feature: advice[step.feature].needs for step in waiting}
    ready = [step for step in waiting if needed[step.feature] not in best]
    acts = [step for step in best.values() if advice[step.feature].kind != "waited"]
    acts.sort(key=lambda step: (-step.points_gained, step.days, step.feature))
    enablers = [step for step in acts if step.feature in needed.values()]
    ways = [
        way
        for waited, first in ((ready, []), (waiting, enablers))
        for way in [_with_fewest_acts(record, at_least, waited, first, acts, steps, days)]
        if way is not None
    ]
    return min(ways, key=lambda way: len(way.acts), default=None)


def _with_fewest_acts(
    record: Record,
    at_least: int,
    waiting: Sequence[Step],
    first: Sequence[Step],
    acts: Sequence[Step],
    steps: Sequence[Step],
    days: int,
) -> Way | None:
    """Return a way with the acts ``first``, and as few others as lead there."""
    others = [step for step in acts if step not in first]
    for count in range(len(others) + 1):
        chosen = [*first, *others[:count]]
        if _score(record, [*waiting, *chosen]) >= at_least:
            modest = _made_modest(record, at_least, waiting, chosen, steps)
            return Way(days, tuple(modest), tuple(waiting), _score(record, [*waiting, *modest]))
    return None


def _made_modest(
    record: Record,
    at_least: int,
    waiting: Sequence[Step],
    chosen: Sequence[Step],
    steps: Sequence[Step],
) -> list[Step]:
    """Return the chosen acts, each with the smallest gain that still leads there."""
    modest = list(chosen)
    for place, step in enumerate(chosen):
        for smaller in (one for one in steps if one.feature == step.feature):
            tried = [*modest[:place], smaller, *modest[place + 1 :]]
            if _score(record, [*waiting, *tried]) >= at_least:
                modest = tried
                break
    return modest


def _score(record: Record, steps: Sequence[Step]) -> int:
    return record.score_with(
        {step.feature: record.features[step.feature].points + step.points_gained for step in steps}
    )


def _steps(feature: FeatureOfRecord, advice: Advice) -> Iterator[Step]:
    """Yield what can be reached of a feature that has a value, the smallest gain first."""
    if feature.value is None:
        return
    is_up = feature.bins[-1].points > feature.bins[0].points
    found: list[Step] = []
    for better in feature.bins if is_up else reversed(feature.bins):
        edge = better.at_least if is_up else better.below
        gain = better.points - feature.points
        if gain <= 0 or edge is None or (advice.most is not None and edge > advice.most):
            continue
        days = _days(feature.value, edge, advice)
        found.append(Step(feature.feature, advice.act, days, _goal(edge, is_up=is_up), gain))
    # What is done has its best value in the end: smaller gains take as long.
    yield from found[-1:] if advice.kind == "done" else found


def _goal(edge: float, *, is_up: bool) -> str:
    if is_up:
        return f"at least {edge:g}"
    return f"below {edge:g}" if edge >= _NOTHING else "0"


def _days(value: float, edge: float, advice: Advice) -> int:
    """Return the days within which the edge of a better bin is reached; rounded up to units."""
    if advice.kind == "done":
        return advice.days
    if advice.kind == "halved":
        halvings = 0
        while value >= edge:
            value, halvings = value / 2, halvings + 1
        return advice.days * halvings
    units = edge if advice.kind == "monthly" else edge - value
    return advice.days * math.ceil(units)
