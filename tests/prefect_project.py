"""A Prefect server on loopback, and a project directory whose daily snapshot is soon due."""

import json
import os
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence, Set
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
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

from plainscore.flows.server import DEFAULTS, own_server

CHECKOUT = Path(__file__).parents[1]
# Looked at often: what is tested is that it runs, not when.
IMPATIENT = {
    "PREFECT_WORKER_QUERY_SECONDS": "0.5",
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}
ENDED = TERMINAL_STATES
SECONDS_BETWEEN_LOOKS, SECONDS_BETWEEN_RUNS = 0.5, 10
LONG_ENOUGH_SECONDS = 300  # what has not come by then does not come: say so, and do not wait for it


# A command with a Prefect server of its own, which says the server's process and waits.
COMMAND = """
import subprocess, sys, time
from plainscore.flows.server import prefect_server, set_defaults
set_defaults()
started = subprocess.Popen
def noting(*arguments, **more):
    process = started(*arguments, **more)
    print(process.pid, flush=True)
    return process
subprocess.Popen = noting
with prefect_server() as api:
    print(api, flush=True)
    time.sleep(600)
"""
PROXY = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9")


@dataclass(frozen=True)
class StartedAtOnce:
    """A database that two servers brought up to date; their commands were killed then."""

    home: Path
    addresses: Sequence[str]
    errors: str
    left_behind: Sequence[int]


def start_two_servers(home: Path) -> StartedAtOnce:
    """Start two servers at once on a new database, and kill their commands once they answer."""
    home.mkdir()
    (home / "uvicorn.py").write_text("raise ImportError('not this one')", encoding="utf-8")
    commands = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", COMMAND],
            cwd=home,
            env=os.environ | PROXY | {"PREFECT_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    servers, addresses, errors = [], [], ""
    for command in commands:
        assert command.stdout is not None
        servers.append(int(command.stdout.readline()))
        addresses.append(command.stdout.readline())
    for command in commands:
        command.kill()
        errors += command.communicate()[1]
    until = time.monotonic() + LONG_ENOUGH_SECONDS
    while (left := [*filter(_is_running, servers)]) and time.monotonic() < until:
        time.sleep(0.1)
    for server in left:
        os.kill(server, signal.SIGKILL)
    return StartedAtOnce(home, addresses, errors, left)


def _is_running(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def server_of_ones_own(home: Path) -> Iterator[str]:
    """Run a server with its database in ``home``, which flows of this process use too."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (DEFAULTS | IMPATIENT | {"PREFECT_HOME": str(home)}).items():
            patch.setenv(name, value)
        with (
            temporary_settings({PREFECT_HOME: home}),
            own_server(None, {"PREFECT_UI_ENABLED": "false"}) as api,
            temporary_settings({PREFECT_API_URL: api}),
        ):
            yield api


@contextmanager
def prefect(api: str, folder: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command of Prefect in a folder, and end it with what it started."""
    started = subprocess.Popen(
        [sys.executable, "-m", "prefect", "--no-prompt", *words],
        env=os.environ | {"PREFECT_API_URL": api, "PWD": str(folder)},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            started.wait(8)
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def worker(api: str, folder: Path) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    """Run the worker of the operating guide."""
    words = shlex.split("worker start --pool plainscore --type process --limit 1")
    return prefect(api, folder, *words)


def deploy(folder: Path) -> None:
    """Deploy the prefect.yaml of a folder, once a worker has made the work pool.

    By Prefect's own command, in this process, which has imported Prefect already.
    """
    until = time.monotonic() + LONG_ENOUGH_SECONDS
    with get_client(sync_client=True) as client:
        while not client.read_work_pools() and time.monotonic() < until:
            time.sleep(SECONDS_BETWEEN_LOOKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PWD", str(folder))
        patch.setattr(sys, "argv", ["prefect", "--no-prompt", "deploy", "--all"])
        with pytest.raises(SystemExit) as ended:
            runpy.run_module("prefect", run_name="__main__")
    assert not ended.value.code


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
        yield f"http://127.0.0.1:{server.server_port}/hook", posted
        server.shutdown()


def artifacts_of(flow_run: UUID) -> dict[str, Any]:
    """Return the artifacts of a flow run, key -> content."""
    meant = ArtifactFilter.model_validate({"flow_run_id": {"any_": [flow_run]}})
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=meant)
    return {str(one.key): one.data for one in found}
