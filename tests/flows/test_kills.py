"""The campaign of kills in small: real processes, killed at what they do to files, run again."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_killed_at_any_event_a_rerun_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.campaigns.kills", "--without-shim"]
    asked = ["--people", "20", "--moments", "0", "--events", "2", "--command", "ingest-first"]
    ran = subprocess.run(
        [*command, *asked, "--scratch", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    figures = json.loads(ran.stdout.splitlines()[-1])
    assert (figures["moments"], figures["struck"], figures["lost"]) == (2, 2, 0)
