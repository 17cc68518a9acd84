"""Judge every row for itself: typed fields, and the first reason why a row is refused.

What a row is to other rows (repeat, conflict) is judged in ``identity``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from plainscore.contracts.logs import COMMON_FIELDS, FieldKind, Log
from plainscore.logs.columns import Reading, all_null, read_column

MAX_DUE_DISTANCE_DAYS = 7305
_FORBIDDEN = ("is negative", "has more than two decimals", "is more than 10^12 cents")
_COMMON_KINDS: dict[str, FieldKind] = {
    "event_id": "text",
    "person_id": "text",
    "event_type": "choice",
    "event_time": "time",
}


def judge_rows(log: Log, raw: pl.DataFrame) -> pl.DataFrame:
    """Read and judge delivered rows.

    Parameters
    ----------
    log
        The log they belong to.
    raw
        Columns ``file_no``, ``line``, ``arrived`` (Date), ``reason`` (String: null, or why the
        line could not be read at all) and the log's fields as delivered; fields may be absent.

    Returns
    -------
    The same rows in the same order: ``file_no``, ``line``, ``arrived``, ``reason`` (null where the
    row stands), the common fields, ``event_date`` and the own fields under their delivered names,
    typed (amounts in cents), null where the event type does not define them.
    """
    kinds = _COMMON_KINDS | {own.name: own.kind for own in log.fields}
    readings = {name: _read(raw, name, kind) for name, kind in kinds.items()}
    table = raw.select("file_no", "line", "arrived", "reason").with_columns(
        [reading.values.alias(name) for name, reading in readings.items()]
        + [
            reading.faults.alias(_fault(name))
            for name, reading in readings.items()
            if reading.faults is not None
        ]
    )
    table = _keep_defined(log, table)
    at_fault = {name for name, reading in readings.items() if reading.faults is not None}
    return table.with_columns(_first_reasons(log, table, at_fault)).select(
        "file_no",
        "line",
        "arrived",
        "reason",
        *COMMON_FIELDS,
        pl.col("event_time").dt.date().alias("event_date"),
        *(own.name for own in log.fields),
    )


def _read(raw: pl.DataFrame, name: str, kind: FieldKind) -> Reading:
    column = raw[name] if name in raw.columns else all_null(len(raw), pl.String())
    return read_column(kind, column)


def _fault(name: str) -> str:
    return f"fault of {name}"


def _keep_defined(log: Log, table: pl.DataFrame) -> pl.DataFrame:
    """Empty the fields that a row's event type does not define, and their faults."""
    kept = []
    for own in log.fields:
        is_defined = pl.col("event_type").is_in(log.types_with(own.name))
        for other, needed in own.only_where.items():
            is_defined &= pl.col(other) == needed
        for name in (own.name, _fault(own.name)):
            if name in table.columns:
                kept.append(pl.when(is_defined).then(pl.col(name)).alias(name))
    return table.with_columns(kept)


@dataclass(frozen=True)
class _Objection:
    """A condition under which a row is refused, and the reason (text) it is then given."""

    condition: pl.Expr
    reason: pl.Expr


def _first_reasons(log: Log, table: pl.DataFrame, at_fault: set[str]) -> pl.Series:
    """Return the first reason to refuse each row; null where there is none.

    Few rows are refused, so reasons are written for those alone.
    """
    objections = list(_objections(log, at_fault))
    conditions = (objection.condition for objection in objections)
    is_refused = table.select(refused=pl.any_horizontal(conditions)).to_series().fill_null(False)
    nothing = all_null(len(table), pl.String()).alias("reason")
    if not is_refused.any():
        return nothing
    written = (pl.when(one.condition).then(one.reason) for one in objections)
    reasons = table.filter(is_refused).select(reason=pl.coalesce(written)).to_series()
    return nothing.scatter(is_refused.arg_true(), reasons)


def _objections(log: Log, at_fault: set[str]) -> Iterable[_Objection]:
    """Yield all objections to a row, the most telling first."""
    kind, day = pl.col("event_type"), pl.col("event_time").dt.date()
    yield _Objection(pl.col("reason").is_not_null(), pl.col("reason"))
    for name in ("event_id", "person_id", "event_type"):
        yield _absent(name, at_fault)
    yield _say(~kind.is_in(list(log.event_types)), "event_type is unknown in this log")
    yield _absent("event_time", at_fault)
    yield _say(day > pl.col("arrived"), "event_time is after the end of the arrival day")
    for own in log.fields:
        if needing := log.types_needing(own.name):
            absent = _absent(own.name, at_fault)
            yield _Objection(kind.is_in(needing) & absent.condition, absent.reason)
        if own.name in at_fault and own.kind == "amount":
            fault = pl.col(_fault(own.name))
            yield _Objection(fault.is_in(_FORBIDDEN), pl.format(f"{own.name} {{}}", fault))
        if own.choices:
            yield _say(~pl.col(own.name).is_in(own.choices), f"{own.name} is unknown")
        if own.kind == "date":
            distance = (pl.col(own.name) - day).dt.total_days().abs()
            far = f"{own.name} is more than 20 years from the event"
            yield _say(distance > MAX_DUE_DISTANCE_DAYS, far)
    if log.other_person is not None:
        is_same = pl.col(log.other_person) == pl.col("person_id")
        yield _say(is_same, f"{log.other_person} is the person themselves")


def _absent(name: str, at_fault: set[str]) -> _Objection:
    missing = pl.lit(f"{name} is missing")
    if name in at_fault:
        missing = pl.coalesce(pl.format(f"{name} {{}}", pl.col(_fault(name))), missing)
    return _Objection(pl.col(name).is_null(), missing)


def _say(condition: pl.Expr, reason: str) -> _Objection:
    return _Objection(condition, pl.lit(reason))
