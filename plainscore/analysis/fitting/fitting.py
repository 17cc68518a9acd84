"""Fit a card to what is published: which dates, and what has to be there."""

import re
from datetime import date
from pathlib import Path

from plainscore.analysis.fitting.past import PastSnapshot
from plainscore.analysis.fitting.reading import known_dates, read_past
from plainscore.analysis.fitting.study import Study, fit_and_judge
from plainscore.common.errors import InputRefused, UsageError
from plainscore.scorecards.reading import PACKAGED, find_scorecard, read_scorecard
from plainscore.show.snapshots import Snapshots

_NAME = re.compile(r"[a-z][a-z0-9_]*")

FEWEST = 20
"""Good and bad people on either side below which there is nothing to fit to, or to judge by."""


def fit_to_published(
    snapshots: Snapshots,
    span: tuple[str | None, str | None],
    scorecard: str,
    name: str,
    is_keeping_caps: bool,
) -> Study:
    """Return a card fitted to the published dates of a span whose outcomes are known.

    Raises
    ------
    InputRefused
        No date of the span has outcomes, or too few people became bad, or stayed good.
    UsageError
        The new card's name is none, or taken; or the span ends before it starts.
    """
    card = read_scorecard(find_scorecard(scorecard))
    _refuse_name(name, card.name)
    past = list(read_past(snapshots, _days(snapshots, span), card))
    _refuse_if_too_few(past)
    return fit_and_judge(card, past, name, is_keeping_caps=is_keeping_caps)


def written_base(scorecard: str, out: Path | None, report: Path | None) -> str:
    """Return the name by which a written card extends its base.

    Raises UsageError where a file could not be written, or the base not be found again: one that is
    not packaged has to stand in the same folder.
    """
    for flag, file in (("--out", out), ("--report", report)):
        if file is not None and not file.parent.is_dir():
            raise UsageError(f"{flag} {file}: there is no folder {file.parent}")
    path = find_scorecard(scorecard)
    if out is not None and out.suffix != ".toml":
        raise UsageError(f"--out {out}: a scorecard's file ends in .toml")
    if out is not None and path.resolve() == out.resolve():
        raise UsageError(f"--out {out}: that is the card to start from")
    if (
        out is not None
        and path.parent != PACKAGED
        and path.resolve().parent != out.resolve().parent
    ):
        raise UsageError(
            f"--out {out}: the card extends {path.name}, so write it to the same folder"
        )
    return path.stem


def _refuse_name(name: str, base_name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(f"--name '{name}': a card's name is of small letters, digits and _")
    if name in {base_name, *(card.stem for card in PACKAGED.glob("*.toml"))}:
        raise UsageError(f"--name {name}: a card has that name; give the new one another")


def _days(snapshots: Snapshots, span: tuple[str | None, str | None]) -> list[date]:
    first, last = (None if word is None else snapshots.day(word) for word in span)
    if first is not None and last is not None and first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    known = known_dates(snapshots)
    days = [d for d in known if (first is None or d >= first) and (last is None or d <= last)]
    if not days:
        raise InputRefused(
            "no published date of that span has a known outcome: `plainscore evaluate` publishes "
            "outcomes 120 days after a snapshot"
        )
    return days


def _refuse_if_too_few(past: list[PastSnapshot]) -> None:
    training = past[:-1] or past
    for what, parts in (
        ("to fit to", [p.sample(p.is_known & ~p.held_out) for p in training]),
        ("to judge by", [past[-1].sample(past[-1].is_known & past[-1].held_out)]),
    ):
        good, bad = sum(p.good for p in parts), sum(p.bad for p in parts)
        if min(good, bad) < FEWEST:
            raise InputRefused(
                f"too few people {what}: {good} good and {bad} bad, {FEWEST} of each are needed; "
                "publish and evaluate more dates"
            )
