"""An ingest stopped at any step, and then run again, ends in the undisturbed state."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plainscore.common.errors import InputRefused
from plainscore.logs import deduplicate, ingest
from plainscore.store import lake
from plainscore.store.lake import Lake
from tests.ingest.delivery import Delivery, deposit, purchase
from tests.ingest.test_store import compact


class Stopped(BaseException):
    """The process ends here, as far as the test is concerned."""


CALLED_ONCE = ("rewrite", "save")
STEPS: list[tuple[Any, str]] = [
    (Lake, "insert"),
    (Lake, "rewrite"),
    (Lake, "_sync_files"),
    (lake, "write_store_head"),
    (lake, "fsync_path"),
    (ingest.Reader, "parts"),
    (ingest.SetAside, "store"),
    (deduplicate, "add_rows"),
    (deduplicate, "apply_changes"),
    (ingest.FileStates, "save"),
]


def deliver_first(delivery: Delivery) -> None:
    delivery.ndjson(
        "payment", [deposit("x", amount="2"), deposit("x", amount="3")], day="2026-03-06"
    )
    delivery.csv("purchase", [purchase("p"), purchase("p"), purchase("q", amount="-1")])


def deliver_more(delivery: Delivery) -> None:
    delivery.ndjson("payment", [deposit("x", amount="1"), deposit("new")], day="2026-03-05")
    delivery.parquet("payment", [deposit("x", amount="3"), deposit("y")], day="2026-04-06")
    delivery.ndjson("purchase", [purchase("r", person_id="bob")], day="2026-04-07")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    delivery = Delivery(tmp_path_factory.mktemp("undisturbed"))
    deliver_first(delivery)
    deliver_more(delivery)
    delivery.ingest()
    return delivery.state()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """The first files ingested, the others delivered; no test may write into it."""
    delivery = Delivery(tmp_path_factory.mktemp("begun"))
    deliver_first(delivery)
    delivery.ingest()
    deliver_more(delivery)
    return delivery


def stop_at(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, call: int, after: bool) -> None:
    """Stop at the n-th call of a function, before or after it has done its work."""
    original: Callable[..., Any] = getattr(place, name)
    calls = iter(range(10**6))

    def stopping(*arguments: Any, **named: Any) -> Any:
        is_here = next(calls) == call
        if is_here and not after:
            raise Stopped
        result = original(*arguments, **named)
        if is_here:
            raise Stopped
        return result

    monkeypatch.setattr(place, name, stopping)


@pytest.mark.parametrize(
    ("place", "name", "call", "after"),
    [
        (place, name, call, after)
        for place, name in STEPS
        for call, after in ((0, True), (2, False) if name not in CALLED_ONCE else (0, False))
    ],
)
def test_an_ingest_stopped_at_a_step_is_completed_by_the_next(
    begun: Delivery,
    delivery: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, Any],
    place: Any,
    name: str,
    call: int,
    after: bool,
) -> None:
    shutil.copytree(begun.data, delivery.data)
    before = begun.counts().keys()
    monkeypatch.setattr(ingest, "BATCH_BYTES", 1)
    with monkeypatch.context() as patched:
        stop_at(patched, place, name, call, after)
        with pytest.raises(Stopped):
            delivery.ingest()
    counts = delivery.counts()
    assert counts.keys() >= before
    assert all(rows == sum(rest) for rows, *rest in counts.values())
    delivery.ingest()
    assert delivery.state() == undisturbed


@pytest.mark.parametrize("call", range(3))
def test_a_compaction_stopped_at_a_step_changes_nothing(
    begun: Delivery,
    delivery: Delivery,
    monkeypatch: pytest.MonkeyPatch,
    undisturbed: dict[str, Any],
    call: int,
) -> None:
    shutil.copytree(begun.data, delivery.data)
    delivery.ingest()
    with monkeypatch.context() as patched:
        stop_at(patched, Lake, "rewrite", call, after=True)
        with pytest.raises(Stopped):
            compact(delivery.data)
    assert delivery.state() == undisturbed
    compact(delivery.data)
    assert delivery.state() == undisturbed


def test_a_killed_ingest_is_completed_by_the_next(delivery: Delivery) -> None:
    for day in range(1, 29):
        rows = [deposit(f"{day}-{number}", amount=str(number)) for number in range(200)]
        delivery.ndjson("payment", rows, day=f"2026-03-{day + 2:02}")
    reference = Delivery(delivery.data.parent / "reference")
    reference.data.mkdir()
    (reference.data / "landing").symlink_to(delivery.data / "landing")
    reference.ingest()
    program = (
        "import sys; from pathlib import Path; from plainscore.logs import ingest; "
        "ingest.BATCH_BYTES = 1; print('begun', flush=True); "
        "ingest.ingest_new(Path(sys.argv[1]), threads=1)"
    )
    for delay in (0.02, 0.1, 0.3):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(delivery.data)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.wait()
        counts = delivery.counts()
        assert all(rows == sum(rest) for rows, *rest in counts.values())
    delivery.ingest()
    assert delivery.state() == reference.state()


def test_two_ingests_at_once_lose_nothing(delivery: Delivery, undisturbed: dict[str, Any]) -> None:
    deliver_first(delivery)
    deliver_more(delivery)
    command = [
        sys.executable,
        "-c",
        "from plainscore.cli.app import main; main()",
        "ingest",
        "--data",
    ]
    both = [
        subprocess.Popen(
            [*command, str(delivery.data)], cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    assert sorted(process.wait() for process in both) in ([0, 0], [0, 4])
    assert delivery.state() == undisturbed


def test_a_full_disk_is_a_clear_refusal(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery.ndjson("payment", [deposit()])

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28), "events/payment/x.parquet")

    monkeypatch.setattr(lake, "fsync_path", full)
    with pytest.raises(InputRefused, match="cannot be written \\(No space left on device\\)"):
        delivery.ingest()
    monkeypatch.undo()
    assert len(delivery.ingest().files) == 1
