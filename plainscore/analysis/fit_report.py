"""Fit a card to published snapshots and judge it on people and a date that it has not seen.

The report compares the card that was and the fitted one on the same people: separation, who passes
a gate on which card, reasons, features.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from plainscore.analysis.fit import (
    FeatureBins,
    Fitted,
    Flags,
    Floats,
    Ints,
    Sample,
    bin_numbers,
    evidence_of,
    fit_card,
    with_gates,
)
from plainscore.analysis.metrics import Separation, separation
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import identifier
from plainscore.contracts.contract import read_outcome
from plainscore.scorecards.card import Feature, Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.documents import markdown_table
from plainscore.show.reader import ResultTable, Snapshots, render_page

FEWEST = 20
"""Good and bad people on either side below which there is nothing to fit to, or to judge by."""
MILLION = 1_000_000

Row = tuple[str | int | float | None, ...]


@dataclass(frozen=True)
class PastSnapshot:
    """Everyone scored on a date, by person_id.

    ``values`` has every feature that has bins. ``ties``: rows of person, friend and months of
    two-way contact, people by their place. ``is_known``: who has an outcome. ``is_held_out``: who
    is kept out of every fit, on every date the same people.
    """

    as_of_date: date
    values: dict[str, Floats]
    ties: Ints
    is_known: Flags
    is_bad: Flags
    is_held_out: Flags

    def sample(self, *, is_held_out: bool) -> Sample:
        """Return the people with an outcome who are held out, or those who are not."""
        rows = self.is_known & (self.is_held_out == is_held_out)
        values = {name: column[rows] for name, column in self.values.items()}
        return Sample(values, self.is_bad[rows])


def read_past(
    snapshots: Snapshots, days: Sequence[date], card: Scorecard
) -> Iterator[PastSnapshot]:
    """Yield what is published of each date: features of the card, ties, outcomes."""
    names = [feature.name for feature in card.features if feature.bins]
    columns = ", ".join(f"cast(features.{identifier(name)} as double)" for name in names)
    for day in days:
        of_day = {"day": day}
        people, ties = (
            snapshots.rows(snapshots.method.text(f"transforms/fit/{name}.sql"), of_day)
            for name in ("people", "ties")
        )
        values = snapshots.rows(
            f"select {columns} from features inner join score using (person_id, as_of_date) "
            "where as_of_date = $day and score is not null order by person_id",
            of_day,
        )
        held_out, bad = zip(*people, strict=True)
        yield PastSnapshot(
            day,
            dict(zip(names, np.array(values, dtype=np.float64).T, strict=True)),
            np.array(ties, dtype=np.int64).reshape(-1, 3),
            np.array([one is not None for one in bad], dtype=np.bool_),
            np.array(bad, dtype=np.bool_),
            np.array(held_out, dtype=np.bool_),
        )


class CardPoints(NamedTuple):
    """What a run would publish of everyone: points by feature, a column each, as the card has them.

    ``own``: the sum without the social factor.
    """

    by_feature: Ints
    own: Ints
    scores: Ints


def points_of(card: Scorecard, past: PastSnapshot) -> CardPoints:
    """Return everyone's points on a card."""
    binned = {
        one.name: binned_points(one, past.values[one.name]) for one in card.features if one.bins
    }
    own = np.sum([binned[f.name] for f in card.features if f.factor != card.late_factor], axis=0)
    by_feature = np.column_stack(
        [binned[f.name] if f.bins else _friend_points(card, past.ties, own) for f in card.features]
    )
    return CardPoints(by_feature, own, card.base + by_feature.sum(axis=1))


def binned_points(feature: Feature, values: Floats) -> Ints:
    """Return the points of each value of a feature that has bins."""
    by_bin = [*(one.points for one in feature.bins), feature.missing_points]
    numbers = bin_numbers([one.at_least for one in feature.bins], values)
    return np.array(by_bin, dtype=np.int64)[numbers]


def _friend_points(card: Scorecard, ties: Ints, own: Ints) -> Ints:
    """Return the points of the bounded-influence neighbour mean (method.md), in integers."""
    rule, most = card.friends, card.friend_points_max
    record = own * MILLION // card.own_points_max
    low, high = record - rule.max_distance_ppm, record + rule.max_distance_ppm
    numerator = rule.prior_weight * np.clip(rule.prior_ppm, low, high)
    denominator = np.full(len(record), rule.prior_weight, dtype=np.int64)
    person, friend, months = ties.T
    np.add.at(numerator, person, months * np.clip(record[friend], low[person], high[person]))
    np.add.at(denominator, person, months)
    return np.asarray((2 * most * numerator + MILLION * denominator) // (2 * MILLION * denominator))


class FitReport(NamedTuple):
    """A fitted card and its report.

    ``bad``: who is bad, as the outcome says. ``is_checked``: scikit-learn was installed.
    """

    card: Scorecard
    summary: str
    bad: str
    tables: dict[str, ResultTable]
    is_checked: bool

    def markdown(self) -> str:
        """Return the report, table by table."""
        tables = (f"## {one.title}\n\n{markdown_table(one)}" for one in self.tables.values())
        head = [f"# {self.card.name}", self.summary, f"Bad: {self.bad}."]
        return "\n\n".join([*head, *tables]) + "\n"


def fit_and_judge(
    card: Scorecard,
    past: Sequence[PastSnapshot],
    name: str,
    *,
    is_keeping_caps: bool,
    bad: str = "",
) -> FitReport:
    """Fit to seven people of ten, on all dates but the newest; judge on the others, on the newest.

    With one date alone only the people are separate. The card that is returned is the one that was
    judged: it is not fitted once more to everyone. ``bad``: who is bad, in words.
    """
    training, judging = past[:-1] or past, past[-1]
    parts = [one.sample(is_held_out=False) for one in training]
    sample = Sample(
        {key: np.concatenate([one.values[key] for one in parts]) for key in parts[0].values},
        np.concatenate([one.is_bad for one in parts]),
    )
    fitted = fit_card(card, sample, is_keeping_caps=is_keeping_caps)
    days = [str(one.as_of_date) for one in training]
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    named = replace(
        fitted.card,
        name=name,
        version=f"fitted-{days[-1]}",
        title=f"{card.name} fitted to {len(sample.is_bad)} outcomes of {when}",
    )
    of_seen = [
        np.concatenate([points_of(one, p).scores[~p.is_held_out] for p in training])
        for one in (card, named)
    ]
    fitted = replace(fitted, card=with_gates(named, *of_seen))
    unseen = judging.sample(is_held_out=True)
    free = unconstrained_log_odds(fitted.bins, sample, unseen)
    summary = (
        f"{name}: fitted to {len(sample.is_bad):,} outcomes ({sample.bad:,} bad) as of "
        f"{', '.join(days)}; judged on "
        f"{len(unseen.is_bad):,} other people as of {judging.as_of_date}"
    )
    tables = _judged(card, fitted, judging, unseen, free)
    return FitReport(fitted.card, summary, bad, tables, free is not None)


def unconstrained_log_odds(
    features: Sequence[FeatureBins], sample: Sample, unseen: Sample
) -> Floats | None:
    """Return the log odds of unseen people by scikit-learn, with a free weight for every bin.

    Shows what a model without our constraints on order and sign would reach. None where
    scikit-learn is not installed (the extra ``fit``).
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        return None

    def indicators(people: Sample) -> Floats:
        numbers = [one.numbers(people.values[one.name]) for one in features]
        bins = [np.arange(len(one.evidence)) for one in features]
        flags = [of[:, None] == no for of, no in zip(numbers, bins, strict=True)]
        return np.concatenate(flags, axis=1).astype(np.float64)

    model = LogisticRegression(max_iter=1000)
    model.fit(indicators(sample), ~sample.is_bad)
    return np.asarray(model.decision_function(indicators(unseen)))


def _judged(
    card: Scorecard, fitted: Fitted, judging: PastSnapshot, unseen: Sample, free: Floats | None
) -> dict[str, ResultTable]:
    """Return the tables of the report: both cards on the people who were held out."""
    cards, rows = (card, fitted.card), judging.is_known & judging.is_held_out
    points = [points_of(one, judging) for one in cards]
    scores = [one.scores[rows] for one in points]
    ranked: dict[str, Ints | Floats] = {}
    for kind, of_cards in (("score", scores), ("own points", [one.own[rows] for one in points])):
        ranked |= {f"{c.name}: {kind}": of for c, of in zip(cards, of_cards, strict=True)}
    log_odds = evidence_of(fitted.bins, unseen) @ fitted.coefficients
    ranked[f"{fitted.card.name}: model, before points"] = log_odds
    if free is not None:
        ranked["scikit-learn on the same bins"] = free
    figures = {name: separation_of(of, unseen.is_bad) for name, of in ranked.items()}
    reasons = [reason_places(one, p)[rows] for one, p in zip(cards, points, strict=True)]
    other_set, other_first = changed_reasons(*reasons)
    places = range(1, len(card.features) + 1)
    first, second = ([int((one == no).any(axis=1).sum()) for no in places] for one in reasons)
    changed = (
        f"Reasons: of {len(unseen.is_bad):,} people {other_set:,} have other ones, "
        f"{other_first:,} another first one"
    )
    return {
        "separation": ResultTable(
            ("by", "people", "bad", "auc", "auc_low", "auc_high", "ks", "ks_low", "ks_high",
             "ks_corrected"),
            [
                (name, f.people, f.bad, *(one and round(one, 4) for one in (*f[2:5], *f[6:])))
                for name, f in figures.items()
            ],
            "How well good and bad are separated",
        ),
        "swap_set": ResultTable(
            ("band", "gate", "fitted_gate", "passes_on", "people", "bad", "bad_share"),
            list(_swap_rows(cards, scores, unseen.is_bad)),
            "Who passes a band's gate on which card",
        ),
        "reasons": ResultTable(
            ("feature", card.name, fitted.card.name, "difference"),
            [
                (feature.name, one, two, two - one)
                for feature, one, two in zip(card.features, first, second, strict=True)
                if one or two
            ],
            changed,
        ),
        "features": ResultTable(
            ("feature", "direction", "evidence", "coefficient", "max_before", "max_points",
             "missing", "points_from"),
            list(_feature_rows(card, fitted)),
            "Features",
        ),
    }  # fmt: skip


def separation_of(ranks: Ints | Floats, is_bad: Flags) -> Separation:
    """Return how well scores of any kind separate the good, who should have more, from the bad."""
    distinct, place = np.unique(ranks, return_inverse=True)
    good, bad = (
        np.bincount(place[rows], minlength=len(distinct)).tolist() for rows in (~is_bad, is_bad)
    )
    return separation([(no, *counts) for no, counts in enumerate(zip(good, bad, strict=True))])


def _swap_rows(cards: Sequence[Scorecard], scores: Sequence[Ints], is_bad: Flags) -> Iterator[Row]:
    """Yield, for each band's gate, who passes it on which card, and how many of them are bad."""
    names = ("both", *(f"{card.name} only" for card in cards), "neither")
    for first, second in zip(cards[0].bands[1:], cards[1].bands[1:], strict=True):
        on_first, on_second = scores[0] >= first.at_least, scores[1] >= second.at_least
        sides = (on_first & on_second, on_first & ~on_second, on_second & ~on_first,
                 ~on_first & ~on_second)  # fmt: skip
        for name, who in zip(names, sides, strict=True):
            people, bad = int(np.count_nonzero(who)), int(np.count_nonzero(who & is_bad))
            share = round(bad / people, 4) if people else None
            yield first.name, first.at_least, second.at_least, name, people, bad, share


def reason_places(card: Scorecard, points: CardPoints) -> Ints:
    """Return each person's reasons in order: places of features on the card from 1, 0 for none.

    As scores.reason has them: by points lost against what the card compares with, one of each
    family where it says so, ties in the order of the card.
    """
    rule, earned = card.reasons, points.by_feature
    total, people = np.array([feature.max_points for feature in card.features]), 1
    if rule.method != "maximum":
        compared = np.ones(len(earned), dtype=np.bool_)
        if rule.gate is not None and rule.within is not None:
            near = (points.scores >= rule.gate) & (points.scores <= rule.gate + rule.within)
            compared = near if near.any() else compared
        total, people = earned[compared].sum(axis=0), int(np.count_nonzero(compared))
    lost = total - earned * people
    groups = np.array([card.reason_group(feature) for feature in card.features])
    kept, everyone = np.zeros_like(lost), np.arange(len(lost))
    for group in np.unique(groups):
        places = np.flatnonzero(groups == group)
        greatest = places[lost[:, places].argmax(axis=1)]  # the first of equals
        kept[everyone, greatest] = lost[everyone, greatest]
    order = np.argsort(-kept, axis=1, kind="stable")[:, : rule.count]
    return np.where(np.take_along_axis(kept, order, axis=1) > 0, order + 1, 0)


def changed_reasons(first: Ints, second: Ints) -> tuple[int, int]:
    """Return how many people have another set of reasons, and another first reason."""
    is_other_set = (np.sort(first, axis=1) != np.sort(second, axis=1)).any(axis=1)
    return int(is_other_set.sum()), int((first[:, 0] != second[:, 0]).sum())


def _feature_rows(card: Scorecard, fitted: Fitted) -> Iterator[Row]:
    found = {
        bins.name: (bins.evidence_direction, round(float(coefficient), 4))
        for bins, coefficient in zip(fitted.bins, fitted.coefficients, strict=True)
    }
    for before, one in zip(card.features, fitted.card.features, strict=True):
        yield (
            one.name, one.direction, *found.get(one.name, ("kept", None)),
            before.max_points, one.max_points, one.missing_points if one.bins else None,
            " ".join(f"{step.at_least:f}:{step.points}" for step in one.bins),
        )  # fmt: skip


def card_text(card: Scorecard, base_name: str, comment: str) -> str:
    """Return the card as TOML for `plainscore run --scorecard`: what differs from its base.

    ``comment``: what the card was fitted to.
    """
    benefits = [asdict(one) for one in card.benefits]
    return render_page(
        "documents/card.txt", card=card, base=base_name, comment=comment, benefits=benefits
    )


def fit_to_published(
    snapshots: Snapshots,
    span: tuple[str | None, str | None],
    scorecard: str,
    name: str,
    is_keeping_caps: bool,
    method: Method = STANDARD_METHOD,
) -> FitReport:
    """Return a card fitted to the published dates of a span whose outcomes are known.

    Raises InputRefused where no date of the span has outcomes, or too few people became bad or
    stayed good; UsageError where the new card's name is invalid or taken, or the span ends before
    it starts.
    """
    card, outcome = read_scorecard(find_scorecard(scorecard, method), method), read_outcome(method)
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise UsageError(f"--name '{name}': a card's name is of small letters, digits and _")
    if name == card.name or f"{name}.toml" in method.files("transforms/scorecards"):
        raise UsageError(f"--name {name}: a card has that name; give the new one another")
    first, last = (None if word is None else snapshots.day(word) for word in span)
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    days = snapshots.rows(
        "select distinct as_of_date from outcome where as_of_date >= coalesce($first, as_of_date) "
        "and as_of_date <= coalesce($last, as_of_date) order by as_of_date",
        {"first": first, "last": last},
    )
    if not days:
        raise InputRefused(
            "no published date of that span has a known outcome: `plainscore evaluate` publishes "
            f"outcomes, {outcome.horizon_days + outcome.grace_days} days after a snapshot at the "
            "earliest, and names the day"
        )
    past = list(read_past(snapshots, [day for (day,) in days], card))
    for what, parts in (
        ("to fit to", [one.sample(is_held_out=False) for one in past[:-1] or past]),
        ("to judge by", [past[-1].sample(is_held_out=True)]),
    ):
        good, bad = sum(p.good for p in parts), sum(p.bad for p in parts)
        if min(good, bad) < FEWEST:
            raise InputRefused(
                f"too few people {what}: {good} good and {bad} bad, {FEWEST} of each are needed; "
                "publish and evaluate more dates"
            )
    return fit_and_judge(card, past, name, is_keeping_caps=is_keeping_caps, bad=outcome.bad)


def written_base(
    scorecard: str, out: Path | None, report: Path | None, method: Method = STANDARD_METHOD
) -> str:
    """Return the name by which a written card extends its base.

    Raises UsageError where a file cannot be written, or the base could not be found again: a base
    that is not of the method has to be in the same folder.
    """
    for flag, file in (("--out", out), ("--report", report)):
        if file is not None and not file.parent.is_dir():
            raise UsageError(f"{flag} {file}: there is no folder {file.parent}")
    path = find_scorecard(scorecard, method)
    if out is None:
        return path.stem
    if out.suffix != ".toml":
        raise UsageError(f"--out {out}: a scorecard's file ends in .toml")
    if path.resolve() == out.resolve():
        raise UsageError(f"--out {out}: that is the card to start from")
    is_of_method = path in method.files("transforms/scorecards").values()
    if not is_of_method and path.resolve().parent != out.resolve().parent:
        raise UsageError(
            f"--out {out}: the card extends {path.name}, so write it to the same folder"
        )
    return path.stem
