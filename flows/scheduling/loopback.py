"""A Prefect server of one's own on loopback, and what belongs beside it.

Each is a process in a session of its own, so that a Ctrl-C in the terminal reaches only us, and
we end them one after the other: a worker that has lost its server waits for it for long.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

from plainscore.common.errors import InputRefused, UsageError
from plainscore.flows.scheduling.declared import FILE

HOST, PORT = "127.0.0.1", 4200
ONE_AT_A_TIME = "1"
_SECONDS_TO_START, _SECONDS_TO_END, _SECONDS_BETWEEN_LOOKS = 180, 8, 0.1


@contextmanager
def loopback_server(port: int = PORT) -> Iterator[str]:
    """Run a Prefect server with its scheduler and pages; yield the address of its API.

    Raises UsageError where the port is taken, InputRefused where the server does not start.
    """
    _refuse_taken(port)
    words = ["server", "start", "--host", HOST, "--port", str(port), "--log-level", "WARNING"]
    with _running(words, {}, stdout=subprocess.DEVNULL) as server:
        api = f"http://{HOST}:{port}/api"
        _wait_for(server, f"{api}/health")
        yield api


@contextmanager
def loopback_worker(pool: str, api: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker that starts what is due in a pool, one run at a time; yield its process."""
    words = ["worker", "start", "--pool", pool, "--type", "process", "--limit", ONE_AT_A_TIME]
    with _running(words, {"PREFECT_API_URL": api}) as worker:
        yield worker


def make_pool(pool: str, api: str) -> None:
    """Make the work pool, of processes; where it stands already, set it so.

    Without a limit of its own: a run that died with its worker would count towards it for ever.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.settings import PREFECT_API_URL, temporary_settings
    from prefect.workers.process import ProcessWorker

    wanted = WorkPoolCreate(
        name=pool,
        type=ProcessWorker.type,
        base_job_template=ProcessWorker.get_default_base_job_template(),
    )
    with temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
        client.create_work_pool(wanted, overwrite=True)


def deploy(api: str, file: Path = FILE, folder: Path = Path()) -> None:
    """Do what `prefect deploy --all` does in a folder.

    Raises UsageError with what Prefect says where it refuses the page.
    """
    words = ["--no-prompt", "deploy", "--all", "--prefect-file", str(file.resolve())]
    place = folder.resolve()
    ended = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        env=os.environ | {"PREFECT_API_URL": api, "PWD": str(place)},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise UsageError(f"{file} cannot be deployed:\n{ended.stdout}{ended.stderr}")


def _refuse_taken(port: int) -> None:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"port {port} is taken ({error.strerror}): end what listens there, choose another "
                f"--port, or set PREFECT_API_URL=http://{HOST}:{port}/api if it is Prefect"
            ) from error


@contextmanager
def _running(
    words: list[str], environment: Mapping[str, str], stdout: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    started = subprocess.Popen(
        [sys.executable, "-m", "prefect", *words],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        _end(started)


def _end(started: "subprocess.Popen[bytes]") -> None:
    """End a process and what it started: a run in progress stops as after Ctrl-C, and says so."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):  # an idle worker takes half a minute over nothing
        started.wait(_SECONDS_TO_END)
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def _wait_for(server: "subprocess.Popen[bytes]", address: str) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until:
        if server.poll() is not None:
            raise InputRefused(f"the Prefect server ended at once, with {server.returncode}")
        with suppress(OSError), urlopen(address) as answer:
            if answer.status == 200:
                return
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    raise InputRefused(f"the Prefect server did not answer for {_SECONDS_TO_START} seconds")
