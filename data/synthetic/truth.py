"""The truth about a world, in landing/_truth/: what the pipeline never reads and an audit may.

Labels: people, life events, attacks, how bills really end, and what delivery did to the rows. And
targets: figures of the world, counted while it is written, with the bounds of method.md. A
world under a few thousand people or of a few months can miss targets by chance alone.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from plainscore.synthetic.attacks import ATTACK_KINDS, ROLES
from plainscore.synthetic.bills import BILL_TYPES, INSTALMENT, bills_of_month
from plainscore.synthetic.bills import EVENT_TYPES as PAYMENT_EVENTS
from plainscore.synthetic.chance import Flags, Ints
from plainscore.synthetic.delivery import (
    LATE,
    MARK_NAMES,
    PERSON,
    Values,
    Writer,
    days,
    named,
    numbered,
    table_of,
    whole_numbers,
)
from plainscore.synthetic.people import GENDERS, LIFE_EVENTS, REGIONS, onsets
from plainscore.synthetic.purchases import PURCHASE
from plainscore.synthetic.rows import EPOCH, NONE, Rows, stack
from plainscore.synthetic.world import World

TROUBLE_DAYS: Final = 30
_OUTLOOK_DAYS: Final = 90
_PERSONS_AT_ONCE: Final = 100_000
_TARGETS_FILE: Final = "targets.json"
_TARGETS: Final = (
    # method.md, "Synthetic world": name, lowest, highest
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
class Outcomes:
    """How all bills due within the world's days end, even where the end lies after its last day.

    `had_bill` and `had_trouble`, of shape (people,): who had any bill due in the last 90 days, and
    who any that became 30 or more days late. `troubles` are all such bills of the world, with
    `days_late`, NONE if never paid. The others count instalments.
    """

    instalments: int
    late_instalments: int
    had_bill: Flags
    had_trouble: Flags
    troubles: Rows


def find_outcomes(world: World) -> Outcomes:
    """Go through all bills of a world and see how they end."""
    everyone, last_day = world.population.everyone, world.settings.last_day
    had_bill, had_trouble = np.zeros((2, len(everyone)), dtype=bool)
    instalments = late = 0
    troubles: list[Rows] = []
    for persons in np.split(everyone, range(_PERSONS_AT_ONCE, len(everyone), _PERSONS_AT_ONCE)):
        for month in world.settings.months:
            bills = bills_of_month(world, persons, month)
            bills = bills.take((bills["due"] <= last_day) & (bills["cents"] > 0))
            had_bill[bills["person"][bills["due"] > last_day - _OUTLOOK_DAYS]] = True
            is_instalment = bills["bill_type"] == INSTALMENT
            instalments += int(is_instalment.sum())
            late += int((is_instalment & (bills["settled"] > bills["due"])).sum())
            is_unpaid = bills["settled"] == NONE
            days_late = np.where(is_unpaid, NONE, bills["settled"] - bills["due"])
            is_trouble = is_unpaid | (days_late >= TROUBLE_DAYS)
            troubles.append(bills.replaced(days_late=days_late).take(is_trouble))
    found = stack(troubles)
    had_trouble[found["person"][found["due"] > last_day - _OUTLOOK_DAYS]] = True
    return Outcomes(instalments, late, had_bill, had_trouble, found)


def write_truth(folder: Path, world: World, outcomes: Outcomes, tally: "Tally") -> None:
    """Write one parquet file per kind of label, and the table of targets."""
    people, attacks, troubles = world.population, world.attacks, outcomes.troubles
    every_month = (onsets(world.dice, people.everyone, month) for month in world.settings.months)
    began = stack([found.take(found["kind"] >= 0) for found in every_month])
    planted = world.ties.take(world.ties["attack"] >= 0)
    latent = ("reliability", "capacity", "activity", "sociability", "is_thin")
    tables: dict[str, dict[str, tuple[Values, Writer | None]]] = {
        # One row per person: latent traits (mean 0, deviation 1000) and audit attributes.
        "person": {
            "person_id": (people.everyone, PERSON),
            **{name: (getattr(people, name), None) for name in latent},
            "is_fake": (people.operator >= 0, None),
            "opened": (people.opened_day, days),
            "region": (people.region, named(REGIONS)),
            "gender": (people.gender, named(GENDERS)),
            "birth_year": (people.birth_year, whole_numbers),
        },
        # One row per life event within the world's months.
        "life_event": {
            "person_id": (began["person"], PERSON),
            "kind": (began["kind"], named(LIFE_EVENTS)),
            "day": (began["day"], days),
            "months": (began["months"], None),
        },
        # One row per part played in an attack.
        "attack": {
            "attack": (attacks["attack"], None),
            "kind": (attacks["kind"], named(ATTACK_KINDS)),
            "role": (attacks["role"], named(ROLES)),
            "person_id": (attacks["person"], PERSON),
            "first_day": (attacks["first_day"], days),
        },
        # One row per tie that an attack added.
        "attack_tie": {
            "attack": (planted["attack"], None),
            "person_id": (planted["low"], PERSON),
            "friend_id": (planted["high"], PERSON),
            "added": (planted["added"], days),
        },
        # One row per bill that became 30 or more days late; days_late is null if never paid.
        "troubled_bill": {
            "person_id": (troubles["person"], PERSON),
            "bill_id": (troubles["bill"], numbered("b")),
            "bill_type": (troubles["bill_type"], named(BILL_TYPES)),
            "due_date": (troubles["due"], days),
            "days_late": (troubles["days_late"], whole_numbers),
        },
    }
    written = {name: table_of(columns) for name, columns in tables.items()}
    # One row per log and what its delivered rows were counted as.
    counts = sorted((log, what, number) for (log, what), number in tally.counts.items() if number)
    schema = {"log": str, "what": str, "rows": pl.Int64}
    written["delivery"] = pl.DataFrame(counts, schema=schema, orient="row")
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in written.items():
        path = folder / f"{name}.parquet"
        table.write_parquet(path, compression="snappy", statistics=False)
    statistics = compare_with_targets(world, tally, outcomes)
    rows = [vars(statistic) | {"is_met": statistic.is_met} for statistic in statistics]
    (folder / _TARGETS_FILE).write_text(json.dumps(rows, indent=1) + "\n")


_NO_ONE: Final = np.zeros(0, dtype=np.int64)


class Tally:
    """Counts of delivered rows: of one log and group of people, or the sum of others.

    `counts` has all rows, the marks of delivery and the kinds of payment events by (log, what);
    purchases are counted by month number and in an array by person.
    """

    def __init__(self, log: str = "", persons: Ints = _NO_ONE) -> None:
        """Count rows of `persons`, numbered without gaps."""
        self._log, self._persons = log, persons if log == "purchase" else _NO_ONE
        self.counts: Counter[tuple[str, str]] = Counter()
        self.purchases_by_month: Counter[int] = Counter()
        self.purchases_by_person = np.zeros(len(self._persons), dtype=np.int64)

    def add_rows(self, rows: Rows) -> None:
        """Count delivered rows."""
        self.counts[self._log, "rows"] += len(rows)
        self._count(MARK_NAMES, rows["mark"])
        is_whole = rows["mark"] <= LATE
        if self._log == "payment":
            self._count(PAYMENT_EVENTS, rows["kind"][is_whole])
        if self._log == "purchase":
            bought = np.flatnonzero(is_whole & (rows["kind"] == PURCHASE))
            person = rows["person"][bought] - self._persons[0]
            self.purchases_by_person += np.bincount(person, minlength=len(self._persons))
            time = rows["time"][bought].astype("datetime64[s]")
            months = time.astype("datetime64[M]").astype(np.int64) + EPOCH.year * 12
            numbers, counts = np.unique(months, return_counts=True)
            self.purchases_by_month.update(
                dict(zip(numbers.tolist(), counts.tolist(), strict=True))
            )

    def _count(self, names: tuple[str, ...], places: Ints) -> None:
        numbers = np.bincount(places, minlength=len(names)).tolist()
        found = {(self._log, name): n for name, n in zip(names, numbers, strict=True)}
        self.counts.update(found)

    def merge(self, other: "Tally") -> None:
        """Add the counts of another part of the same world."""
        self.counts.update(other.counts)
        self.purchases_by_month.update(other.purchases_by_month)
        parts = [self.purchases_by_person, other.purchases_by_person]
        self.purchases_by_person = np.concatenate(parts)


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
    """Return every target of method.md with the figure that was generated."""
    people, counts = world.population, tally.counts
    is_thin = ~people.are_ordinary(people.everyone)
    rows = sum(number for (_, what), number in counts.items() if what == "rows")
    known = outcomes.had_bill
    bought = np.sort(tally.purchases_by_person)[::-1]
    troubles = outcomes.troubles
    is_unpaid = (troubles["bill_type"] == INSTALMENT) & (troubles["days_late"] == NONE)

    def delivered(mark: str) -> float | None:
        return _ratio(sum(n for (_, what), n in counts.items() if what.startswith(mark)), rows)

    figures = (
        _ratio(int(is_thin.sum()), people.count),
        *_tie_figures(world),
        _ratio(int(bought[: len(bought) // 5].sum()), int(bought.sum())),
        _season(tally.purchases_by_month, (12,)),
        _season(tally.purchases_by_month, (1, 2)),
        _ratio(outcomes.late_instalments, outcomes.instalments),
        _ratio(int(is_unpaid.sum()), outcomes.instalments),
        _area_under_curve(-people.reliability[known], outcomes.had_trouble[known]),
        rows / people.count / len(world.settings.months),
        *(delivered(mark) for mark in ("late", "duplicate", "conflict", "corrupt")),
        _ratio(counts["payment", "reversal"], counts["payment", "payment"]),
    )
    return [Statistic(*t, figure) for t, figure in zip(_TARGETS, figures, strict=True)]


def read_targets(folder: Path) -> list[Statistic]:
    """Return the table of targets of a world made earlier."""
    rows = json.loads((folder / _TARGETS_FILE).read_text())
    return [Statistic(row["name"], row["low"], row["high"], row["generated"]) for row in rows]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _tie_figures(world: World) -> tuple[float | None, ...]:
    """Return the five figures of the ties formed by the last day."""
    formed = world.ties.take(world.ties["added"] <= world.settings.last_day)
    ends = np.concatenate([formed["low"], formed["high"]])
    others = np.concatenate([formed["high"], formed["low"]])
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
    is_constant = not len(one) or not np.ptp(one) or not np.ptp(other)
    return None if is_constant else float(np.corrcoef(one, other)[0, 1])


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
