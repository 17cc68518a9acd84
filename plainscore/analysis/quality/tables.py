"""The tables that tell the quality of scorecards, made of counts by scorecard, subject and bin."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from plainscore.analysis.inference import wilson
from plainscore.analysis.quality.order import RiskBin, contradictions
from plainscore.analysis.quality.separation import PointsCount, separation

Row = tuple[Any, ...]
QUALITY_VERSION = 1
"""Raised with every change of what these tables hold: what was computed before is then stale."""


@dataclass(frozen=True)
class Subject:
    """A score, factor or feature of one scorecard, and who has which points of it."""

    scorecard: str
    scorecard_no: int
    subject_no: int
    kind: str
    name: str
    counts: Sequence[PointsCount]


@dataclass(frozen=True)
class Bins:
    """The bands of a scorecard, or the bins of a feature; ``name_of``: place -> a band's name."""

    scorecard: str
    scorecard_no: int
    feature_no: int
    name: str
    bins: Sequence[RiskBin]


def quality_rows(subjects: Iterable[Subject]) -> Iterator[Row]:
    """Yield the rows of ``quality``, without the columns that name the snapshot."""
    for one in subjects:
        told = separation(one.counts)
        yield (
            one.scorecard, one.scorecard_no, one.subject_no, one.kind, one.name,
            told.people, told.bad, told.auc, told.auc_low, told.auc_high, told.gini, told.ks,
            told.ks_low, told.ks_high,
        )  # fmt: skip


def calibration_rows(bands: Iterable[Bins], names: dict[int, str]) -> Iterator[Row]:
    """Yield the rows of ``calibration``; ``names``: band_no -> band."""
    for card in bands:
        found = contradictions(card.bins)
        for one in card.bins:
            against = found.get(one.place)
            yield (
                card.scorecard, card.scorecard_no, one.place, names[one.place], *_share(one),
                against is not None and against.is_significant,
            )  # fmt: skip


def feature_risk_rows(features: Iterable[Bins]) -> Iterator[Row]:
    """Yield the rows of ``feature_risk``."""
    for feature in features:
        found = contradictions(feature.bins)
        for one in feature.bins:
            against = found.get(one.place)
            yield (
                feature.scorecard, feature.scorecard_no, feature.feature_no, feature.name,
                one.place, one.points, *_share(one),
                against.place if against else None,
                against.p_value if against else None,
                against is not None and against.is_significant,
            )  # fmt: skip


def _share(one: RiskBin) -> tuple[int, int, float, float, float]:
    return one.people, one.bad, one.bad / one.people, *wilson(one.bad, one.people)
