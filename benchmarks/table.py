"""The figures of one world as Markdown."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.measuring import Taken

MIB, GIB = 2**20, 2**30


@dataclass
class WorldFigures:
    """What was measured of one world; ``loads`` when each stage began."""

    machine: str
    people: int = 0
    events: int = 0
    event_bytes: dict[str, int] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)
    differing: dict[str, int] = field(default_factory=dict)


def markdown(world: WorldFigures) -> str:
    """Return the tables of one world."""
    return "\n".join([*_heading(world), *_stages(world), *_goals(world)])


def _heading(world: WorldFigures) -> Iterator[str]:
    sizes = ", ".join(f"{log} {size / MIB:,.0f} MiB" for log, size in world.event_bytes.items())
    loads = f"{min(world.loads):.1f} to {max(world.loads):.1f}" if world.loads else "unknown"
    yield f"## {world.people:,} people, {world.events:,} events\n"
    yield f"{world.machine}. Load when the stages began: {loads}. Event files: {sizes}."
    for view, count in world.differing.items():
        yield f"Rows of `{view}` in which the run and the SQL by hand differ: {count}."
    yield ""


def _stages(world: WorldFigures) -> Iterator[str]:
    yield "| stage | wall s | CPU s | own MiB | all MiB | written MiB | CPU x floor | CPU x plain |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for stage, one in world.taken.items():
        name = stage if not one.exit_code else f"{stage} (exit code {one.exit_code})"
        yield (
            f"| {name} | {one.wall_seconds:,.1f} | {one.cpu_seconds:,.1f} "
            f"| {one.own_bytes / MIB:,.0f} | {one.all_bytes / MIB:,.0f} "
            f"| {one.written_bytes / MIB:,.0f} "
            f"| {_ratio(world, stage, 'floor')} | {_ratio(world, stage, 'plain')} |"
        )
    yield ""


def _ratio(world: WorldFigures, stage: str, base: str) -> str:
    if base not in world.taken or not world.taken[base].cpu_seconds:
        return ""
    return f"{world.taken[stage].cpu_seconds / world.taken[base].cpu_seconds:.1f}"


def _goals(world: WorldFigures) -> Iterator[str]:
    yield "| goal | measured |"
    yield "|---|--:|"
    if "run --plain" in world.taken:
        run = world.taken["run --plain"]
        if "plain" in world.taken:
            yield f"| run at most 3 x plain | {_ratio(world, 'run --plain', 'plain')} |"
        if "floor" in world.taken:
            yield f"| run at most 10 x floor | {_ratio(world, 'run --plain', 'floor')} |"
        yield f"| run in less than 6 GB | {run.all_bytes / 1e9:.2f} GB |"
        yield (
            "| CPU of a run per million people, flat within 20 % "
            f"| {run.cpu_seconds / world.people * 1e6:,.0f} s |"
        )
        if "backfill" in world.taken:
            later = world.taken["backfill"].cpu_seconds - run.cpu_seconds
            yield (
                f"| second date of a backfill at most half of a first "
                f"| {later / run.cpu_seconds:.2f} |"
            )
    yield ""
