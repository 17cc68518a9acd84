"""The command ``plainscore``: names, one line of help each, and how errors end.

Commands are imported when they are called, so that those that only read start fast.
"""

import atexit
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

from cyclopts import App, Parameter

from plainscore.cli.wrong_words import told_in_a_panel
from plainscore.common.errors import InputRefused
from plainscore.runs.json_log import choose_log_format, say

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo_command:demo", "Invent a world, ingest it, score it, explain one person."),
    "init": ("init_command:init", "Make a project directory with settings and a scorecard."),
    "synthesise": ("synthesise_command:synthesise", "Write the logs of an invented world."),
    "ingest": ("ingest_command:ingest", "Take in what has newly arrived in the landing folders."),
    "check": ("check_command:check", "Say what is wrong with logs, without taking them in."),
    "compact": ("compact_command:compact", "Rewrite finished months of the event store by person."),
    "erase": ("erase_command:erase", "Remove people from everything here, and search for them."),
    "drift": ("drift_command:drift", "Tell what has moved since the snapshot before."),
    "evaluate": ("evaluate_command:evaluate", "Tell how well scores told what became of people."),
    "fit": ("fit_command:fit", "Fit a scorecard of one's own to known outcomes."),
    "plan": ("plan_command:plan", "Say which dates would run, and why."),
    "run": ("run_command:run", "Publish the snapshot of one date."),
    "daily": ("daily_command:daily", "Publish what is missing, restate what late data touches."),
    "backfill": ("backfill_command:backfill", "Publish the snapshots of many dates."),
    "restate": ("restate_command:restate", "Publish anew what late data touches, beside the old."),
    "serve": ("serve_command:serve", "Run what prefect.yaml schedules, when it is due."),
    "status": ("status_command:status", "Show what became of every stage of every date."),
    "watch": ("watch_command:watch", "Tell of a stale snapshot, and of a score that drifted."),
    "alert": ("alert_command:alert", "Be told of trouble through Prefect."),
    "verify": ("verify_command:verify", "Hash every published file again."),
    "prune": ("prune_command:prune", "Delete old snapshots by a retention rule."),
    "explain": ("explain_command:explain", "Explain one person's score, point by point."),
    "what-if": ("what_if_command:what_if", "Tell what another value, or an honest act, would do."),
    "why": ("why_command:why", "Tell why one person's score changed, cause by cause."),
    "compare": ("compare_command:compare", "Tell why everyone's scores changed, in sum."),
    "query": ("query_command:query", "Run SQL over the published snapshots."),
    "report": ("report_command:report", "Write the page that tells a snapshot at a glance."),
    "dashboard": ("dashboard_command:dashboard", "Serve figures and people to a browser."),
    "site": ("site_command:site", "Write a site on which a browser explains anybody."),
    "shell": ("shell_command:shell", "Type SQL over the published snapshots."),
    "gaming": ("gaming_command:gaming", "Tell what it costs to buy points."),
    "societies": ("societies_command:societies", "Compare the same people under other rules."),
    "document": ("document_command:document", "Write a model card or datasheet of a snapshot."),
    "scorecard": ("scorecard_command:scorecard", "Show or check a scorecard, or its SQL."),
    "lineage": ("lineage_command:lineage", "Show where a column comes from."),
    "dictionary": ("dictionary_command:dictionary", "Print the data dictionary."),
    "config": ("config_command:config", "Show the settings and where each comes from."),
}

START_HERE = """Event logs in; dated, validated, fully explained score snapshots out.

Begin with `plainscore demo`, which invents a world and scores it, or with `plainscore init DIR`
for logs of your own. Every command explains itself: `plainscore run --help`."""

app = App(
    name="plainscore",
    help=START_HERE,
    version=lambda: version("plainscore"),
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative_iterable=()),
    error_formatter=told_in_a_panel,
)
for _name, (_target, _help) in COMMANDS.items():
    app.command(f"plainscore.cli.{_target}", name=_name, help=_help)

UNEXPECTED, INTERRUPTED = 1, 130
INTERRUPTION = "interrupted: what was published stays as it was"
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def start() -> NoReturn:
    """Run the command of this process and end it.

    Prefect's threads keep modules alive while the interpreter is torn down, of which duckdb's
    binding complains at length on stderr. So after Prefect: stop its server, then skip the rest.
    """
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
    """Run one command; return its exit code, having told of any error on stderr."""
    choose_log_format("text")
    is_debugging = "--debug" in arguments
    return _run([word for word in arguments if word != "--debug"], is_debugging)


def _run(words: list[str], is_debugging: bool) -> int:
    try:
        code = app(words, result_action="return_value")
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt as error:
        return _say(str(error) or INTERRUPTION, getattr(error, "exit_code", INTERRUPTED))
    except BrokenPipeError:
        # The reader of our output went away: there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if is_debugging:
            raise
        if _is_interruption(error):
            return _say(INTERRUPTION, INTERRUPTED)
        if isinstance(error, PermissionError) and error.filename is not None:
            return _say(_told_as_closed(error), InputRefused.exit_code)
        return _say(_sentence(error), getattr(error, "exit_code", UNEXPECTED))


def _is_interruption(error: Exception) -> bool:
    # DuckDB turns a Ctrl-C during a query into an error of its own.
    return isinstance(error, RuntimeError) and str(error) == "Query interrupted"


def _told_as_closed(error: PermissionError) -> str:
    # Whichever step came upon it first: a directory that may not even be looked into.
    return f"{error.filename} cannot be reached ({error.strerror}): give permission and run again"


def _sentence(error: Exception) -> str:
    if hasattr(error, "exit_code"):
        return str(getattr(error, "in_full", error))
    return f"unexpected {type(error).__name__}: {error} (run again with --debug for the traceback)"


def _say(message: str, code: int) -> int:
    # Ids and texts of a log may be in a message: control characters must not reach a terminal.
    shown = "".join(c if c.isprintable() or c == "\n" else UNPRINTABLE for c in message)
    say(shown, exit_code=code)
    return code
