"""TOML files that people write: whatever is wrong in one is named by file, line and key."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from plainscore.common.errors import UsageError

KeyPath = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"]+)\s*=")


@dataclass(frozen=True)
class TomlFile:
    """A file's values, and the line (from 1) of every table header and key; tomllib keeps none."""

    path: Path
    values: dict[str, Any]
    lines: Mapping[KeyPath, int]
    error: type[UsageError] = UsageError

    def fault(self, key: KeyPath, message: str) -> UsageError:
        """Return the error to raise for a key."""
        dotted = ".".join(str(part) for part in key)
        said = f"{dotted}: {message}" if dotted else message
        return self.error(f"{self.path}:{self._line_of(key)}: {said}")

    def check(self, model: type[Model], values: Any = None, at: KeyPath = ()) -> Model:
        """Return the values as a model; ``at``: where they stand, if they are not the whole file.

        Raises ``error`` that names the first fault by file, line and key.
        """
        try:
            return model.model_validate(self.values if values is None else values)
        except ValidationError as error:
            first = error.errors()[0]
            raise self.fault((*at, *first["loc"]), message_of(first)) from error

    def _line_of(self, path: KeyPath) -> int:
        """Return the line of a key, of the first line under it, or of the nearest part above it."""
        for end in range(len(path), 0, -1):
            if under := [line for key, line in self.lines.items() if key[:end] == path[:end]]:
                return min(under)
        return 1


def read_toml(
    path: Path,
    error: type[UsageError] = UsageError,
    parse_float: Callable[[str], Any] = float,
) -> TomlFile:
    """Read a TOML file; raises ``error``, which names the file, where it is none or not UTF-8."""
    text = read_utf8(path, error)
    return TomlFile(path, parse_toml(text, path, error, parse_float), key_lines(text), error)


def read_utf8(path: Path, error: type[UsageError]) -> str:
    """Return a file's text, whatever the encoding of the environment is."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as cause:
        raise error(f"{path} has another encoding than UTF-8: save it as UTF-8") from cause


def parse_toml(
    text: str,
    path: Path,
    error: type[UsageError],
    parse_float: Callable[[str], Any] = float,
) -> dict[str, Any]:
    """Return the values of a text of ``path``."""
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as cause:
        raise error(f"{path}: {cause}") from cause


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line of every key; those in an array of tables are ``("band", 0, "name")``."""
    lines: dict[KeyPath, int] = {}
    counts: dict[str, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header[2].replace('"', "")
            table = _counted(name.split("."), counts)
            if header[1] == "[[":
                table = (*table, counts.get(name, 0))
                counts[name] = counts.get(name, 0) + 1
            lines[table] = number
        elif key := _KEY.match(line):
            lines[(*table, key[1].strip('"'))] = number
    return lines


def _counted(parts: Sequence[str], counts: Mapping[str, int]) -> KeyPath:
    """Return a table's path, with the number of the element of every array above it."""
    path: KeyPath = ()
    for depth, part in enumerate(parts, start=1):
        path = (*path, part)
        above = ".".join(parts[:depth])
        if depth < len(parts) and above in counts:
            path = (*path, counts[above] - 1)
    return path


def message_of(fault: Mapping[str, Any]) -> str:
    """Return what is wrong with a value, as pydantic found it."""
    match fault["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not known"
        case "too_short" | "string_too_short":
            return "is empty"
    said = str(fault["msg"]).removeprefix("Input ").removeprefix("Value error, ")
    given = fault["input"]
    shown = given if isinstance(given, int | float | Decimal) else repr(given)
    return f"{said[0].lower()}{said[1:]}, not {shown}"
