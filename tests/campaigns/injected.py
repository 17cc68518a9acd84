"""Strike a process at one of the things that it does to files: a shim in C, loaded before libc."""

import ctypes
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

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


def restart_with_shim(scratch: Path) -> None:
    """Start this program again with the shim loaded; do nothing where it is.

    Raises SystemExit where there is no C compiler.
    """
    if _shim() is not None:
        return
    built = scratch / "disk_events.so"
    command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-ldl"]
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"the campaign needs a C compiler: {error}")
    _execute_again({**os.environ, "LD_PRELOAD": str(built), "OPENBLAS_NUM_THREADS": "1"})


def _execute_again(environment: dict[str, str]) -> NoReturn:
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def arm(folder: Path, strike: Strike | None) -> None:
    """Count the events under ``folder`` from now on, and strike at one of them."""
    shim = _shim()
    assert shim is not None, "restart_with_shim comes first"
    at = strike or Strike(0, "count", 0)
    shim.disk_events_arm(os.fsencode(folder), ctypes.c_long(at.event), _ACTIONS[at.action], at.code)


def shift_clock(seconds: int) -> None:
    """Let the clock of this process stand so many seconds ahead (or, negative, back)."""
    shim = _shim()
    assert shim is not None, "restart_with_shim comes first"
    shim.disk_events_shift_clock(ctypes.c_long(seconds))


def events_so_far() -> int:
    """Return how many events there were since ``arm``."""
    shim = _shim()
    assert shim is not None, "restart_with_shim comes first"
    shim.disk_events_count.restype = ctypes.c_long
    return int(shim.disk_events_count())


def _shim() -> ctypes.CDLL | None:
    loaded = ctypes.CDLL(None)
    return loaded if hasattr(loaded, "disk_events_arm") else None
