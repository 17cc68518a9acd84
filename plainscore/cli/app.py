"""The command ``plainscore``: the registry of commands, and how errors end.

A command is a function of one of the seven modules by group. A module is imported when one of its
commands is called, so that commands that only read start fast.
"""

import atexit
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args, get_origin

from cyclopts import App, CycloptsError, CycloptsPanel, Group, Parameter
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from plainscore.common.errors import InputRefused
from plainscore.common.text import choose_log_format, printable, say

SET_UP, INGEST, RUN, OPERATE = "setup", "ingest", "run", "operate"
KEEP, LOOK, STUDY = "keep", "look", "study"
GROUPS = {
    SET_UP: "Set up",
    INGEST: "Run",
    RUN: "Run",
    OPERATE: "Run",
    KEEP: "Keep",
    LOOK: "Look",
    STUDY: "Study",
}
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": (SET_UP, "Invent a world, ingest it, score it, explain one person."),
    "init": (SET_UP, "Make a project directory with settings and a scorecard."),
    "project": (SET_UP, "Show what the project changes of the standard method."),
    "check": (SET_UP, "Report what is wrong with logs, without ingesting them."),
    "synthesise": (SET_UP, "Write the logs of an invented world."),
    "ingest": (INGEST, "Ingest what has newly arrived in the landing folders."),
    "run": (RUN, "Publish the snapshot of one date."),
    "daily": (RUN, "Publish what is missing, restate what late data touches."),
    "backfill": (RUN, "Publish the snapshots of many dates."),
    "restate": (RUN, "Publish dates again that late data touches."),
    "plan": (OPERATE, "Show which dates would run, and why."),
    "status": (OPERATE, "Show what is published, and how each attempt ended."),
    "serve": (OPERATE, "Run what prefect.yaml schedules, when it is due."),
    "watch": (OPERATE, "Report a stale snapshot and a score that drifted."),
    "alert": (OPERATE, "Have Prefect report failures."),
    "verify": (KEEP, "Hash every published file again."),
    "prune": (KEEP, "Delete old snapshots by a retention rule."),
    "compact": (KEEP, "Rewrite finished months of the event store by person."),
    "erase": (KEEP, "Remove people from everything, and search for them."),
    "person": (KEEP, "List or export everything held of one person."),
    "config": (KEEP, "Show the settings and their origin."),
    "explain": (LOOK, "Explain one person's score, point by point."),
    "what-if": (LOOK, "Show the score with other values, or ways to the next band."),
    "why": (LOOK, "Explain why one person's score changed, cause by cause."),
    "compare": (LOOK, "Explain why everyone's scores changed, in sum."),
    "query": (LOOK, "Run SQL over the published snapshots."),
    "report": (LOOK, "Write the report page of a snapshot."),
    "dashboard": (LOOK, "Serve figures and people to a browser."),
    "site": (LOOK, "Write a site on which a browser explains anyone."),
    "export": (LOOK, "Write published tables as files that work elsewhere."),
    "document": (LOOK, "Write a model card or datasheet of a snapshot."),
    "evaluate": (STUDY, "Evaluate scores against later outcomes."),
    "drift": (STUDY, "Show what has moved since the snapshot before."),
    "fit": (STUDY, "Fit a scorecard to known outcomes."),
    "gaming": (STUDY, "Show what it costs to buy points."),
    "scenarios": (STUDY, "Compare the same people under other rules."),
    "scorecard": (STUDY, "Show or check a scorecard, or its SQL."),
    "lineage": (STUDY, "Show where a column comes from."),
    "dictionary": (STUDY, "Print the data dictionary."),
}
"""Command -> the module of its function, and its line in --help, in the order of --help."""
NO_PANDAS = frozenset({"check", "ingest", "plan", "status", "verify", "prune", "compact", "config"})
"""Commands that are kept from importing pandas, beside those that look."""

RENAMED_COMMANDS = {"societies": "scenarios"}
RENAMED_FLAGS = {"--plain": "--no-prefect", "--alone": "--single-actions"}
"""Old spellings, which keep working and are not in --help."""

START_HERE = """Event logs in; dated, validated, fully explained score snapshots out.

Begin with `plainscore demo`, which invents a world and scores it, or with `plainscore init DIR`
for logs of your own. Every command explains itself: `plainscore run --help`."""
DASH = (
    "An id that begins with a dash goes after two dashes, options first: "
    "`plainscore {command} --data DIR -- {word}`."
)
UNEXPECTED, INTERRUPTED = 1, 130
INTERRUPTION = "interrupted: what was published stays as it was"


def usage_error(error: CycloptsError) -> Any:
    """Return what is printed of a command line that cannot be run."""
    if isinstance(error, CoercionError):
        kinds = (error.target_type, *get_args(error.target_type))
        if date in kinds:
            words = [word for one in kinds if get_origin(one) is Literal for word in get_args(one)]
            given = f"{error.token.value!r} is no such day" if error.token else "no such day"
            error.msg = f"{given}; write {', or '.join(['one like 2026-10-31', *words])}."
        elif int in kinds and error.token:
            error.msg = f"{error.token.value!r} is no whole number."
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        command = " ".join(error.command_chain or ())
        return CycloptsPanel(_one_too_many(command, error.unused_tokens))
    if isinstance(error, MissingArgumentError) and error.argument:
        command, flag = " ".join(error.command_chain or ()), error.argument.name
        if error.argument.index != 0:
            return CycloptsPanel(f"{error}\nWrite `plainscore {command} {flag} ...`; see --help.")
        what = flag.lstrip("-").upper()
        return CycloptsPanel(f"{command} needs {what}: `plainscore {command} {what}`; see --help.")
    if isinstance(error.__cause__, ValueError) and hasattr(error.__cause__, "errors"):  # pydantic's
        wrong = [f"--{one['loc'][0]}: {one['msg']}" for one in error.__cause__.errors()]
        return CycloptsPanel("\n".join(wrong).replace("_", "-"))
    if isinstance(error, UnknownOptionError):
        word = error.token.keyword or error.token.value
        if not word.startswith("--"):
            dash = DASH.format(command=" ".join(error.command_chain or ()), word=word)
            return CycloptsPanel(f"{error}\n{dash}")
    return CycloptsPanel(error)


def _one_too_many(command: str, words: Sequence[str]) -> str:
    """Return what is said of words that a command has no place for."""
    word = words[0]
    if command == "query":
        return (
            'Put the statement in quotes, so that it is one word: `plainscore query "select ..."`.'
        )
    if re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", word):
        return f"A date goes after its flag: `plainscore {command} ... --as-of {word}`."
    if command == "what-if" and "=" in word:
        return f"A value goes after its flag: `plainscore {command} ... --set {word}`."
    if Path(word).is_dir():
        return f"A data directory goes after its flag: `plainscore {command} --data {word}`."
    return (
        f"{command} has no place for {word!r}; `plainscore {command} --help` lists what it takes."
    )


def make_app() -> App:
    """Return the application with every command of the registry, in its group."""
    made = App(
        name="plainscore",
        help=START_HERE,
        version=lambda: version("plainscore"),
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=(), negative_iterable=()),
        error_formatter=usage_error,
    )
    titled = {title: Group(title, sort_key=no) for no, title in enumerate(GROUPS.values())}
    for number, (name, (module, line)) in enumerate(COMMANDS.items()):
        target = f"plainscore.cli.{module}:{name.replace('-', '_')}"
        made.command(target, name=name, help=line, group=titled[GROUPS[module]], sort_key=number)
    return made


app = make_app()


def start() -> NoReturn:
    """Run the command of this process and end it.

    Prefect's threads keep modules alive while the interpreter is torn down, of which duckdb's
    binding complains at length on stderr. So after Prefect: stop its server, then skip the rest.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 shows what it can instead of ending the command.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    code = run_command_line(sys.argv[1:])
    if "prefect" not in sys.modules:
        sys.exit(code)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and raise SystemExit with its code, for callers within Python."""
    sys.exit(run_command_line(sys.argv[1:] if arguments is None else arguments))


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code, after any error was reported on stderr."""
    choose_log_format("text")
    is_debugging = "--debug" in arguments
    words = []
    for flag, equals, value in (word.partition("=") for word in arguments if word != "--debug"):
        words.append(f"{RENAMED_FLAGS.get(flag, flag)}{equals}{value}")
    if words and words[0] in RENAMED_COMMANDS:
        words[0] = RENAMED_COMMANDS[words[0]]
    try:
        with _without_pandas(words[:1]):
            code = app(words, result_action="return_value")
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except SystemExit as ended:  # the command line cannot be run: usage_error has said why
        return int(ended.code or 0)
    except KeyboardInterrupt as error:
        return _report(str(error) or INTERRUPTION, getattr(error, "exit_code", INTERRUPTED))
    except BrokenPipeError:
        # The reader of our output went away: no one is left to report to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if is_debugging:
            raise
        return _report(*_message_and_code(error))


@contextmanager
def _without_pandas(command: Sequence[str]) -> Iterator[None]:
    """Keep DuckDB's binding from importing pandas, .3 to .7 s, to convert a parameter.

    Commands that check or fit bring it anyway, with Great Expectations or scikit-learn.
    """
    is_kept_out = any(one in NO_PANDAS or COMMANDS.get(one, ("",))[0] == LOOK for one in command)
    if not is_kept_out or "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop("pandas", None)


def _message_and_code(error: Exception) -> tuple[str, int]:
    if isinstance(error, RuntimeError) and str(error) == "Query interrupted":
        return INTERRUPTION, INTERRUPTED  # DuckDB's own error for a Ctrl-C during a query
    if isinstance(error, PermissionError) and error.filename is not None:
        message = f"{error.filename} cannot be reached ({error.strerror}): give permission and run"
        return f"{message} again", InputRefused.exit_code
    if hasattr(error, "exit_code"):
        return str(getattr(error, "in_full", error)), error.exit_code
    kind = type(error).__name__
    return f"unexpected {kind}: {error} (run again with --debug for the traceback)", UNEXPECTED


def _report(message: str, code: int) -> int:
    # Ids and texts of a log may be in a message: control characters must not reach a terminal.
    say(printable(message, keep="\n"), exit_code=code)
    return code
