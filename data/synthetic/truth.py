"""The truth about a world, in landing/_truth/: what the pipeline never reads and an audit may.

Labels: people, life events, attacks, how bills really end, and what delivery did to the rows. And
targets: figures of the world, counted while it is written, with the bounds of method.md. A
world under a few thousand people or of a few months can miss targets by chance alone.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from plainscore.synthetic.accounts import INCOME_KINDS, income_kinds
from plainscore.synthetic.attacks import ATTACK_KINDS, ROLES
from plainscore.synthetic.bills import BILL_TYPES, INSTALMENT, bills_of_month
from plainscore.synthetic.bills import EVENT_TYPES as PAYMENT_EVENTS
from plainscore.synthetic.bursts import BURST_KINDS
from plainscore.synthetic.bursts import ROLES as BURST_ROLES
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
from plainscore.synthetic.rows import NONE, Rows, stack
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
_CLUSTERING_SAMPLE: Final = 1_500
_MONTHS: Final = "purchases in"

Counts = Counter[tuple[str, str]]
"""By log and what of it is counted."""


class Outcomes(NamedTuple):
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


def write_truth(
    folder: Path, world: World, outcomes: Outcomes, counts: Counts, purchases: Ints
) -> None:
    """Write one parquet file per kind of label, and the table of targets.

    ``counts``: of all delivered rows; ``purchases``: by person.
    """
    people, attacks, troubles = world.population, world.attacks, outcomes.troubles
    bursts = world.bursts
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
            "income": (income_kinds(world, people.everyone), named(INCOME_KINDS)),
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
        # One row per person in an innocent burst of ties.
        "burst": {
            "burst": (bursts["burst"], None),
            "kind": (bursts["kind"], named(BURST_KINDS)),
            "role": (bursts["role"], named(BURST_ROLES)),
            "person_id": (bursts["person"], PERSON),
            "first_day": (bursts["first_day"], days),
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
    delivered = sorted((*key, number) for key, number in counts.items() if key[0] != _MONTHS)
    schema = {"log": str, "what": str, "rows": pl.Int64}
    frame = pl.DataFrame(delivered, schema=schema, orient="row")
    written["delivery"] = frame.filter(pl.col("rows") > 0)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in written.items():
        path = folder / f"{name}.parquet"
        table.write_parquet(path, compression="snappy", statistics=False)
    statistics = compare_with_targets(world, outcomes, counts, purchases)
    rows = [statistic._asdict() | {"is_met": statistic.is_met} for statistic in statistics]
    (folder / _TARGETS_FILE).write_text(json.dumps(rows, indent=1) + "\n")


def count_rows(log: str, rows: Rows) -> Counts:
    """Count delivered rows: all, by mark, payments by event type, and purchases by month."""
    found = Counts({(log, "rows"): len(rows)})
    whole = rows.take(rows["mark"] <= LATE)

    def count(counted: str, names: Sequence[str], places: Ints) -> None:
        numbers = np.bincount(places, minlength=len(names)).tolist()
        found.update({(counted, name): n for name, n in zip(names, numbers, strict=True)})

    count(log, MARK_NAMES, rows["mark"])
    if log == "payment":
        count(log, PAYMENT_EVENTS, whole["kind"])
    if log == "purchase":
        time = whole["time"][whole["kind"] == PURCHASE].astype("datetime64[s]")
        months, places = np.unique(time.astype("datetime64[M]"), return_inverse=True)
        count(_MONTHS, months.astype(str).tolist(), places)
    return found


def purchases_of(persons: Ints, rows: Rows) -> Ints:
    """Return how many of a month's delivered rows are whole purchases of each person.

    ``persons``: numbered without gaps.
    """
    bought = (rows["mark"] <= LATE) & (rows["kind"] == PURCHASE)
    return np.bincount(rows["person"][bought] - persons[0], minlength=len(persons))


class Statistic(NamedTuple):
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
        return None if self.generated is None else self.low <= self.generated <= self.high


def compare_with_targets(
    world: World, outcomes: Outcomes, counts: Counts, purchases: Ints
) -> list[Statistic]:
    """Return every target of method.md with the figure that was generated."""
    people, known, troubles = world.population, outcomes.had_bill, outcomes.troubles
    is_thin = ~people.are_ordinary(people.everyone)
    rows = sum(number for (_, what), number in counts.items() if what == "rows")
    bought = np.sort(purchases)[::-1]
    is_unpaid = (troubles["bill_type"] == INSTALMENT) & (troubles["days_late"] == NONE)

    def delivered(mark: str) -> float | None:
        return _ratio(sum(n for (_, what), n in counts.items() if what.startswith(mark)), rows)

    figures = (
        _ratio(int(is_thin.sum()), people.count),
        *_tie_figures(world),
        _ratio(int(bought[: len(bought) // 5].sum()), int(bought.sum())),
        _season(counts, "12"),
        _season(counts, "01", "02"),
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
    return [Statistic(*(row[name] for name in Statistic._fields)) for row in rows]


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


def _season(counts: Counts, *of_year: str) -> float | None:
    """Return the mean purchases of the chosen months over the mean of March to October."""
    by_month = [(what[5:], number) for (log, what), number in counts.items() if log == _MONTHS]
    chosen = [number for month, number in by_month if month in of_year]
    ordinary = [number for month, number in by_month if "03" <= month <= "10"]
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
