"""A Prefect server on loopback, and a project directory whose daily snapshot is soon due."""

import json
import shutil
import socket
import time
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from plainscore.flows.scheduling.loopback import loopback_server
from plainscore.flows.scheduling.prefect_start import OUR_DEFAULTS

CHECKOUT = Path(__file__).parents[1]
# Looked at every second: what is tested is that it runs, not when.
IMPATIENT = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_LOGGING_LEVEL": "WARNING"}
ENDED = TERMINAL_STATES
SECONDS_BETWEEN_LOOKS, SECONDS_BETWEEN_RUNS = 0.2, 10
LONG_ENOUGH_SECONDS = 300  # what has not come by then does not come: say so, and do not wait for it


@contextmanager
def server_of_ones_own(home: Path) -> Iterator[str]:
    """Run a server with its database in ``home``, which flows of this process use too."""
    with pytest.MonkeyPatch.context() as patch, socket.socket() as free:
        for name, value in (OUR_DEFAULTS | IMPATIENT | {"PREFECT_HOME": str(home)}).items():
            patch.setenv(name, value)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        with (
            loopback_server(port) as api,
            temporary_settings({PREFECT_API_URL: api, PREFECT_HOME: home}),
        ):
            yield api


def make_project(folder: Path, names: Sequence[str]) -> Path:
    """Make a project of the sample, with some of the deployments.

    What is scheduled by the day is due all the time, so that it is soon due however long it takes
    to deploy it.
    """
    shutil.copytree(CHECKOUT / "data" / "sample" / "landing", folder / "data" / "landing")
    page = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text(encoding="utf-8"))
    page["deployments"] = [one for one in page["deployments"] if one["name"] in names]
    for one in page["deployments"]:
        if one["name"] == "daily":
            one["schedules"] = [{"interval": SECONDS_BETWEEN_RUNS}]
    (folder / "prefect.yaml").write_text(yaml.safe_dump(page), encoding="utf-8")
    return folder


def first_run(client: SyncPrefectClient, deployment: str, states: Set[StateType]) -> FlowRun:
    """Return the first run of a deployment, once it is in one of these states.

    No more runs of it are scheduled from when the first one has begun.
    """
    meant = client.read_deployment_by_name(deployment).id
    until = time.monotonic() + LONG_ENOUGH_SECONDS
    while time.monotonic() < until:
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate({"deployment_id": {"any_": [meant]}}),
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=1,
        )
        if runs and runs[0].state_type not in (None, StateType.SCHEDULED):
            client.pause_deployment(meant)
        if runs and runs[0].state_type in states:
            return runs[0]
        time.sleep(SECONDS_BETWEEN_LOOKS)
    raise AssertionError(f"no run of {deployment} came into {states}: {runs}")


@contextmanager
def posted_here() -> Iterator[tuple[str, "Queue[dict[str, str]]"]]:
    """Receive what is posted as JSON; yield the address, and the queue of what came."""
    posted: Queue[dict[str, str]] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            posted.put(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/told", posted
        server.shutdown()


def artifacts_of(flow_run: UUID) -> dict[str, Any]:
    """Return the artifacts of a flow run, key -> content."""
    meant = ArtifactFilter.model_validate({"flow_run_id": {"any_": [flow_run]}})
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=meant)
    return {str(one.key): one.data for one in found}
