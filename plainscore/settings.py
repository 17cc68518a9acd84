"""Settings: defaults, then ``plainscore.toml``, then ``PLAINSCORE__...``, then flags.

``plainscore.toml`` is looked for in the current directory, then in the data directory.
"""

import hashlib
import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_CARDS, Method
from plainscore.common.toml import message_of, read_toml
from plainscore.contracts.logs import read_logs
from plainscore.engines import EngineName, EngineOptions
from plainscore.project import Extends, Project, read_project, settings_file

ENV_PREFIX = "PLAINSCORE__"
TEMP_FOLDER = ".spill"
# What events are is decided by the project's file alone.
FILE_ONLY = ("currency", "sources")


class SettingsTable(BaseModel):
    """A table of the file; what is below a setting is its description."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Days = Annotated[int, Field(ge=0)]


class ArrivalLimits(SettingsTable):
    """Days by log; a log that the project declares can be named like those of the standard
    method.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Days | None] = Field(init=False)

    profile: Days | None = Field(default=None, examples=[30])
    purchase: Days | None = Field(default=None, examples=[3])
    payment: Days | None = Field(default=None, examples=[3])
    service: Days | None = Field(default=None, examples=[7])
    friendship: Days | None = Field(default=None, examples=[7])


class Deliveries(SettingsTable):
    """When a delivery is unusual; see plainscore.runs.inputs."""

    compared_days: int = Field(default=28, ge=7)
    """Days before the last arrival day that it is compared with."""
    warn_below: float = Field(default=0.5, ge=0)
    """Warn when a delivery has fewer rows than this fraction of the usual count."""
    warn_above: float = Field(default=2.0, gt=0)
    """Warn when it has more than this multiple of the usual count."""
    refuse_below: float | None = Field(default=None, ge=0, examples=[0.1])
    """Refuse to publish below this fraction (empty: never)."""
    warn_refused: float = Field(default=0.05, ge=0, le=1)
    """Warn when more than this fraction of a day's rows were refused, and more than twice the
    usual."""


class Daily(SettingsTable):
    """What `plainscore daily` publishes besides the last day; see plainscore.runs.schedule."""

    catch_up_days: Days = 7
    """Publish missing dates that are at most this old."""
    restate: Literal["none", "month-ends", "all"] = "month-ends"
    """Which dates to publish again when late data arrived."""
    restate_days: Days = 40
    """Maximum age in days of a date to restate."""
    restate_every_days: int = Field(default=7, ge=1)
    """Minimum number of days between two restatements of the same date."""


class Retention(SettingsTable):
    """A rule; see plainscore.publish.publication."""

    keep_daily_days: Days = 90
    """Keep every date less than this many days before the newest."""
    keep: tuple[Literal["month-ends", "quarter-ends", "year-ends"], ...] = ("month-ends",)
    """Of each of these, keep the last published date for ever."""
    keep_superseded_days: Days | None = Field(default=None, examples=[365])
    """Days for which to keep earlier runs of a kept date; empty: for ever."""
    grace_hours: Annotated[int, Field(ge=0)] = 24
    """Hours between removal from the catalog and deletion."""


class Settings(BaseSettings):
    """What an owner of logs can set; `plainscore init` writes the descriptions as comments."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        use_attribute_docstrings=True,
    )

    extends: Extends = "standard"
    """What this project is laid over: the standard method, or none."""
    exclude: tuple[str, ...] = ()
    """Files of the method that the project leaves out, by path below transforms/ or below the
    project; patterns are allowed."""
    scorecards: tuple[str, ...] = STANDARD_CARDS
    """Names of packaged scorecards, or paths, champion first."""
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$", examples=["EUR"])
    """The currency of all amounts; a delivered row that names another is refused."""
    sources: dict[str, Any] = Field(default={})
    """Tables that say how somebody else's files become events, one for a folder of landing/; see
    docs/how-to/own-logs.md and `plainscore check --draft`."""
    arrival_lag_days: Days = 0
    """Days that a snapshot waits for late events: known_on = as_of_date + lag."""
    ended_sources: tuple[str, ...] = ()
    """Folders of landing/ that deliver nothing more, such as one that history was loaded from, and
    event types that a folder no longer brings (folder/type): outcomes do not wait for them."""
    arrival_limit_days: ArrivalLimits = ArrivalLimits()
    """Days without arrivals after which a log's feed counts as stopped; empty: never."""
    engine: EngineName = "duckdb"
    """What computes raw to scores: duckdb, or spark or sail, which need plainscore[spark] or
    plainscore[sail]. The snapshot is the same."""
    master: str | None = Field(default=None, examples=["spark://host:7077"])
    """Spark's master; empty: Spark in this machine, local[threads]."""
    threads: int | None = Field(default=None, ge=1, examples=[2])
    """Most threads to use; empty: all processors."""
    memory_limit: str | None = Field(
        default=None, pattern=r"^\d+(\.\d+)?\s?(KB|MB|GB|TB)$", examples=["3GB"]
    )
    """Memory of the engine, which spills beyond it; empty: half the machine or 4 GB for the run."""
    temp_directory: Path | None = Field(default=None, examples=["/var/tmp/plainscore"])
    """Folder for what exceeds it; empty: .spill in the data directory."""
    deliveries: Deliveries = Deliveries()
    """When a run warns of an unusual delivery, or refuses it."""
    daily: Daily = Daily()
    """What `plainscore daily` publishes besides the last day."""
    report: bool = True
    """Whether a run writes its report page."""
    log_format: Literal["text", "json"] = "text"
    """Format of stderr: text for people, or one JSON object a line for machines."""
    lineage_directory: Path | None = Field(default=None, examples=["lineage"])
    """Folder for a file of OpenLineage events for every run; needs plainscore[lineage]. Empty:
    none."""
    retention: Retention = Retention()
    """What `plainscore prune` keeps, in days before the newest published date."""
    _project: Project = PrivateAttr(default_factory=Project)

    @property
    def project(self) -> Project:
        """The project that these settings are of."""
        return self._project

    @property
    def method(self) -> Method:
        """The files of that project."""
        return self._project.method


def read_settings(data_dir: Path, **flags: Any) -> Settings:
    """Return the settings in force for ``data_dir``; a flag of None was not given.

    Raises UsageError that names the setting and what is wrong with it.
    """
    _refuse_unknown_variables()
    given = {name: value for name, value in flags.items() if value is not None}
    file = settings_file(data_dir)
    content = read_toml(file).values if file else {}

    class Configured(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            """Flags win over the environment, which wins over the file."""
            return init_settings, env_settings, InitSettingsSource(settings_cls, content)

    try:
        settings = Configured(**given)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {_said(fault)}"
            for fault in error.errors()
        ]
        where = f" (in {file}, {ENV_PREFIX}... or a flag)" if file else ""
        raise UsageError(f"setting {'; '.join(faults)}{where}") from error
    except SettingsError as error:
        raise UsageError(f"{error}: write lists and tables as JSON") from error
    settings._project = read_project(data_dir)
    _refuse_unknown_logs(settings, file)
    return settings


def _said(fault: Mapping[str, Any]) -> str:
    """Return what is wrong with a setting: an example says more than a pattern."""
    field = Settings.model_fields.get(str(fault["loc"][0]))
    if fault["type"] == "string_pattern_mismatch" and field and field.examples:
        return f"{fault['input']!r} has another form than {field.examples[0]}"
    if fault["type"] == "extra_forbidden":
        name = str(fault["loc"][-1])
        near = get_close_matches(name, Settings.model_fields, 1) if len(fault["loc"]) == 1 else []
        return "is not known" + (f"; did you mean {near[0]}?" if near else "")
    if fault["type"] == "tuple_type":
        return f"should be a list, not {fault['input']!r}"
    return message_of(fault)


def _refuse_unknown_logs(settings: Settings, file: Path | None) -> None:
    """Raise UsageError for an arrival limit of a log that the project does not declare."""
    extra = settings.arrival_limit_days.model_extra
    logs = read_logs(settings.method) if extra else {}
    for log in extra or ():
        if log not in logs:
            nearest = get_close_matches(log, sorted(logs), n=1, cutoff=0)
            hint = f"; the nearest is {nearest[0]}" if nearest else ""
            where = f" (in {file}, {ENV_PREFIX}... or a flag)" if file else ""
            raise UsageError(
                f"setting arrival_limit_days.{log}: the project declares no such log{hint}{where}"
            )


def _refuse_unknown_variables() -> None:
    """Raise UsageError for a variable that looks like a setting and is none."""
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields if name not in FILE_ONLY}
    for variable in sorted(os.environ):
        setting = "__".join(variable.upper().split("__")[:2])
        if variable.upper().startswith(ENV_PREFIX) and setting not in known:
            nearest = get_close_matches(setting, sorted(known), n=1, cutoff=0)[0]
            shown = "".join(one if one.isprintable() else "?" for one in variable[:100])
            raise UsageError(
                f"{shown} in the environment is no setting; the nearest is {nearest}: "
                "fix it or unset it (`plainscore config` lists all settings)"
            )


def setting_origins(data_dir: Path) -> dict[str, str]:
    """Return setting -> where its value comes from: environment, the file's path, or default."""
    file = settings_file(data_dir)
    environment = EnvSettingsSource(Settings, env_prefix=ENV_PREFIX, env_nested_delimiter="__")()
    origins = dict.fromkeys(Settings.model_fields, "default")
    if file is not None:
        origins |= dict.fromkeys(read_toml(file).values, str(file))
    return origins | {name: f"environment {ENV_PREFIX}{name.upper()}" for name in environment}


def temp_directory(data_dir: Path, settings: Settings, suffix: str = "") -> Path:
    """Return the folder where the engines of a data directory put what exceeds their memory.

    In the data directory, or where the settings say: there its name is made of the data
    directory's path, so that what a dead run left can be deleted without touching others'.
    ``suffix``: for a command that reads without holding the writer lock.
    """
    home = data_dir.resolve()
    if settings.temp_directory is None:
        return home / f"{TEMP_FOLDER}{suffix}"
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return settings.temp_directory.resolve() / f"plainscore-{name}{suffix}"


def engine_options(data_dir: Path, settings: Settings, suffix: str = "") -> EngineOptions:
    """Return DuckDB's limits from the settings, with the folder of ``temp_directory``."""
    return EngineOptions(
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        temp_directory=temp_directory(data_dir, settings, suffix),
    )
