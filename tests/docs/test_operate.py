"""What the operating guide gives to cron, systemd and Prefect is valid, and ends as it says."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser, SectionProxy
from pathlib import Path

import pytest
import yaml

from plainscore.cli.app import app
from plainscore.common import errors
from plainscore.common.lock import writer_lock
from tests.docs.pages import CHECKOUT, blocks, table_rows

PAGE = "docs/how-to/operate.md"
HOME = "/srv/plainscore"
CRON = re.compile(r"^([\d*/,-]+ +[\d*/,-]+ +[\d*/,-]+ +[\d*/,-]+ +[\d*/,-]+) +(.*)$", re.MULTILINE)


def _cron_lines() -> list[tuple[str, str]]:
    return CRON.findall("\n".join(blocks(PAGE, "text")))


def _services() -> Iterator[SectionProxy]:
    """Yield the section of each unit that starts something."""
    for block in blocks(PAGE, "ini"):
        unit = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
        unit.read_string(block)
        if unit.has_section("Service"):
            yield unit["Service"]


@pytest.mark.parametrize(("when", "line"), _cron_lines())
def test_a_cron_line_has_a_time_and_a_command_that_exists(when: str, line: str) -> None:
    from prefect.client.schemas.schedules import CronSchedule

    assert CronSchedule(cron=when).cron == when
    command = line.partition("&& ")[2].partition(" >>")[0]
    _, _, left = app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)
    assert not left


def _by_cron(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the first line as cron does: by sh, with next to nothing in the environment."""
    (folder / ".venv").symlink_to(CHECKOUT / ".venv")
    return subprocess.run(
        ["/bin/sh", "-c", _cron_lines()[0][1].replace(HOME, str(folder))],
        env={"HOME": os.environ.get("HOME", "/"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_cron_mails_the_error_alone_and_sees_the_exit_code(tmp_path: Path) -> None:
    ended = _by_cron(tmp_path)
    assert (ended.returncode, ended.stdout) == (errors.InputRefused.exit_code, "")
    assert "landing" in ended.stderr


def test_cron_sees_that_another_command_writes(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "data", "a long backfill"):
        ended = _by_cron(tmp_path)
    assert ended.returncode == errors.Locked.exit_code
    assert "a long backfill" in ended.stderr


def test_systemd_tries_again_what_may_go_well_and_nothing_else() -> None:
    (daily,) = [one for one in _services() if "RestartPreventExitStatus" in one]
    held = {int(code) for code in daily["RestartPreventExitStatus"].split()}
    kinds = errors.PlainscoreError.__subclasses__()
    again = {kind for kind in kinds if kind.exit_code not in held}
    assert held >= {errors.UsageError.exit_code, errors.ChecksRefused.exit_code}
    assert errors.Locked in again
    assert errors.InputRefused not in again


def test_what_systemd_starts_are_commands_that_exist() -> None:
    started = [one["ExecStart"] for one in _services() if HOME in one["ExecStart"]]
    assert len(started) == 2
    for line in started:
        words = shlex.split(line)[1:]
        assert not app.parse_args(words, exit_on_error=False, print_error=False)[2]


def test_every_deployment_and_its_time_stand_in_the_table() -> None:
    declared = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text())["deployments"]
    named = {cells[0].strip("`").partition("/")[2] for cells in table_rows(PAGE, "deployment")}
    assert named == {one["name"] for one in declared}


def test_every_event_stands_in_the_table() -> None:
    from plainscore.flows.artifacts import PUBLISHED, TROUBLE

    assert {cells[0].strip("`") for cells in table_rows(PAGE, "event")} == {PUBLISHED, *TROUBLE}


def test_the_automation_that_is_shown_is_one() -> None:
    from prefect.events.schemas.automations import AutomationCore

    shown = yaml.safe_load(blocks(PAGE, "yaml")[0])
    assert AutomationCore.model_validate(shown).actions[0].type == "pause-work-pool"
