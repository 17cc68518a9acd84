"""One run in one process, timed from inside: ``python -m benchmarks.by_step DATA DATE OUT``.

A limit of DuckDB's memory may follow, as ``plainscore run --memory-limit`` takes it.
Every table, every stage's checks and every other step of ``score_day`` is timed as it is done; OUT
gets a JSON list. A run of its own, because what is timed table by table is done table by table.
"""

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from plainscore.common.lock import writer_lock
from plainscore.runs.report.reporting import write_report
from plainscore.runs.request import read_request
from plainscore.runs.score_day import score_day
from plainscore.runs.steps import House, build_stage, check_stage, publish_run, stage_files

Part = Literal["build", "checks", "publish", "report", "rest"]


@dataclass(frozen=True)
class StepTime:
    """What one step took. ``peak_bytes``: the most memory of the process until then."""

    part: Part
    name: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    rows: int | None = None


PARTS: dict[Callable[..., Any], Part] = {
    stage_files: "publish",
    publish_run: "publish",
    write_report: "report",
}


@dataclass
class Stopwatch:
    """A way to do the steps of a flow that times each; see ``plainscore.runs.doing``."""

    taken: list[StepTime] = field(default_factory=list)

    def do(self, step: Callable[..., Any], *arguments: Any) -> Any:
        """Do a step and note what it took; a stage is built table by table."""
        if step is build_stage:
            return self._build(*arguments)
        if step is check_stage:
            with self.timed("checks", arguments[1]):
                return step(*arguments)
        with self.timed(PARTS.get(step, "rest"), step.__name__):
            return step(*arguments)

    def _build(self, house: House, schema: str) -> None:
        for table in house.catalog.of_schema(schema):
            with self.timed("build", table.name):
                house.running.build(table)

    @contextmanager
    def timed(self, part: Part, name: str) -> Iterator[None]:
        """Note what is done within."""
        wall, cpu = time.monotonic(), time.process_time()
        yield
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.taken.append(
            StepTime(part, name, time.monotonic() - wall, time.process_time() - cpu, most)
        )


def main(data: str, day: str, out: str, memory_limit: str | None = None) -> None:
    """Publish a further run of a date, and write what each step took."""
    request = read_request(
        date.fromisoformat(day), None, Path(data), force=True, memory_limit=memory_limit
    )
    watch = Stopwatch()
    with watch.timed("rest", "import great_expectations"):
        importlib.import_module("plainscore.checks.judge")
    with writer_lock(request.data_dir, "benchmark"):
        score_day(request, watch.do)
    Path(out).write_text(json.dumps([asdict(one) for one in watch.taken]))


if __name__ == "__main__":
    main(*sys.argv[1:])
