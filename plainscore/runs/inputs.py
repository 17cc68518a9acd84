"""What the input of one snapshot is, and what keeps it from being used."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from plainscore.common.errors import InputRefused
from plainscore.logs.event_store import InputFile
from plainscore.logs.refusals import RefusedFile
from plainscore.runs.odd_arrivals import odd_arrivals
from plainscore.runs.request import SnapshotRequest

SHOWN_FILES = 5
_TRUTH_OF_INVENTED = "landing/_truth/world.json"


def is_invented_world(data_dir: Path) -> bool:
    """Return whether `plainscore synthesise` wrote the logs of a data directory."""
    return (data_dir / _TRUTH_OF_INVENTED).is_file()


def fingerprint_of_input(inputs: Sequence[InputFile]) -> dict[str, Any]:
    """Return what a manifest says of the input files: how many, and SHA-256 over all of them."""
    return {"file_count": len(inputs), "sha256": hash_of_inputs(inputs)}


def hash_of_inputs(inputs: Sequence[InputFile]) -> str:
    """Return SHA-256 (hex) of the input files, sorted: their names, arrival days and digests."""
    return hashlib.sha256(json.dumps(inputs, default=str).encode()).hexdigest()


def refused_in_the_way(refused: Sequence[RefusedFile], known_on: date) -> list[RefusedFile]:
    """Return the refused files that a snapshot would lack: those without a day always count."""
    return [one for one in refused if one.arrived is None or one.arrived <= known_on]


def told_in_the_way(in_the_way: Sequence[RefusedFile], known_on: date) -> str:
    """Return how a person is told that refused files keep a snapshot from being published."""
    shown = "\n".join(f"  {refused}" for refused in in_the_way[:SHOWN_FILES])
    left = len(in_the_way) - SHOWN_FILES
    more = f"\n  and {left} more" if left > 0 else ""
    return (
        f"nothing was published: files or folders refused in landing/, arrived by {known_on}: "
        f"{len(in_the_way)}; mend them, or leave them out with --skip-refused\n{shown}{more}"
    )


def told_odd_arrivals(request: SnapshotRequest, ledger: pl.DataFrame) -> list[str]:
    """Return what is odd about what had arrived by known_on, as warnings.

    Raises InputRefused where a log brought so few rows that the settings refuse a snapshot, unless
    the request allows it.
    """
    odd = odd_arrivals(ledger, request.dates.known_on, request.settings.deliveries)
    thin = [one.message for one in odd if one.is_too_thin]
    if thin and not request.allow_stopped_feeds:
        raise InputRefused(
            f"{'; '.join(thin)}: ask the sender, or go on with --allow-stopped-feeds "
            "(deliveries.refuse_below)"
        )
    return [one.message for one in odd]


def refuse_stopped_feeds(request: SnapshotRequest, inputs: Sequence[InputFile]) -> None:
    """Raise InputRefused where a log had no arrivals for longer than its limit."""
    limits = request.settings.arrival_limit_days.model_dump()
    for log, limit in limits.items():
        if limit is None:
            continue
        newest = max((arrived for name, _, arrived, _ in inputs if name == log), default=None)
        if newest is None or request.dates.known_on - newest > timedelta(days=limit):
            since = f"since {newest}" if newest else "at all"
            raise InputRefused(
                f"the {log} log had no arrivals {since}, longer than its limit of {limit} days: "
                "mend the feed, or go on with --allow-stopped-feeds"
            )
