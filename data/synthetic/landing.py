"""The landing folder: a world appears in it whole, once, and never over somebody else's logs.

Everything is written under `landing/_unfinished/` and moved into place when it is complete; the
record `_truth/world.json` comes last. Killed at any moment, the same command makes the same world.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from plainscore.synthetic.months import day_number
from plainscore.synthetic.settings import WorldError, WorldSettings

WORLD_VERSION: Final = 1
"""Raised whenever the same settings give other rows."""

LOG_NAMES: Final = ("profile", "purchase", "payment", "service", "friendship")
_RECORD: Final = "world.json"


@dataclass(frozen=True)
class LandingPlan:
    """What is to be done in a landing folder.

    Attributes
    ----------
    step
        "write" all days after `written_until`, only "reveal" what a killed run had completed, or
        "nothing".
    written_until
        Last arrival day (day number) that is there already, None if none is.
    """

    step: Literal["write", "reveal", "nothing"]
    written_until: int | None = None


def truth_folder(landing: Path) -> Path:
    """Return the folder of the labels."""
    return landing / "_truth"


def unfinished_folder(landing: Path) -> Path:
    """Return the folder in which a world is written before it is seen."""
    return landing / "_unfinished"


@contextmanager
def sole_writer(landing: Path) -> Iterator[None]:
    """Hold the landing folder against a second world being made in it at the same time."""
    landing.mkdir(parents=True, exist_ok=True)
    folder = os.open(landing, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        message = f"{landing}: another process is making a world here; wait for it to end"
        raise WorldError(message, exit_code=4) from error
    finally:
        os.close(folder)


def plan_landing(settings: WorldSettings) -> LandingPlan:
    """Look at what stands in the landing folder and say what is to be done.

    Raises
    ------
    WorldError
        Where the folder holds other logs or another world (exit code 5).
    """
    landing = settings.landing
    wanted = _identity(settings)
    completed = _read_record(unfinished_folder(landing))
    if completed is not None and completed["settings"] == wanted["settings"]:
        return LandingPlan("reveal")
    standing = _read_record(truth_folder(landing))
    if standing is None:
        _refuse_foreign_logs(landing)
        return LandingPlan("write")
    if all(standing[key] == value for key, value in wanted.items()):
        return LandingPlan("nothing")
    differing = _differences(standing, wanted)
    if set(differing) == {"last"} and standing["settings"]["last"] < wanted["settings"]["last"]:
        until = day_number(settings.last.fromisoformat(standing["settings"]["last"]))
        return LandingPlan("write", written_until=until)
    raise WorldError(
        f"{landing} holds another world (it differs in: {', '.join(differing)}); "
        "choose another --data, or remove that folder",
        exit_code=5,
    )


def _identity(settings: WorldSettings) -> dict[str, Any]:
    return {"world_version": WORLD_VERSION, "settings": settings.recorded()}


def _differences(standing: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Return the names of what two records differ in."""
    differing = [
        name
        for name, value in wanted["settings"].items()
        if standing["settings"].get(name) != value
    ]
    if standing["world_version"] != wanted["world_version"]:
        differing.append("world_version")
    return differing


def _refuse_foreign_logs(landing: Path) -> None:
    for name in LOG_NAMES:
        if (landing / name).is_dir() and any((landing / name).iterdir()):
            raise WorldError(
                f"{landing / name} already holds logs that are not of this world; "
                "choose another --data, or remove that folder",
                exit_code=5,
            )


def _read_record(folder: Path) -> dict[str, Any] | None:
    path = folder / _RECORD
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except ValueError as error:
        raise WorldError(f"{path} cannot be read: {error}; remove its world", 5) from error
    return record


def start_unfinished(landing: Path) -> Path:
    """Return an empty folder to write a world in; what a killed run left there goes."""
    folder = unfinished_folder(landing)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def complete(settings: WorldSettings, rows: dict[str, int]) -> None:
    """Note that everything is written and may be revealed."""
    record = _identity(settings) | {"rows": rows}
    path = unfinished_folder(settings.landing) / _RECORD
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(record, indent=1) + "\n")
    draft.replace(path)


def reveal(landing: Path) -> None:
    """Move a completed world into place, its record last."""
    unfinished = unfinished_folder(landing)
    for arrivals in sorted(unfinished.glob("[!_]*/arrived=*")):
        log = landing / arrivals.parent.name
        log.mkdir(exist_ok=True)
        arrivals.rename(log / arrivals.name)
    truth = truth_folder(landing)
    truth.mkdir(exist_ok=True)
    for label in sorted(unfinished.glob("_truth/*")):
        label.replace(truth / label.name)
    (unfinished / _RECORD).replace(truth / _RECORD)
    shutil.rmtree(unfinished)


def recorded_rows(landing: Path) -> dict[str, int]:
    """Return the delivered rows by log of the world that stands in the landing folder."""
    rows: dict[str, int] = json.loads((truth_folder(landing) / _RECORD).read_text())["rows"]
    return rows
