"""What all flows have alike: whom they tell, and what a person reads beside their parameters.

Prefect takes the latter from a docstring in Google's style: each flow's docstring is ended with it.
"""

from collections.abc import Callable
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from plainscore.flows.scheduling.events import tell_failure

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Results stay in memory: they are outcomes, and what counts is published.
OURS: dict[str, Any] = {
    "persist_result": False,
    "on_failure": [tell_failure],
    "on_crashed": [tell_failure],
}
DESCRIPTIONS = {
    "as_of_date": "The day whose end is scored (UTC): a date, last-day (the last one that is over "
    "when the run is due, less arrival_lag_days) or last-month-end.",
    "last_day": "The last day to publish (UTC): a date, or last-day, the last one that is over "
    "when the run is due, less arrival_lag_days.",
    "known_on": "Count what had arrived by this day. Empty: as_of_date plus arrival_lag_days; "
    "of a restatement, the newest arrival day.",
    "first": "The first date, inclusive.",
    "last": "The last date, inclusive.",
    "every": "day; week, counted from the first date; or month: the last days of the months.",
    "data": "The data directory; where it is relative, from the working directory of the run.",
    "scorecards": "Packaged cards or paths, champion first. Empty: those of plainscore.toml.",
    "skip_refused": "Publish although refused files stand in the way; the manifest says so.",
    "allow_stopped_feeds": "Publish although a log had no arrivals for longer than its limit.",
    "force": "Publish a further run although nothing changed.",
    "threads": "Threads of the engine. Empty: all processors.",
    "memory_limit": "Memory of the engine, such as 3GB. Empty: DuckDB's own limit.",
    "temp_directory": "A folder to spill into. Empty: .spill in the data directory.",
    "engine": "What makes raw to scores: duckdb, spark or sail. Empty: as plainscore.toml says.",
    "master": "Spark's master, such as spark://host:7077. Empty: Spark in this machine.",
    "grace_days": "Delete files that have been out of use for this many days.",
    "dry_run": "Only say what would be retired and deleted.",
    "max_age_days": "Tell where the newest published date is older than this many days.",
    "max_psi": "Tell where the score's PSI is above this.",
    "over_days": "PSI against the last snapshot at least so many days before the newest.",
}


def described(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return the function with what each of its parameters means in its docstring."""
    lines = [f"    {name}: {DESCRIPTIONS[name]}" for name in signature(function).parameters]
    function.__doc__ = "\n".join([function.__doc__ or "", "", "Args:", *lines])
    return function
