"""Fit a card to published snapshots and judge it on people and a date that it has not seen.

The report compares the card that was and the fitted one on the same people: separation, who passes
a gate on which card, reasons, features. Bands, benefits and reasons of a fitted card begin by risk
or by share of people: the odds of a score, good people to a bad one, double with every so many
points, which is a logistic model of being good with the score alone.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from plainscore.analysis.fit import (
    ANY_WEIGHT,
    FeatureBins,
    Fitted,
    binned,
    fit_card,
    log_odds_of,
    logistic_weights,
    missing_above_the_best,
)
from plainscore.analysis.fit_people import (
    BinnedPeople,
    CardPoints,
    Flags,
    Floats,
    Ints,
    Numbers,
    PastSnapshot,
    people_of,
    read_past,
)
from plainscore.analysis.metrics import Separation, separation, wilson
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.standard import STANDARD_CARDS, STANDARD_METHOD, Method
from plainscore.contracts.contract import read_outcome
from plainscore.scorecards.card import Band, PointsToOdds, Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.reader import ResultTable, Snapshots, render_page
from plainscore.show.report import markdown_table

LEAST_SLOPE = 0.001
"""Of log odds over all scores there are: below it they do not follow the points."""

NEARLY_NONE = 1e-9
"""A penalty that keeps the slope finite where a score parts all good people from the bad."""


def points_to_odds(scores: Ints, is_bad: Flags) -> PointsToOdds | None:
    """Return the odds at the mean score, and the points that double them.

    None where more points do not mean better odds.
    """
    distinct, place = np.unique(scores, return_inverse=True)
    good, bad = (np.bincount(place[rows], minlength=len(distinct)) for rows in (~is_bad, is_bad))
    at_score = int(scores.sum()) // len(scores)
    spread = max(1, int(np.abs(distinct - at_score).max()))
    numbers = np.arange(len(distinct))[:, None]
    design = ((distinct - at_score) / spread)[:, None]
    people = BinnedPeople(numbers, good, bad)
    level, slope = logistic_weights([design], people, [ANY_WEIGHT, 0], NEARLY_NONE).tolist()
    if slope < LEAST_SLOPE:
        return None
    return PointsToOdds.rounded(at_score, math.exp(level), math.log(2) * spread / slope)


def gates_of(card: Scorecard) -> list[int]:
    """Return every score at which something of a card begins, ascending, but the lowest band."""
    of_reasons = [] if card.reasons.gate is None else [card.reasons.gate]
    of_bands = [band.at_least for band in card.bands[1:]]
    return sorted({*of_bands, *of_reasons, *(one.min_score for one in card.benefits)})


def gates_by_share(card: Scorecard, before: Ints, after: Ints) -> dict[int, int]:
    """Return gate -> the score that lets as many pass as before, or just fewer.

    ``before``, ``after``: scores of the same people on the old card and on the new one, ``card``,
    which still has the old gates.
    """
    descending = np.sort(after)[::-1]
    placed: dict[int, int] = {}
    last = int(descending[-1]) - 1
    for gate in gates_of(card):
        # The lowest score after that lets no more people pass, above that of a lower gate.
        passing = int(np.count_nonzero(before >= gate))
        at_least = int(descending[passing]) + 1 if passing < len(after) else int(descending[-1])
        placed[gate] = last = max(at_least, last + 1)
    # The highest gates leave room for each other below the end of the scale.
    for room, gate in enumerate(sorted(placed, reverse=True)):
        placed[gate] = min(placed[gate], card.max_score - room)
    return placed


def gates_by_risk(card: Scorecard, before: PointsToOdds, after: PointsToOdds) -> dict[int, int]:
    """Return gate -> the lowest score whose odds are at least those of the gate before.

    A gate beyond the end of the scale is the end.
    """
    ends = card.base, card.max_score
    return {
        gate: int(np.clip(math.ceil(after.score_of(before.doublings(gate)) - 1e-6), *ends))
        for gate in gates_of(card)
    }


def with_gates(card: Scorecard, placed: Mapping[int, int], scores: Ints, how: str) -> Scorecard:
    """Return the card with bands, benefits and gate of reasons at other scores.

    ``scores``: of the people it was fitted to. Raises InputRefused where a band has none of them;
    ``how`` says by what its gate was placed.
    """
    inner = [placed[band.at_least] for band in card.bands[1:]]
    starts = [card.bands[0].at_least, *inner]
    ends = [above - 1 for _, above in pairwise(starts)] + [card.max_score]
    bands = tuple(
        Band(band.name, start, end)
        for band, start, end in zip(card.bands, starts, ends, strict=True)
    )
    for band in bands:
        if not np.count_nonzero((scores >= band.at_least) & (scores <= band.at_most)):
            raise InputRefused(
                f"the band '{band.name}' would be empty: gates by {how} put it at {band.at_least} "
                f"to {band.at_most}, where none of {len(scores):,} people is; write fewer bands in "
                "the card, or place gates the other way (--gates risk, --gates share)"
            )
    benefits = tuple(replace(one, min_score=placed[one.min_score]) for one in card.benefits)
    gate = None if card.reasons.gate is None else placed[card.reasons.gate]
    reasons = replace(card.reasons, gate=gate)
    return replace(card, bands=bands, benefits=benefits, reasons=reasons)


# The report


FEWEST = 20
"""Good and bad people on either side below which there is nothing to fit to, or to judge by."""

MOST_CHECKED = 200_000
"""Combinations of bins up to which scikit-learn checks the fit: its memory grows with them."""

MILLION = 1_000_000

Gates = Literal["risk", "share"]
Row = tuple[str | int | float | None, ...]


class FitReport(NamedTuple):
    """A fitted card and its report.

    ``bad``: who is bad, as the outcome says. ``notes``: what whoever uses the card should know.
    """

    card: Scorecard
    summary: str
    bad: str
    tables: dict[str, ResultTable]
    notes: tuple[str, ...]

    def markdown(self) -> str:
        """Return the report, table by table."""
        tables = (f"## {one.title}\n\n{markdown_table(one)}" for one in self.tables.values())
        notes = [f"- {one}." for one in self.notes]
        head = [f"# {self.card.name}", self.summary, f"Bad: {self.bad}."]
        return "\n\n".join([*head, *(["\n".join(notes)] if notes else []), *tables]) + "\n"


def fit_and_judge(
    card: Scorecard,
    past: Sequence[PastSnapshot],
    name: str,
    bad: str = "",
    beside: Sequence[Scorecard] = (),
    *,
    is_keeping_caps: bool = False,
    gates: Gates = "risk",
) -> FitReport:
    """Fit to seven people of ten, on all dates but the newest; judge on the others, on the newest.

    With one date alone only the people are separate. The card that is returned is the one that was
    judged: it is not fitted once more to everyone. ``bad``: who is bad, in words. ``beside``: cards
    that are judged as well. ``is_keeping_caps``: each factor keeps its most points. ``gates``: a
    gate stays at its risk, or at the share of people who pass it. Raises InputRefused where a gate
    cannot be placed.
    """
    training, judging = past[:-1] or past, past[-1]
    seen = people_of(training, is_held_out=False)
    unseen = people_of([judging], is_held_out=True)
    fitted = fit_card(card, seen, is_keeping_caps=is_keeping_caps)
    days = [str(one.as_of_date) for one in training]
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    named = replace(
        fitted.card,
        name=name,
        version=f"fitted-{days[-1]}",
        title=f"{card.name} fitted to {seen.count} outcomes of {when}",
    )
    placed, notes = _with_odds_and_gates(card, named, training, gates)
    fitted = replace(fitted, card=placed)
    summary = (
        f"{name}: fitted to {seen.count:,} outcomes ({seen.bad:,} bad) as of "
        f"{', '.join(days)}; judged on "
        f"{unseen.count:,} other people as of {judging.as_of_date}"
    )
    judged = binned(unseen, fitted.bins)
    free, unchecked = unconstrained_log_odds(fitted.bins, binned(seen, fitted.bins), judged)
    tables = _judged((card, fitted.card, *beside), fitted, judging, judged, free)
    notes += [*missing_above_the_best(fitted.card), *unchecked]
    return FitReport(fitted.card, summary, bad, tables, tuple(notes))


def _with_odds_and_gates(
    card: Scorecard, fitted: Scorecard, training: Sequence[PastSnapshot], gates: Gates
) -> tuple[Scorecard, list[str]]:
    """Return a fitted card with points to odds and gates, and notes on how they were placed."""
    of_dates = [[one.scores for one in past.points((card, fitted))] for past in training]
    before, after = (
        np.concatenate(
            [of[no][~past.is_held_out] for past, of in zip(training, of_dates, strict=True)]
        )
        for no in (0, 1)
    )
    is_known, is_bad = (
        np.concatenate([getattr(past, flag)[~past.is_held_out] for past in training])
        for flag in ("is_known", "is_bad")
    )
    odds, of_old = (
        points_to_odds(scores[is_known], is_bad[is_known]) for scores in (after, before)
    )
    notes = [
        f"the odds of people on {one.name} do not follow their scores"
        for one, found in ((fitted, odds), (card, of_old))
        if found is None
    ]
    if gates == "risk" and odds is not None and of_old is not None:
        placed, how = gates_by_risk(fitted, of_old, odds), "risk"
    else:
        placed, how = gates_by_share(fitted, before, after), "share"
        if gates == "risk":
            notes.append("gates could not be placed by risk: as many people pass them as before")
    return replace(with_gates(fitted, placed, after, how), points_to_odds=odds), notes


def unconstrained_log_odds(
    features: Sequence[FeatureBins], seen: BinnedPeople, unseen: BinnedPeople
) -> tuple[Floats | None, tuple[str, ...]]:
    """Return the log odds of unseen people by scikit-learn, with a free weight for every bin.

    Shows what a model without our constraints on order and sign would reach. None, and why, where
    scikit-learn is not installed (the extra ``fit``), or there are too many people for it.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        return None, ("scikit-learn is not installed: no check (pip install 'plainscore[fit]')",)
    if len(seen.good) > MOST_CHECKED:
        return None, (f"no check by scikit-learn of more than {MOST_CHECKED:,} combinations",)
    from scipy.sparse import csr_array

    starts = np.cumsum([0, *(len(one.evidence) for one in features)])

    def indicators(numbers: Numbers) -> csr_array:
        columns = numbers + starts[:-1]
        ends = np.arange(len(numbers) + 1) * len(features)
        ones = np.ones(columns.size)
        return csr_array((ones, columns.ravel(), ends), shape=(len(numbers), int(starts[-1])))

    kinds = seen.good > 0, seen.bad > 0
    numbers = np.concatenate([seen.numbers[kind] for kind in kinds])
    people = np.concatenate([seen.good[kinds[0]], seen.bad[kinds[1]]])
    is_good = np.repeat([True, False], [int(kind.sum()) for kind in kinds])
    model = LogisticRegression(max_iter=1000)
    model.fit(indicators(numbers), is_good, people)
    return np.asarray(model.decision_function(indicators(unseen.numbers))), ()


def _judged(
    cards: Sequence[Scorecard],
    fitted: Fitted,
    judging: PastSnapshot,
    unseen: BinnedPeople,
    free: Floats | None,
) -> dict[str, ResultTable]:
    """Return the tables of the report: the cards on the people who were held out.

    ``cards``: the one that was, the fitted one, and any that are judged beside them.
    """
    rows = judging.is_known & judging.is_held_out
    is_bad = judging.is_bad[rows]
    points = judging.points(cards)
    scores = [one.scores[rows] for one in points]
    figures: dict[str, Separation] = {}
    for kind, of_cards in (("score", scores), ("own points", [one.own[rows] for one in points])):
        for card, ranks in zip(cards, of_cards, strict=True):
            figures[f"{card.name}: {kind}"] = separation_of(ranks, ~is_bad, is_bad)
    log_odds = log_odds_of(fitted.bins, unseen)
    modelled = {f"{fitted.card.name}: model, before points": log_odds}
    if free is not None:
        modelled["scikit-learn on the same bins"] = free
    for name, of in modelled.items():
        figures[name] = separation_of(of, unseen.good, unseen.bad)
    card, new = cards[:2]
    reasons = [reason_places(one, of, rows) for one, of in zip(cards[:2], points, strict=False)]
    other_set, other_first = changed_reasons(*reasons)
    places = range(1, len(card.features) + 1)
    first, second = ([int((one == no).any(axis=1).sum()) for no in places] for one in reasons)
    changed = (
        f"Reasons: of {len(is_bad):,} people {other_set:,} have other ones, "
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
        "calibration": ResultTable(
            ("band", "gate", "people", "bad", "bad_share", "low", "high", "expected_share"),
            list(_calibration_rows(new, scores[1], is_bad)),
            "Bad people of each band of the fitted card, and expected ones",
        ),
        "swap_set": ResultTable(
            ("band", "gate", "fitted_gate", "passes_on", "people", "bad", "bad_share"),
            list(_swap_rows(cards, scores, is_bad)),
            "Who passes a band's gate on which card",
        ),
        "reasons": ResultTable(
            ("feature", card.name, new.name, "difference"),
            [
                (feature.name, one, two, two - one)
                for feature, one, two in zip(card.features, first, second, strict=True)
                if one or two
            ],
            changed,
        ),
        "features": ResultTable(
            ("feature", "direction", "evidence", "max_before", "max_points",
             "missing", "points_from"),
            list(_feature_rows(card, fitted)),
            "Features",
        ),
    }  # fmt: skip


def separation_of(ranks: Ints | Floats, good: Ints | Flags, bad: Ints | Flags) -> Separation:
    """Return how well scores of any kind separate the good, who should have more, from the bad.

    ``good``, ``bad``: people of each rank, which may repeat.
    """
    distinct, place = np.unique(ranks, return_inverse=True)
    counts: npt.NDArray[np.int64] = np.zeros((len(distinct), 2), dtype=np.int64)
    np.add.at(counts, place, np.column_stack((good, bad)).astype(np.int64))
    return separation([(no, *of) for no, of in enumerate(counts.tolist())])


def _calibration_rows(card: Scorecard, scores: Ints, is_bad: Flags) -> Iterator[Row]:
    """Yield each band's people and bad people, and the share that was expected of them."""
    for band in card.bands:
        own = (scores >= band.at_least) & (scores <= band.at_most)
        people, bad = int(np.count_nonzero(own)), int(np.count_nonzero(own & is_bad))
        found: Row = (None, None, None, None)
        if people:
            expected = None
            if card.points_to_odds is not None:
                distinct, count = np.unique(scores[own], return_counts=True)
                total = sum(
                    card.points_to_odds.expected_ppm(score) * of
                    for score, of in zip(distinct.tolist(), count.tolist(), strict=True)
                )
                expected = round(total / people / MILLION, 4)
            interval = (round(one, 4) for one in wilson(bad, people))
            found = (round(bad / people, 4), *interval, expected)
        yield band.name, band.at_least, people, bad, *found


def _swap_rows(cards: Sequence[Scorecard], scores: Sequence[Ints], is_bad: Flags) -> Iterator[Row]:
    """Yield, for each band's gate, who passes it on which card, and how many of them are bad."""
    names = ("both", *(f"{card.name} only" for card in cards[:2]), "neither")
    for first, second in zip(cards[0].bands[1:], cards[1].bands[1:], strict=True):
        on_first, on_second = scores[0] >= first.at_least, scores[1] >= second.at_least
        sides = (on_first & on_second, on_first & ~on_second, on_second & ~on_first,
                 ~on_first & ~on_second)  # fmt: skip
        for name, who in zip(names, sides, strict=True):
            people, bad = int(np.count_nonzero(who)), int(np.count_nonzero(who & is_bad))
            share = round(bad / people, 4) if people else None
            yield first.name, first.at_least, second.at_least, name, people, bad, share


def reason_places(card: Scorecard, points: CardPoints, rows: Flags) -> Ints:
    """Return the reasons of some people in order: places of features on the card, 0 for none.

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
        total, people = earned[compared].sum(axis=0, dtype=np.int64), int(compared.sum())
    lost = total - earned[rows].astype(np.int64) * people
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
    found = {bins.name: bins.evidence_direction for bins in fitted.bins}
    for before, one in zip(card.features, fitted.card.features, strict=True):
        yield (
            one.name, one.direction, found.get(one.name, "kept"),
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
    *,
    is_keeping_caps: bool = False,
    gates: Gates = "risk",
) -> FitReport:
    """Return a card fitted to the published dates of a span whose outcomes are known.

    Raises InputRefused where no date of the span has outcomes, or too few people became bad or
    stayed good; UsageError where the new card's name is invalid or taken, or the span ends before
    it starts.
    """
    method = snapshots.method
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
    past = list(read_past(snapshots, [day for (day,) in days]))
    for what, people in (
        ("to fit to", people_of(past[:-1] or past, is_held_out=False)),
        ("to judge by", people_of(past[-1:], is_held_out=True)),
    ):
        if min(people.good, people.bad) < FEWEST:
            raise InputRefused(
                f"too few people {what}: {people.good} good and {people.bad} bad, {FEWEST} of "
                "each are needed; publish and evaluate more dates"
            )
    beside = _standard_beside(snapshots, card)
    return fit_and_judge(
        card, past, name, outcome.bad, beside, is_keeping_caps=is_keeping_caps, gates=gates
    )


def _standard_beside(snapshots: Snapshots, card: Scorecard) -> list[Scorecard]:
    """Return the standard card, where it is another one and all that it reads is published."""
    champion, method = STANDARD_CARDS[0], snapshots.method
    if card.name == champion or f"{champion}.toml" not in method.files("transforms/scorecards"):
        return []
    standard = read_scorecard(find_scorecard(champion, method), method)
    snapshots.rows("from fit_person limit 0")
    published = {column[0] for column in snapshots.con.description or ()}
    read = {feature.name for feature in standard.features if feature.bins}
    return [standard] if read <= published else []


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
