"""The text of a scorecard: where its file is, and its values laid over what it extends."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD_METHOD, Method, standard_folder
from plainscore.common.toml import KeyPath, TomlFile, read_toml

PACKAGED = standard_folder("transforms/scorecards")


class ScorecardError(UsageError):
    """A scorecard cannot be used as it is written."""


def find_scorecard(name_or_path: str, method: Method = STANDARD_METHOD) -> Path:
    """Return the file of a packaged card's name or of a path; UsageError where there is none.

    A path is relative to the current directory, then to the directory of ``plainscore.toml``.
    """
    packaged = method.files("transforms/scorecards", ".toml")
    named = packaged.get(f"{name_or_path}.toml")
    if named is not None:
        return named
    for home in (Path(), *reversed(method.layers)):
        path = home / name_or_path
        if path.suffix == ".toml" and path.is_file():
            return path
    names = ", ".join(sorted(card.stem for card in packaged.values()))
    choice = f", or one of {names}" if names else "; the project has none by name"
    raise UsageError(f"no scorecard '{name_or_path}': give the path of a .toml file{choice}")


@dataclass(frozen=True)
class CardText:
    """The values of a card, its own laid over those that it extends, and the files of both."""

    values: dict[str, Any]
    files: tuple[TomlFile, ...]

    def error(self, key: KeyPath, message: str) -> UsageError:
        """Return the error to raise for a key: in the card's own file where it is written there."""
        written = (
            file
            for file in reversed(self.files)
            if any(line[: len(key)] == key for line in file.lines)
        )
        return next(written, self.files[0]).fault(key, message)


def read_card_text(path: Path, method: Method, seen: tuple[Path, ...]) -> CardText:
    own = read_toml(path, ScorecardError, Decimal)
    base_name = own.values.pop("extends", None)
    if base_name is None:
        return CardText(own.values, (own,))
    sibling = path.parent / f"{base_name}.toml"
    base_path = sibling if sibling.is_file() else find_scorecard(str(base_name), method)
    if base_path in (*seen, path):
        raise ScorecardError(f"{path}: extends itself by way of {base_path.name}")
    base = read_card_text(base_path, method, (*seen, path))
    merged = _merged(base.values, own.values)
    _drop_words_of_other_reasons(merged, own.values)
    if "feature" in own.values and "points_to_odds" not in own.values:
        merged.pop("points_to_odds", None)  # of other points
    return CardText(merged, (*base.files, own))


def _drop_words_of_other_reasons(merged: dict[str, Any], own: dict[str, Any]) -> None:
    """Leave out the words of a feature where the card has a reason of its own for it."""
    features = own.get("feature")
    for name, table in features.items() if isinstance(features, dict) else ():
        if isinstance(table, dict) and "reason" in table and "words" not in table:
            merged["feature"][name] = {
                key: value for key, value in merged["feature"][name].items() if key != "words"
            }


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both_tables else value
    return merged


def path_of(loc: Sequence[str | int], values: Any) -> KeyPath:
    """Return where pydantic's ``loc`` is in the file: a bin has no line of its own."""
    for depth, part in enumerate(loc):
        if isinstance(values, dict):
            values = values.get(str(part))
        elif isinstance(values, list) and isinstance(part, int) and isinstance(values[part], dict):
            values = values[part]
        else:
            return tuple(loc[:depth])
    return tuple(loc)
