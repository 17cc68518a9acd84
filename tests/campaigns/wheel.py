"""Build the wheel, install it where no checkout is, and go the whole way with it.

``python -m tests.campaigns.wheel --home DIR`` needs a package registry and some minutes; DIR gets
the wheel, an environment and a project. Ends with 1 where anything is not as it should be.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEOPLE, DAY = 200, "2026-10-31"
NEVER_INSIDE = re.compile(r"^tests/|landing|/events/part|sample/|\.parquet$|\.csv$|\.duckdb|\.log$")
COMMANDS = (
    "--version",
    "init shop",
    f"synthesise --people {PEOPLE}",
    "check data/landing",
    "scorecard scorecard.toml --check",
    f"run --as-of {DAY}",
    "run --as-of 2026-06-30 --plain",
    "status",
    "explain {person}",
    "query --file queries/bands.sql",
    "evaluate",
    "drift",
    "gaming",
    "societies",
    "compare",
    "document model-card",
    "document datasheet",
    "lineage score.score",
    "dictionary",
    "config",
    "verify",
)


def main() -> int:
    """Do all of it and say how long each command took; return the number of faults, at most 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=None)
    home = parser.parse_args().home or Path(tempfile.mkdtemp(prefix="wheel-"))
    wheel = build(home)
    faults = [f"inside the wheel: {name}" for name in strange_files(wheel)]
    command = install(home, wheel)
    faults += go_the_whole_way(command, home)
    print("\n".join(faults) or f"{wheel.name}: {len(COMMANDS)} commands, no fault")
    return 1 if faults else 0


def build(home: Path) -> Path:
    """Build the wheel from what git knows of the checkout, and return its path."""
    source = home / "source"
    source.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", home, source]
    subprocess.run(words, check=True)
    return next(home.glob("plainscore-*.whl"))


def strange_files(wheel: Path) -> list[str]:
    """Return the files of the wheel that have no business in it."""
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    print(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size:,} bytes")
    return [name for name in names if NEVER_INSIDE.search(name) and not name.endswith(".py")]


def install(home: Path, wheel: Path) -> Path:
    """Install the wheel into an environment of its own and return its command."""
    environment = home / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python, constraints = environment / "bin" / "python", ROOT / "constraints.txt"
    words = [python, "-m", "pip", "install", "--quiet", "--constraint", constraints, wheel]
    subprocess.run(words, check=True)
    return environment / "bin" / "plainscore"


def go_the_whole_way(command: Path, home: Path) -> list[str]:
    """Run every command in a new project, as someone without a checkout would; return faults."""
    faults = []
    folder = home
    # Neither this environment's packages nor its commands.
    clean = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    for line in COMMANDS:
        words = line.format(person="p0000015")
        begun = time.monotonic()
        ended = subprocess.run(
            [command, *shlex.split(words)],
            cwd=folder,
            env={**clean, "PATH": "/usr/bin:/bin", "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"{time.monotonic() - begun:6.1f} s  {ended.returncode}  plainscore {line}")
        if ended.returncode or str(ROOT) in ended.stdout + ended.stderr:
            faults.append(f"plainscore {line}: {ended.returncode} {ended.stderr[-500:]}")
        if line.startswith("init"):
            folder = home / "shop"
    return faults


if __name__ == "__main__":
    sys.exit(main())
