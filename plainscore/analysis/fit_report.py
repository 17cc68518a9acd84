"""Fit a card to published snapshots and judge it on people and a date that it has not seen.

The report compares the card that was and the fitted one on the same people: separation, who passes
a gate on which card, reasons, features.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from plainscore.analysis.fit import (
    FeatureBins,
    Fitted,
    binned,
    fit_card,
    log_odds_of,
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
from plainscore.analysis.gates import gates_by_risk, gates_by_share, points_to_odds, with_gates
from plainscore.analysis.metrics import Separation, separation, wilson
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.standard import STANDARD_CARDS, STANDARD_METHOD, Method
from plainscore.contracts.contract import read_outcome
from plainscore.scorecards.card import Scorecard
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.documents import markdown_table
from plainscore.show.reader import ResultTable, Snapshots, render_page

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


@dataclass(frozen=True)
class FitChoices:
    """What a fit leaves to whoever asks for it.

    ``is_keeping_caps``: whether each factor keeps its most points. ``gates``: whether a gate stays
    at its risk, or at the share of people who pass it.
    """

    is_keeping_caps: bool = False
    gates: Gates = "risk"


def fit_and_judge(
    card: Scorecard,
    past: Sequence[PastSnapshot],
    name: str,
    choices: FitChoices,
    bad: str = "",
    beside: Sequence[Scorecard] = (),
) -> FitReport:
    """Fit to seven people of ten, on all dates but the newest; judge on the others, on the newest.

    With one date alone only the people are separate. The card that is returned is the one that was
    judged: it is not fitted once more to everyone. ``bad``: who is bad, in words. ``beside``: cards
    that are judged as well. Raises InputRefused where a gate cannot be placed.
    """
    training, judging = past[:-1] or past, past[-1]
    seen = people_of(training, is_held_out=False)
    unseen = people_of([judging], is_held_out=True)
    fitted = fit_card(card, seen, is_keeping_caps=choices.is_keeping_caps)
    days = [str(one.as_of_date) for one in training]
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    named = replace(
        fitted.card,
        name=name,
        version=f"fitted-{days[-1]}",
        title=f"{card.name} fitted to {seen.count} outcomes of {when}",
    )
    placed, notes = _with_odds_and_gates(card, named, training, choices.gates)
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
    choices: FitChoices,
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
    beside = _standard_beside(snapshots, card, method)
    return fit_and_judge(card, past, name, choices, outcome.bad, beside)


def _standard_beside(snapshots: Snapshots, card: Scorecard, method: Method) -> list[Scorecard]:
    """Return the standard card, where it is another one and all that it reads is published."""
    champion = STANDARD_CARDS[0]
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
