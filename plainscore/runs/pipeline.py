"""What a run is asked to do, and what it computes: scorecards, contracts, their hashes."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypedDict, Unpack

import polars as pl

from plainscore.analysis.statistics import statistics_versions
from plainscore.common.errors import InputRefused, UsageError
from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.contracts import SnapshotDates
from plainscore.contracts.catalog import (
    AUDITS,
    Catalog,
    StageHash,
    catalog_hash,
    load_catalog,
    rehearsed_catalog,
    stage_hashes,
)
from plainscore.contracts.logs import read_logs
from plainscore.engines import EngineName, require_engine
from plainscore.logs import IngestReport
from plainscore.runs.calendar import RelativeDate, resolve_date
from plainscore.scorecards.card import Scorecard, log_of_features, without_features
from plainscore.scorecards.card_text import PACKAGED, find_scorecard
from plainscore.scorecards.compile import (
    AGE_BANDS,
    decay_weights,
    injected_attacks,
)
from plainscore.scorecards.reading import FORMER_HASHES, read_scorecard, read_scorecards
from plainscore.settings import Settings, read_settings


@dataclass(frozen=True, eq=False)
class Pipeline:
    """Scorecards (champion first), tables in order, and what identifies their code."""

    cards: tuple[Scorecard, ...]
    catalog: Catalog

    @property
    def method(self) -> Method:
        """The files that the tables are of."""
        return self.catalog.method

    def of_inputs(self, ledger: pl.DataFrame, known_on: date) -> "Pipeline":
        """Return the pipeline for what had arrived by a day: cards do without absent logs.

        ``ledger``: one row per ingested file. A log is absent while no event of it has arrived.
        Raises UsageError where a card would have no points left.
        """
        return _without_logs(self, self.absent_logs(ledger, known_on))

    def absent_logs(self, ledger: pl.DataFrame, known_on: date) -> frozenset[str]:
        """Return the logs of the method of which no event had arrived by a day."""
        came = ledger.filter((pl.col("arrived") <= known_on) & (pl.col("accepted") > 0))
        return frozenset(read_logs(self.method)) - {*came["log"]}

    def features_of(self, logs: Collection[str]) -> dict[str, str]:
        """Return feature of a card -> its log, of those that say nothing without these logs.

        The method lists them; of another feature all logs are absent that it is made from.
        """
        if not logs:
            return {}  # tracing a feature down to its logs takes time
        listed, found = log_of_features(self.method), dict[str, str]()
        for name in dict.fromkeys(one.name for card in self.cards for one in card.features):
            behind = [listed[name]] if name in listed else _logs_behind(self.catalog, name)
            if behind and set(behind) <= set(logs):
                found[name] = ", ".join(behind)
        return found

    @cached_property
    def code_hash(self) -> str:
        """SHA-256 (hex) of all code that makes a snapshot; a manifest holds it."""
        parts = [catalog_hash(self.catalog), *_python_by_stage().values()]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    @cached_property
    def stage_hashes(self) -> Mapping[str, StageHash]:
        """Stage -> hashes of what decides it; see ``plainscore.contracts.catalog``."""
        return stage_hashes(self.catalog, self.cards, _python_by_stage())


def _logs_behind(catalog: Catalog, feature: str) -> list[str]:
    """Return the logs that a feature is made from, sorted."""
    from plainscore.contracts.lineage import lineage

    measures = catalog.measures
    late = measures.late.get(feature)
    columns = lineage(catalog, f"{late.name if late else measures.homes[feature]}.{feature}")
    return sorted({column.split(".")[1] for column in columns.log_columns})


@cache
def _without_logs(pipeline: Pipeline, absent: frozenset[str]) -> Pipeline:
    if absent == frozenset(read_logs(pipeline.method)):
        return pipeline  # nothing is left to score by, and the run says so
    features = pipeline.features_of(absent)
    cards = tuple(without_features(card, features) for card in pipeline.cards)
    if cards == pipeline.cards:
        return pipeline
    return replace(pipeline, cards=cards, catalog=load_catalog(cards, method=pipeline.method))


@dataclass(frozen=True)
class Prepared:
    """What many dates share: the method, and what one ingest brought."""

    pipeline: Pipeline
    report: IngestReport


def absent_log_warnings(pipeline: Pipeline, absent: Collection[str]) -> Iterator[str]:
    """Yield what absent logs do to the cards of a run: a sentence for each card that has them."""
    features = pipeline.features_of(absent)
    for card in pipeline.cards:
        if card.left_out:
            yield (
                f"no event of {_listed(card.without_logs)} has arrived: scorecard {card.name} does "
                f"without {_counted(card.left_out)}, and the points of the others are scaled to "
                f"its range, {card.base} to {card.max_score}: {', '.join(card.left_out)}"
            )
        elif empty := [one.name for one in card.features if one.name in features]:
            yield (
                f"no event of {_listed(sorted({features[name] for name in empty}))} has arrived: "
                f"{_counted(empty)} of scorecard {card.name} give everyone the same points; "
                'absent_logs = "rescale" in a card leaves them out, as the card everyone_3 does'
            )


def _listed(logs: Sequence[str]) -> str:
    """Return names of logs in a sentence."""
    return " and ".join(filter(None, [", ".join(logs[:-1]), logs[-1]]))


def _counted(features: Sequence[str]) -> str:
    return f"{len(features)} feature{'s' if len(features) > 1 else ''}"


def load_pipeline(settings: Settings) -> Pipeline:
    """Read scorecards and contracts, and rehearse a project's own on empty tables.

    The standard method on its own cards is not rehearsed again: the tests have done it.
    Raises ContractError if the rehearsal fails, UsageError if a scorecard is invalid.
    """
    if settings.method == STANDARD_METHOD and all(
        find_scorecard(name).parent == PACKAGED for name in settings.scorecards
    ):
        return read_pipeline(settings)
    cards = read_scorecards(settings.scorecards, settings.method)
    return Pipeline(cards, rehearsed_catalog(cards, settings.method))


def read_pipeline(settings: Settings) -> Pipeline:
    """Read scorecards and contracts without the rehearsal, for who only looks."""
    cards = read_scorecards(settings.scorecards, settings.method)
    return Pipeline(cards, load_catalog(cards, method=settings.method))


def _python_by_stage() -> dict[str, str]:
    """Return stage -> hash of what Python adds to SQL: weights; age bands, attacks and so on."""
    weights = hashlib.sha256(str(list(decay_weights())).encode()).hexdigest()
    parts = f"{AGE_BANDS} {injected_attacks()} {statistics_versions()}"
    return {"features": weights, AUDITS: hashlib.sha256(parts.encode()).hexdigest()}


def cards_by_hash(hashes: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """Return the paths of the scorecards with some hashes, among the packaged and configured ones.

    A packaged card of an earlier version is today's, where only its words have changed.

    Raises InputRefused if one no longer exists, UsageError if a configured one cannot be read.
    """
    standard = settings.method.files("transforms/scorecards", ".toml").values()
    configured = [find_scorecard(name, settings.method) for name in settings.scorecards]
    files = [*standard, *configured]
    known = {former: str(PACKAGED / f"{name}.toml") for former, name in FORMER_HASHES.items()}
    known |= {read_scorecard(path, settings.method).hash: str(path) for path in files}
    missing = [one for one in hashes if one not in known]
    if missing:
        raise InputRefused(
            f"the scorecard it was made with is not there any more (hash {missing[0][:12]}...): "
            "add it to the setting scorecards"
        )
    return tuple(known[one] for one in hashes)


# What one run is asked to do


@dataclass(frozen=True)
class SnapshotRequest:
    """One snapshot of one data directory.

    ``skip_refused``: publish although refused files block it; the manifest says so.
    ``allow_stopped_feeds``: publish although a log had no arrivals for longer than its limit.
    ``force``: publish a further run although nothing changed.
    """

    data_dir: Path
    dates: SnapshotDates
    settings: Settings
    skip_refused: bool = False
    allow_stopped_feeds: bool = False
    force: bool = False


def snapshot_dates(
    as_of_date: date, known_on: date | None, settings: Settings, today: date | None = None
) -> SnapshotDates:
    """Return both clocks; known_on defaults to as_of_date plus the configured lag.

    Raises UsageError if as_of_date has not ended and no known_on was given: its events cannot
    all have arrived. ``today`` defaults to the current day (UTC).
    """
    if known_on is not None:
        return SnapshotDates(as_of_date, known_on)
    today = today or datetime.now(UTC).date()
    if as_of_date > today:
        raise UsageError(
            f"{as_of_date} lies in the future (today is {today}): give --known-on to score it "
            "with what is known until then"
        )
    return SnapshotDates(as_of_date, as_of_date + timedelta(days=settings.arrival_lag_days))


class RunOptions(TypedDict, total=False):
    """What commands and flows may ask of a run; None leaves it to the settings."""

    scorecards: tuple[str, ...] | None
    skip_refused: bool
    allow_stopped_feeds: bool
    force: bool
    threads: int | None
    memory_limit: str | None
    temp_directory: Path | None
    engine: EngineName | None
    master: str | None


def read_request(
    as_of_date: date | RelativeDate,
    known_on: date | None = None,
    data: Path = Path("data"),
    *,
    today: date | None = None,
    **options: Unpack[RunOptions],
) -> SnapshotRequest:
    """Return the request that flags and settings make together.

    ``today``: what a relative date refers to, the current day (UTC) by default.
    Raises UsageError for settings, an engine or dates that are invalid.
    """
    given: dict[str, Any] = dict(options)
    flags = {name: given.pop(name) for name in [*given] if name not in Settings.model_fields}
    settings = read_settings(data, **given)
    require_engine(settings.engine, settings.master)
    day = resolve_date(as_of_date, today or datetime.now(UTC).date(), settings.arrival_lag_days)
    return SnapshotRequest(data, snapshot_dates(day, known_on, settings), settings, **flags)
