"""Run the real pipeline on a data directory, as a user would: the one place that knows how."""

import subprocess
from datetime import date
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def run_pipeline(
    data_dir: Path, as_of_date: date, known_on: date, *, is_plain: bool = True
) -> None:
    """Ingest `data_dir`/landing and publish its snapshot; a failed run fails the test.

    Plainly takes the same steps as under Prefect, and half the time.
    """
    command = [
        str(CHECKOUT / ".venv" / "bin" / "plainscore"),
        "run",
        "--as-of",
        as_of_date.isoformat(),
        "--known-on",
        known_on.isoformat(),
        "--data",
        str(data_dir),
        *(["--plain"] if is_plain else []),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, (
        f"{' '.join(command)} ended with exit code {ended.returncode}\n"
        f"stdout: {ended.stdout[-4000:]}\nstderr: {ended.stderr[-4000:]}"
    )
