"""Fit a card to published snapshots and judge it on people and a date that it has not seen.

The report compares the card that was and the fitted one on the same people: separation, who passes
a gate on which card, reasons, features.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from plainscore.analysis.fit import (
    FeatureBins,
    Fitted,
    Flags,
    Floats,
    Ints,
    Sample,
    fit_card,
    with_gates,
)
from plainscore.analysis.metrics import Separation, separation
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.common.text import identifier
from plainscore.scorecards.card import Feature, Scorecard
from plainscore.scorecards.points import REASON_COUNT
from plainscore.scorecards.reading import find_scorecard, read_scorecard
from plainscore.show.reader import Snapshots

FEWEST = 20
"""Good and bad people on either side below which there is nothing to fit to, or to judge by."""
HELD_OUT_OF_TEN = 3
"""Three people of ten are kept out of the fit, to judge the card by."""
MILLION = 1_000_000

Row = tuple[str | int | float | None, ...]

_SCORED = """
scored as (
    select person_id, row_number() over (order by person_id) - 1 as place
    from score where as_of_date = ? and score is not null
)"""
_TIES = f"""
with {_SCORED}
select mine.place, friend.place, contact_months
from friend as tie
inner join scored as mine on tie.person_id = mine.person_id
inner join scored as friend on tie.friend_id = friend.person_id
where as_of_date = ?
order by all
"""


@dataclass(frozen=True)
class ContactTies:
    """Scored friends with two-way contact: places of person and friend, and months of contact."""

    person: Ints
    friend: Ints
    months: Ints


@dataclass(frozen=True)
class PastSnapshot:
    """Everyone scored on a date, by person_id. ``values`` has every feature that has bins;
    ``is_known``: who has an outcome."""

    as_of_date: date
    person_ids: tuple[str, ...]
    values: Mapping[str, Floats]
    ties: ContactTies
    is_known: Flags
    is_bad: Flags

    @property
    def held_out(self) -> Flags:
        """Who is kept out of every fit: by a hash of the person_id, the same on every date."""
        return np.array([_is_held_out(one) for one in self.person_ids], dtype=np.bool_)

    def sample(self, rows: Flags) -> Sample:
        """Return the flagged people as rows to fit to."""
        return Sample(self.values, self.is_bad).where(rows)


def _is_held_out(person_id: str) -> bool:
    digest = hashlib.sha256(b"held out of a fit\n" + person_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10 < HELD_OUT_OF_TEN


def read_past(
    snapshots: Snapshots, days: Sequence[date], card: Scorecard
) -> Iterator[PastSnapshot]:
    """Yield what is published of each date: features of the card, ties, outcomes."""
    names = [feature.name for feature in card.features if feature.bins]
    columns = ", ".join(f"cast(features.{identifier(name)} as double)" for name in names)
    people = f"""
with {_SCORED}
select scored.person_id, outcome.is_bad, {columns}
from scored
inner join features on scored.person_id = features.person_id and features.as_of_date = ?
left join outcome on scored.person_id = outcome.person_id and outcome.as_of_date = ?
order by scored.place
"""
    for day in days:
        rows = snapshots.rows(people, [day, day, day])
        values = np.array([row[2:] for row in rows], dtype=np.float64)
        ties = np.array(snapshots.rows(_TIES, [day, day]), dtype=np.int64).reshape(-1, 3)
        yield PastSnapshot(
            day,
            tuple(row[0] for row in rows),
            {name: values[:, place] for place, name in enumerate(names)},
            ContactTies(ties[:, 0], ties[:, 1], ties[:, 2]),
            np.array([row[1] is not None for row in rows], dtype=np.bool_),
            np.array([bool(row[1]) for row in rows], dtype=np.bool_),
        )


def points_of(card: Scorecard, past: PastSnapshot) -> dict[str, Ints]:
    """Return feature -> points of everyone, in the card's order: what a run would publish."""
    points = {
        feature.name: binned_points(feature, past.values[feature.name])
        for feature in card.features
        if feature.bins
    }
    own = own_points(card, points)
    return {
        feature.name: points[feature.name] if feature.bins else _friend_points(card, past, own)
        for feature in card.features
    }


def own_points(card: Scorecard, points: Mapping[str, Ints]) -> Ints:
    """Return everyone's points without the social factor."""
    own = [points[f.name] for f in card.features if f.factor != card.late_factor]
    return np.asarray(np.sum(own, axis=0))


def scores(card: Scorecard, points: Mapping[str, Ints]) -> Ints:
    """Return everyone's score."""
    return np.asarray(card.base + np.sum(list(points.values()), axis=0))


def binned_points(feature: Feature, values: Floats) -> Ints:
    """Return the points of each value of a feature that has bins."""
    inner = np.array([float(one.at_least) for one in feature.bins[1:]])
    by_bin = np.array([one.points for one in feature.bins], dtype=np.int64)
    found = by_bin[np.searchsorted(inner, values, side="right").clip(max=len(by_bin) - 1)]
    return np.where(np.isnan(values), feature.missing_points, found)


def _friend_points(card: Scorecard, past: PastSnapshot, own: Ints) -> Ints:
    """Return the points of the bounded-influence neighbour mean (docs/method.md), in integers."""
    rule, most = card.friends, card.friend_points_max
    record = own * MILLION // card.own_points_max
    low, high = record - rule.max_distance_ppm, record + rule.max_distance_ppm
    numerator = rule.prior_weight * np.clip(rule.prior_ppm, low, high)
    denominator = np.full(len(record), rule.prior_weight, dtype=np.int64)
    person, friend, months = past.ties.person, past.ties.friend, past.ties.months
    np.add.at(numerator, person, months * np.clip(record[friend], low[person], high[person]))
    np.add.at(denominator, person, months)
    return np.asarray((2 * most * numerator + MILLION * denominator) // (2 * MILLION * denominator))


@dataclass(frozen=True)
class ReportTable:
    """One table of the report; ``name`` is for programs, ``title`` for people."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class FitReport:
    """A fitted card and its report. ``is_checked``: scikit-learn was installed."""

    card: Scorecard
    summary: str
    tables: tuple[ReportTable, ...]
    is_checked: bool


def fit_and_judge(
    card: Scorecard, past: Sequence[PastSnapshot], name: str, *, is_keeping_caps: bool
) -> FitReport:
    """Fit to seven people of ten, on all dates but the newest; judge on the others, on the newest.

    With one date alone only the people are separate. The card that is returned is the one that was
    judged: it is not fitted once more to everyone.
    """
    training, judging = past[:-1] or past, past[-1]
    parts = [one.sample(one.is_known & ~one.held_out) for one in training]
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
        np.concatenate([scores(one, points_of(one, p))[~p.held_out] for p in training])
        for one in (card, named)
    ]
    fitted = replace(fitted, card=with_gates(named, *of_seen))
    unseen = judging.is_known & judging.held_out
    free = unconstrained_log_odds(fitted.bins, sample, judging.sample(unseen))
    summary = (
        f"{name}: fitted to {len(sample.is_bad):,} outcomes ({sample.bad:,} bad) as of "
        f"{', '.join(days)}; judged on "
        f"{np.count_nonzero(unseen):,} other people as of {judging.as_of_date}"
    )
    tables = _judged(card, fitted, judging, unseen, free)
    return FitReport(fitted.card, summary, tables, free is not None)


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
        return np.concatenate(
            [
                one.bin_numbers(people.values[one.name])[:, None] == np.arange(len(one.edges) + 1)
                for one in features
            ],
            axis=1,
        ).astype(np.float64)

    model = LogisticRegression(max_iter=1000)
    model.fit(indicators(sample), ~sample.is_bad)
    return np.asarray(model.decision_function(indicators(unseen)))


def _judged(
    card: Scorecard, fitted: Fitted, judging: PastSnapshot, unseen: Flags, free: Floats | None
) -> tuple[ReportTable, ...]:
    """Return the tables of the report: both cards on the people who were held out."""
    cards, is_bad = (card, fitted.card), judging.is_bad[unseen]
    points = [
        {name: one[unseen] for name, one in points_of(each, judging).items()} for each in cards
    ]
    first, second = (scores(each, p) for each, p in zip(cards, points, strict=True))
    own = [own_points(each, p) for each, p in zip(cards, points, strict=True)]
    ranked: list[tuple[str, Ints | Floats]] = [
        (f"{cards[0].name}: score", first),
        (f"{cards[1].name}: score", second),
        (f"{cards[0].name}: own points", own[0]),
        (f"{cards[1].name}: own points", own[1]),
        (f"{cards[1].name}: model, before points", fitted.log_odds(judging.sample(unseen))),
    ]
    if free is not None:
        ranked.append(("scikit-learn on the same bins", free))
    reasons = [reason_places(each, p) for each, p in zip(cards, points, strict=True)]
    other_set, other_first = changed_reasons(*reasons)
    return (
        ReportTable(
            "separation",
            "How well good and bad are separated",
            ("by", "people", "bad", "auc", "auc_low", "auc_high", "ks", "ks_low", "ks_high"),
            tuple(_separation_row(name, one, is_bad) for name, one in ranked),
        ),
        ReportTable(
            "swap_set",
            "Who passes a band's gate on which card",
            ("band", "gate", "fitted_gate", "passes_on", "people", "bad", "bad_share"),
            tuple(_swap_rows(cards, (first, second), is_bad)),
        ),
        ReportTable(
            "reasons",
            f"Reasons: of {len(first):,} people {other_set:,} have other ones, "
            f"{other_first:,} another first one",
            ("feature", card.name, fitted.card.name, "difference"),
            tuple(_reason_rows(card, *reasons)),
        ),
        _features_table(card, fitted),
    )


def separation_of(ranks: Ints | Floats, is_bad: Flags) -> Separation:
    """Return how well scores of any kind separate the good, who should have more, from the bad."""
    distinct, place = np.unique(ranks, return_inverse=True)
    bad = np.bincount(place[is_bad], minlength=len(distinct)).tolist()
    good = np.bincount(place[~is_bad], minlength=len(distinct)).tolist()
    return separation([(no, *counts) for no, counts in enumerate(zip(good, bad, strict=True))])


def auc_of(ranks: Ints | Floats, is_bad: Flags) -> float:
    """Return the AUC alone; both good and bad people are needed."""
    auc = separation_of(ranks, is_bad).auc
    assert auc is not None, "good and bad people"
    return auc


def _separation_row(name: str, ranks: Ints | Floats, is_bad: Flags) -> Row:
    one = separation_of(ranks, is_bad)
    figures = (one.auc, one.auc_low, one.auc_high, one.ks, one.ks_low, one.ks_high)
    return name, one.people, one.bad, *map(_rounded, figures)


def _swap_rows(
    cards: tuple[Scorecard, Scorecard], both: tuple[Ints, Ints], is_bad: Flags
) -> Iterator[Row]:
    """Yield, for each band's gate, who passes it on which card, and how many of them are bad."""
    for first, second in zip(cards[0].bands[1:], cards[1].bands[1:], strict=True):
        on_first, on_second = both[0] >= first.at_least, both[1] >= second.at_least
        for name, who in (
            ("both", on_first & on_second),
            (f"{cards[0].name} only", on_first & ~on_second),
            (f"{cards[1].name} only", ~on_first & on_second),
            ("neither", ~on_first & ~on_second),
        ):
            people, bad = int(np.count_nonzero(who)), int(np.count_nonzero(who & is_bad))
            share = round(bad / people, 4) if people else None
            yield first.name, first.at_least, second.at_least, name, people, bad, share


def reason_places(card: Scorecard, points: Mapping[str, Ints]) -> Ints:
    """Return each person's reasons in order: places of features on the card from 1, 0 for none.

    As scores.reason has them: by points lost, ties in the order of the card.
    """
    lost = np.column_stack([f.max_points - points[f.name] for f in card.features])
    order = np.argsort(-lost, axis=1, kind="stable")[:, :REASON_COUNT]
    return np.where(np.take_along_axis(lost, order, axis=1) > 0, order + 1, 0)


def _reason_rows(card: Scorecard, first: Ints, second: Ints) -> Iterator[Row]:
    """Yield feature, people who have it as a reason on the first and on the second card."""
    for place, feature in enumerate(card.features, start=1):
        counts = [int((reasons == place).any(axis=1).sum()) for reasons in (first, second)]
        if any(counts):
            yield feature.name, *counts, counts[1] - counts[0]


def changed_reasons(first: Ints, second: Ints) -> tuple[int, int]:
    """Return how many people have another set of reasons, and another first reason."""
    is_other_set = (np.sort(first, axis=1) != np.sort(second, axis=1)).any(axis=1)
    return int(is_other_set.sum()), int((first[:, 0] != second[:, 0]).sum())


def _features_table(card: Scorecard, fitted: Fitted) -> ReportTable:
    most_before = {feature.name: feature.max_points for feature in card.features}
    coefficients = dict(zip((b.name for b in fitted.bins), fitted.model.coefficients, strict=True))
    evidence = {one.name: one.evidence_direction for one in fitted.bins}
    rows = tuple(
        (
            one.name,
            one.direction,
            evidence.get(one.name, "kept"),
            _rounded(coefficients.get(one.name)),
            most_before[one.name],
            one.max_points,
            one.missing_points if one.bins else None,
            " ".join(f"{step.at_least:f}:{step.points}" for step in one.bins),
        )
        for one in fitted.card.features
    )
    columns = (
        "feature",
        "direction",
        "evidence",
        "coefficient",
        "max_before",
        "max_points",
        "missing",
        "points_from",
    )
    return ReportTable("features", "Features", columns, rows)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def markdown(report: FitReport) -> str:
    """Return the report, table by table."""

    def line(cells: Sequence[object]) -> str:
        return f"| {' | '.join('' if cell is None else str(cell) for cell in cells)} |"

    parts = [f"# {report.card.name}", report.summary]
    for table in report.tables:
        head = [f"## {table.title}", "", line(table.columns), line(["---"] * len(table.columns))]
        parts.append("\n".join([*head, *map(line, table.rows)]))
    return "\n\n".join(parts) + "\n"


def card_text(card: Scorecard, base_name: str, comment: str) -> str:
    """Return the card as TOML for `plainscore run --scorecard`: what differs from its base.

    ``comment``: what the card was fitted to.
    """

    def quoted(text: str) -> str:
        # A JSON string is a TOML basic string.
        return json.dumps(text, ensure_ascii=False)

    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines += ["", f"name = {quoted(card.name)}", f"version = {quoted(card.version)}"]
    lines += [f"title = {quoted(card.title)}", f"extends = {quoted(base_name)}"]
    for band in card.bands:
        lines += ["", "[[band]]", f"name = {quoted(band.name)}", f"at_least = {band.at_least}"]
    for factor, cap in card.factor_caps:
        lines += ["", f"[factor.{factor}]", f"max_points = {cap}"]
    for feature in card.features:
        if feature.bins:
            steps = ", ".join(f"[{one.at_least:f}, {one.points}]" for one in feature.bins)
            lines += ["", f"[feature.{feature.name}]", f"bins = [{steps}]"]
            lines += [f"missing_points = {feature.missing_points}"]
    for benefit in card.benefits:
        lines += ["", "[[benefit]]", f"name = {quoted(benefit.name)}"]
        lines += [f"min_score = {benefit.min_score}", f"source = {quoted(benefit.source)}"]
        lines += [f"note = {quoted(benefit.note)}"]
        lines += [f"is_harm_sensitive = {str(benefit.is_harm_sensitive).lower()}"]
    return "\n".join(lines) + "\n"


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
    card = read_scorecard(find_scorecard(scorecard, method), method)
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise UsageError(f"--name '{name}': a card's name is of small letters, digits and _")
    if name == card.name or f"{name}.toml" in method.files("transforms/scorecards"):
        raise UsageError(f"--name {name}: a card has that name; give the new one another")
    past = list(read_past(snapshots, _known_days(snapshots, span), card))
    for what, parts in (
        ("to fit to", [p.sample(p.is_known & ~p.held_out) for p in past[:-1] or past]),
        ("to judge by", [past[-1].sample(past[-1].is_known & past[-1].held_out)]),
    ):
        good, bad = sum(p.good for p in parts), sum(p.bad for p in parts)
        if min(good, bad) < FEWEST:
            raise InputRefused(
                f"too few people {what}: {good} good and {bad} bad, {FEWEST} of each are needed; "
                "publish and evaluate more dates"
            )
    return fit_and_judge(card, past, name, is_keeping_caps=is_keeping_caps)


def _known_days(snapshots: Snapshots, span: tuple[str | None, str | None]) -> list[date]:
    """Return the published dates of a span whose outcomes are published, oldest first."""
    first, last = (None if word is None else snapshots.day(word) for word in span)
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    rows = snapshots.rows("select distinct as_of_date from outcome order by as_of_date")
    days = [d for (d,) in rows if (first is None or d >= first) and (last is None or d <= last)]
    if not days:
        raise InputRefused(
            "no published date of that span has a known outcome: `plainscore evaluate` publishes "
            "outcomes 120 days after a snapshot"
        )
    return days


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
