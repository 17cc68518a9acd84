"""Run a schedule for good and ill, through a server and a worker, and print what became of it.

`python -m tests.campaigns.schedule` deploys all of prefect.yaml for the sample of 200 people; then:
a daily run by its schedule; a run that a critical check refuses; a run that is cancelled; one whose
worker is killed with it, and whether the schedule goes on; the same page under `plainscore serve`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelling

from benchmarks.measuring import COMMAND
from plainscore.flows.serving import read_deployments
from plainscore.publish.runs import published_runs
from tests.prefect_project import (
    CHECKOUT,
    ENDED,
    SECONDS_BETWEEN_LOOKS,
    artifacts_of,
    first_run,
    make_project,
    server_of_ones_own,
    worker,
)

DAILY, ONE_DATE = "daily/daily", "score-day/month-end"
FORCED = {"as_of_date": "2026-10-31", "force": True}


class Campaign:
    """One server and one project, and what was seen."""

    def __init__(self, project: Path, api: str, client: SyncPrefectClient) -> None:
        self.project = project
        self.api = api
        self.client = client
        self.seen: dict[str, Any] = {}
        self.failures: list[str] = []

    def note(self, what: str, is_so: bool, **figures: Any) -> None:
        """Note one fact; a fact that does not hold fails the campaign."""
        self.seen[what] = {"holds": is_so, **figures}
        print(f"{'ok  ' if is_so else 'FAIL'} {what} {figures}", flush=True)
        if not is_so:
            self.failures.append(what)

    def start(self, **parameters: Any) -> FlowRun:
        """Ask for the run of one date, now."""
        deployment = self.client.read_deployment_by_name(ONE_DATE)
        return self.client.create_flow_run_from_deployment(deployment.id, parameters=parameters)

    def until(
        self, run: FlowRun, holds: Callable[[FlowRun], bool], seconds: float = 180
    ) -> FlowRun:
        """Return a run once something holds of it, or after so many seconds as it is then."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            run = self.client.read_flow_run(run.id)
            if holds(run):
                return run
            time.sleep(SECONDS_BETWEEN_LOOKS)
        return run

    def ended(self, run: FlowRun) -> FlowRun:
        """Return a run once it has ended."""
        return self.until(run, lambda now: now.state_type in ENDED)

    def published(self) -> list[str]:
        """Return what is published, in order."""
        return [f"{run.dates} {run.name}" for run in published_runs(self.project / "data")]


def runs_by_its_schedule(campaign: Campaign) -> None:
    """The daily deployment falls due and publishes, with its artifacts."""
    run = first_run(campaign.client, DAILY, ENDED)
    due, ended = run.expected_start_time, run.end_time
    found = sorted(artifacts_of(run.id))
    campaign.note(
        "a daily run publishes by its schedule",
        run.state_type is StateType.COMPLETED and len(campaign.published()) == 1,
        seconds=round((ended - due).total_seconds(), 1) if ended and due else None,
        artifacts=found,
    )


def is_refused(campaign: Campaign) -> None:
    """A row count in the event store that is not so breaks a law: Failed, and nothing published."""
    before = campaign.published()
    (ledger,) = (campaign.project / "data" / "events" / "file").rglob("*.parquet")
    kept = ledger.read_bytes()
    pl.read_parquet(ledger).with_columns(pl.col("accepted") + 1).write_parquet(ledger)
    run = campaign.ended(campaign.start(**FORCED))
    ledger.write_bytes(kept)
    campaign.note(
        "a critical check refuses a run",
        run.state_type is StateType.FAILED and campaign.published() == before,
        state=str(run.state and run.state.message)[:200],
        has_checks="checks" in artifacts_of(run.id),
    )


def is_cancelled(campaign: Campaign) -> None:
    """A run that is cancelled in the middle ends, publishes nothing, and the next one does."""
    before = campaign.published()
    run = campaign.until(campaign.start(**FORCED), _is_checking)
    asked = time.monotonic()
    campaign.client.set_flow_run_state(run.id, Cancelling())
    run = campaign.ended(run)
    seconds = round(time.monotonic() - asked, 1)
    is_so = run.state_type is StateType.CANCELLED and campaign.published() == before
    campaign.note("a run is cancelled", is_so, seconds=seconds, state=str(run.state_name))
    again = campaign.ended(campaign.start(**FORCED))
    is_more = len(campaign.published()) == len(before) + 1
    campaign.note("the next one publishes", again.state_type is StateType.COMPLETED and is_more)


def is_killed(campaign: Campaign, founder: int) -> None:
    """Kill a process and all that it started in the middle of a run, as a power cut does."""
    campaign.until(campaign.start(**FORCED), _is_checking)
    for pid in _family(founder):
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)


def goes_on(campaign: Campaign, after: str) -> None:
    """The next run is not held up for ever by the one that never ended."""
    before = campaign.published()
    began = time.monotonic()
    run = campaign.until(campaign.start(**FORCED), lambda now: now.state_type in ENDED, 600)
    campaign.note(
        f"the schedule goes on after {after}",
        run.state_type is StateType.COMPLETED and len(campaign.published()) == len(before) + 1,
        seconds=round(time.monotonic() - began, 1),
        state=str(run.state_name),
    )


def _is_checking(run: FlowRun) -> bool:
    """Whether a run is in the middle: its progress artifact has moved."""
    is_over = run.state_type in ENDED
    return is_over or (
        run.state_type is StateType.RUNNING and (artifacts_of(run.id).get("progress") or 0) >= 25
    )


def _family(pid: int) -> list[int]:
    """Return a process and all that it started, from /proc."""
    parents = {
        int(entry.name): int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (entry / "stat").exists()
    }
    family = [pid]
    for one in family:
        family += [child for child, parent in parents.items() if parent == one]
    return family


def is_served(campaign: Campaign) -> None:
    """`plainscore serve` does the same from one process, and ends on request."""
    project = make_project(campaign.project.parent / "served", ["daily", "prune"])
    environment = os.environ | {"PREFECT_API_URL": campaign.api}
    command = [*COMMAND, "serve"]
    with subprocess.Popen(command, cwd=project, env=environment, start_new_session=True) as served:
        try:
            _until_declared(campaign.client)
            run = first_run(campaign.client, DAILY, ENDED)
            is_published = len(published_runs(project / "data")) == 1
        finally:
            asked = time.monotonic()
            served.terminate()
        code = served.wait()
    campaign.note(
        "serve publishes by the same schedule and ends on SIGTERM",
        run.state_type is StateType.COMPLETED and is_published,
        exit_code=code,
        seconds_to_end=round(time.monotonic() - asked, 1),
    )


def _until_declared(client: SyncPrefectClient) -> None:
    while not client.read_deployments():
        time.sleep(SECONDS_BETWEEN_LOOKS)


def main() -> int:
    """Run the campaign; exit code 1 where a fact does not hold."""
    began = time.monotonic()
    names = [str(one.name) for one in read_deployments(CHECKOUT / "prefect.yaml")]
    with TemporaryDirectory() as scratch, ExitStack() as opened:
        home = Path(scratch)
        api = opened.enter_context(server_of_ones_own(home / "prefect"))
        print(f"server after {time.monotonic() - began:.1f} s", flush=True)
        client = opened.enter_context(get_client(sync_client=True))
        campaign = Campaign(make_project(home / "project", names), api, client)
        print(f"{len(names)} deployments after {time.monotonic() - began:.1f} s", flush=True)
        with worker(api, campaign.project) as process:
            runs_by_its_schedule(campaign)
            is_refused(campaign)
            is_cancelled(campaign)
            is_killed(campaign, process.pid)
        with worker(api, campaign.project):
            goes_on(campaign, "its worker was killed")
            is_killed(campaign, os.getpid())
        opened.close()
        api = opened.enter_context(server_of_ones_own(home / "prefect"))
        client = opened.enter_context(get_client(sync_client=True))
        later = Campaign(campaign.project, api, client)
        with worker(api, campaign.project):
            goes_on(later, "a power cut")
    with TemporaryDirectory() as scratch, ExitStack() as opened:
        api = opened.enter_context(server_of_ones_own(Path(scratch) / "prefect"))
        client = opened.enter_context(get_client(sync_client=True))
        served = Campaign(Path(scratch) / "project", api, client)
        is_served(served)
    seen = (
        campaign.seen | later.seen | served.seen | {"seconds": round(time.monotonic() - began, 1)}
    )
    print(json.dumps(seen))
    return 1 if campaign.failures or later.failures or served.failures else 0


if __name__ == "__main__":
    sys.exit(main())
