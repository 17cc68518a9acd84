"""Make a project directory: settings, a scorecard, schedules and questions to edit.

``extends = "none"`` writes a complete small method instead: what any method needs of the standard
one, and the starter in ``plainscore/starter/``, a feature of the purchase log and a card.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from plainscore.common.errors import UsageError
from plainscore.common.standard import STANDARD, STANDARD_CARDS, STANDARD_METHOD, SUFFIXES, Method
from plainscore.project import FILE_NAME, Extends
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import scorecard_schema
from plainscore.settings import ENV_PREFIX, Settings

CARD, CARD_SCHEMA, CHALLENGER = "scorecard.toml", "scorecard.schema.json", STANDARD_CARDS[1]
SCHEDULE, STARTER = "prefect.yaml", "starter"
FIRST_CARD = "first"
# What a method without features of the standard one takes from it: patterns of paths.
FRAME = """
glossary.toml logs/* events/* reference/* raw/* staging/person.sql staging/purchase.sql
staging/merchant_movement.sql staging/merchant_refund.sql
audits/score_count.sql published/*card.sql published/distribution.sql
published/context_score.sql published/not_scored_rule.sql published/reason.sql published/score.sql
published/unused_event.sql published/expected_bad.sql statistics/expected_bad.toml
catalog/views/*
catalog/macros/explain.sql catalog/macros/mobility.sql catalog/macros/points_for.sql
catalog/macros/psi.sql catalog/macros/score_as_of.sql catalog/macros/why_changed.sql changes/*
drift/* analysis/*
"""
WIDTH = 96
HEAD = f"""\
What is commented out is the default, or an example of what is empty by default. Flags win over
{ENV_PREFIX}... in the environment, which wins over this file. It is looked for where the command
runs, then in the data directory; paths in it are those of where the command runs.
`plainscore config` shows what is in force, `plainscore project` what the project changes."""
EXAMPLE = "  # an example; empty by default"


def make_project(folder: Path, extends: Extends = "standard") -> list[Path]:
    """Write the files of a new project and return their paths below ``folder``, in order.

    Raises UsageError, having written nothing, where one of them is there already, and where the
    folder cannot be made or written.
    """
    texts = project_files() if extends == "standard" else own_method_files()
    existing = [name for name in texts if (folder / name).exists()]
    if existing:
        raise UsageError(
            f"{folder / existing[0]} is there already, and nothing is overwritten: "
            "name another folder, or move it away"
        )
    try:
        for name, text in texts.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as opened:
                opened.write(text)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written ({error.strerror})") from error
    return [Path(name) for name in texts]


def project_files() -> dict[str, str]:
    """Return path below the project -> text, for a project that extends the standard method."""
    return {
        FILE_NAME: settings_text({"scorecards": [CARD, CHALLENGER]}),
        CARD: f"#:schema {CARD_SCHEMA}\n{find_scorecard(STANDARD_CARDS[0]).read_text('utf-8')}",
        **_schema_and_schedule(),
        **_texts(STANDARD_METHOD, "queries", ".sql"),
    }


def own_method_files() -> dict[str, str]:
    """Return path below the project -> text, for a project that extends nothing."""
    frame = Method((), tuple(FRAME.split()))
    texts = _texts(STANDARD_METHOD, "transforms", *SUFFIXES)
    return {
        FILE_NAME: settings_text({"extends": "none", "scorecards": [FIRST_CARD], "report": False}),
        **_schema_and_schedule(),
        **{name: text for name, text in texts.items() if frame.excludes(name)},
        **_texts(Method((Path(__file__).parent / STARTER,)), "transforms", *SUFFIXES),
    }


def _schema_and_schedule() -> dict[str, str]:
    schedule = STANDARD.parent / "flows" / SCHEDULE
    return {
        CARD_SCHEMA: json.dumps(scorecard_schema(), indent=2, ensure_ascii=False) + "\n",
        SCHEDULE: schedule.read_text(encoding="utf-8"),
    }


def _texts(method: Method, folder: str, *suffixes: str) -> dict[str, str]:
    """Return path -> text of the files of a folder."""
    files = method.files(folder, *suffixes).items()
    return {f"{folder}/{name}": path.read_text(encoding="utf-8") for name, path in files}


def settings_text(chosen: Mapping[str, Any]) -> str:
    """Return the text of plainscore.toml: ``chosen`` (setting -> value), all others as comments."""
    fields = Settings.model_fields
    tables = {name: f for name, f in fields.items() if isinstance(f.default, BaseModel)}
    plain = {name: field for name, field in fields.items() if name not in tables}
    lines = [*_comment(HEAD), *_settings(plain, chosen)]
    for name, field in tables.items():
        lines += ["", *_described(field), f"[{name}]"]
        lines += _settings(type(field.default).model_fields, {})
    return "\n".join(lines) + "\n"


def _settings(fields: Mapping[str, FieldInfo], chosen: Mapping[str, Any]) -> Iterator[str]:
    for name, field in fields.items():
        if field.description:
            yield ""
            yield from _described(field)
        if name in chosen:
            yield f"{name} = {_toml(chosen[name])}"
        else:
            yield f"# {name} = {_default(field)}"


def _described(field: FieldInfo) -> Iterator[str]:
    return _comment(" ".join((field.description or "").split()))


def _default(field: FieldInfo) -> str:
    """Return the default; TOML cannot write an empty one, so an example takes its place."""
    if field.default is not None:
        return _toml(field.default)
    assert field.examples, "a setting that is empty by default has an example"
    return _toml(field.examples[0]) + EXAMPLE


def _toml(value: Any) -> str:
    # Texts, numbers, flags and lists of them are written alike in JSON and in TOML.
    return json.dumps(value, default=str)


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for part in textwrap.wrap(line, WIDTH):
            yield f"# {part}"
