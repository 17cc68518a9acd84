"""Strike a process at one of the things that it does to files.

A shim in C, loaded before libc, sees what every library does; where there is none, an audit hook of
Python sees what Python does, which is every rename, and most of the rest.
"""

import ctypes
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PREPARED = "CAMPAIGN_IS_PREPARED"
SOURCE = Path(__file__).with_name("disk_events.c")
_ACTIONS = {"count": 0, "before": 1, "after": 2, "half": 3, "fail": 4}

Action = Literal["count", "before", "after", "half", "fail"]


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
    shim = _shim()
    at = strike or Strike(0, "count", 0)
    if shim is None:
        assert at.action in ("count", "before"), f"{at.action} needs the shim"
        _hooked.arm(folder, at)
        return
    shim.disk_events_arm(os.fsencode(folder), ctypes.c_long(at.event), _ACTIONS[at.action], at.code)


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
        self.events = 0
        self._folder = ""
        self._strike = Strike(0, "count", 0)

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
