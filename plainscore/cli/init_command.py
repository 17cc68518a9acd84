"""`plainscore init`: a project directory to edit and to run in."""

import shlex
from pathlib import Path


def init(directory: Path) -> int:
    """Make a project directory: settings, a scorecard, schedules and questions, all to be edited.

    Nothing that is there is written over.

    Parameters
    ----------
    directory
        The folder; made where it is not there yet.
    """
    from plainscore.init.making import CARD, QUESTIONS, make_project

    made = make_project(directory)
    files = [str(path) for path in made if path.parent.name != QUESTIONS]
    questions = len(made) - len(files)
    print(f"made {directory}: {', '.join(files)}, and {questions} questions in {QUESTIONS}/")
    print(f"""
Next:
  cd {shlex.quote(str(directory))}
  plainscore synthesise --people 1000      # an invented world; or your own logs, in data/landing/
  plainscore run --as-of 2026-10-31
  plainscore query --file {QUESTIONS}/bands.sql
Then edit {CARD}, and see what it does:
  plainscore scorecard {CARD} --check
  plainscore plan""")
    return 0
