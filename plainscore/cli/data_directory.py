"""A data directory that is meant to be there: a slip of the pen shall not make one."""

from pathlib import Path

from plainscore.common.errors import InputRefused


def require_data(data: Path) -> None:
    """Raise InputRefused where there is no such directory to take logs from."""
    if not data.is_dir():
        raise InputRefused(
            f"{data} is no directory: put logs into {data}/landing/<log>/arrived=YYYY-MM-DD/<file>"
            f", or invent some: `plainscore synthesise --data {data}`"
        )
