"""How refused files and warnings are told on stderr: one line each, safe for a terminal."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from plainscore.runs.json_log import say

if TYPE_CHECKING:
    from plainscore.logs.refusals import RefusedFile

SHOWN = 20


def tell_refused(refused: "list[RefusedFile]", warnings: Iterable[str] = ()) -> None:
    """Print refused files and warnings, the first of each kind in full."""
    _tell([f"refused {one}" for one in refused])
    _tell([f"warning: {warning}" for warning in warnings])


def _tell(lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        say(printable(line), "warning")
    if len(lines) > SHOWN:
        say(f"... and {len(lines) - SHOWN} more like these", "warning")


def printable(text: str) -> str:
    """Return a text without control and direction characters, which names of files may hold."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
