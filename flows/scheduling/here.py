"""`make server`: server, work pool, deployments and a worker on this machine, until Ctrl-C.

The same by hand, each in a terminal of its own: see docs/runbook.md.
"""

import argparse
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from plainscore.common.errors import InputRefused, PlainscoreError
from plainscore.flows.scheduling.declared import FILE, read_declared
from plainscore.flows.scheduling.loopback import (
    PORT,
    deploy,
    loopback_server,
    loopback_worker,
    make_pool,
)
from plainscore.flows.scheduling.prefect_start import prepare_prefect

SECONDS_BETWEEN_LOOKS = 0.5


def main() -> int:
    """Run it; return the exit code."""
    asked = argparse.ArgumentParser(description="A Prefect server here, with all that it needs.")
    asked.add_argument("--port", type=int, default=PORT, help=f"of the server, {PORT} by default")
    asked.add_argument("--file", type=Path, default=FILE, help=f"{FILE} by default")
    given = asked.parse_args()
    prepare_prefect(is_watched=True)
    signal.signal(signal.SIGTERM, _stop)
    try:
        _run(given.port, given.file)
    except KeyboardInterrupt:
        _say("stopped")
    except PlainscoreError as error:
        _say(str(error))
        return error.exit_code
    return 0


def _run(port: int, file: Path) -> None:
    pools = sorted({one.pool for one in read_declared(file)})
    _say("starting a Prefect server; the first time takes half a minute")
    with ExitStack() as opened:
        api = opened.enter_context(loopback_server(port))
        for pool in pools:
            make_pool(pool, api)
        deploy(api, file)
        workers = [opened.enter_context(loopback_worker(pool, api)) for pool in pools]
        _say(f"look at {api.removesuffix('/api')} - deployments, runs, their checks and snapshots")
        _say(f"elsewhere: PREFECT_API_URL={api} prefect deployment run daily/daily")
        _say("Ctrl-C ends server and worker")
        # No wait without end: a signal that another thread gets would not end it.
        while all(worker.poll() is None for worker in workers):
            time.sleep(SECONDS_BETWEEN_LOOKS)
    raise InputRefused("the worker ended, and the server with it: see above")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(f"plainscore: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
