"""What has happened before each of the situations of docs/how-to/operate.md."""

import errno
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plainscore.publish import publication
from plainscore.runs.run import SnapshotRun
from tests.docs.pages import CHECKOUT

DAY = "arrived=2026-10-31"
RUN = "data/snapshots/as_of_date=2026-09-30/known_on=2026-09-30/run=0001"
SETTINGS = "plainscore.toml"
CHECK = SnapshotRun.check


@dataclass
class Scene:
    """The directory where commands run, and what of it the page shows under another name."""

    folder: Path
    patched: pytest.MonkeyPatch
    shown_as: dict[str, str] = field(default_factory=dict)

    def deliver(self, *logs: str) -> None:
        """Let the files of the last day arrive, of these logs or of all."""
        for came in self.folder.glob(f"inbox/*/{DAY}"):
            if not logs or came.parent.name in logs:
                came.rename(self.folder / "data" / "landing" / came.parent.name / DAY)

    def set_card(self, name: str) -> None:
        """Let another scorecard stand in the settings."""
        settings = self.folder / SETTINGS
        settings.write_text(settings.read_text().replace('"standard"', f'"{name}"'))


def _a_feed_stops(scene: Scene) -> None:
    scene.deliver("profile", "purchase", "service", "friendship")
    with (scene.folder / SETTINGS).open("a") as settings:
        settings.write("[arrival_limit_days]\npayment = 3\n")


def _a_file_is_bad(scene: Scene) -> None:
    scene.deliver()
    shutil.rmtree(scene.folder / "inbox")
    good, bad = "event_id,event_time,person_id,event_type,amount\n", "event_id,event_time,person\n"
    delivered_again = scene.folder / "inbox" / "payment" / DAY / "part-001.csv"
    delivered_again.parent.mkdir(parents=True)
    delivered_again.write_text(f"{good}late-1,2026-10-30,p0000015,deposit,12.00\n")
    landed = scene.folder / "data" / "landing" / "payment" / DAY / "part-001.csv"
    landed.write_text(f"{bad}late-1,2026-10-30,p0000015\n")


def _a_patch_breaks_scores(scene: Scene) -> None:
    scene.deliver()
    patch = scene.folder / "hotfix.py"
    patch.touch()

    build_rightly = SnapshotRun.build

    def build(run: SnapshotRun, schema: str) -> None:
        build_rightly(run, schema)
        if schema == "scores" and patch.exists():
            run.engine.con.execute("update scores.score set score = score + 1")

    def check(run: SnapshotRun, schema: str) -> list[Any]:
        return CHECK(run, schema) if schema == "scores" and patch.exists() else []

    scene.patched.setattr(SnapshotRun, "build", build)
    scene.patched.setattr(SnapshotRun, "check", check)


def _the_disk_fills(scene: Scene) -> None:
    scene.deliver()
    exports = scene.folder / "old-exports"
    exports.mkdir()
    write = publication.fsync_tree

    def write_while_there_is_room(folder: Path) -> None:
        if exports.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        write(folder)

    scene.patched.setattr(publication, "fsync_tree", write_while_there_is_room)


def _a_card_is_misspelt(scene: Scene) -> None:
    scene.deliver()
    scene.set_card("standrd")


def _another_disk_is_there(scene: Scene) -> None:
    disk = scene.folder.with_name("disk")
    disk.mkdir()
    scene.shown_as[str(disk)] = "/srv/large"


def _only_two_months_came(scene: Scene) -> None:
    scene.deliver()
    data = scene.folder / "data"
    for older in data.glob("landing/*/arrived=*"):
        if older.name < "arrived=2026-09-30":
            shutil.rmtree(older)
    for made in ("events", "snapshots"):
        shutil.rmtree(data / made)
    (data / "plainscore.duckdb").unlink()


def _a_file_changes(scene: Scene) -> None:
    with (scene.folder / RUN / "score" / "score.parquet").open("r+b") as file:
        file.seek(100)
        file.write(b"damaged")


def _another_writes(scene: Scene) -> None:
    scene.deliver()
    script = (
        "import sys, time; from pathlib import Path\n"
        "from plainscore.common.lock import writer_lock\n"
        "with writer_lock(Path('data'), 'backfill 2026-01-31 to 2026-10-31'):\n"
        "    Path('data/snapshots/_staging/left').mkdir(parents=True)\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=scene.folder,
        env={"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
    )
    # Whoever ends it by its number waits until it is gone, which takes somebody to bury it.
    threading.Thread(target=writer.wait, daemon=True).start()
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"held\n"
    scene.shown_as[str(writer.pid)] = "4711"


TROUBLE: dict[str, Callable[[Scene], None]] = {
    "1. A feed is late, or has stopped": _a_feed_stops,
    "2. A file is bad": _a_file_is_bad,
    "3. A critical check failed": _a_patch_breaks_scores,
    "4. The disk is full": _the_disk_fills,
    "5. The scorecard is wrong": _a_card_is_misspelt,
    "6. Data came late": Scene.deliver,
    "7. A person asks to be forgotten": lambda _scene: None,
    "8. A year is to be published": _only_two_months_came,
    "9. The data directory moves": _another_disk_is_there,
    "10. Back up, and restore": lambda _scene: None,
    "11. A published file was damaged": _a_file_changes,
    "12. Somebody else is writing, or a run was killed": _another_writes,
}
