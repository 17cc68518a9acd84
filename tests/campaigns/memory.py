"""Whether a world of a million people finishes in bounded memory, and what each command takes.

``python -m tests.campaigns.memory --people 1000000 --limit-gib 4 --home DIR`` invents, ingests and
scores, each command in a control group of the kernel with so much memory, page cache included, and
no swap: beyond it the kernel kills. It needs Linux, root, 25 GB of disk, and half an hour. Without
``--limit-gib`` nothing is bounded and no root is needed. DIR is left as it is in the end.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import COMMAND, take

GROUPS = Path("/sys/fs/cgroup")
# Version 1 has a tree for memory alone, version 2 one for everything.
BOUNDS = {GROUPS / "memory": "memory.limit_in_bytes", GROUPS: "memory.max"}
DAY = "2026-10-31"


def main() -> int:
    """Run every command and print a line on each; return 1 where one did not end with 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--limit-gib", type=float, default=None)
    parser.add_argument("--engine-limit", default="2GB")
    parser.add_argument("--only", choices=("synthesise", "ingest", "run"), default=None)
    parser.add_argument("--home", type=Path, default=None)
    asked = parser.parse_args()
    home = asked.home or Path(tempfile.mkdtemp(prefix="memory-"))
    data = f"--data {home / 'data'}"
    lines = (
        f"synthesise --people {asked.people} {data}",
        f"ingest {data}",
        f"run --plain --as-of {DAY} --memory-limit {asked.engine_limit} {data}",
    )
    group = make_group(asked.limit_gib) if asked.limit_gib else None
    try:
        print("     s  own GiB  all GiB  exit")
        wanted = [line.split() for line in lines if asked.only in (None, line.split()[0])]
        codes = [measured(words, group) for words in wanted]
    finally:
        if group is not None:
            group.rmdir()
    return int(any(codes))


def make_group(gib: float) -> Path:
    """Make a control group that bounds the memory of whoever is put into it, and return it."""
    parent = next(folder for folder in BOUNDS if (folder / "cgroup.procs").exists())
    group = parent / f"plainscore-{os.getpid()}"
    group.mkdir()
    (group / BOUNDS[parent]).write_text(str(int(gib * 2**30)))
    return group


def measured(words: list[str], group: Path | None) -> int:
    """Run one command, print its seconds and most memory, and return its exit code.

    ``own``: without files that are mapped, of which the kernel takes back what it needs; ``all``:
    what it counts as resident, as /usr/bin/time does.
    """

    def enter() -> None:
        if group is not None:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    taken = take([*COMMAND, *words], enter)
    gib = taken.own_bytes / 2**30, taken.all_bytes / 2**30
    print(
        f"{taken.wall_seconds:6.0f} {gib[0]:8.2f} {gib[1]:8.2f} {taken.exit_code:5}  "
        f"{' '.join(words)}",
        flush=True,
    )
    return taken.exit_code


if __name__ == "__main__":
    sys.exit(main())
