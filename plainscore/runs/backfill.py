"""Many dates, one after the other, in one process; one that fails does not stop the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from plainscore.common.errors import Locked, PartlyDone, PlainscoreError, UsageError
from plainscore.common.files import translating_machine_errors
from plainscore.contracts.dates import SnapshotDates
from plainscore.runs.doing import Do, once, plainly, unless_interrupted
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.score_day import SnapshotOutcome, score_day
from plainscore.runs.steps import read_design, show_published, take_in_new_files
from plainscore.settings import Settings

Publish = Callable[[SnapshotRequest, Do], SnapshotOutcome]

CONCERNS_ONE_DATE = (PlainscoreError, duckdb.Error, OSError)
CONCERNS_ALL_DATES = (UsageError, Locked, duckdb.InterruptException)


@dataclass
class BackfillOutcome:
    """What became of each date: published (or current already), or failed with the reason."""

    done: list[SnapshotOutcome] = field(default_factory=list)
    failed: dict[SnapshotDates, str] = field(default_factory=dict)


class DatesFailed(PartlyDone):
    """Some dates failed: the message says which and why, ``outcome`` also what is done."""

    def __init__(self, outcome: BackfillOutcome) -> None:
        total = len(outcome.failed) + len(outcome.done)
        told = [f"{dates.as_of_date}: {reason}" for dates, reason in outcome.failed.items()]
        super().__init__(
            "\n".join([f"{len(told)} of {total} dates failed; mend that and run it again:", *told])
        )
        self.outcome = outcome


def backfill(
    requests: Sequence[SnapshotRequest], do: Do = plainly, publish: Publish = score_day
) -> BackfillOutcome:
    """Publish every request, all of the same data directory and settings.

    The caller holds the writer lock. What is the same for every date is done once, at first: an
    error there (no landing/, a scorecard that cannot be meant) concerns all dates and is raised.
    """
    do = done_once(do, requests[0].data_dir, requests[0].settings)
    return publish_each(requests, lambda request: publish(request, do))


def done_once(do: Do, data_dir: Path, settings: Settings) -> Do:
    """Do what is the same for every date, and return a way to do steps that does it no more."""
    do = once(unless_interrupted(do), read_design, take_in_new_files, show_published)
    do(read_design, settings)
    do(take_in_new_files, data_dir, settings.threads)
    return do


def publish_each(
    requests: Sequence[SnapshotRequest], publish: Callable[[SnapshotRequest], SnapshotOutcome]
) -> BackfillOutcome:
    """Publish every request; go on after one that fails for reasons of its own.

    Such are refused input and checks, a full disk or memory: the next date may need less, and a
    night's work is not lost. What cannot be meant for any date, and interruptions, are raised.
    """
    outcome = BackfillOutcome()
    for request in requests:
        try:
            with translating_machine_errors(request.data_dir):
                outcome.done.append(publish(request))
        except CONCERNS_ALL_DATES:
            raise
        except CONCERNS_ONE_DATE as error:
            outcome.failed[request.dates] = _reason(error)
    return outcome


def _reason(error: Exception) -> str:
    told = str(error).strip() or "without a message"
    return (
        told if isinstance(error, PlainscoreError) else f"unexpected {type(error).__name__}: {told}"
    )
