"""Make a project directory: settings, a scorecard, schedules and questions to edit."""

import json
from pathlib import Path

import plainscore
from plainscore.common.errors import UsageError
from plainscore.common.standard import standard_folder
from plainscore.init.settings_text import settings_text
from plainscore.project import FILE_NAME
from plainscore.scorecards.reading import find_scorecard, scorecard_schema

CARD, CARD_SCHEMA = "scorecard.toml", "scorecard.schema.json"
CHALLENGER = "reported_b"
QUESTIONS = "queries"
# Files that a project gets as they stand here, under the same name.
AS_THEY_STAND = Path(plainscore.__file__).parent / "flows"


def make_project(folder: Path) -> list[Path]:
    """Write the files of a new project and return their paths below ``folder``, in order.

    Raises UsageError, having written nothing, where one of them is there already, and where the
    folder cannot be made or written.
    """
    texts = project_files()
    in_the_way = [name for name in texts if (folder / name).exists()]
    if in_the_way:
        raise UsageError(
            f"{folder / in_the_way[0]} is there already, and nothing is written over: "
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
    """Return path below the project -> text, of every file that a new project gets."""
    named = {
        FILE_NAME: settings_text({"scorecards": [CARD, CHALLENGER]}),
        CARD: find_scorecard("standard").read_text(encoding="utf-8"),
        CARD_SCHEMA: json.dumps(scorecard_schema(), indent=1) + "\n",
    }
    asked = {
        f"{QUESTIONS}/{file.name}": file
        for file in sorted(standard_folder(QUESTIONS).glob("*.sql"))
    }
    as_they_stand = {file.name: file for file in sorted(AS_THEY_STAND.glob("*.yaml"))}
    copied = {**asked, **as_they_stand}
    return named | {name: file.read_text(encoding="utf-8") for name, file in copied.items()}
