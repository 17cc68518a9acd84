"""Settings: defaults, then ``plainscore.toml``, then ``PLAINSCORE__...``, then flags.

``plainscore.toml`` is looked for in the current directory, then in the data directory.
"""

import os
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from plainscore.common.errors import UsageError
from plainscore.engines.options import EngineName

FILE_NAME = "plainscore.toml"
ENV_PREFIX = "PLAINSCORE__"


class ArrivalLimits(BaseModel):
    """Days by log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: int | None = Field(default=None, ge=0, examples=[30])
    purchase: int | None = Field(default=None, ge=0, examples=[3])
    payment: int | None = Field(default=None, ge=0, examples=[3])
    service: int | None = Field(default=None, ge=0, examples=[7])
    friendship: int | None = Field(default=None, ge=0, examples=[7])


class Deliveries(BaseModel):
    """What is odd about a log's arrivals; see plainscore.runs.odd_arrivals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    compared_days: int = Field(
        default=28, ge=7, description="Days before, against which the last arrival day is held."
    )
    warn_below: float = Field(
        default=0.5,
        ge=0,
        description="Warn where it brought less than this part of its usual rows.",
    )
    warn_above: float = Field(default=2.0, gt=0, description="Or more than so many times as many.")
    refuse_below: float | None = Field(
        default=None,
        ge=0,
        examples=[0.1],
        description="Publish nothing where it brought less than this part; empty: never.",
    )
    warn_refused: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Warn where more of a day's rows were refused than this part, and than twice "
        "the usual.",
    )


class Daily(BaseModel):
    """What `plainscore daily` does beside the last day; see plainscore.runs.daily."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    catch_up_days: int = Field(
        default=7, ge=0, description="Publish missing dates that are no older than this."
    )
    restate: Literal["none", "month-ends", "all"] = Field(
        default="month-ends", description="Which dates late data makes it publish once more."
    )
    restate_days: int = Field(default=40, ge=0, description="And how old they may be, in days.")
    restate_every_days: int = Field(
        default=7,
        ge=1,
        description="And how many days more their next snapshot must know at least.",
    )


class Retention(BaseModel):
    """A rule; see plainscore.publish.retention."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_daily_days: int = Field(
        default=90, ge=0, description="Every date less than so many days before the newest stays."
    )
    keep: tuple[Literal["month-ends", "quarter-ends", "year-ends"], ...] = Field(
        default=("month-ends",), description="Of these, the last published date stays for ever."
    )
    keep_superseded_days: int | None = Field(
        default=None,
        ge=0,
        examples=[365],
        description="Days for which earlier runs of a date that stays are kept; empty: as long.",
    )
    grace_hours: int = Field(
        default=24, ge=0, description="Hours between leaving the catalog and being deleted."
    )


class Settings(BaseSettings):
    """What an owner of logs can set; the descriptions stand in what `plainscore init` writes."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__"
    )

    scorecards: tuple[str, ...] = Field(
        default=("standard", "reported_b"),
        description="Names of packaged cards, or paths, champion first.",
    )
    arrival_lag_days: int = Field(
        default=0,
        ge=0,
        description="Days that a snapshot waits for late events: known_on = as_of_date + lag.",
    )
    arrival_limit_days: ArrivalLimits = Field(
        default=ArrivalLimits(),
        description="Days without arrivals after which a log's feed counts as stopped; "
        "empty: never.",
    )
    engine: EngineName = Field(
        default="duckdb",
        description="What makes raw to scores: duckdb, or spark or sail, which need "
        "plainscore[spark] or plainscore[sail]. The snapshot is the same.",
    )
    master: str | None = Field(
        default=None,
        examples=["spark://host:7077"],
        description="Spark's master; empty: Spark in this machine, local[threads].",
    )
    threads: int | None = Field(
        default=None, ge=1, examples=[2], description="Threads; empty: all processors."
    )
    memory_limit: str | None = Field(
        default=None,
        pattern=r"^\d+(\.\d+)?\s?(KB|MB|GB|TB)$",
        examples=["3GB"],
        description="Memory of the engine, which spills beyond it; empty: 80 % of the machine's.",
    )
    temp_directory: Path | None = Field(
        default=None,
        examples=["/var/tmp/plainscore"],
        description="Where the engine spills to; empty: .spill in the data directory.",
    )
    deliveries: Deliveries = Field(
        default=Deliveries(), description="When a run tells that a delivery is odd, or refuses it."
    )
    daily: Daily = Field(
        default=Daily(), description="What `plainscore daily` does beside publishing the last day."
    )
    report: bool = Field(default=True, description="Whether a run writes its report page.")
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="What stderr is for: text for people, or a JSON object a line for machines.",
    )
    lineage_directory: Path | None = Field(
        default=None,
        examples=["lineage"],
        description="A folder that gets a file of OpenLineage events for every run; it needs "
        "plainscore[lineage]. Empty: none.",
    )
    retention: Retention = Field(
        default=Retention(),
        description="What `plainscore prune` keeps, in days before the newest published date.",
    )

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
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def settings_file(data_dir: Path) -> Path | None:
    """Return the settings file in force for ``data_dir``, or None."""
    for folder in (Path(), data_dir):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def read_settings(data_dir: Path, **flags: Any) -> Settings:
    """Return the settings in force for ``data_dir``; a flag of None was not given.

    Raises UsageError that names the setting and what is wrong with it.
    """
    _refuse_unknown_variables()
    given = {name: value for name, value in flags.items() if value is not None}
    file = settings_file(data_dir)

    class Configured(Settings):
        model_config = SettingsConfigDict(toml_file=file)

    try:
        return Configured(**given)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        ]
        where = f" (in {file}, {ENV_PREFIX}... or a flag)" if file else ""
        raise UsageError(f"setting {'; '.join(faults)}{where}") from error
    except SettingsError as error:
        raise UsageError(f"{error}: write lists and tables as JSON") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: {error}") from error


def _refuse_unknown_variables() -> None:
    """Raise UsageError for a variable that looks like a setting and is none."""
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    for variable in sorted(os.environ):
        setting = "__".join(variable.upper().split("__")[:2])
        if variable.upper().startswith(ENV_PREFIX) and setting not in known:
            nearest = get_close_matches(setting, sorted(known), n=1, cutoff=0)[0]
            shown = "".join(one if one.isprintable() else "?" for one in variable[:100])
            raise UsageError(
                f"{shown} in the environment is no setting; the nearest is {nearest}: "
                "mend it or unset it (`plainscore config` lists all settings)"
            )


def setting_origins(data_dir: Path) -> dict[str, str]:
    """Return setting -> where its value comes from: environment, the file's path, or default."""
    file = settings_file(data_dir)
    environment = EnvSettingsSource(Settings, env_prefix=ENV_PREFIX, env_nested_delimiter="__")()
    filed = tomllib.loads(file.read_text()) if file else {}
    return {
        name: f"environment {ENV_PREFIX}{name.upper()}"
        if name in environment
        else str(file)
        if name in filed
        else "default"
        for name in Settings.model_fields
    }
