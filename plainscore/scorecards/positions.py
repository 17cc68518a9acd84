"""Where a key stands in a TOML text: tomllib parses, but does not tell lines."""

import re

KeyPath = tuple[str | int, ...]
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"]+)\s*=")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every table header and top-level key of a table.

    Elements of an array of tables are counted: ``("band", 0, "name")``.
    """
    lines: dict[KeyPath, int] = {}
    counts: dict[str, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header[2].replace('"', "")
            table = tuple(name.split("."))
            if header[1] == "[[":
                table = (*table, counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
            lines[table] = number
        elif key := _KEY.match(line):
            lines[(*table, key[1].strip('"'))] = number
    return lines


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of ``path``, of the first line under it, or of the nearest part above it."""
    while path:
        under = [line for key, line in lines.items() if key[: len(path)] == path]
        if under:
            return min(under)
        path = path[:-1]
    return None
