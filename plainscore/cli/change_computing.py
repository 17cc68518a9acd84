"""Changes of two snapshots as a command needs them: read where computed, computed where not."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from plainscore.cli.limits import NO_LIMITS, Limits
from plainscore.common.errors import InputRefused

if TYPE_CHECKING:
    from plainscore.publish.runs import Run
    from plainscore.show.changes import End, Pair
    from plainscore.show.reader import Snapshots


@contextmanager
def computed_changes(
    data: Path,
    first: str | None,
    last: str | None,
    known_on_first: date | None,
    known_on_last: date | None,
    scorecards: Sequence[str] | None,
    person: str | None = None,
    limits: Limits = NO_LIMITS,
) -> Iterator[tuple["Snapshots", "Pair"]]:
    """Yield the open snapshots and the pair that is meant, its changes computed.

    Only where they are not yet is the data directory locked and written. Raises InputRefused
    where that is not possible, and as `choose_pair` and `compute_changes` do; UnknownPersonError
    where ``person`` is in neither snapshot.
    """
    from plainscore.show.changes import choose_pair, is_computed, require_person
    from plainscore.show.reader import open_snapshots

    with open_snapshots(data) as snapshots:
        pair = choose_pair(snapshots, first, last, known_on_first, known_on_last)
        if person is not None:
            require_person(snapshots, person, pair)
        if is_computed(snapshots, pair):
            yield snapshots, pair
            return
    _compute(data, pair, scorecards, limits)
    with open_snapshots(data) as snapshots:
        yield snapshots, pair


def _compute(data: Path, pair: "Pair", scorecards: Sequence[str] | None, limits: Limits) -> None:
    from plainscore.analysis.changes import compute_changes
    from plainscore.common.lock import writer_lock
    from plainscore.publish.runs import RunPair
    from plainscore.runs.observers import spinner
    from plainscore.settings import read_settings

    settings = read_settings(data, scorecards=scorecards, **limits.wishes)
    with ExitStack() as stack:
        try:
            stack.enter_context(writer_lock(data, f"why {pair.before.as_of_date}"))
        except InputRefused as error:
            raise InputRefused(
                f"the changes from {pair.before} to {pair.after} are not computed yet ({error}): "
                "ask someone who may write there to run `plainscore compare` for them once"
            ) from error
        stack.enter_context(spinner("computing changes"))
        runs = RunPair(_run(data, pair.before), _run(data, pair.after))
        compute_changes(data, runs, settings)


def _run(data: Path, end: "End") -> "Run":
    from plainscore.publish.runs import published_runs

    for run in published_runs(data):
        if (run.dates.as_of_date, run.dates.known_on, run.name) == end.key:
            return run
    raise InputRefused(f"{end} is not published any more: ask again")
