"""Work in forked children of a process that has imported everything, struck at what they write.

A shim in C, loaded before libc, sees what every library does to files; where there is none, an
audit hook of Python sees what Python does, which is every rename, and most of the rest.
"""

import ctypes
import functools
import importlib
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar

PREPARED = "CAMPAIGN_IS_PREPARED"
SOURCE = Path(__file__).with_name("disk_events.c")
ACTIONS = {"count": 0, "before": 1, "after": 2, "half": 3, "fail": 4}
# What commands import when they are called.
IMPORTED_LATE = (
    "duckdb_extension_ducklake",
    *(f"plainscore.cli.{name}" for name in ("keep", "look", "operate", "run")),
    *("plainscore.common.lock", "plainscore.erasure.erase", "plainscore.store.lake"),
    *("plainscore.store.event_store", "plainscore.publish.publication"),
    "plainscore.publish.proof",
    *(f"plainscore.runs.{n}" for n in ("observers", "pipeline", "plan", "run", "schedule")),
    "plainscore.show.report",
)
# Threads that polars starts when it is imported, and that do nothing before it is used.
IDLE = ("jemalloc_bg_thd", "polars-ooc")

Action = Literal["count", "before", "after", "half", "fail"]
Result = TypeVar("Result")

# --- children ------------------------------------------------------------------------------------


def start(work: Callable[[], int], output: Path) -> int:
    """Start ``work`` in a child with a process group of its own; return its pid.

    What it prints goes to ``output``; what it returns is its exit code.
    """
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setpgid(0, 0)
        out = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        code = work()
    finally:
        os._exit(code)


def wait(pid: int) -> int:
    """Return how a child ended: its exit code, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def ended_within(pid: int, seconds: float) -> int | None:
    """Return how a child ended, None where it still runs after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    return None


def kill_group(pid: int) -> None:
    """Kill a child and its own children; they may be gone."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def start_answering(work: Callable[[], Any], output: Path) -> int:
    """Start ``work`` in a child that leaves what it returns for ``answer_of``."""

    def answering() -> int:
        output.with_suffix(".answer").write_bytes(pickle.dumps(work()))
        return 0

    return start(answering, output)


def answer_of(pid: int, output: Path) -> Any:
    """Return the answer of a child once it ends; RuntimeError with its last words if it fails."""
    if wait(pid):
        raise RuntimeError(output.read_text()[-2000:])
    return pickle.loads(output.with_suffix(".answer").read_bytes())


def result_of(work: Callable[[], Result], output: Path) -> Result:
    """Return what ``work`` returns in a child."""
    made: Result = answer_of(start_answering(work, output), output)
    return made


# --- what is left out of a command so that it can be struck hundreds of times --------------------


def import_everything() -> None:
    """Import what the commands import when they are called, before any child is started."""
    _leave_out_great_expectations()
    for name in IMPORTED_LATE:
        importlib.import_module(name)
    from plainscore.common.standard import STANDARD_CARDS
    from plainscore.contracts import catalog
    from plainscore.scorecards.reading import read_scorecards

    catalog.tables_read = functools.cache(catalog.tables_read)
    assert catalog.load_catalog(read_scorecards(STANDARD_CARDS)).tables
    threads = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    busy = [name for name in threads if not name.startswith(IDLE)]
    # One of DuckDB's own, begun when it is imported, waits until a database is opened.
    assert len(busy) <= 2, f"threads {busy}: a forked child could wait for one of them for ever"


def _leave_out_great_expectations() -> None:
    """Let every check pass: Great Expectations writes no file, and is nine tenths of a run."""
    validate = ModuleType("plainscore.checks.validate")
    validate.check = lambda *_: []  # type: ignore[attr-defined]
    validate.import_in_background = lambda: None  # type: ignore[attr-defined]
    sys.modules["plainscore.checks.validate"] = validate


def lighten() -> None:
    """Commit every arrival day by itself, and leave the checks out where they are not yet."""
    from plainscore.logs import ingest

    _leave_out_great_expectations()
    ingest.BATCH_BYTES = 1


# --- strikes -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Strike:
    """What happens at an event: before it, after it, or with half of it written.

    ``code``: the signal that is sent; for ``fail`` the errno with which it and all later ones end.
    """

    event: int
    action: Action
    code: int


def restart_prepared(scratch: Path, *, with_shim: bool = True) -> None:
    """Start this program again without threads of numpy and with the shim; nothing where it is so.

    Raises SystemExit where there is no C compiler.
    """
    if PREPARED in os.environ:
        return
    environment = {**os.environ, PREPARED: "yes", "OPENBLAS_NUM_THREADS": "1"}
    if with_shim:
        built = scratch / "disk_events.so"
        command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-ldl"]
        try:
            subprocess.run(command, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"the campaign needs a C compiler: {error}")
        environment["LD_PRELOAD"] = str(built)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def arm(folder: Path, strike: Strike | None) -> None:
    """Count the events under ``folder`` from now on, and strike at one of them."""
    shim, at = _shim(), strike or Strike(0, "count", 0)
    if shim is None:
        assert at.action in ("count", "before"), f"{at.action} needs the shim"
        _hooked.arm(folder, at)
    else:
        event, action = ctypes.c_long(at.event), ACTIONS[at.action]
        shim.disk_events_arm(os.fsencode(folder), event, action, at.code)


def shift_clock(seconds: int) -> None:
    """Let the clock of this process stand so many seconds ahead (or, negative, back)."""
    shim = _shim()
    assert shim is not None, "restart_prepared comes first"
    shim.disk_events_shift_clock(ctypes.c_long(seconds))


def events_so_far() -> int:
    """Return how many events there were since ``arm``."""
    shim = _shim()
    if shim is None:
        return _hooked.events
    shim.disk_events_count.restype = ctypes.c_long
    return int(shim.disk_events_count())


class _Hooked:
    """Counts what Python itself does to files."""

    WATCHED = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"})
    ALTERS = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_RDWR

    def __init__(self) -> None:
        self.events, self._folder, self._strike = 0, "", Strike(0, "count", 0)

    def arm(self, folder: Path, strike: Strike) -> None:
        if not self._folder:
            sys.addaudithook(self._see)
        self.events, self._folder, self._strike = 0, str(folder), strike

    def _see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in self.WATCHED or not str(arguments[0]).startswith(self._folder):
            return
        if event == "open" and not arguments[2] & self.ALTERS:
            return
        if self._strike.action == "before" and self.events == self._strike.event:
            os.kill(os.getpid(), self._strike.code)
        self.events += 1


_hooked = _Hooked()


def _shim() -> ctypes.CDLL | None:
    loaded = ctypes.CDLL(None)
    return loaded if hasattr(loaded, "disk_events_arm") else None
