"""Coverage-guided fuzzing of the readers of delivered files, with atheris.

``python -m tests.campaigns.fuzz --minutes 10`` shares the minutes among the targets, each in a
process of its own, and prints executions and findings. atheris is none of the pinned tools:
``pip install atheris`` into an environment that has the libraries of this one.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

TARGETS = ("json", "csv", "gzip", "parquet", "values", "masking")
_MEMORY_MIB, _SECONDS_PER_INPUT = 3000, 20
_ABSENT = 2


def main() -> int:
    """Fuzz every target for its share of the minutes; return 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.fuzz")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--findings", type=Path, help="where inputs that fail are kept")
    chosen = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed here: pip install atheris, then run again", file=sys.stderr)
        return _ABSENT
    targets = chosen.target or TARGETS
    findings = chosen.findings or Path(mkdtemp(prefix="plainscore-fuzz-"))
    findings.mkdir(parents=True, exist_ok=True)
    seconds = max(1, round(chosen.minutes * 60 / len(targets)))
    found = [_fuzz(target, seconds, findings) for target in targets]
    print(f"{sum(found)} findings, kept in {findings}")
    return 1 if any(found) else 0


def _fuzz(target: str, seconds: int, findings: Path) -> int:
    """Fuzz one target; print what was done and return how many inputs failed."""
    with TemporaryDirectory(prefix="plainscore-seeds-") as seeds:
        for number, seed in enumerate(seeds_of(target)):
            (Path(seeds) / f"seed{number}").write_bytes(seed)
        arguments = [
            *(seeds, f"-max_total_time={seconds}", f"-rss_limit_mb={_MEMORY_MIB}"),
            *(f"-timeout={_SECONDS_PER_INPUT}", f"-artifact_prefix={findings}/{target}-"),
            *("-print_final_stats=1", "-max_len=4096", "-seed=1"),
        ]
        command = [sys.executable, "-m", "tests.campaigns.fuzz_target", target, *arguments]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    (findings / f"{target}.log").write_text(run.stdout + run.stderr)
    statistics = dict(re.findall(r"stat::(\w+):\s+(\d+)", run.stderr))
    covered = re.findall(r"cov: (\d+)", run.stderr)
    failed = len(list(findings.glob(f"{target}-*")))
    print(
        f"{target:8} {int(statistics.get('number_of_executed_units', 0)):>10,} executions, "
        f"{covered[-1] if covered else 0:>5} branches, "
        f"{statistics.get('peak_rss_mb', '?'):>5} MiB, {failed} findings, exit {run.returncode}",
        flush=True,
    )
    return failed


def seeds_of(target: str) -> list[bytes]:
    """Return small valid inputs of a target, from which it starts."""
    from tests.hostile.seeds import SEEDS

    return SEEDS[target]


if __name__ == "__main__":
    sys.exit(main())
