"""One JSON object a line on stderr, for machines that read logs; on if the settings say so.

Every line has ``time`` (UTC), ``level`` and ``event``; those of a run also ``run_id``,
``as_of_date`` and ``known_on``, and those of a stage ``stage``.
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

Level = Literal["info", "warning", "error"]
_is_on = False


def choose_log_format(log_format: Literal["text", "json"]) -> None:
    """Write messages as text, or as JSON, from now on."""
    global _is_on
    _is_on = log_format == "json"


def log_event(event: str, facts: Mapping[str, Any], level: Level = "info") -> None:
    """Write a line if JSON is on, else nothing. Facts that are None are left out."""
    if _is_on:
        known = {name: value for name, value in facts.items() if value is not None}
        head = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level}
        print(json.dumps({**head, "event": event, **known}, default=str), file=sys.stderr)


def say(message: str, level: Level = "error", **facts: Any) -> None:
    """Print a message on stderr, as text or as JSON."""
    if _is_on:
        log_event("message", {"message": message, **facts}, level)
    else:
        print(f"plainscore: {message}", file=sys.stderr)
