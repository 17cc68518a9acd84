"""What a flow leaves on Prefect's pages: its checks, the snapshot in a few lines, how far it is."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from plainscore.flows.scheduling.events import tell_published
from plainscore.publish.reports import report_file
from plainscore.runs.daily import missing_dates, touched_dates
from plainscore.runs.doing import Do
from plainscore.runs.ledger.entry import STAGES
from plainscore.runs.ledger.recording import stage_of
from plainscore.runs.report.reporting import has_report
from plainscore.runs.request import SnapshotRequest
from plainscore.runs.restatement import dates_to_restate
from plainscore.runs.score_day import SnapshotOutcome, score_day
from plainscore.runs.steps import House
from plainscore.runs.summary import snapshot_markdown

SHOWN_OF_A_CHECK = ("stage", "table_name", "check_name", "level", "outcome", "failed_count")


def publish_checks(house: House) -> None:
    """Show the checks of a run, refused or not, as a Prefect table artifact.

    Without examples: they name people, whom an erasure could not remove from Prefect's database.
    """
    rows = [{name: getattr(one, name) for name in SHOWN_OF_A_CHECK} for one in house.results]
    loud = [row for row in rows if row["outcome"] != "passed"]
    create_table_artifact(
        key="checks",
        table=[*loud, *(row for row in rows if row["outcome"] == "passed")],
        description=f"{len(rows)} checks, {len(loud)} not passed ({house.request.dates})",
    )


class ShownProgress:
    """A Prefect progress artifact that moves with the stages of each date.

    ``dates``: how many are to be done; a restatement and a daily run find out on their way.
    """

    def __init__(self, dates: int = 1) -> None:
        self._dates = dates
        self._done = 0
        self._shown = 0.0
        self._artifact = cast("UUID", create_progress_artifact(0.0, key="progress"))

    def moved_by(self, do: Do) -> Do:
        """Return a way to do each step that shows the stage which the step belongs to."""

        def do_and_show(step: Callable[..., Any], *arguments: Any) -> Any:
            stage = stage_of(step, arguments)
            if stage is not None:
                self._show(STAGES.index(stage) / len(STAGES))
            made = do(step, *arguments)
            if step in (dates_to_restate, missing_dates, touched_dates):
                self._dates = self._done + len(made)
            return made

        return do_and_show

    def score_day(self, request: SnapshotRequest, do: Do) -> SnapshotOutcome:
        """Publish a snapshot, with its artifacts and its event."""
        try:
            outcome = score_day(request, do, publish_checks)
        finally:
            self._done += 1
        tell_published(request.data_dir, outcome)
        create_markdown_artifact(key="snapshot", markdown=snapshot_markdown(outcome))
        if has_report(request):
            file = report_file(request.data_dir, request.dates.as_of_date)
            create_link_artifact(key="report", link=file.as_uri(), description=f"{request.dates}")
        return outcome

    def complete(self) -> None:
        """Show that all is done."""
        self._done = self._dates
        self._show(0.0)

    def _show(self, part_of_date: float) -> None:
        percent = round(100 * (self._done + part_of_date) / max(self._dates, 1), 1)
        if percent > self._shown:
            self._shown = percent
            update_progress_artifact(self._artifact, percent)
