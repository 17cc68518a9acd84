"""How commands reach Prefect: no proxy between, no server left behind, and a way out is named."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import InputRefused, UsageError
from plainscore.flows import server
from tests.prefect_project import StartedAtOnce

COMMAND = """
from plainscore.flows.server import run_flow, set_defaults
set_defaults()
from prefect import flow, get_run_logger, task

@task(task_run_name="counted")
def count(most):
    return sum(range(most))

@flow
def counting(most):
    count(most)
    get_run_logger().info("as many as asked")

run_flow(counting, most=3)
"""


def test_servers_that_start_at_once_on_a_new_database_answer_and_end_with_a_killed_command(
    prefect_home: StartedAtOnce,
) -> None:
    """Behind a proxy, too, and in a directory with a module named like one that Prefect imports."""
    assert len(prefect_home.addresses) == 2
    for address in prefect_home.addresses:
        assert address.startswith("http://127.0.0.1:"), prefect_home.errors
    assert prefect_home.left_behind == []


def test_what_a_command_tells_its_server_is_there_when_the_server_has_ended(
    prefect_home: StartedAtOnce, tmp_path: Path
) -> None:
    for database in prefect_home.home.glob("prefect.db*"):
        shutil.copy(database, tmp_path)
    (tmp_path / "command.py").write_text(COMMAND)
    done = subprocess.run(
        [sys.executable, "-P", "command.py"],
        cwd=tmp_path,
        env=os.environ | {"PREFECT_HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert "Error logging" not in done.stderr
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as database_now:
        assert database_now.execute("select name, state_name from task_run").fetchall() == [
            ("counted", "Completed")
        ]
        assert ("as many as asked",) in database_now.execute("select message from log").fetchall()


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
