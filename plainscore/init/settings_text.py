"""The text of a plainscore.toml: every setting with its default, taken from its declaration."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from plainscore.settings import ENV_PREFIX, Settings

WIDTH = 96
HEAD = f"""\
What is commented out is the default, or an example of what is empty by default. Flags win over
{ENV_PREFIX}... in the environment, which wins over this file. It is looked for where the command
runs, then in the data directory; paths in it are those of where the command runs.
`plainscore config` shows what is in force."""
EXAMPLE = "  # an example; empty by default"


def settings_text(chosen: Mapping[str, Any]) -> str:
    """Return the file's text: ``chosen`` (setting -> value) in force, all others commented out."""
    fields = Settings.model_fields
    plain = {name: field for name, field in fields.items() if not _is_table(field)}
    tables = {name: field for name, field in fields.items() if _is_table(field)}
    lines = [*_comment(HEAD), *_settings(plain, chosen)]
    for name, field in tables.items():
        lines += ["", *_comment(field.description), f"[{name}]"]
        lines += _settings(type(field.default).model_fields, {})
    return "\n".join(lines) + "\n"


def _is_table(field: FieldInfo) -> bool:
    return isinstance(field.default, BaseModel)


def _settings(fields: Mapping[str, FieldInfo], chosen: Mapping[str, Any]) -> Iterator[str]:
    for name, field in fields.items():
        if field.description:
            yield ""
            yield from _comment(field.description)
        if name in chosen:
            yield f"{name} = {_toml(chosen[name])}"
        else:
            yield f"# {name} = {_default(field)}"


def _default(field: FieldInfo) -> str:
    """Return the default; TOML cannot write an empty one, so an example stands for that."""
    if field.default is not None:
        return _toml(field.default)
    assert field.examples, "a setting that is empty by default has an example"
    return _toml(field.examples[0]) + EXAMPLE


def _toml(value: Any) -> str:
    # Texts, numbers, flags and lists of them are written alike in JSON and in TOML.
    return json.dumps(value, default=str)


def _comment(text: str | None) -> Iterator[str]:
    for line in (text or "").splitlines():
        for part in textwrap.wrap(line, WIDTH):
            yield f"# {part}"
