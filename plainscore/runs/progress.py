"""Show on a terminal which step is being done, and for how long."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from plainscore.runs.doing import Do, plainly


@contextmanager
def step_progress() -> Iterator[Do]:
    """Yield a way to do steps that shows them on stderr; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield plainly
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def do_with_bar(step: Callable[..., Any], *arguments: object) -> Any:
            words = [step.__name__.replace("_", " "), *(w for w in arguments if isinstance(w, str))]
            shown = bar.add_task(" ".join(words), total=1)
            made = step(*arguments)
            bar.update(shown, completed=1)
            return made

        yield do_with_bar
