"""Whether another engine publishes what DuckDB publishes, how long it takes, and how it dies.

    python -m tests.campaigns.engines --people 10000 --engine sail
    python -m tests.campaigns.engines --people 10000 --engine spark [--master local[2] | --cluster]

Run it in an environment that has the engine. It invents a world, publishes one day on DuckDB and on
the engine, prints seconds and content hashes, then kills a run on that engine midway and runs it
again. ``--cluster`` starts a Spark master and two workers on loopback. Exit code 1: a difference.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measuring import COMMAND
from plainscore.contracts import SnapshotDates
from plainscore.publish.runs import CATALOG, find_latest_run, runs_of
from plainscore.publish.sets import SNAPSHOTS, STAGING, read_manifest
from plainscore.runs.ledger import read_entry
from plainscore.settings import TEMP_FOLDER

DAY = date(2026, 10, 31)
DATES = SnapshotDates(DAY, DAY)
ENGINE_STAGES = ("raw", "staging", "features", "scores")
LETTING_GO_SECONDS = 20
HOST, WORKERS, PATIENCE_SECONDS = "127.0.0.1", 2, 120


@dataclass(frozen=True)
class Ran:
    """What one run took and made; ``own_seconds`` from raw to scores, with their checks."""

    name: str
    seconds: float
    own_seconds: float
    manifest: dict[str, object]


def main() -> int:
    """Run the campaign, print a line per run and one per fault, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--engine", choices=("sail", "spark"), required=True)
    parser.add_argument("--master", default=None)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--limits", default="--threads 2", help="flags of both runs")
    parser.add_argument("--without-kill", action="store_true")
    parser.add_argument("--home", type=Path, default=None)
    asked = parser.parse_args()
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
    left = _left_in(data)
    print(f"{number.name}: exit code {code}; left until the next run: {[p.name for p in left]}")
    faults = []
    if (data / CATALOG).read_bytes() != catalog or runs_of(data, DATES) != runs:
        faults.append(f"{number.name}: something was published")
    if left and number is not signal.SIGKILL:
        faults.append(f"{number.name}: {left} were left behind")
    faults += _differences(whole, _published(data, f"after {number.name}", words))
    left = _left_in(data)
    return faults + [f"after {number.name}: {path} is still there" for path in left]


def _left_in(data: Path) -> list[Path]:
    folders = (data / TEMP_FOLDER, data / SNAPSHOTS / STAGING)
    return [path for path in folders if any(one.is_file() for one in path.rglob("*"))]


def _run(line: str) -> None:
    ended = subprocess.run([*COMMAND, *line.split()], stdout=subprocess.PIPE)
    if ended.returncode != 0:
        print(f"{line}: exit code {ended.returncode}", file=sys.stderr)
        sys.exit(2)


# --- a standalone Spark cluster on loopback, made of pyspark's own jars ---------------------------


@contextmanager
def spark_cluster(home: Path, memory: str = "2g") -> Iterator[str]:
    """Run a cluster whose logs and scratch files stand in ``home``; yields its master's address."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    address = f"spark://{HOST}:{port}"
    home.mkdir(parents=True, exist_ok=True)
    master = f"master.Master --host {HOST} --port {port} --webui-port 0"
    # Each has two cores to offer, so that both get a part of every job.
    worker = f"worker.Worker --host {HOST} --webui-port 0 --cores 2 --memory {memory}"
    started = [_start(master, home / "master.log")]
    try:
        _wait_for("I have been elected leader", home / "master.log", 1)
        for number in range(WORKERS):
            line = f"{worker} --work-dir {home / f'worker-{number}'} {address}"
            started.append(_start(line, home / f"worker-{number}.log"))
        _wait_for("Registering worker", home / "master.log", WORKERS)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)


def _start(line: str, log: Path) -> subprocess.Popen[bytes]:
    found = find_spec("pyspark")
    assert found is not None, "the campaign needs plainscore[spark]"
    spark_home = Path(str(found.origin)).parent
    words = f"{spark_home}/bin/spark-class org.apache.spark.deploy.{line}".split()
    settings = {"SPARK_HOME": str(spark_home), "SPARK_LOCAL_IP": HOST}
    with log.open("wb") as opened:
        return subprocess.Popen(words, env=os.environ | settings, stdout=opened, stderr=opened)


def _wait_for(text: str, log: Path, times: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while log.read_text(errors="replace").count(text) < times:
        if time.monotonic() > until:
            raise TimeoutError(f"{log} does not say '{text}' {times} times: the cluster is not up")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
