"""Options that commands share, each declared once, and how a command opens a data directory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.common.errors import InputRefused
from plainscore.engines import EngineName
from plainscore.runs.calendar import Every

if TYPE_CHECKING:
    from plainscore.runs.observers import Observer
    from plainscore.runs.pipeline import SnapshotRequest

DATA = Path("data")
DataDir = Annotated[Path, Parameter(name="--data", help="Data directory.")]
FORMAT_HELP = "Print a table for people, or json or csv for programs."
Format = Annotated[Literal["table", "json", "csv"], Parameter(name="--format", help=FORMAT_HELP)]
TEXT_HELP = "Print text for people, or json for programs."
TableOrJson = Annotated[Literal["table", "json"], Parameter(name="--format", help=TEXT_HELP)]
PUBLISHED = "Published date (2026-10-31), month (2026-10: its last published date), or latest."
PublishedDate = Annotated[str, Parameter(name="--as-of", help=PUBLISHED)]
Person = Annotated[str, Parameter(help="Id, as the logs write it.")]
CARDS_HELP = "Packaged card or path of one, champion first; repeat the flag for more."
Cards = Annotated[tuple[str, ...] | None, Parameter(name="--scorecard", help=CARDS_HELP)]
FIRST_HELP = "Earlier published date; by default the one published before --to."
First = Annotated[str | None, Parameter(name="--from", help=FIRST_HELP)]
LAST_HELP = "Later one; latest by default. The same date twice: its restatement."
Last = Annotated[str | None, Parameter(name="--to", help=LAST_HELP)]
KNOWN_LAST = "Which known_on of --to; newest by default."
LastKnownOn = Annotated[date | None, Parameter(name="--known-on", help=KNOWN_LAST)]
KNOWN_FIRST = "Which known_on of --from; newest by default, oldest where both are one date."
FirstKnownOn = Annotated[date | None, Parameter(name="--known-on-from", help=KNOWN_FIRST)]
KNOWN_ON = "Count what had arrived by this day; by default each date plus arrival_lag_days."
KnownOn = Annotated[date | None, Parameter(name="--known-on", help=KNOWN_ON)]
FirstDay = Annotated[date | None, Parameter(name="--from", help="First day.")]
LastDay = Annotated[date | None, Parameter(name="--to", help="Last day.")]
EVERY_HELP = "day; week, counted from the first date; or month: its last days."
EveryOption = Annotated[Every, Parameter(name="--every", help=EVERY_HELP)]
FORCE_HELP = "Publish another run although nothing changed."
Force = Annotated[bool, Parameter(name="--force", help=FORCE_HELP, show_default=False)]
THREADS_HELP = "Most threads to use; all processors by default."
Threads = Annotated[int | None, Parameter(name="--threads", help=THREADS_HELP)]
Several = Annotated[tuple[str, ...], Parameter(show_default=False)]
Flag = Annotated[bool, Parameter(show_default=False)]
OneFile = Annotated[Path | None, Parameter(show_default=False)]
WRITE_HELP = "File to write, in a directory that exists; standard output by default."
Written = Annotated[Path | None, Parameter(name="--write", help=WRITE_HELP)]


@Parameter(name="*")
@dataclass(frozen=True)
class Limits:
    """What a command may use of the machine; what is not given comes from the settings."""

    threads: Threads = None
    memory_limit: str | None = None
    """Memory of the engine, such as 3GB; beyond that it spills to disk."""
    temp_directory: Annotated[Path | None, Parameter(name="--temp-dir")] = None
    """Folder to spill into; DATA/.spill by default."""

    @property
    def overrides(self) -> dict[str, Any]:
        """The settings and parameters of a run that these flags set, by name."""
        return {name: value for name, value in vars(self).items() if name != "no_prefect"}


@Parameter(name="*")
@dataclass(frozen=True)
class Publishing(Limits):
    """Options of all commands that publish snapshots."""

    engine: EngineName | None = None
    """duckdb, spark or sail; the snapshot is the same."""
    master: str | None = None
    """Spark's master, such as spark://host:7077; Spark in this machine by default."""
    skip_refused: Flag = False
    """Publish although refused files block it; the manifest records them."""
    allow_stopped_feeds: Flag = False
    """Publish although a log stopped arriving or delivered far too few rows."""
    no_prefect: Flag = False
    """Run the same stages without Prefect: no run history, a quicker start."""


NO_LIMITS = Limits()
AS_USUAL = Publishing()


def require_data(data: Path) -> None:
    """Raise InputRefused unless ``data`` is a directory: a typo must not create a new one."""
    if not data.is_dir():
        raise InputRefused(
            f"{data} is no directory: put logs into {data}/landing/<log>/arrived=YYYY-MM-DD/<file>"
            f", or invent some: `plainscore synthesise --data {data}`"
        )


@contextmanager
def writing(data: Path, purpose: str) -> Iterator[None]:
    """Hold the writer lock and show on a terminal that something is computed. Raises Locked."""
    from plainscore.common.lock import writer_lock
    from plainscore.runs.observers import spinner

    with writer_lock(data, purpose), spinner(purpose):
        yield


def publish(
    request: "SnapshotRequest",
    purpose: str,
    is_quick: bool,
    in_process: "Callable[[list[Observer]], Any]",
    flow: str,
    date_count: int = 0,
    **parameters: Any,
) -> Any:
    """Hold the writer lock and publish, in this process or on a Prefect server.

    In this process (``is_quick``) observers show the stages on a terminal, of ``date_count`` dates
    where that is known. ``flow``: a module of
    plainscore.flows and its function, by name, because Prefect takes seconds to import, after its
    defaults are set. Raises Locked before anything is written, and UsageError for a wrong
    scorecard before a server is started.
    """
    from plainscore.common.lock import writer_lock

    data = request.data_dir
    if is_quick:
        from plainscore.runs.observers import terminal_progress

        with writer_lock(data, purpose), terminal_progress(date_count) as observers:
            return in_process(observers)
    from plainscore.checks.validate import import_in_background
    from plainscore.flows.server import run_flow, set_defaults
    from plainscore.runs.pipeline import load_pipeline
    from plainscore.runs.schedule import DatesFailed

    with writer_lock(data, purpose, lend=True):
        load_pipeline(request.settings)
        set_defaults()
        function = getattr(import_module(f"plainscore.flows.{flow}"), flow)
        import_in_background()  # while the server starts
        try:
            return run_flow(function, data=data, **parameters)
        except DatesFailed as error:
            return error.outcome
