"""Fit a card to past snapshots and judge it on people and a date that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from plainscore.analysis.fitting.check import unconstrained_log_odds
from plainscore.analysis.fitting.compare import (
    Row,
    changed_reasons,
    reason_places,
    reason_rows,
    separation_of,
    swap_rows,
)
from plainscore.analysis.fitting.fitted import Fitted, fit_card
from plainscore.analysis.fitting.gates import with_gates
from plainscore.analysis.fitting.past import PastSnapshot, pooled
from plainscore.analysis.fitting.samples import Flags, Floats, Ints
from plainscore.analysis.fitting.scoring import own_points, points_of, scores
from plainscore.scorecards.card import Scorecard


@dataclass(frozen=True)
class Table:
    """One table of the report; ``name`` is for programs, ``title`` for people."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Study:
    """A fitted card and what is to be said of it. ``is_checked``: scikit-learn was at hand."""

    card: Scorecard
    summary: str
    tables: tuple[Table, ...]
    is_checked: bool


def fit_and_judge(
    card: Scorecard, past: Sequence[PastSnapshot], name: str, *, is_keeping_caps: bool
) -> Study:
    """Fit to seven people of ten, on all dates but the newest; judge on the others, on the newest.

    With one date alone the people are apart and the date is the same. The card that is returned is
    the one that was judged: it is not fitted once more to everyone.
    """
    training, judging = past[:-1] or past, past[-1]
    sample = pooled([one.sample(one.is_known & ~one.held_out) for one in training])
    fitted = fit_card(card, sample, is_keeping_caps=is_keeping_caps)
    fitted = replace(fitted, card=_named(fitted.card, name, training, len(sample.is_bad)))
    fitted = replace(fitted, card=_gated(card, fitted.card, training))
    unseen = judging.is_known & judging.held_out
    free = unconstrained_log_odds(fitted.bins, sample, judging.sample(unseen))
    summary = (
        f"{fitted.card.name}: fitted to {len(sample.is_bad):,} outcomes ({sample.bad:,} bad) as of "
        f"{', '.join(str(one.as_of_date) for one in training)}; judged on "
        f"{np.count_nonzero(unseen):,} other people as of {judging.as_of_date}"
    )
    tables = _Judged(card, fitted, judging, unseen).tables(free)
    return Study(fitted.card, summary, (*tables, _features(card, fitted)), free is not None)


def _named(card: Scorecard, name: str, training: Sequence[PastSnapshot], rows: int) -> Scorecard:
    days = [str(one.as_of_date) for one in training]
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    title = f"{card.name} fitted to {rows} outcomes of {when}"
    return replace(card, name=name, version=f"fitted-{days[-1]}", title=title)


def _gated(before: Scorecard, after: Scorecard, training: Sequence[PastSnapshot]) -> Scorecard:
    def of_seen(card: Scorecard) -> Ints:
        return np.concatenate([scores(card, points_of(card, p))[~p.held_out] for p in training])

    return with_gates(after, of_seen(before), of_seen(after))


@dataclass(frozen=True)
class _Judged:
    """The card as it was and the fitted one, on the people who were held out."""

    card: Scorecard
    fitted: Fitted
    judging: PastSnapshot
    unseen: Flags

    def tables(self, free: Floats | None) -> tuple[Table, ...]:
        cards = (self.card, self.fitted.card)
        points = [
            {name: one[self.unseen] for name, one in points_of(card, self.judging).items()}
            for card in cards
        ]
        first, second = (scores(card, p) for card, p in zip(cards, points, strict=True))
        own_first, own_second = (own_points(card, p) for card, p in zip(cards, points, strict=True))
        before_rounding = self.fitted.log_odds(self.judging.sample(self.unseen))
        ranked: list[tuple[str, Ints | Floats]] = [
            (f"{cards[0].name}: score", first),
            (f"{cards[1].name}: score", second),
            (f"{cards[0].name}: own points", own_first),
            (f"{cards[1].name}: own points", own_second),
            (f"{cards[1].name}: model, before points", before_rounding),
        ]
        if free is not None:
            ranked.append(("scikit-learn on the same bins", free))
        is_bad = self.judging.is_bad[self.unseen]
        return (
            self._separation(ranked, is_bad),
            Table(
                "swap_set",
                "Who passes a band's gate on which card",
                ("band", "gate", "fitted_gate", "passes_on", "people", "bad", "bad_share"),
                tuple(swap_rows(cards, (first, second), is_bad)),
            ),
            self._reasons(*(reason_places(c, p) for c, p in zip(cards, points, strict=True))),
        )

    def _separation(self, ranked: list[tuple[str, Ints | Floats]], is_bad: Flags) -> Table:
        told = [(name, separation_of(one, is_bad)) for name, one in ranked]
        return Table(
            "separation",
            "How well the good are told from the bad",
            ("by", "people", "bad", "auc", "auc_low", "auc_high", "ks", "ks_low", "ks_high"),
            tuple(
                (name, one.people, one.bad, *map(_rounded, (one.auc, one.auc_low, one.auc_high)),
                 *map(_rounded, (one.ks, one.ks_low, one.ks_high)))
                for name, one in told
            ),
        )  # fmt: skip

    def _reasons(self, first: Ints, second: Ints) -> Table:
        other_set, other_first = changed_reasons(first, second)
        return Table(
            "reasons",
            f"Reasons: of {len(first):,} people {other_set:,} have other ones, "
            f"{other_first:,} another first one",
            ("feature", self.card.name, self.fitted.card.name, "difference"),
            tuple(reason_rows(self.card, first, second)),
        )


def _features(card: Scorecard, fitted: Fitted) -> Table:
    most_before = {feature.name: feature.max_points for feature in card.features}
    coefficients = dict(zip((b.name for b in fitted.bins), fitted.model.coefficients, strict=True))
    evidence = {one.name: one.evidence_direction for one in fitted.bins}
    rows = tuple(
        (
            one.name, one.direction, evidence.get(one.name, "kept"),
            _rounded(coefficients.get(one.name)), most_before[one.name], one.max_points,
            one.missing_points if one.bins else None,
            " ".join(f"{step.at_least:f}:{step.points}" for step in one.bins),
        )
        for one in fitted.card.features
    )  # fmt: skip
    columns = ("feature", "direction", "evidence", "coefficient", "max_before", "max_points",
               "missing", "points_from")  # fmt: skip
    return Table("features", "Features", columns, rows)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
