"""Every hostile input at its full size, each in a process of its own.

``python -m tests.campaigns.hostile`` prints what became of each, its peak memory and its seconds,
and ends with exit code 1 where an outcome is not the one that was written down. Words after the
command choose the inputs whose names hold one of them.
"""

import json
import multiprocessing
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from plainscore.logs import IngestedFile, IngestReport
from plainscore.logs.landing import RefusedFile
from tests.hostile.case import Case, Desk
from tests.hostile.corpus import CASES, deliver
from tests.hostile.outcome import Outcomes
from tests.ingest.delivery import Delivery

MEMORY_LIMIT_MIB = 1500
SECONDS_LIMIT = 120
# The memory of the process itself: what its parent held is part of what the system reports of it.
_COMMAND = """
import sys
from pathlib import Path
from plainscore.cli.app import run_command_line
code = run_command_line(sys.argv[2:])
Path(sys.argv[1]).write_text(Path("/proc/self/status").read_text())
sys.exit(code)
"""


@dataclass(frozen=True)
class Run:
    """One ingest of one input through the command line."""

    code: int
    out: str
    errors: str
    peak_mib: int
    seconds: float


def main(words: list[str]) -> int:
    """Run the inputs whose names hold one of the words (all, where there are none)."""
    chosen = [case for case in CASES if not words or any(word in case.name for word in words)]
    wrong, worst = 0, (0, "")
    print(f"{'seconds':>7} {'MiB':>5} exit outcome")
    for case in chosen:
        run, faults = _try(case)
        wrong += bool(faults)
        worst = max(worst, (run.peak_mib, case.name))
        verdict = "; ".join(faults) if faults else _outcome(case)
        print(f"{run.seconds:7.1f} {run.peak_mib:5} {run.code:4} {case.name}: {verdict}"[:160])
    print(
        f"{len(chosen)} inputs, {wrong} not as written down, worst peak {worst[0]} MiB ({worst[1]})"
    )
    return 1 if wrong else 0


def _try(case: Case) -> tuple[Run, list[str]]:
    with TemporaryDirectory(prefix="hostile-") as folder:
        delivery = Delivery(Path(folder) / "data")
        # Made in another process: what making it took must not count as this one's memory.
        maker = multiprocessing.get_context("spawn").Process(
            target=_deliver, args=(CASES.index(case), delivery.data / "landing")
        )
        maker.start()
        maker.join()
        assert maker.exitcode == 0, f"{case.name} could not be delivered"
        run = _ingest(delivery.data)
        if run.code not in (0, 5) or "Traceback" in run.errors or "panicked" in run.errors:
            return run, [f"exit {run.code}: {run.errors[-300:]!r}"]
        desk = Desk(delivery.data / "landing", CASES.index(case), is_full=True)
        faults = Outcomes(delivery, _report(run)).faults(case, desk)
        if run.peak_mib > MEMORY_LIMIT_MIB:
            faults.append(f"took {run.peak_mib} MiB")
        return run, faults


def _deliver(number: int, landing: Path) -> None:
    deliver(CASES[number], landing, is_full=True)


def _ingest(data: Path) -> Run:
    """Ingest through the command line; a hang is killed and reported as exit code -9."""
    peak = data.parent / "status"
    arguments = ["ingest", "--data", str(data), "--format", "json"]
    command = [sys.executable, "-c", _COMMAND, str(peak), *arguments]
    begin = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        try:
            out, errors = run.communicate(timeout=SECONDS_LIMIT)
        except subprocess.TimeoutExpired:
            run.kill()
            out, errors = run.communicate()
    return Run(run.returncode, out, errors, _peak_mib(peak), time.monotonic() - begin)


def _peak_mib(status: Path) -> int:
    """Return the most memory a process ever held, 0 where it did not end by itself."""
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text() if status.is_file() else "")
    return int(found[1]) // 1024 if found else 0


def _report(run: Run) -> IngestReport:
    """Build the report again from what the command printed."""
    files = [json.loads(line) for line in run.out.splitlines()]
    output = [line.removeprefix("plainscore: refused ") for line in run.errors.splitlines()]
    split = [line.partition(": ") for line in output]
    return IngestReport(
        files=[
            IngestedFile(**one | {"arrived": date.fromisoformat(one["arrived"])}) for one in files
        ],
        refused=[RefusedFile("", file, None, reason, "") for file, _, reason in split],
    )


def _outcome(case: Case) -> str:
    verdict = case.verdict
    if verdict.refused:
        return f"refused: {verdict.refused}"
    counts = (verdict.accepted, "accepted"), (verdict.duplicates, "duplicates")
    shown = [f"{count} {what}" for count, what in counts if count]
    shown += [f"line {line}: {reason}" for line, reason in verdict.quarantined.items()][:1]
    return ", ".join(shown) or "no rows"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
