"""Each step of a flow as a Prefect task, named as its function.

A step gets its arguments by closure: Prefect walks through every argument of a task in search of
futures, and ours hold a whole catalog and an open database.
"""

from collections.abc import Callable
from typing import Any

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from plainscore.runs.doing import Do, plainly
from plainscore.runs.steps import publish_run, stage_files

WRITES = (stage_files, publish_run)


def tasked(do: Do = plainly) -> Do:
    """Return a way to do each step as a Prefect task; ``do`` is how the task itself does it."""

    def do_as_task(step: Callable[..., Any], *arguments: object) -> Any:
        words = [step.__name__, *(word for word in arguments if isinstance(word, str))]
        is_write = step in WRITES
        as_task = task(
            name=step.__name__,
            task_run_name=" ".join(words),
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=2 if is_write else 0,
            retry_delay_seconds=1,
            retry_jitter_factor=1.0,
            retry_condition_fn=_was_input_or_output,
        )
        return as_task(lambda: do(step, *arguments))()

    return do_as_task


def _was_input_or_output(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Only reading and writing is worth a second try: everything else fails the same again."""
    return isinstance(state.result(raise_on_failure=False), OSError)
