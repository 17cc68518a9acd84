"""The truth about a world, in landing/_truth/: what the pipeline never reads and an audit may.

Labels: people, life events, attacks, how bills really end, and what delivery did to the rows. And
targets: figures of the world, counted while it is written, with the bounds of docs/method.md. A
world under a few thousand people or of a few months can miss targets by chance alone.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from plainscore.synthetic.attacks import ATTACK_KINDS, ROLES
from plainscore.synthetic.bills import (
    BILL_TYPES,
    INSTALMENT,
    Bills,
    bill_event,
    bills_of_month,
)
from plainscore.synthetic.bills import EVENT_TYPES as PAYMENT_EVENTS
from plainscore.synthetic.chance import Flags, Ints
from plainscore.synthetic.delivery import LATE, MARK_NAMES
from plainscore.synthetic.logs import day_column, named, numbered, person_ids, whole_numbers
from plainscore.synthetic.people import GENDERS, LIFE_EVENTS, REGIONS, Onsets, onsets
from plainscore.synthetic.purchases import PURCHASE
from plainscore.synthetic.rows import EPOCH, NONE, SECONDS_PER_DAY, Columns, Month, Rows
from plainscore.synthetic.world import World

TROUBLE_DAYS: Final = 30
_OUTLOOK_DAYS: Final = 90
_PERSONS_AT_ONCE: Final = 100_000
_TARGETS_FILE: Final = "targets.json"
_TARGETS: Final = (
    # docs/method.md, "Synthetic world": name, lowest, highest
    ("thin files, fakes included (share)", 0.08, 0.12),
    ("ties per person (mean)", 18, 22),
    ("ties per person (most)", 30, 1_000),
    ("clustering (mean of persons)", 0.11, 0.17),
    ("degree assortativity", 0.02, 0.5),
    ("reliability of friends (correlation)", 0.1, 0.5),
    ("purchases of the busiest 20 % (share)", 0.5, 0.8),
    ("December / ordinary month", 1.6, 2.0),
    ("January, February / ordinary month", 0.67, 0.83),
    ("instalments paid late (share)", 0.03, 0.05),
    ("instalments never paid (share)", 0.015, 0.025),
    ("reliability foretells 30 days late (AUC)", 0.75, 0.95),
    ("rows per person and month", 8, 18),
    ("rows delivered late (share)", 0.016, 0.024),
    ("rows delivered twice (share)", 0.004, 0.006),
    ("rows in conflict (share)", 0.0001, 0.0004),
    ("rows corrupt (share)", 0.0008, 0.0012),
    ("payments taken back (share)", 0.004, 0.02),
)
_ORDINARY_MONTHS: Final = (3, 4, 5, 6, 7, 8, 9, 10)
_CLUSTERING_SAMPLE: Final = 1_500


@dataclass(frozen=True)
class Troubles(Columns):
    """Bills that became 30 or more days late, shape (bills,); `days_late` NONE: never paid."""

    person: Ints
    bill: Ints
    bill_type: Ints
    due_day: Ints
    days_late: Ints


@dataclass(frozen=True)
class Outcomes:
    """How all bills due within the world's days end, even where the end lies after its last day.

    Attributes
    ----------
    instalments, late_instalments
        Counts of all instalments and of those paid after their due date.
    had_bill, had_trouble
        Who had any bill due in the last 90 days of the world, and who any that became 30 or more
        days late; of shape (people,).
    troubles
        All bills that became 30 or more days late.
    """

    instalments: int
    late_instalments: int
    had_bill: Flags
    had_trouble: Flags
    troubles: Troubles

    @property
    def unpaid_instalments(self) -> int:
        """The number of instalments that are never paid."""
        is_instalment = self.troubles.bill_type == INSTALMENT
        return int((is_instalment & (self.troubles.days_late == NONE)).sum())


def find_outcomes(world: World) -> Outcomes:
    """Go through all bills of a world and see how they end."""
    people, last_day = world.population.count, world.settings.last_day
    had_bill, had_trouble = np.zeros((2, people), dtype=bool)
    instalments = late = 0
    troubles: list[Troubles] = []
    for first in range(0, people, _PERSONS_AT_ONCE):
        persons = np.arange(first, min(first + _PERSONS_AT_ONCE, people))
        for month in world.settings.months:
            bills = bills_of_month(world, persons, month)
            bills = bills.take((bills.due_day <= last_day) & (bills.cents > 0))
            had_bill[bills.person[bills.due_day > last_day - _OUTLOOK_DAYS]] = True
            is_instalment = bills.bill_type == INSTALMENT
            instalments += int(is_instalment.sum())
            late += int((is_instalment & (bills.settled_day > bills.due_day)).sum())
            troubles.append(_troubles(bills, month))
    found = Troubles.join(troubles)
    had_trouble[found.person[found.due_day > last_day - _OUTLOOK_DAYS]] = True
    return Outcomes(instalments, late, had_bill, had_trouble, found)


def _troubles(bills: Bills, month: Month) -> Troubles:
    unpaid = bills.settled_day == NONE
    days_late = np.where(unpaid, NONE, bills.settled_day - bills.due_day)
    every = Troubles(
        bills.person, bill_event(bills, month, 0), bills.bill_type, bills.due_day, days_late
    )
    return every.take(unpaid | (days_late >= TROUBLE_DAYS))


def write_truth(
    folder: Path, world: World, troubles: Troubles, delivered: Mapping[tuple[str, str], int]
) -> None:
    """Write one parquet file per kind of label.

    Parameters
    ----------
    delivered
        What was delivered: rows by log and mark.
    """
    tables: dict[str, _Table | pl.DataFrame] = {
        "person": _person_table(world),
        "life_event": _life_event_table(world),
        "attack": _attack_table(world),
        "attack_tie": _attack_tie_table(world),
        "troubled_bill": _troubled_bill_table(world, troubles),
        "delivery": _delivery_table(delivered),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        pl.DataFrame(table).write_parquet(path, compression="snappy", statistics=False)


_Table = Mapping[str, pl.Series | npt.NDArray[np.generic]]


def _ids(world: World, persons: Ints) -> pl.Series:
    return person_ids(world.population.count)(persons)


def _person_table(world: World) -> _Table:
    """One row per person: latent traits (mean 0, deviation 1000) and audit attributes."""
    people = world.population
    return {
        "person_id": _ids(world, people.everyone),
        "reliability": people.reliability,
        "capacity": people.capacity,
        "activity": people.activity,
        "sociability": people.sociability,
        "is_thin": people.is_thin,
        "is_fake": people.operator >= 0,
        "opened": day_column(people.opened_day),
        "region": named(REGIONS)(people.region),
        "gender": named(GENDERS)(people.gender),
        "birth_year": whole_numbers(people.birth_year),
    }


def _life_event_table(world: World) -> _Table:
    """One row per life event within the world's months."""
    persons, months = world.population.everyone, world.settings.months
    every_month = (onsets(world.dice, persons, month) for month in months)
    began = Onsets.join([found.take(found.kind >= 0) for found in every_month])
    return {
        "person_id": _ids(world, began.person),
        "kind": named(LIFE_EVENTS)(began.kind),
        "day": day_column(began.day),
        "months": began.months,
    }


def _attack_table(world: World) -> _Table:
    """One row per part played in an attack."""
    planted = world.attacks
    return {
        "attack": planted.attack,
        "kind": named(ATTACK_KINDS)(planted.kind),
        "role": named(ROLES)(planted.role),
        "person_id": _ids(world, planted.person),
        "first_day": day_column(planted.first_day),
    }


def _attack_tie_table(world: World) -> _Table:
    """One row per tie that an attack added."""
    ties = world.ties.take(world.ties.attack >= 0)
    return {
        "attack": ties.attack,
        "person_id": _ids(world, ties.low),
        "friend_id": _ids(world, ties.high),
        "added": day_column(ties.added_day),
    }


def _troubled_bill_table(world: World, troubles: Troubles) -> _Table:
    """One row per bill that became 30 or more days late; days_late is null if never paid."""
    return {
        "person_id": _ids(world, troubles.person),
        "bill_id": numbered("b")(troubles.bill),
        "bill_type": named(BILL_TYPES)(troubles.bill_type),
        "due_date": day_column(troubles.due_day),
        "days_late": whole_numbers(troubles.days_late),
    }


def _delivery_table(delivered: Mapping[tuple[str, str], int]) -> pl.DataFrame:
    """One row per log and what its delivered rows were counted as."""
    counts = sorted((log, what, number) for (log, what), number in delivered.items() if number)
    return pl.DataFrame(counts, schema={"log": str, "what": str, "rows": pl.Int64}, orient="row")


class Tally:
    """Counts of delivered rows: of a world, or of one log and group of people.

    Attributes
    ----------
    counts
        By (log, what): all rows, the marks of delivery, and the kinds of payment events.
    purchases_by_month
        By month number, as in Month.
    purchases_by_person
        One array per group of people that bought anything.
    """

    def __init__(self, first: int = 0, people: int = 0) -> None:
        """Count rows of persons `first` to `first + people - 1`, or none: a sum of others."""
        self._first, self._people = first, people
        self.counts: Counter[tuple[str, str]] = Counter()
        self.purchases_by_month: Counter[int] = Counter()
        self.purchases_by_person: list[Ints] = []

    def add_rows(self, log: str, rows: Rows) -> None:
        """Count delivered rows of one log."""
        self.counts[log, "rows"] += len(rows)
        self._count(log, MARK_NAMES, rows["mark"])
        is_whole = rows["mark"] <= LATE
        if log == "payment":
            self._count(log, PAYMENT_EVENTS, rows["kind"][is_whole])
        if log == "purchase":
            bought = np.flatnonzero(is_whole & (rows["kind"] == PURCHASE))
            self._count_purchases(rows["person"][bought], rows["time"][bought])

    def _count(self, log: str, names: tuple[str, ...], places: Ints) -> None:
        numbers = np.bincount(places, minlength=len(names)).tolist()
        for name, number in zip(names, numbers, strict=True):
            self.counts[log, name] += number

    def _count_purchases(self, person: Ints, time: Ints) -> None:
        if not len(person):
            return
        bought = np.bincount(person - self._first, minlength=self._people)
        self.purchases_by_person = [sum(self.purchases_by_person, start=bought)]
        days = (time // SECONDS_PER_DAY).astype("datetime64[D]")
        months = days.astype("datetime64[M]").astype(np.int64) + EPOCH.year * 12
        earliest = int(months.min())
        for number, count in enumerate(np.bincount(months - earliest).tolist(), start=earliest):
            self.purchases_by_month[number] += count

    def merge(self, other: "Tally") -> None:
        """Add the counts of another part of the same world."""
        self.counts.update(other.counts)
        self.purchases_by_month.update(other.purchases_by_month)
        self.purchases_by_person += other.purchases_by_person


@dataclass(frozen=True)
class Statistic:
    """One figure of a world and the bounds it should lie in.

    `generated` is None where the world is too short for it (no December, say); `is_met` is None
    then.
    """

    name: str
    low: float
    high: float
    generated: float | None

    @property
    def is_met(self) -> bool | None:
        """Whether it lies within its bounds."""
        if self.generated is None:
            return None
        return self.low <= self.generated <= self.high


def compare_with_targets(world: World, tally: Tally, outcomes: Outcomes) -> list[Statistic]:
    """Return every target of docs/method.md with the figure that was generated."""
    people, counts = world.population, tally.counts
    is_thin = ~people.are_ordinary(people.everyone)
    rows = sum(number for (_, what), number in counts.items() if what == "rows")
    known = outcomes.had_bill

    def delivered(mark: str) -> float | None:
        return _ratio(sum(n for (_, what), n in counts.items() if what.startswith(mark)), rows)

    figures = (
        _ratio(int(is_thin.sum()), people.count),
        *_tie_figures(world),
        _share_of_the_busiest(tally.purchases_by_person),
        _season(tally.purchases_by_month, (12,)),
        _season(tally.purchases_by_month, (1, 2)),
        _ratio(outcomes.late_instalments, outcomes.instalments),
        _ratio(outcomes.unpaid_instalments, outcomes.instalments),
        _area_under_curve(-people.reliability[known], outcomes.had_trouble[known]),
        rows / people.count / len(world.settings.months),
        *(delivered(mark) for mark in ("late", "duplicate", "conflict", "corrupt")),
        _ratio(counts["payment", "reversal"], counts["payment", "payment"]),
    )
    return [Statistic(*t, figure) for t, figure in zip(_TARGETS, figures, strict=True)]


def write_targets(folder: Path, statistics: list[Statistic]) -> None:
    """Keep the table of targets with the labels."""
    rows = [vars(statistic) | {"is_met": statistic.is_met} for statistic in statistics]
    (folder / _TARGETS_FILE).write_text(json.dumps(rows, indent=1) + "\n")


def read_targets(folder: Path) -> list[Statistic]:
    """Return the table of targets of a world made earlier."""
    rows = json.loads((folder / _TARGETS_FILE).read_text())
    return [Statistic(row["name"], row["low"], row["high"], row["generated"]) for row in rows]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _tie_figures(world: World) -> tuple[float | None, ...]:
    """Return the five figures of the ties formed by the last day."""
    formed = world.ties.take(world.ties.added_day <= world.settings.last_day)
    ends = np.concatenate([formed.low, formed.high])
    others = np.concatenate([formed.high, formed.low])
    degree = np.bincount(ends, minlength=world.population.count)
    reliability = world.population.reliability
    return (
        float(degree.mean()),
        float(degree.max()),
        _clustering(world, ends, others),
        _correlation(degree[ends], degree[others]),
        _correlation(reliability[ends], reliability[others]),
    )


def _correlation(one: Ints, other: Ints) -> float | None:
    return float(np.corrcoef(one, other)[0, 1]) if len(one) > 1 else None


def _clustering(world: World, ends: Ints, others: Ints) -> float | None:
    """Return the mean share of a person's pairs of friends who know each other, on a sample."""
    codes = np.sort(ends << 32 | others)
    start = np.searchsorted(codes, np.arange(world.population.count + 1) << 32)
    draw = world.dice.roll("statistics", np.arange(_CLUSTERING_SAMPLE)).lane(0)
    shares = []
    for person in (draw * world.population.count >> 16).tolist():
        friends = codes[start[person] : start[person + 1]] & 0xFFFFFFFF
        if len(friends) < 2:
            continue
        one, other = np.triu_indices(len(friends), k=1)
        wanted = friends[one] << 32 | friends[other]
        found = codes[np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)] == wanted
        shares.append(float(found.mean()))
    return float(np.mean(shares)) if shares else None


def _share_of_the_busiest(purchases_by_person: list[Ints]) -> float | None:
    """Return the share of all purchases that the busiest fifth of people make."""
    bought = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *purchases_by_person]))[::-1]
    return _ratio(int(bought[: len(bought) // 5].sum()), int(bought.sum()))


def _season(by_month: Counter[int], of_year: tuple[int, ...]) -> float | None:
    """Return the mean of the chosen months over the mean of March to October."""
    chosen = [count for month, count in by_month.items() if month % 12 + 1 in of_year]
    ordinary = [count for month, count in by_month.items() if month % 12 + 1 in _ORDINARY_MONTHS]
    return float(np.mean(chosen) / np.mean(ordinary)) if chosen and ordinary else None


def _area_under_curve(value: Ints, is_case: Flags) -> float | None:
    """Return the chance that a case has the larger value than a non-case (ties count half)."""
    _, place, size = np.unique(value, return_inverse=True, return_counts=True)
    rank = (np.cumsum(size) - (size - 1) / 2)[place]
    cases = int(is_case.sum())
    others = len(value) - cases
    if not cases or not others:
        return None
    return float((rank[is_case].sum() - cases * (cases + 1) / 2) / cases / others)
