"""A month of daily runs with trouble on ten days: what the operator sees, and what needs somebody.

    python -m tests.campaigns.month --people 600

An invented world is delivered day by day; every morning `plainscore daily` runs on it as its user
would start it. Prints a line a day: trouble, exit code, dates published, what was said on stderr,
what somebody had to do. At the end every day of the month must be published, and the same again
from all files at once must have the same content on the last day.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from benchmarks.measuring import COMMAND
from plainscore.common.lock import writer_lock

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 30)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
WORLD_FROM = date(2025, 6, 1)
KILL_AFTER_SECONDS = 4.0


@dataclass
class Month:
    """Where files are delivered from and to, and what is still to be delivered."""

    source: Path
    data: Path
    withheld: list[tuple[Path, Path]] = field(default_factory=list)

    def files(self, log: str, day: date) -> list[Path]:
        """Return what a log delivers on a day."""
        return sorted((self.source / "landing" / log / f"arrived={day}").glob("*"))

    def deliver(self, day: date, without: str = "") -> None:
        """Deliver a day, but for one log."""
        for log in sorted(path.name for path in (self.source / "landing").iterdir()):
            if log != without and not log.startswith("_"):
                for file in self.files(log, day):
                    self.copy(file, self.landing(log, day) / file.name)

    def landing(self, log: str, day: date) -> Path:
        return self.data / "landing" / log / f"arrived={day}"

    def copy(self, file: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def cut_short(month: Month, day: date) -> None:
    """Half of the payment file arrives; the next day the sender delivers it again."""
    month.deliver(day)
    for file in month.files("payment", day):
        landed = month.landing("payment", day) / file.name
        landed.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        month.withheld.append((file, landed))


def nothing_comes(month: Month, day: date) -> None:
    """No purchases arrive; they come with the files of the next day."""
    month.deliver(day, without="purchase")
    later = day + timedelta(days=1)
    for file in month.files("purchase", day):
        month.withheld.append((file, month.landing("purchase", later) / f"late-{file.name}"))


def rewritten(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Month, date], None]:
    """The purchases arrive in whole files of other rows."""

    def deliver(month: Month, day: date) -> None:
        month.deliver(day, without="purchase")
        for file in month.files("purchase", day):
            target = month.landing("purchase", day) / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            change(pl.read_parquet(file)).write_parquet(target)

    return deliver


def without_every_fifth_person(rows: pl.DataFrame) -> pl.DataFrame:
    is_fifth = pl.int_range(pl.len()) % 5 == 0
    return rows.with_columns(person_id=pl.when(~is_fifth).then(pl.col("person_id")))


def a_stray_file(month: Month, day: date) -> None:
    """Somebody leaves a file that is none of ours among the payments."""
    month.deliver(day)
    (month.landing("payment", day) / "notes.parquet").write_bytes(b"to do")


def usual(month: Month, day: date) -> None:
    """Everything comes as it should."""
    month.deliver(day)


@dataclass(frozen=True)
class Trouble:
    """What goes wrong on a day: in what is delivered, or with the run itself."""

    output: str
    deliver: Callable[[Month, date], None] = usual
    run: str = "run"


PLANTED = {
    3: Trouble("payment file cut short", cut_short),
    6: Trouble("no purchases; they come a day late", nothing_comes),
    9: Trouble("a tenth of the purchases", rewritten(lambda rows: rows.head(len(rows) // 10))),
    12: Trouble("the run is killed half-way", run="killed"),
    15: Trouble("the machine is off", run="off"),
    16: Trouble("the machine is off", run="off"),
    19: Trouble("a stray file among the payments", a_stray_file),
    22: Trouble("a fifth of the purchases without person", rewritten(without_every_fifth_person)),
    25: Trouble("another command holds the lock", run="locked"),
    28: Trouble("the scorecard in plainscore.toml is gone", run="no card"),
}


def main() -> int:
    """Run the month; the exit code is 1 where a day is not published or the contents differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=600)
    people = parser.parse_args().people
    with TemporaryDirectory() as folder:
        month = Month(Path(folder) / "source", Path(folder) / "data")
        span = ["--from", WORLD_FROM, "--to", LAST]
        _plainscore("synthesise", "--people", people, *span, "--data", month.source)
        for back in range((FIRST - WORLD_FROM).days):
            month.deliver(WORLD_FROM + timedelta(days=back))
        before = FIRST - timedelta(days=1)
        _plainscore("daily", "--plain", "--as-of", before, "--data", month.data)
        seconds = [_day(month, day) for day in DAYS]
        return _judge(month, Path(folder) / "again", seconds)


def _day(month: Month, day: date) -> float:
    """Deliver and run one day, and print its line; return the seconds of its runs."""
    trouble = PLANTED.get(day.day, Trouble(""))
    begun = time.monotonic()
    for file, landed in month.withheld:
        month.copy(file, landed)
    human = "asked for the file again" if month.withheld and "cut" in _of(day) else ""
    month.withheld.clear()
    trouble.deliver(month, day)
    if trouble.run == "off":
        print(f"{day}  {trouble.output}: no run", flush=True)
        return 0.0
    code, said, published, done = _run(month, day, trouble.run)
    human = done or human
    if trouble.deliver is a_stray_file:
        (month.landing("payment", day) / "notes.parquet").unlink()
        human = "removed the file"
    output = "; ".join(said.splitlines()[:3])[:300]
    print(
        f"{day}  {trouble.output or 'as usual'} | exit {code} | {published} | {output or 'silence'}"
        f" | {human or 'no one'}",
        flush=True,
    )
    return time.monotonic() - begun


def _of(day: date) -> str:
    return PLANTED.get((day - timedelta(days=1)).day, Trouble("")).output


def _run(month: Month, day: date, how: str) -> tuple[int, str, str, str]:
    """Return exit code, stderr, the dates published, and what somebody had to do."""
    command = f"daily --plain --format json --as-of {day} --data {month.data}".split()
    if how == "killed":
        started = subprocess.Popen([*COMMAND, *command], stderr=subprocess.PIPE, text=True)
        time.sleep(KILL_AFTER_SECONDS)
        started.send_signal(signal.SIGKILL)
        return started.wait(), "", "", ""
    if how == "locked":
        with writer_lock(month.data, "compact"):
            ended = _started(command)
        return ended.returncode, ended.stderr, "", "ran it again when that was done"
    if how == "no card":
        settings = month.data / "plainscore.toml"
        settings.write_text('scorecards = ["stadnard"]\n')
        ended = _started(command)
        settings.unlink()
        return ended.returncode, ended.stderr, "", "fixed the name; the next run made up for it"
    ended = _started(command)
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    published = [
        f"{row['as_of_date']}" + ("" if row["known_on"] == row["as_of_date"] else " restated")
        for row in rows
        if row["outcome"] == "published"
    ]
    return ended.returncode, ended.stderr, ", ".join(published) or "nothing new", ""


def _started(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def _plainscore(*arguments: object) -> str:
    ended = _started([str(one) for one in arguments])
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _judge(month: Month, again: Path, seconds: list[float]) -> int:
    """See that every day is published, and the last one is what all files at once make."""
    asked = "select as_of_date, content_hash from run where is_shown order by as_of_date"
    rows = json.loads(_plainscore("query", asked, "--format", "json", "--data", month.data))
    days = {row["as_of_date"]: row["content_hash"] for row in rows}
    missing = [str(day) for day in DAYS if str(day) not in days]
    shutil.copytree(month.data / "landing", again / "landing")
    _plainscore("run", "--plain", "--as-of", LAST, "--data", again)
    fresh = json.loads(_plainscore("query", asked, "--format", "json", "--data", again))
    is_same = fresh[-1]["content_hash"] == days.get(str(LAST))
    print(f"days not published: {', '.join(missing) or 'none'}")
    print(f"the last day is what all files at once make: {'yes' if is_same else 'NO'}")
    print(f"a day took {sum(seconds) / len(seconds):.1f} s in the mean")
    return 0 if is_same and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
