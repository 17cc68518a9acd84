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
from plainscore.common.standard import STANDARD, STANDARD_METHOD, SUFFIXES, Method
from plainscore.project import FILE_NAME, Extends
from plainscore.scorecards.reading import find_scorecard, scorecard_schema
from plainscore.settings import ENV_PREFIX, Settings

CARD, CARD_SCHEMA, CHALLENGER = "scorecard.toml", "scorecard.schema.json", "reported_b"
SCHEDULE, STARTER = "prefect.yaml", "starter"
FIRST_CARD = "first"
# What a method without features of the standard one takes from it, by path or folder.
FRAME = (
    "transforms/glossary.toml",
    "transforms/events/",
    "transforms/logs/",
    "transforms/reference/",
    "transforms/raw/",
    "transforms/staging/person.sql",
    "transforms/staging/purchase.sql",
    "transforms/audits/score_count.sql",
    "transforms/published/band_card.sql",
    "transforms/published/benefit_card.sql",
    "transforms/published/bin_card.sql",
    "transforms/published/card.sql",
    "transforms/published/distribution.sql",
    "transforms/published/factor_card.sql",
    "transforms/published/feature_card.sql",
    "transforms/published/not_scored_rule.sql",
    "transforms/published/reason.sql",
    "transforms/published/score.sql",
    "transforms/catalog/views/",
    "transforms/catalog/macros/explain.sql",
    "transforms/catalog/macros/mobility.sql",
    "transforms/catalog/macros/points_for.sql",
    "transforms/catalog/macros/psi.sql",
    "transforms/catalog/macros/score_as_of.sql",
    "transforms/catalog/macros/why_changed.sql",
    "transforms/changes/",
    "transforms/drift/",
)
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
        CARD: f"#:schema {CARD_SCHEMA}\n{find_scorecard('standard').read_text(encoding='utf-8')}",
        **_schema_and_schedule(),
        **_texts(STANDARD_METHOD, "queries/", ".sql"),
    }


def own_method_files() -> dict[str, str]:
    """Return path below the project -> text, for a project that extends nothing."""
    starter = Method((Path(__file__).parent / STARTER,))
    frame = {name: text for part in FRAME for name, text in _texts(STANDARD_METHOD, part).items()}
    return {
        FILE_NAME: settings_text({"extends": "none", "scorecards": [FIRST_CARD], "report": False}),
        **_schema_and_schedule(),
        **frame,
        **_texts(starter, "transforms/"),
    }


def _schema_and_schedule() -> dict[str, str]:
    schedule = STANDARD.parent / "flows" / SCHEDULE
    return {
        CARD_SCHEMA: json.dumps(scorecard_schema(), indent=2, ensure_ascii=False) + "\n",
        SCHEDULE: schedule.read_text(encoding="utf-8"),
    }


def _texts(method: Method, part: str, *suffixes: str) -> dict[str, str]:
    """Return path -> text of one file, or of a folder whose name ends in a slash."""
    if not part.endswith("/"):
        return {part: method.file(part).read_text(encoding="utf-8")}
    files = method.files(part.rstrip("/"), *(suffixes or SUFFIXES)).items()
    return {f"{part}{name}": path.read_text(encoding="utf-8") for name, path in files}


def settings_text(chosen: Mapping[str, Any]) -> str:
    """Return the text of plainscore.toml: ``chosen`` (setting -> value), all others as comments."""
    fields = Settings.model_fields
    tables = {name: f for name, f in fields.items() if isinstance(f.default, BaseModel)}
    plain = {name: field for name, field in fields.items() if name not in tables}
    lines = [*_comment(HEAD), *_settings(plain, chosen)]
    for name, field in tables.items():
        lines += ["", *_comment(field.description), f"[{name}]"]
        lines += _settings(type(field.default).model_fields, {})
    return "\n".join(lines) + "\n"


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
    """Return the default; TOML cannot write an empty one, so an example takes its place."""
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
