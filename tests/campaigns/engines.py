"""Whether another engine publishes what DuckDB publishes, how long it takes, and how it dies.

    python -m tests.campaigns.engines --people 10000 --engine sail
    python -m tests.campaigns.engines --people 10000 --engine spark [--master local[2] | --cluster]

Run it in an environment that has the engine. It invents a world, publishes one day on DuckDB and on
the engine, prints seconds and content hashes, then kills a run on that engine midway and runs it
again. ``--cluster`` starts a Spark master and two workers on loopback. Exit code 1: a difference.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.measuring import COMMAND
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import CATALOG, find_latest_run, runs_of
from plainscore.publish.sets import SNAPSHOTS, STAGING, read_manifest
from plainscore.runs.ledger import read_entry
from plainscore.settings import TEMP_FOLDER
from tests.campaigns.spark_cluster import spark_cluster

DAY = date(2026, 10, 31)
DATES = SnapshotDates(DAY, DAY)
ENGINE_STAGES = ("raw", "staging", "features", "scores")
LETTING_GO_SECONDS = 20


@dataclass(frozen=True)
class Ran:
    """What one run took and made; ``own_seconds`` from raw to scores, with their checks."""

    name: str
    seconds: float
    own_seconds: float
    manifest: dict[str, object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign, print a line per run and one per fault, and return the exit code."""
    asked = _parser().parse_args(arguments)
    home = asked.home or Path(tempfile.mkdtemp(prefix="engines-"))
    data = home / f"world-{asked.people}"
    if not (data / "events").is_dir():
        _run(f"synthesise --people {asked.people} --data {data}")
        _run(f"ingest --data {data}")
    with ExitStack() as stack:
        words = f"--engine {asked.engine}"
        if asked.cluster:
            asked.master = stack.enter_context(spark_cluster(home / "cluster"))
        if asked.master:
            words += f" --master {asked.master}"
        faults = _faults(data, words, asked.limits, is_killed=not asked.without_kill)
    print("\n".join(faults) or "no difference")
    return int(bool(faults))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--engine", choices=("sail", "spark"), required=True)
    parser.add_argument("--master", default=None)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--limits", default="--threads 2", help="flags of both runs")
    parser.add_argument("--without-kill", action="store_true")
    parser.add_argument("--home", type=Path, default=None)
    return parser


def _faults(data: Path, engine: str, limits: str, *, is_killed: bool) -> list[str]:
    here = _published(data, "duckdb", f"--engine duckdb {limits}")
    there = _published(data, engine, f"{engine} {limits}")
    faults = _differences(here, there)
    for number in (signal.SIGKILL, signal.SIGTERM) if is_killed else ():
        faults += _killed(data, f"{engine} {limits}", there, number)
    return faults


def _published(data: Path, name: str, words: str) -> Ran:
    """Publish the day once more and report what it took."""
    begun = time.monotonic()
    _run(f"run --plain --force --as-of {DAY} --data {data} {words}")
    seconds = time.monotonic() - begun
    run, attempt = find_latest_run(data, DATES), read_entry(data, DATES).published
    assert run is not None, "it was published just now"
    assert attempt is not None, "and the ledger knows"
    by_stage = {stage.stage: stage.seconds for stage in attempt.stages}
    ran = Ran(name, seconds, sum(by_stage[s] for s in ENGINE_STAGES), read_manifest(run))
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in by_stage.items())
    print(f"{name}: {seconds:.1f} s, raw to scores {ran.own_seconds:.1f} s ({stages})")
    print(f"{name}: {ran.manifest['content_hash']}", flush=True)
    return ran


def _differences(here: Ran, there: Ran) -> list[str]:
    """Return what differs between two manifests, but for the number of the run."""
    return [
        f"{there.name}: {part} is {there.manifest[part]}, on {here.name} {here.manifest[part]}"
        for part in sorted(here.manifest)
        if part != "run" and here.manifest[part] != there.manifest[part]
    ]


def _killed(data: Path, words: str, whole: Ran, number: signal.Signals) -> list[str]:
    """Strike a run midway, look for what it left, and let the next run make up for it."""
    catalog, runs = (data / CATALOG).read_bytes(), runs_of(data, DATES)
    line = f"run --plain --force --as-of {DAY} --data {data} {words}"
    child = subprocess.Popen([*COMMAND, *line.split()], stderr=sys.stderr)
    time.sleep(0.4 * whole.seconds)
    assert child.poll() is None, "the run ended before it was struck"
    child.send_signal(number)
    code = child.wait()
    time.sleep(LETTING_GO_SECONDS)
    left = [path for path in (data / TEMP_FOLDER, data / SNAPSHOTS / STAGING) if _holds_files(path)]
    print(f"{number.name}: exit code {code}; left until the next run: {[p.name for p in left]}")
    faults = []
    if (data / CATALOG).read_bytes() != catalog or runs_of(data, DATES) != runs:
        faults.append(f"{number.name}: something was published")
    if left and number is not signal.SIGKILL:
        faults.append(f"{number.name}: {left} were left behind")
    faults += _differences(whole, _published(data, f"after {number.name}", words))
    left = [path for path in (data / TEMP_FOLDER, data / SNAPSHOTS / STAGING) if _holds_files(path)]
    return faults + [f"after {number.name}: {path} is still there" for path in left]


def _holds_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _run(line: str) -> None:
    ended = subprocess.run([*COMMAND, *line.split()], stdout=subprocess.PIPE)
    if ended.returncode != 0:
        print(json.dumps({"command": line, "exit_code": ended.returncode}), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())
