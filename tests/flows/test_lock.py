"""One writer: the second is refused and sees the first named, whatever became of those before."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import duckdb
import pytest

from plainscore.common.errors import InputRefused, Locked, PlainscoreError
from plainscore.common.files import FORMAT_FILE
from plainscore.common.lock import LOCK_NAME, writer_lock
from plainscore.contracts import SnapshotDates
from plainscore.runs.ledger import (
    DONE,
    PUBLISH,
    Entry,
    RunAttempt,
    StageRecord,
    read_entry,
    reconcile_ledger,
    write_entry,
)

HOLD = (
    "import sys; from pathlib import Path; from plainscore.common.lock import writer_lock\n"
    "with writer_lock(Path(sys.argv[1]), 'a long job'):\n"
    "    print('held', flush=True); sys.stdin.read()\n"
)


def take(data_dir: Path) -> None:
    """Take the lock and give it back."""
    with writer_lock(data_dir, "second"):
        pass


@contextmanager
def another_holder(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    with another_holder(tmp_path) as first, pytest.raises(Locked) as said:
        take(tmp_path)
    assert f"process {first.pid} on {os.uname().nodename} since 20" in str(said.value)
    assert "(a long job): wait until it is done" in str(said.value)


def test_removing_the_lock_file_lets_no_second_writer_in(tmp_path: Path) -> None:
    with another_holder(tmp_path):
        (tmp_path / LOCK_NAME).unlink()
        with pytest.raises(Locked, match="being written"):
            take(tmp_path)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with another_holder(tmp_path) as first:
        first.kill()
        first.wait()
        assert json.loads((tmp_path / LOCK_NAME).read_text())["purpose"] == "a long job"
        with writer_lock(tmp_path, "second"):
            assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == os.getpid()


def test_who_comes_after_a_killed_holder_first_tidies_up_after_it(tmp_path: Path) -> None:
    with another_holder(tmp_path) as first:
        (tmp_path / "snapshots/_staging/a run").mkdir(parents=True)
        (tmp_path / ".spill").mkdir()
        (tmp_path / "plainscore.duckdb.unfinished").touch()
        first.kill()
        first.wait()
    with writer_lock(tmp_path, "second"):
        left = sorted(path.name for path in tmp_path.iterdir())
        assert left == [LOCK_NAME, FORMAT_FILE, "snapshots"]
        assert list((tmp_path / "snapshots").iterdir()) == []
    assert (tmp_path / LOCK_NAME).read_text() == ""


def test_who_comes_after_a_holder_that_failed_tidies_up_too(tmp_path: Path) -> None:
    (tmp_path / ".spill").mkdir()
    with pytest.raises(KeyboardInterrupt), writer_lock(tmp_path, "first"):
        os.kill(os.getpid(), signal.SIGINT)
    with writer_lock(tmp_path, "second"):
        assert not (tmp_path / ".spill").exists()


def test_a_run_that_its_dead_writer_had_not_noted_is_noted(tmp_path: Path) -> None:
    dates = SnapshotDates(date(2026, 10, 31), date(2026, 10, 31))
    attempt = RunAttempt("then", stages=[StageRecord("raw", DONE), StageRecord(PUBLISH)])
    write_entry(tmp_path, Entry(dates, unfinished=attempt))
    reconcile_ledger(tmp_path)
    assert read_entry(tmp_path, dates).published is None
    (tmp_path / "snapshots/as_of_date=2026-10-31/known_on=2026-10-31/run=0001").mkdir(parents=True)
    reconcile_ledger(tmp_path)
    entry = read_entry(tmp_path, dates)
    assert entry.unfinished is None
    assert entry.published is not None
    assert (entry.published.run, entry.published.stages[-1].outcome) == ("0001", DONE)


def test_what_a_dead_process_left_in_the_file_is_not_told_as_the_holder(tmp_path: Path) -> None:
    with another_holder(tmp_path), subprocess.Popen(["true"]) as dead:
        dead.wait()
        holder = {"pid": dead.pid, "host": os.uname().nodename, "since": "then", "purpose": "x"}
        (tmp_path / LOCK_NAME).write_text(json.dumps(holder))
        with pytest.raises(Locked, match="another process that has only just begun"):
            take(tmp_path)


def test_a_lent_lock_is_for_those_who_are_called_and_for_nobody_else(tmp_path: Path) -> None:
    refused = []

    def take_in_a_thread() -> None:
        try:
            take(tmp_path)
        except Locked as error:
            refused.append(str(error))

    with writer_lock(tmp_path, "outer", lend=True):
        take(tmp_path / ".")
        thread = threading.Thread(target=take_in_a_thread)
        thread.start()
        thread.join()
        assert "(outer)" in refused[0]
    with pytest.raises(Locked), writer_lock(tmp_path, "outer"):
        take(tmp_path)


def test_a_filesystem_without_locks_is_no_second_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(InputRefused, match="cannot be locked \\(No locks available\\)"):
        take(tmp_path)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "/d/x"), r"/d/x cannot be .*\(No space left"),
        (PermissionError(13, "Permission denied", "/d/x"), r"/d/x cannot be .*\(Permission"),
        (duckdb.IOException("IO Error: no such spill\nmore"), r"\(IO Error: no such spill\)"),
        (duckdb.TransactionException("Failed to commit: Could not write"), "make room"),
        (duckdb.OutOfMemoryException("Out of Memory Error: 1 KB\n\nmore"), "--memory-limit"),
        (MemoryError(), "memory is not enough"),
    ],
)
def test_what_the_machine_does_to_a_writer_is_told_in_a_line(
    tmp_path: Path, error: Exception, said: str
) -> None:
    with pytest.raises(PlainscoreError, match=said) as raised, writer_lock(tmp_path, "first"):
        raise error
    assert "\n" not in str(raised.value)
    take(tmp_path)


def test_an_error_of_the_network_is_not_told_as_one_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), writer_lock(tmp_path, "first"):
        raise ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_holder_with_its_own_exit_code(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt) as raised, writer_lock(tmp_path, "first"):
        os.kill(os.getpid(), number)
    assert raised.value.exit_code == code  # type: ignore[attr-defined]
    assert signal.getsignal(number) is before


def test_a_signal_that_was_swallowed_ends_the_holder_all_the_same(tmp_path: Path) -> None:
    def swallow() -> None:
        with writer_lock(tmp_path, "first"), suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match="all was done by then"):
        swallow()


def test_a_second_signal_ends_a_holder_that_does_not_heed_the_first(tmp_path: Path) -> None:
    deaf = (
        "import os, sys, signal; from pathlib import Path\n"
        "from plainscore.common.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1]), 'deaf'):\n"
        "    for _ in range(2):\n"
        "        try: os.kill(os.getpid(), signal.SIGINT)\n"
        "        except KeyboardInterrupt: pass\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", deaf, str(tmp_path)], cwd=root)
    assert ended.returncode == -signal.SIGINT
