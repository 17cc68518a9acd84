"""One snapshot, from what has arrived to what is published: the whole way on one page."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from plainscore.checks.validate import loading_great_expectations
from plainscore.contracts.catalog import AUDITS, STATISTICS
from plainscore.logs import IngestReport
from plainscore.publish.runs import Run, find_live_run
from plainscore.runs.doing import Do, plainly, unless_interrupted
from plainscore.runs.ledger.recording import recorded
from plainscore.runs.report.reporting import has_report, write_report
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.steps import (
    Design,
    House,
    build_stage,
    check_stage,
    close_house,
    compute_statistics,
    find_current_run,
    find_stale_run,
    open_engine,
    publish_run,
    read_design,
    require_events,
    set_up_house,
    show_published,
    stage_files,
    take_in_new_files,
)


@dataclass(frozen=True)
class SnapshotOutcome:
    """What one run did; ``is_new`` is False where the published run was current already.

    ``earlier``: the run of the same dates that was live before and stays as it was, where there
    is one, and ``why_again``, why it was not left at that.
    """

    run: Run
    is_new: bool
    report: IngestReport
    earlier: Run | None = None
    why_again: tuple[str, ...] = ()


def tell_nobody(house: House) -> None:
    """Keep the results of the checks to ourselves."""


def score_day(
    request: SnapshotRequest, do: Do = plainly, tell: Callable[[House], None] = tell_nobody
) -> SnapshotOutcome:
    """Publish one snapshot and its report; one that is published and current is left as it is.

    The caller holds the writer lock. ``do`` does each step, and the ledger notes it; ``tell`` is
    told of the house when all checks are through, or one of them refused.

    Raises
    ------
    ChecksRefused
        A critical check failed: nothing is published, the last good snapshot stays.
    InputRefused
        Refused files stand in the way, a feed has stopped, or nothing is known for the dates.
    Interrupted
        Ctrl-C or SIGTERM came: nothing is published, the last good snapshot stays.
    """
    do = recorded(unless_interrupted(do), request)
    is_published = find_live_run(request.data_dir, request.dates) is not None
    with nullcontext() if is_published else loading_great_expectations():
        design = do(read_design, request.settings)
        report = do(take_in_new_files, request.data_dir, request.settings.threads)
        outcome = _score(request, design, report, do, tell)
    if request.settings.report and (outcome.is_new or not has_report(request)):
        do(write_report, request, design.catalog)
    return outcome


def score_what_is_in(
    request: SnapshotRequest, report: IngestReport, do: Do = plainly
) -> SnapshotOutcome:
    """Publish one snapshot of what is in the event store, without an ingest; see ``score_day``.

    ``report``: what an ingest would say of refused files that the request skips.
    """
    do = recorded(do, request)
    return _score(request, do(read_design, request.settings), report, do, tell_nobody)


def _score(
    request: SnapshotRequest,
    design: Design,
    report: IngestReport,
    do: Do,
    tell: Callable[[House], None],
) -> SnapshotOutcome:
    house = do(set_up_house, request, design, report)
    current = do(find_current_run, house)
    if current is not None:
        do(show_published, request)
        return SnapshotOutcome(current, False, report)
    earlier = find_stale_run(house)
    try:
        do(open_engine, house)
        do(build_stage, house, "raw")
        do(require_events, house)
        do(check_stage, house, "raw")
        for stage in ("staging", "features", "scores", AUDITS):
            do(build_stage, house, stage)
            do(check_stage, house, stage)
        do(compute_statistics, house)
        do(check_stage, house, STATISTICS)
        do(build_stage, house, "published")
        staged = do(stage_files, house)
        do(check_stage, house, "published")
        return SnapshotOutcome(do(publish_run, house, staged), True, report, *earlier)
    finally:
        tell(house)
        close_house(house)
