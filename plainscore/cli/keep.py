"""Commands that keep a data directory: verify, prune, compact, erase, person, settings."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from plainscore.cli import options as opt
from plainscore.cli.output import OutputFormat, ask, emit, filled, note, table_of
from plainscore.common.errors import InputRefused, NothingPublishedError, PartlyDone, UsageError
from plainscore.settings import Retention, read_settings, setting_origins
from plainscore.show.reader import ResultTable

BROKEN = 1
GIVEN_ROOT = "--root"
PRUNE_COLUMNS = ("action", "as_of_date", "known_on", "run", "bytes", "deleted_from")
COMPACT_COLUMNS = ("table", "months", "files_before", "files_after", "deleted")


def verify(
    *,
    rebuild_catalog: opt.Flag = False,
    proof: opt.OneFile = None,
    root: str | None = None,
    data: opt.DataDir = opt.DATA,
    output_format: opt.TableOrJson = "table",
) -> int:
    """Hash every published file, table and root again and compare them with their manifests.

    Exit code 1: something differs; each problem is named. Exit code 5: there is nothing to verify,
    or no root to compare a proof with.

    Args:
        rebuild_catalog: First rebuild plainscore.duckdb, as after DATA was moved.
        proof: Check one person's proof instead, a file as `explain --proof` prints it.
        root: Root (64 hexadecimal digits) that the proof must lead to; one of DATA by default.
    """
    if proof is not None:
        return _verify_proof(proof, root, data, output_format)
    if root is not None:
        raise UsageError("--root belongs to a proof: give the proof's file with --proof")
    from plainscore.common.lock import writer_lock
    from plainscore.publish import catalog
    from plainscore.publish.proof import verify as find_problems
    from plainscore.publish.runs import published_runs

    if rebuild_catalog:
        with writer_lock(data, "rebuild the catalog"):
            catalog.rebuild_catalog(data)
    problems = find_problems(data)
    runs = len(published_runs(data))
    if not runs and not problems:
        raise NothingPublishedError(f"nothing is published in {data}: there is nothing to verify")
    lines = [*problems, f"{runs} published runs, {len(problems)} problems"]
    emit(output_format, objects=[{"runs": runs, "problems": problems}], shown=lines)
    return BROKEN if problems else 0


def _verify_proof(file: Path, root: str | None, data: Path, output_format: OutputFormat) -> int:
    from plainscore.publish.proof import check_proof, published_roots
    from plainscore.publish.sets import SNAPSHOTS

    if root is not None and not re.fullmatch("[0-9a-f]{64}", root.lower()):
        raise UsageError(f"--root {root}: a root is 64 hexadecimal digits")
    try:
        proof = json.loads(file.read_bytes())
        if not isinstance(proof, dict):
            raise InputRefused("this holds no proof, which is a json object")
        outcome = check_proof(proof)
        roots = {} if root is None else {GIVEN_ROOT: root.lower()}
        if (data / SNAPSHOTS).is_dir():
            roots |= published_roots(data, outcome.as_of_date, outcome.known_on)
    except (InputRefused, OSError, ValueError, RecursionError) as error:
        raise InputRefused(f"{file}: {error}") from error
    held = {where: trusted == outcome.people_root for where, trusted in roots.items()}
    if not held and not outcome.problems:
        raise InputRefused(
            f"{file} is internally consistent, but there is no published root to check it against: "
            f"give --root, or with --data a directory that published {outcome.as_of_date} known on "
            f"{outcome.known_on}"
        )
    # A given root must be met; of the runs of a data directory, one must be.
    in_data = [is_met for where, is_met in held.items() if where != GIVEN_ROOT]
    is_root_met = held.get(GIVEN_ROOT, True) and (any(in_data) or not in_data)
    is_proved = not outcome.problems and is_root_met
    document = asdict(outcome) | {"root_held_against": held, "is_proved": is_proved}
    shown = filled("terminal/proof.txt", outcome=outcome, held=held, is_proved=is_proved)
    emit(output_format, objects=[document], shown=[shown])
    return 0 if is_proved else BROKEN


def prune(
    *,
    retention: Annotated[Retention, Parameter(name="*")] = Retention(),  # noqa: B008
    dry_run: opt.Flag = False,
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> None:
    """Retire the snapshots that the retention rule does not keep; delete those retired before.

    A retired snapshot leaves the catalog at once; a later prune deletes it from disk. Days count
    from the newest published date. What is not given comes from [retention] in plainscore.toml.

    Args:
        dry_run: Only show what would be retired and deleted.
    """
    from plainscore.runs.upkeep import prune_snapshots

    given = retention.model_dump(exclude_unset=True)
    wanted = Retention(**(read_settings(data).retention.model_dump() | given))
    outcome = prune_snapshots(data, wanted, dry_run)
    would = "would be " if dry_run else ""
    became = dict.fromkeys(outcome.deleted, (f"{would}deleted", None)) | {
        run: (
            f"{would}retired" if run in outcome.retired else "waits",
            until.isoformat(timespec="seconds"),
        )
        for run, until in outcome.waiting.items()
    }
    rows = [
        (action, *run.key, outcome.sizes[run], until)
        for run, (action, until) in sorted(became.items())
    ]
    table = ResultTable(PRUNE_COLUMNS, rows)
    freed = sum(outcome.sizes[run] for run in outcome.deleted) / 1e6
    summary = (
        f"{len(outcome.retired)} runs {would}retired, "
        f"{len(outcome.waiting) - len(outcome.retired)} retired before wait, "
        f"{len(outcome.deleted)} {would}deleted: {freed:,.1f} MB {would}freed"
    )
    emit(output_format, table, shown=[summary, *([table] if rows else [])])


def compact(
    *, grace_days: int = 7, data: opt.DataDir = opt.DATA, output_format: opt.Format = "table"
) -> None:
    """Rewrite every finished month of the event store into one file sorted by person.

    No row changes.

    Args:
        grace_days: Delete files that have been out of use for this many days.
    """
    from plainscore.runs.upkeep import compact_events

    tables = compact_events(data, grace_days)
    emit(output_format, table_of(tables, COMPACT_COLUMNS), objects=tables)


def erase(
    *persons: str,
    search_only: opt.Flag = False,
    inside_texts: opt.Flag = False,
    yes: opt.Flag = False,
    no_prefect: Annotated[bool, Parameter(show=False)] = False,  # noqa: ARG001
    data: opt.DataDir = opt.DATA,
    limits: opt.Limits = opt.NO_LIMITS,
    output_format: opt.TableOrJson = "table",
) -> int:
    """Remove people from landing files, event store and every published snapshot, for good.

    Every row that names them goes. Snapshots are published again without them, and their older
    runs are deleted at once: readers with an old catalog must open the new one. At the end
    everything is searched for them. Killed at any moment, the same command finishes it. It never
    runs under Prefect, whose records would keep the ids.

    Exit code 5: no one of that id is known, and nothing was changed. Exit code 6: something is
    left to do by hand; it is named.

    Parameters
    ----------
    persons
        Ids of the people; none to finish an erasure that was interrupted.
    search_only
        Change nothing: search everything for these ids. Exit code 6 where one is found.
    inside_texts
        Also write erased-N-M for each id inside other texts: in order and bill ids, names of
        merchants, refused rows of other people, notes in landing/. People who were erased before
        may be named again for it.
    yes
        Do not ask on a terminal.
    """
    if not data.is_dir():
        raise InputRefused(f"{data} is no directory: name the data directory with --data")
    if search_only:
        return _search(persons, data, output_format)
    who = f"{len(persons)} people" if len(persons) != 1 else "one person"
    if not yes and not ask(f"erase {who} from {data} for good?"):
        note("nothing was changed", "info")
        return 0
    from plainscore.common.lock import ERASING, writer_lock
    from plainscore.erasure.erase import erase as erase_people

    with writer_lock(data, ERASING):
        settings = read_settings(data, **limits.overrides)
        erasure = erase_people(data, persons, settings, inside_texts=inside_texts)
    snapshots = [
        {
            "as_of_date": one.dates.as_of_date,
            "known_on": one.dates.known_on,
            "run": one.run and one.run.name,
            "unpublished": one.unpublished,
            "others": one.difference,
        }
        for one in erasure.snapshots
    ]
    document = {**vars(erasure), "snapshots": snapshots, "search": vars(erasure.search)}
    emit(output_format, objects=[document], shown=[filled("terminal/erasure.txt", erasure=erasure)])
    for file, why in erasure.by_hand.items():
        note(f"landing/{file} holds a person and {why}: remove it by hand, and erase again")
    for one in (one for one in erasure.snapshots if one.is_for_operator):
        note(
            f"the snapshot {one.dates} is no longer published: {one.unpublished}; then publish "
            f"it again with plainscore run --as-of {one.dates.as_of_date} "
            f"--known-on {one.dates.known_on}"
        )
    if erasure.search.found and not erasure.by_hand:
        note("the search still found a person: see above, and erase again")
    return 0 if erasure.is_whole else PartlyDone.exit_code


def _search(persons: tuple[str, ...], data: Path, output_format: OutputFormat) -> int:
    from plainscore.erasure.erased_ids import ErasedIds
    from plainscore.erasure.search import search

    if not persons or "" in persons:
        raise UsageError("name at least one person to search for")
    result = search(data, ErasedIds(persons))
    shown = [filled("terminal/search.txt", result=result)]
    emit(output_format, objects=[vars(result)], shown=shown)
    return PartlyDone.exit_code if result.found else 0


def person(
    person: opt.Person,
    *,
    export: opt.OneFile = None,
    data: opt.DataDir = opt.DATA,
    output_format: opt.Format = "table",
) -> None:
    """List everything held of one person: delivered rows, events, refused rows, published rows.

    It is what `erase` would remove, and costs a reading of everything. Rows of other people that
    name the person are among them. Exit code 5: no one of that id is known.

    Args:
        export: Also write all of it to this zip file, as JSON lines; outside the data directory.
    """
    from plainscore.erasure.search import export_person, summary

    if not data.is_dir():
        raise InputRefused(f"{data} is no directory: name the data directory with --data")
    held = export_person(data, person)
    if export is not None:
        held.write(export, data)
        note(f"wrote {export}", "info")
    table = ResultTable(("held", "rows"), list(summary(held)))
    also = [f"also named in: {one}" for one in held.also_in]
    document = {"person_id": held.person_id, "rows": held.counts, "also_in": held.also_in}
    emit(output_format, table, document=document, shown=[table, *also])


def config(*, data: opt.DataDir = opt.DATA, output_format: opt.TableOrJson = "table") -> None:
    """Show every setting, its value and its origin.

    Flags of a command win over PLAINSCORE__..., which wins over plainscore.toml.
    """
    settings = read_settings(data).model_dump(mode="json")
    origins = setting_origins(data)
    rows = [(name, json.dumps(value), origins[name]) for name, value in settings.items()]
    document = {name: {"value": value, "from": origins[name]} for name, value in settings.items()}
    emit(output_format, ResultTable(("setting", "value", "from"), rows), objects=[document])
