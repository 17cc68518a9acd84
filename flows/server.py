"""How our commands reach Prefect: the server it is set up for, or one of our own that ends with us.

Call ``set_defaults`` before Prefect is imported; whoever deploys the flows sets these as they like.
"""

import fcntl
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from plainscore.common.errors import InputRefused, PlainscoreError, UsageError

Result = TypeVar("Result")

HOST = "127.0.0.1"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LEASES_IN_FILES = "prefect.server.concurrency.lease_storage.filesystem"
DEFAULTS = {
    # No connection to the outside.
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # A slow machine: Prefect gives up after 20 s, and SQLite after 10.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_DATABASE_TIMEOUT": "120",
    "PREFECT_SERVER_DATABASE_CONNECTION_TIMEOUT": "120",
    # Without it, a run that never ended keeps its place of a concurrency limit after a power cut.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES_IN_FILES,
}
# Prefect prints the traceback of every refusal that a command prints in two lines.
QUIET = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
# What a server for one command does not need; fewer services write to its database meanwhile.
_IDLE = ("SCHEDULER", "LATE_RUNS", "FOREMAN", "CANCELLATION_CLEANUP", "PAUSE_EXPIRATIONS")
FOR_ONE_COMMAND = {
    "PREFECT_UI_ENABLED": "false",
    **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _IDLE},
}
# It ends when its stdin is closed: by us, or by the system when we are killed.
_SERVE = """
import os, signal, sys, threading, time, uvicorn
def end_with_the_command():
    while os.read(0, 1): pass  # not sys.stdin: its lock would be held when Python ends
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(0)
threading.Thread(target=end_with_the_command, daemon=True).start()
uvicorn.run("prefect.server.api.server:create_app", factory=True, host=sys.argv[1],
            port=int(sys.argv[2]), log_level="error", lifespan="on")
"""
_STARTING = "plainscore-starting.lock"
_RAISED = re.compile(r"[\w.]*(Error|Exception)\b")
"""The line of a traceback that names the error; uvicorn's own last line does not."""
_SECONDS_TO_SEND, _SECONDS_TO_END, _SECONDS_BETWEEN_LOOKS = 10, 6, 0.1


def set_defaults(*, is_quiet: bool = True) -> None:
    """Set our defaults in the environment, unless the user has set them. Call before import.

    Loopback never goes through a proxy. ``is_quiet``: errors are the command's to print.
    """
    for name, value in (DEFAULTS | QUIET if is_quiet else DEFAULTS).items():
        os.environ.setdefault(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        direct = [one for one in os.environ.get(name, "").split(",") if one]
        added = [one for one in LOOPBACK if one not in direct]
        os.environ[name] = ",".join([*direct, *added])


@contextmanager
def prefect_server(
    port: int | None = None, environment: Mapping[str, str] = FOR_ONE_COMMAND
) -> Iterator[str]:
    """Yield the address of a Prefect API that answers.

    That which PREFECT_API_URL or the profile names, or one of our own on loopback, at ``port`` or
    a free one, which ends with this process however that ends.

    Raises InputRefused if the configured server does not answer, UsageError if the port is taken,
    PlainscoreError if our own does not start.
    """
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    configured = PREFECT_API_URL.value()
    if not configured:
        with own_server(port, environment) as api, temporary_settings({PREFECT_API_URL: api}):
            yield api
        return
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        raise InputRefused(
            f"the Prefect server at {configured} does not answer "
            f"({error or type(error).__name__}): start it, set PREFECT_API_URL to another one, or "
            "run without it: --no-prefect"
        )
    yield configured


@contextmanager
def own_server(port: int | None, environment: Mapping[str, str]) -> Iterator[str]:
    """Run a Prefect server on loopback; yield the address of its API. See ``prefect_server``."""
    from prefect.settings import get_current_settings

    while port is None:
        # Not port 0: another process may be given the same one before the server has it.
        tried = random.randrange(20000, 32000)
        port = tried if _why_taken(tried) is None else None
    taken = _why_taken(port)
    if taken is not None:
        raise UsageError(
            f"port {port} is taken ({taken}): end what listens there, choose another --port, or "
            f"set PREFECT_API_URL=http://{HOST}:{port}/api if it is Prefect"
        )
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    address = {"PREFECT_SERVER_API_HOST": HOST, "PREFECT_SERVER_API_PORT": str(port)}
    home = Path(get_current_settings().home)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as errors, (home / _STARTING).open("w") as starting:
        # One by one: a server brings the database up to date, and two at once fail.
        fcntl.flock(starting, fcntl.LOCK_EX)
        server = subprocess.Popen(
            # -P: modules are not looked for in the current directory, whatever lies there.
            [sys.executable, "-P", "-c", _SERVE, HOST, str(port)],
            env={**os.environ, **settings, **address, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is ours: the server must outlive the run's last state
        )
        try:
            api = f"http://{HOST}:{port}/api"
            _wait_for(server, api, errors)
            starting.close()
            yield api
        finally:
            _send_what_is_left()
            assert server.stdin is not None
            server.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                server.wait(_SECONDS_TO_END)
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _send_what_is_left() -> None:
    """Send the states of tasks and the log lines that are in line, while there is a server.

    Prefect sends them in the background, and at the end of the process: too late for our own.
    """
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=_SECONDS_TO_SEND)


def run_flow(flow: Callable[..., Result], **parameters: Any) -> Result:
    """Run a flow on a Prefect server, as a command does; raises what the flow raises."""
    with prefect_server():
        return flow(**parameters)


def _wait_for(server: "subprocess.Popen[bytes]", api: str, errors: Any) -> None:
    seconds = int(os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"])
    until = time.monotonic() + seconds
    direct = build_opener(ProxyHandler({}))
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError, URLError), direct.open(f"{api}/health", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    last = [*lines[-1:], *(line for line in lines if _RAISED.match(line))][-1:] or [""]
    what = f"did not answer for {seconds} s" if server.poll() is None else "ended at once"
    raise PlainscoreError(
        f"the Prefect server of this command {what}{f' ({last[0]})' if last[0] else ''}: "
        "run again with --no-prefect, or start one and set PREFECT_API_URL"
    )


def _why_taken(port: int) -> str | None:
    """Return why a server could not listen at a port; None where it could."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            return str(error.strerror)
    return None
