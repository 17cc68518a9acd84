"""Text for SQL, terminals and logs: literals, identifiers, paths, messages on stderr.

Messages are text, or where the settings choose so one JSON object a line, with ``time`` (UTC),
``level`` and ``event``; those of a run also with ``run_id``, ``as_of_date`` and ``known_on``, and
those of a stage with ``stage``.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

Level = Literal["info", "warning", "error"]
_GLOB_CHARACTER = re.compile(r"[\[*?]")
_writes_json = False


def text_literal(text: str) -> str:
    """Return a VARCHAR literal, for SQL that takes no parameters: views, COPY, comments."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the quoted name of a table or column."""
    return '"' + name.replace('"', '""') + '"'


def file_literal(path: Path) -> str:
    """Return a literal for a file that DuckDB writes or attaches: no globbing there."""
    return text_literal(str(path))


def read_parquet(paths: Iterable[Path | str]) -> str:
    """Return the SQL that reads exactly these files, without columns from folder names."""
    listed = ", ".join(text_literal(escape_glob(str(path))) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def escape_glob(path: str) -> str:
    """Return a path for DuckDB's readers, in which ``[``, ``*`` and ``?`` are ordinary."""
    return _GLOB_CHARACTER.sub(r"[\g<0>]", path)


def printable(text: str, keep: str = "") -> str:
    """Replace control, direction and other invisible characters, except those in ``keep``.

    Logs hold any text; none of it may move the cursor of a terminal.
    """
    return "".join(
        one if one.isprintable() or one in keep else "\N{REPLACEMENT CHARACTER}" for one in text
    )


def choose_log_format(log_format: Literal["text", "json"]) -> None:
    """Write messages as text, or as JSON, from now on."""
    global _writes_json
    _writes_json = log_format == "json"


def log_event(event: str, facts: Mapping[str, Any], level: Level = "info") -> None:
    """Write a line if JSON is on, else nothing. Facts that are None are left out."""
    if _writes_json:
        known = {name: value for name, value in facts.items() if value is not None}
        head = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level}
        print(json.dumps({**head, "event": event, **known}, default=str), file=sys.stderr)


def say(message: str, level: Level = "error", **facts: Any) -> None:
    """Print a message on stderr, as text or as JSON."""
    if _writes_json:
        log_event("message", {"message": message, **facts}, level)
    else:
        print(f"plainscore: {message}", file=sys.stderr)
