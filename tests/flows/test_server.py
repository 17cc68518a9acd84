"""How commands reach Prefect: no proxy between, no server left behind, and a way out is named."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import InputRefused, UsageError
from plainscore.flows import server

LONG_ENOUGH_SECONDS = 300
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


def test_a_server_behind_a_proxy_answers_and_ends_with_a_killed_command(tmp_path: Path) -> None:
    """In a directory, too, that holds a module named like one that Prefect imports."""
    (tmp_path / "uvicorn.py").write_text("raise ImportError('not this one')", encoding="utf-8")
    command = subprocess.Popen(
        [sys.executable, "-P", "-c", COMMAND],
        cwd=tmp_path,
        env={**os.environ, **PROXY, "PREFECT_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    pid = int(command.stdout.readline())
    assert command.stdout.readline().startswith("http://127.0.0.1:")
    command.send_signal(signal.SIGKILL)
    command.wait()
    until = time.monotonic() + LONG_ENOUGH_SECONDS
    while _is_running(pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _is_running(pid)


def test_servers_that_start_at_once_on_a_new_database_all_answer(tmp_path: Path) -> None:
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "home")}
    commands = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", COMMAND],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for command in commands:
        assert command.stdout is not None
        said = [command.stdout.readline(), command.stdout.readline()]
        command.kill()
        assert said[1].startswith("http://127.0.0.1:"), command.communicate()


def _is_running(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_defaults_leave_what_the_user_has_set_and_keep_loopback_from_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in server.DEFAULTS | server.QUIET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "example.org,localhost")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_TIMEOUT", "7")
    for _ in range(2):
        server.set_defaults()
        assert os.environ["NO_PROXY"] == "example.org,localhost,127.0.0.1,::1"
        assert os.environ["no_proxy"] == "127.0.0.1,localhost,::1"
    assert os.environ["PREFECT_SERVER_DATABASE_TIMEOUT"] == "7"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["DO_NOT_TRACK"] == "1"


def test_a_server_that_does_not_answer_is_named_with_the_way_out(
    delivered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.setenv("PREFECT_CLIENT_MAX_RETRIES", "0")
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        line = ["run", "--as-of", "2026-10-31", "--data", str(delivered)]
        assert run_command_line(line) == InputRefused.exit_code
    message = capsys.readouterr().err
    assert "http://127.0.0.1:9/api does not answer" in message
    assert "--no-prefect" in message
    assert not (delivered / "snapshots").exists()


def test_a_port_that_is_taken_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"port {port} is taken"),
            server.own_server(port, {}),
        ):
            pass


def test_runs_that_stopped_with_an_earlier_serve_give_their_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from prefect.client.schemas.objects import StateType

    from plainscore.flows import serving

    asked: list[Any] = []
    ended: list[tuple[str, StateType, bool]] = []

    class Client:
        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def read_flow_runs(self, *, flow_run_filter: Any) -> list[Any]:
            asked.extend(flow_run_filter.state.type.any_)
            return [type("FlowRun", (), {"id": "stopped"})]

        def set_flow_run_state(self, run: str, state: Any, force: bool) -> None:
            ended.append((run, state.type, force))

    monkeypatch.setattr(serving, "get_client", lambda **_: Client())
    serving.end_stopped_runs()
    assert asked == [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
    assert ended == [("stopped", StateType.CRASHED, True)]


def test_a_wrong_scorecard_is_refused_before_a_server_starts(
    delivered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server, "run_flow", lambda *_, **__: pytest.fail("a server was started"))
    card = delivered / "wrong.toml"
    card.write_text("name = 'wrong'\n")
    line = ["daily", "--as-of", "2026-10-31", "--data", str(delivered)]
    (delivered / "plainscore.toml").write_text(f"scorecards = [{json.dumps(str(card))}]\n")
    assert run_command_line(line) == UsageError.exit_code
    assert "wrong.toml" in capsys.readouterr().err
