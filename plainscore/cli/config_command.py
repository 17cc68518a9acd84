"""`plainscore config`: the settings in force, and where each comes from."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def config(
    *,
    data: Path = Path("data"),
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Show every setting, its value and where that comes from.

    Flags of a command win over PLAINSCORE__..., which wins over plainscore.toml.

    Parameters
    ----------
    data
        The data directory, where a plainscore.toml may stand.
    output_format
        How the settings are printed.
    """
    from plainscore.settings import read_settings, setting_origins

    settings = read_settings(data).model_dump(mode="json")
    origins = setting_origins(data)
    if output_format == "json":
        print(json.dumps({n: {"value": v, "from": origins[n]} for n, v in settings.items()}))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("setting", "value", "from")
    for name, value in settings.items():
        table.add_row(name, json.dumps(value), origins[name])
    Console().print(table)
    return 0
