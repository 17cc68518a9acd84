"""What `prefect.yaml` declares, for whoever runs it without `prefect deploy`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from plainscore.common.errors import UsageError

FILE = Path("prefect.yaml")
KINDS = ("cron", "interval", "rrule")


@dataclass(frozen=True)
class Declared:
    """One deployment as the page declares it; ``schedules``: each with cron, interval or rrule."""

    name: str
    entrypoint: str
    pool: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schedules: tuple[Mapping[str, Any], ...] = ()
    concurrency_limit: Mapping[str, Any] | int | None = None
    tags: tuple[str, ...] = ()


def read_declared(file: Path = FILE) -> list[Declared]:
    """Return the deployments of a page, in its order.

    Raises UsageError where there is no such page, or it says something that cannot be meant.
    """
    if not file.is_file():
        raise UsageError(f"{file} is no file: go to the directory that holds it, or name another")
    try:
        page = yaml.safe_load(file.read_text(encoding="utf-8"))
        return [_declared(said) for said in page["deployments"]]
    except yaml.YAMLError as error:
        raise UsageError(f"{file}: {error}") from error
    except (KeyError, TypeError) as error:
        raise UsageError(f"{file} declares no deployments as it should: {error}") from error
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from error


def _declared(said: Mapping[str, Any]) -> Declared:
    schedules = tuple(said.get("schedules") or ())
    for schedule in schedules:
        if len([kind for kind in KINDS if kind in schedule]) != 1:
            raise ValueError(f"{said['name']}: a schedule has one of {', '.join(KINDS)}")
    return Declared(
        name=said["name"],
        entrypoint=said["entrypoint"],
        pool=said["work_pool"]["name"],
        description=said.get("description", ""),
        parameters=said.get("parameters") or {},
        schedules=schedules,
        concurrency_limit=said.get("concurrency_limit"),
        tags=tuple(said.get("tags") or ()),
    )
