"""Typed access to a parsed TOML table that remembers where every key was written."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.scorecards.positions import KeyPath, line_of


class ScorecardError(UsageError):
    """A scorecard cannot be meant as it is written."""


Origin = Callable[[KeyPath], tuple[Path, KeyPath]]
Lines = Mapping[Path, dict[KeyPath, int]]


class Fields:
    """One table of a scorecard; every error names file, line and key."""

    def __init__(self, values: dict[str, Any], path: KeyPath, origin: Origin, lines: Lines):
        self._values = values
        self._path = path
        self._origin = origin
        self._lines = lines

    def overlaid(self, values: dict[str, Any], file: Path, lines: dict[KeyPath, int]) -> "Fields":
        """Return these fields with ``values`` of another file laid over them, table by table."""

        def origin(key: KeyPath) -> tuple[Path, KeyPath]:
            is_own = any(written[: len(key)] == key for written in lines)
            return (file, key) if is_own else self._origin(key)

        merged = _merged(self._values, values)
        return Fields(merged, self._path, origin, {**self._lines, file: lines})

    def error(self, key: str | int, message: str) -> ScorecardError:
        """Return the error to raise for ``key``."""
        path = (*self._path, key)
        file, where = self._origin(path)
        line = line_of(self._lines[file], where)
        dotted = ".".join(str(part) for part in path)
        return ScorecardError(f"{file}, line {line or 1}: {dotted} {message}")

    def has(self, key: str) -> bool:
        return key in self._values

    def refuse_unknown(self, known: set[str]) -> None:
        for key in self._values:
            if key not in known:
                raise self.error(key, f"is not known; known are {', '.join(sorted(known))}")

    def value(self, key: str) -> Any:
        if key not in self._values:
            raise self.error(key, "is missing")
        return self._values[key]

    def text(self, key: str) -> str:
        value = self.value(key)
        if not isinstance(value, str) or not value:
            raise self.error(key, f"is a text, not {value!r}")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in choices:
            raise self.error(key, f"is one of {', '.join(choices)}, not '{value}'")
        return value

    def integer(self, key: str, *, at_least: int = 0, only: bool = False) -> int:
        """Return a whole number; ``only`` refuses any other key beside it."""
        if only:
            self.refuse_unknown({key})
        value = self.value(key)
        if type(value) is not int or value < at_least:
            raise self.error(key, f"is a whole number from {at_least}, not {value}")
        return value

    def flag(self, key: str) -> bool:
        value = self.value(key)
        if not isinstance(value, bool):
            raise self.error(key, f"is true or false, not {value}")
        return value

    def parts_per_million(self, key: str) -> int:
        """Return a share of 0 to 1 with at most six decimals as an integer of ppm."""
        value = self.value(key)
        is_number = type(value) is int or (isinstance(value, Decimal) and value.is_finite())
        if not is_number or not 0 <= value <= 1:
            raise self.error(key, f"is a share from 0 to 1, not {value}")
        scaled = Decimal(value) * 1_000_000
        if scaled != int(scaled):
            raise self.error(key, "has more than six decimals")
        return int(scaled)

    def table(self, key: str) -> "Fields":
        value = self.value(key)
        if not isinstance(value, dict):
            raise self.error(key, f"is a table: write [{key}]")
        return self._inner(value, (key,))

    def tables(self, key: str) -> Iterator[tuple[str, "Fields"]]:
        """Yield (name, fields) of every [key.name]."""
        outer = self.table(key)
        for name in outer._values:
            yield name, outer.table(name)

    def array(self, key: str) -> Iterator["Fields"]:
        """Yield the elements of [[key]]; none where there is no such array."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error(key, f"is an array of tables: write [[{key}]]")
        for number, item in enumerate(value):
            yield self._inner(item, (key, number))

    def _inner(self, values: dict[str, Any], step: KeyPath) -> "Fields":
        return Fields(values, (*self._path, *step), self._origin, self._lines)


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both_tables else value
    return merged
