"""The engines that `make compat` installs side by side, and what each answers.

`python -m tests.publish.engines --data DIR` asks the catalog of DIR everything, on every engine
that is installed, and prints how the answers compare with those of the engine that published.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
ASK = HERE / "ask_everything.py"
PROMISED = tuple((HERE / "engines.txt").read_text().split())
INSTALLED = HERE.parents[1] / ".venv" / "compat"


@dataclass(frozen=True)
class Answers:
    """What an engine answers: question -> its rows, each as JSON, sorted."""

    engine: str
    rows: dict[str, list[str]]

    def differing(self, other: "Answers") -> list[str]:
        """Return the questions, of either, that the two answer differently."""
        questions = sorted(self.rows.keys() | other.rows.keys())
        return [one for one in questions if self.rows.get(one) != other.rows.get(one)]


def is_installed(version: str) -> bool:
    """Return whether `make compat` has installed this version of DuckDB."""
    return (INSTALLED / version / "duckdb").is_dir()


def answers(catalog: Path, version: str | None = None, cwd: Path | None = None) -> Answers:
    """Ask a catalog everything, in a process of its own.

    ``version``: of DuckDB, the current one where none is given. ``cwd``: where that process works.
    Raises CalledProcessError, with what the engine said, where it cannot answer.
    """
    path = str(INSTALLED / version) if version else str(Path(duckdb.__file__).parents[1])
    said = subprocess.run(
        [sys.executable, str(ASK), str(catalog)],
        env={**os.environ, "PYTHONPATH": path}, cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    said = json.loads(said)
    return Answers(said["engine"], said["answers"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="a data directory, two dates or more"
    )
    catalog = parser.parse_args().data.resolve() / "plainscore.duckdb"
    current = answers(catalog)
    for version in (*PROMISED, None):
        if version and not is_installed(version):
            print(f"{version}: not installed, `make compat` does it")
            continue
        begun = time.perf_counter()
        said = answers(catalog, version)
        seconds = time.perf_counter() - begun
        rows = sum(map(len, said.rows.values()))
        differing = ", ".join(said.differing(current)) or "none"
        print(
            f"{said.engine}: {len(said.rows)} questions, {rows:,} rows in {seconds:.1f} s; "
            f"answered otherwise than {current.engine}: {differing}"
        )


if __name__ == "__main__":
    main()
