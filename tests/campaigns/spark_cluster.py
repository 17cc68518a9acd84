"""A standalone Spark cluster on loopback, made of pyspark's own jars: a master and two workers."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
WORKERS = 2
PATIENCE_SECONDS = 120


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
