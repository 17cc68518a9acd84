"""`plainscore erase`: remove people from everything under a data directory."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from plainscore.cli.limits import NO_LIMITS, Limits

if TYPE_CHECKING:
    from plainscore.erasure.erasing import Erasure
    from plainscore.erasure.search import SearchResult
    from plainscore.erasure.snapshots import ErasedSnapshot

SHOWN_FILES = 20


def erase(
    *persons: str,
    data: Path = Path("data"),
    search_only: bool = False,
    yes: bool = False,
    plain: bool = False,  # noqa: ARG001
    limits: Limits = NO_LIMITS,
    output_format: Annotated[Literal["table", "json"], Parameter(name="--format")] = "table",
) -> int:
    """Remove people from landing files, event store and every published snapshot, for good.

    Every row of anyone that names them goes. Snapshots are published anew without them, and their
    older runs are deleted at once: readers that hold an old catalog must open the new one. In the
    end everything is searched for them. Killed at any moment, the same command finishes it.

    Exit code 5 says that nobody of that id is known, and nothing was changed. Exit code 6 says
    that something is left to do by hand; it is named.

    Parameters
    ----------
    persons
        Ids of the people; none to finish an erasure that was interrupted.
    data
        The data directory.
    search_only
        Change nothing: search everything for these ids. Exit code 6 where one stands as a person.
    yes
        Do not ask on a terminal.
    plain
        Accepted as by run: this never runs under Prefect, whose records would keep the ids.
    limits
        What the command may take of the machine.
    output_format
        How the outcome is printed.
    """
    if search_only:
        return _search(persons, data, output_format)
    if not data.is_dir():
        from plainscore.common.errors import InputRefused

        raise InputRefused(f"{data} is no directory: name the data directory with --data")
    if not yes and not _is_meant(persons, data):
        print("plainscore: nothing was changed", file=sys.stderr)
        return 0
    from plainscore.common.lock import ERASING, writer_lock
    from plainscore.erasure.erasing import erase as erase_people
    from plainscore.settings import read_settings

    with writer_lock(data, ERASING):
        erasure = erase_people(data, persons, read_settings(data, **limits.wishes))
    if output_format == "json":
        print(json.dumps(_as_json(erasure), ensure_ascii=False))
    else:
        _print_lines(_lines_of(erasure))
    _tell_what_is_left(erasure)
    return 0 if erasure.is_whole else _partly_done()


def _partly_done() -> int:
    from plainscore.common.errors import PartlyDone

    return PartlyDone.exit_code


def _is_meant(persons: Sequence[str], data: Path) -> bool:
    """Ask whoever sits at a terminal: this cannot be taken back."""
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        return True
    who = f"{len(persons)} people" if len(persons) != 1 else "one person"
    print(f"erase {who} from {data} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _search(persons: Sequence[str], data: Path, output_format: str) -> int:
    from plainscore.common.errors import InputRefused, UsageError
    from plainscore.erasure.names import Names
    from plainscore.erasure.search import search

    if not persons or "" in persons:
        raise UsageError("name at least one person to be searched for")
    if not data.is_dir():
        raise InputRefused(f"{data} is no directory: name the data directory with --data")
    result = search(data, Names(persons))
    if output_format == "json":
        print(json.dumps(_search_as_json(result), ensure_ascii=False))
    else:
        _print_lines(_lines_of_search(result))
    return _partly_done() if result.found else 0


def _lines_of(erasure: "Erasure") -> Iterator[str]:
    people = "1 person" if erasure.people == 1 else f"{erasure.people} people"
    yield f"erased {people}: {erasure.rows:,} rows of the event store"
    yield f"landing files rewritten: {len(erasure.files)}"
    yield from (f"  {file}: {rows} rows" for file, rows in erasure.files.items())
    yield from (f"  {old} is now {new}" for old, new in erasure.renamed.items())
    yield f"snapshots published anew: {sum(s.run is not None for s in erasure.snapshots)}"
    yield from (f"  {snapshot_sentence(snapshot)}" for snapshot in erasure.snapshots)
    yield from _lines_of_search(erasure.search)


def snapshot_sentence(snapshot: "ErasedSnapshot") -> str:
    """Say what became of a snapshot, and what others' scores lost or gained through ties."""
    if snapshot.run is None:
        return f"{snapshot.dates}: not published any more, {snapshot.unpublished}"
    difference = snapshot.difference
    if difference is None:
        return f"{snapshot.dates}: run {snapshot.run.name}, published before the interruption"
    if difference.changed:
        said = (
            f"{difference.changed} other people's scores changed, by {difference.largest} at most"
        )
    else:
        said = "no other person's score changed"
    more = ""
    if difference.other_status:
        more += f"; {difference.other_status} more are scored in one of the two only"
    if difference.gone:
        more += f"; {difference.gone} people had no other events and are gone with them"
    return f"{snapshot.dates}: run {snapshot.run.name}, {said}{more}"


def _lines_of_search(result: "SearchResult") -> Iterator[str]:
    searched = f"searched {result.files:,} files, {result.columns:,} columns"
    yield f"{searched}: {'found in' if result.found else 'found nowhere'}"
    yield from (f"  {place}" for place in result.found)
    if result.elsewhere:
        yield "the same text stands, naming nobody, in"
        yield from (f"  {place}" for place in result.elsewhere)


def _print_lines(lines: Iterator[str]) -> None:
    from plainscore.cli.row_output import terminal_safe

    for line in lines:
        print(terminal_safe(line, sys.stdout))


def _tell_what_is_left(erasure: "Erasure") -> None:
    from plainscore.cli.refused_files import printable

    left = [
        f"landing/{file} holds a person and {why}: remove it by hand, and erase again"
        for file, why in erasure.by_hand.items()
    ]
    left += [
        f"the snapshot {one.dates} is not published any more: {one.unpublished}; then publish it "
        f"again with plainscore run --as-of {one.dates.as_of_date} --known-on {one.dates.known_on}"
        for one in erasure.snapshots
        if one.is_for_operator
    ]
    if erasure.search.found and not erasure.by_hand:
        left.append("the search still found somebody: see above, and erase again")
    for line in left:
        print(f"plainscore: {printable(line)}", file=sys.stderr)


def _as_json(erasure: "Erasure") -> dict[str, Any]:
    return {
        "people": erasure.people,
        "rows": erasure.rows,
        "files": erasure.files,
        "by_hand": erasure.by_hand,
        "renamed": erasure.renamed,
        "snapshots": [_snapshot_as_json(snapshot) for snapshot in erasure.snapshots],
        "search": _search_as_json(erasure.search),
    }


def _snapshot_as_json(snapshot: "ErasedSnapshot") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "as_of_date": str(snapshot.dates.as_of_date),
        "known_on": str(snapshot.dates.known_on),
        "run": snapshot.run.name if snapshot.run else None,
        "unpublished": snapshot.unpublished,
        "others": asdict(snapshot.difference) if snapshot.difference else None,
    }


def _search_as_json(result: "SearchResult") -> dict[str, Any]:
    return {
        "files": result.files,
        "columns": result.columns,
        "found": result.found,
        "elsewhere": result.elsewhere,
    }
