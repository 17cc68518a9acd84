"""Say what is wrong with logs without taking them in: an ingest into a store thrown away after."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from plainscore.common.standard import STANDARD_METHOD, Method
from plainscore.logs.delta_table import pinned_files, read_head
from plainscore.logs.ingest import IngestReport, Progress, ingest_landing
from plainscore.logs.landing import RefusedFile
from plainscore.logs.tables import LOGS

_EXAMPLES = 3
_ORPHANS = {
    "purchase": ("order_id", "purchase", ("refund", "chargeback")),
    "payment": ("bill_id", "bill", ("payment", "reversal")),
    "service": ("agreement_id", "started", ("ended", "breached")),
}


@dataclass(frozen=True)
class QuarantineReason:
    """One reason for which rows of a log were refused, with the first places as file:line."""

    reason: str
    count: int
    examples: list[str]


@dataclass(frozen=True)
class CheckedLog:
    """What one log holds and what is wrong with it.

    ``orphans`` counts the events whose order, bill or agreement is in none of the files;
    ``unknown_columns`` names the columns that are kept out; ``missing_features`` those that have
    no value because the log holds no row.
    """

    log: str
    files: int
    rows: int
    accepted: int
    duplicates: int
    quarantined: int
    reasons: list[QuarantineReason]
    orphans: int
    unknown_columns: list[str]
    missing_features: list[str]
    refused: list[RefusedFile]


@dataclass(frozen=True)
class CheckedLogs:
    """All five logs, and the refused folders that belong to none of them."""

    logs: list[CheckedLog]
    refused_elsewhere: list[RefusedFile]

    @property
    def refused(self) -> list[RefusedFile]:
        """Everything that was refused as a whole."""
        return [one for log in self.logs for one in log.refused] + self.refused_elsewhere


def check_logs(landing: Path, progress: Progress | None = None) -> CheckedLogs:
    """Check a landing directory, writing to a temporary directory only.

    Raises InputRefused where ``landing`` is no directory.
    """
    with TemporaryDirectory(prefix="plainscore-check-") as folder:
        events = Path(folder) / "events"
        report = ingest_landing(landing, events, progress=progress)
        store = _Store(events)
        logs = [_check_log(log, store, report) for log in LOGS]
    elsewhere = [one for one in report.refused if one.log not in LOGS]
    return CheckedLogs(logs, elsewhere)


class _Store:
    def __init__(self, events: Path) -> None:
        self._events = events
        self._head = read_head(events)

    def scan(self, table: str) -> pl.LazyFrame | None:
        version = self._head.versions.get(table)
        files = pinned_files(self._events / table, version) if version is not None else []
        return pl.scan_parquet(files, glob=False, hive_partitioning=False) if files else None


def _check_log(log: str, store: _Store, report: IngestReport) -> CheckedLog:
    files = [file for file in report.files if file.log == log]
    accepted = sum(file.accepted for file in files)
    return CheckedLog(
        log=log,
        files=len(files),
        rows=sum(file.rows for file in files),
        accepted=accepted,
        duplicates=sum(file.duplicates for file in files),
        quarantined=sum(file.quarantined for file in files),
        reasons=_reasons(log, store.scan("quarantine")),
        orphans=_count_orphans(log, store.scan(log)),
        unknown_columns=_unknown_columns(log, store.scan("file")),
        missing_features=[] if accepted else features_of(log),
        refused=[one for one in report.refused if one.log == log],
    )


def _reasons(log: str, quarantine: pl.LazyFrame | None) -> list[QuarantineReason]:
    if quarantine is None:
        return []
    place = pl.format("{}:{}", "file", "line")
    found = (
        quarantine.filter(pl.col("log") == log)
        .sort("file", "line")
        .group_by("reason")
        .agg(pl.len().alias("count"), place.head(_EXAMPLES).alias("examples"))
        .sort(["count", "reason"], descending=[True, False])
        .collect()
    )
    return [QuarantineReason(**row) for row in found.iter_rows(named=True)]


def _count_orphans(log: str, events: pl.LazyFrame | None) -> int:
    if events is None or log not in _ORPHANS:
        return 0
    thing, creates, follows = _ORPHANS[log]
    key = ["person_key", thing]
    known = events.filter(pl.col("event_type") == creates).select(key)
    followers = events.filter(pl.col("event_type").is_in(follows)).select(key)
    return int(followers.join(known, on=key, how="anti").select(pl.len()).collect().item())


def _unknown_columns(log: str, ledger: pl.LazyFrame | None) -> list[str]:
    if ledger is None:
        return []
    names = (
        ledger.filter(pl.col("log") == log)
        .select(pl.col("unknown_columns").drop_nulls().str.json_decode(pl.List(pl.String)))
        .explode("unknown_columns")
        .drop_nulls()
        .unique()
        .collect()
    )
    return sorted(names["unknown_columns"])


def features_of(log: str, method: Method = STANDARD_METHOD) -> list[str]:
    """Return the features that have no value for anyone where a log is absent."""
    declared = tomllib.loads(method.file("transforms/features_by_log.toml").read_text("utf-8"))
    return list(declared.get(log, ()))
