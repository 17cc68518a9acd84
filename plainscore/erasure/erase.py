"""Erase people from a data directory: all steps on one page.

The event store ends as if their rows had never been delivered. All of that is one transaction of
the lake. The landing files are already without the people; rows are named by the place (file_no,
line) that they had before. Files are read again in which rows moved up (parquet), and those of a
mapping, which can make anything of a text that was masked. Then every snapshot in which they had a
part is published again, and its older runs are deleted.
"""

import shutil
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from plainscore.common.errors import ChecksRefused, InputRefused, UsageError
from plainscore.common.text import identifier, read_parquet, text_literal
from plainscore.contracts import SnapshotDates
from plainscore.contracts.contract import ContractError
from plainscore.erasure.erased_ids import ErasedIds, json_texts
from plainscore.erasure.landing import (
    CleanedFile,
    Journal,
    erase_from_landing,
    read_journal,
    rename_files,
    settle,
)
from plainscore.erasure.rows import Landing
from plainscore.erasure.search import SearchResult, search
from plainscore.logs import IngestReport, deduplicate
from plainscore.logs.changes import STATES, FileStates
from plainscore.logs.deduplicate import CONFLICT_REASON, COUNTS
from plainscore.logs.ingest import Reading, shown_names
from plainscore.logs.landing import RefusedFile
from plainscore.logs.quarantine import SetAside
from plainscore.logs.sources import Inputs, read_inputs
from plainscore.project import read_project
from plainscore.publish.catalog import rebuild_catalog, refresh_catalog
from plainscore.publish.publication import remove_all_reports
from plainscore.publish.runs import Run, all_runs, published_runs
from plainscore.publish.sets import (
    CHECK_RESULT_TABLE,
    SNAPSHOTS,
    STAGING,
    read_contracts,
    read_manifest,
    remove_sets,
)
from plainscore.runs.ledger import entry_file
from plainscore.runs.pipeline import SnapshotRequest, cards_by_hash
from plainscore.runs.run import score_ingested
from plainscore.settings import TEMP_FOLDER, Settings
from plainscore.store.event_store import MONTH, OWN_TABLES, EventStore, open_store, store_folder
from plainscore.store.lake import REPEATS, Lake, table_name

_AT_GONE = "(file_no, line) in (select (g.file_no, g.line) from gone as g)"
_RENAMED = """coalesce(
    (select any_value(r.now) from renamed as r where r.file = old_rows.file), file
) as file"""
_ROWS = 'select coalesce(sum("rows"), 0)::bigint from ledger'
_NO_TEXTS = {MONTH, "log", "file", "reason", "sha256", "verdict"}


class StoreErasure:
    """One erasure of an open lake."""

    def __init__(self, lake: Lake, landing: Landing, journal: Journal) -> None:
        self._lake, self._con, self._landing = lake, lake.con, landing
        self._names, self._journal = landing.names, journal
        stored = {*lake.tables, *lake.head.files}
        self._repeats = sorted(table for table in stored if table.startswith(f"{REPEATS}."))
        self._logs = sorted(stored - OWN_TABLES.keys() - {*self._repeats})

    def erase(self, cleaned: Sequence[CleanedFile], *, inside_texts: bool = False) -> int:
        """Remove the people's rows, keys and history; return how many rows went.

        The journal notes when the first of the rows arrived that went or changed.
        """
        with self._lake.transaction():
            deduplicate.prepare(self._lake)
            before = self._value(_ROWS)
            self._follow_names()
            known = {(one.file.file, one.before): one for one in cleaned if one.file}
            ledger = self._rows("select distinct file_no, file, sha256 from ledger")
            # A file that had changed after it was ingested is no longer the one of its rows.
            files = {no: known[file, sha] for no, file, sha in ledger if (file, sha) in known}
            again = {no for no, one in files.items() if self._is_read_again(one, inside_texts)}
            self._find(files, again)
            self._follow_files(files, again)
            self._remove()
            self._read_again([files[no] for no in sorted(again)])
            states = FileStates(self._lake.events)
            SetAside(self._lake, self._landing.folder, self._landing.inputs, states).store()
            if inside_texts:
                self._mask()
            self._count()
            deduplicate.apply_changes(self._lake)
            after, number = self._value(_ROWS), self._journal.erasure_no
            if self._lake.head.erasures < number:
                key = self._lake.next_key()
                self._lake.insert("erasure", f"select {number} as number, {key} as next_key")
            self._lake.remove("person", "person_key in (select g.person_key from gone_key as g)")
        self._lake.forget_history()
        (self._lake.events / STATES).unlink(missing_ok=True)  # a cache, which knows old names
        return int(before - after)

    def _is_read_again(self, one: CleanedFile, inside_texts: bool) -> bool:
        if one.file is None or not one.is_rewritten:
            return False
        is_mapped = not self._landing.inputs.sources[one.file.log].is_own_words
        return one.file.format == "parquet" or (inside_texts and is_mapped)

    def _follow_names(self) -> None:
        """Let the ledger know files by their present path."""
        files = self._rows("select distinct file from ledger")
        paths = {file: self._names.taken_out_of(file) for (file,) in files}
        paths = {file: now for file, now in paths.items() if now != file} | self._journal.renamed
        self._temp("renamed", "file varchar, now varchar", list(paths.items()))
        self._con.execute(
            "update ledger set file = r.now from renamed as r where ledger.file = r.file"
        )
        self._lake.rewrite(
            "quarantine",
            "file in (select r.file from renamed as r)",
            f"select * replace ({_RENAMED}) from old_rows",
        )

    def _find(self, files: Mapping[int, CleanedFile], again: Collection[int]) -> None:
        """Note who goes, and the places of all rows that go or are read again."""
        places = [(no, line) for no, one in files.items() for line in one.gone]
        self._temp("gone", "file_no bigint, line bigint", places)
        self._con.execute(
            "create or replace temp table gone_key as select person_key from lake.person "
            "where list_contains($ids, person_id)",
            {"ids": list(self._names.ids)},
        )
        for table in self._filled(*self._logs, *self._repeats, "quarantine"):
            keys = [identifier(name) for name in self._columns(table) if name.endswith("_key")]
            is_of = [f"{key} in (select g.person_key from gone_key as g)" for key in keys]
            is_of.append(f"list_contains({list(again)}::bigint[], file_no)")
            self._con.execute(
                f"insert into gone select file_no, line from {table_name(table)} "
                f"where {' or '.join(is_of)}"
            )
        self._find_refused()
        self._note_since(
            "select min(arrived) from ledger where file_no in (select g.file_no from gone as g)"
        )

    def _find_refused(self) -> None:
        """Note the refused rows of the people whose files are gone from landing/."""
        read = [file.file for file in self._landing.files.values()]
        rows = self._con.execute(
            "select file_no, line, file, raw from lake.quarantine where raw is not null and "
            f"reason <> {text_literal(CONFLICT_REASON)} and not list_contains($read, file) "
            f"and {self._names.may_hold('raw')}",
            {"read": read},
        ).fetchall()
        for file_no, line, file, raw in rows:
            row = self._landing.quarantined(file, raw)
            if row and row.is_theirs:
                self._con.execute("insert into gone values (?, ?)", [file_no, line])

    def _follow_files(self, files: Mapping[int, CleanedFile], again: Collection[int]) -> None:
        """Let the ledger know the files as they are now.

        One that lost rows and is gone from landing/ gets another digest: put back, it would hold
        the people again, and must not pass for the one ingested.
        """
        ledger = self._rows("select distinct file_no, file from ledger")
        absent = [no for no, file in ledger if not (self._landing.folder / file).exists()]
        self._con.execute(
            "update ledger set sha256 = sha256(sha256) where list_contains(?::bigint[], file_no) "
            "and file_no in (select g.file_no from gone as g)",
            [absent],
        )
        kept = {
            no: one.file
            for no, one in files.items()
            if one.file and one.is_rewritten and no not in again
        }
        for no, known in self._landing.facts(kept).items():
            self._con.execute(
                "update ledger set sha256 = ?, bytes = ?, unknown_column_count = ?, "
                "unknown_columns = ? where file_no = ?",
                [known.sha256, known.size, *shown_names(known), no],
            )
        self._con.execute(f"delete from ledger where list_contains({[*again]}::bigint[], file_no)")

    def _remove(self) -> None:
        """Remove all rows that go, and accept the first repeats of what went."""
        for table in self._filled(*self._repeats, "quarantine"):
            self._lake.remove(table, _AT_GONE)
        for log in self._filled(*self._logs):
            self._con.execute(
                "create or replace temp table lost as "
                f"select distinct event_hash from {table_name(log)} where {_AT_GONE}"
            )
            self._lake.remove(log, _AT_GONE)
            if log in self._landing.inputs.logs:
                declared = self._landing.inputs.logs[log]
                deduplicate.resolve_again(self._lake, declared, "from lost")

    def _filled(self, *tables: str) -> list[str]:
        """Return those of the tables that had rows before this erasure."""
        return [table for table in tables if self._lake.files(table)]

    def _read_again(self, cleaned: Sequence[CleanedFile]) -> None:
        """Store what the mapping makes of files as they are now."""
        files = [one.file for one in cleaned if one.file]
        for folder in sorted({file.log for file in files}):
            source = self._landing.inputs.sources[folder]
            reading = Reading(self._lake, self._landing.inputs, source)
            reading.read([file for file in files if file.log == folder])
            reading.store()

    def _mask(self) -> None:
        """Replace the ids inside the texts of all tables, as in landing/."""
        self._con.create_function("masked", self._names.masked, ["VARCHAR"], "VARCHAR")
        for table in (*self._logs, *self._repeats, "quarantine"):
            columns = self._columns(table)
            texts = {name for name, kind in columns.items() if kind == "VARCHAR"} - _NO_TEXTS
            changed = {name: self._masked(name) for name in sorted(texts)}
            is_changed = " or ".join(f"({sql}) <> {identifier(x)}" for x, sql in changed.items())
            if "event_hash" in columns:
                changed["event_hash"] = f"md5_number_lower({changed['event_id']})"
            self._note_since(f"select min(arrived) from {table_name(table)} where {is_changed}")
            replaced = ", ".join(f"{sql} as {identifier(one)}" for one, sql in changed.items())
            self._lake.rewrite(table, is_changed, f"select * replace ({replaced}) from old_rows")
        self._con.execute(f"update ledger set unknown_columns = {self._masked('unknown_columns')}")

    def _masked(self, name: str) -> str:
        column = identifier(name)
        return f"case when {self._names.may_hold(column)} then masked({column}) else {column} end"

    def _count(self) -> None:
        """Let ``change`` lead from the counts in the ledger to what the tables hold now."""
        kinds = [(log, table_name(log), "true", "accepted") for log in self._logs]
        for table in self._repeats:
            log = table.removeprefix(f"{REPEATS}.")
            kinds.append((log, table_name(table), "verdict = 'duplicate'", "duplicates"))
        rows = " union all by name ".join(
            f"select {text_literal(log)} as log, file_no, count(*) as {count} "
            f"from {table} where {where} group by file_no"
            for log, table, where, count in kinds
        )
        counts = [identifier(name) for name in COUNTS[1:]]
        differences = ", ".join(
            f"coalesce(sum(n.{x}), 0) - any_value(l.{x}) as {x}" for x in counts
        )
        self._con.execute(
            f"""
            delete from change;
            insert into change by name
            select *, {" + ".join(counts)} as "rows" from (
                select l.log, l.file_no, {differences}
                from ledger as l left join (
                    {rows} union all by name
                    select log, file_no, count(*) as quarantined
                    from lake.quarantine group by log, file_no
                ) as n using (log, file_no)
                group by l.log, l.file_no
            )
            """
        )

    def _note_since(self, first: str) -> None:
        if arrived := self._value(first):
            self._journal.note(since=min(str(arrived), self._journal.since or str(arrived)))

    def _temp(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        self._con.execute(f"create or replace temp table {table} ({columns})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._con.executemany(f"insert into {table} values ({marks})", rows)

    def _columns(self, table: str) -> dict[str, str]:
        return {column: kind for column, kind, *_ in self._rows(f"describe {table_name(table)}")}

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._con.execute(sql).fetchall()

    def _value(self, sql: str) -> Any:
        return self._rows(sql)[0][0]


# The snapshots. All that it does to other people's scores comes through ties to those erased.


@dataclass(frozen=True)
class ScoreDifference:
    """Between two runs of a snapshot, on the champion scorecard.

    ``changed``: other people whose score changed, at most by ``largest`` points. ``other_status``:
    people scored in one and not in the other. ``gone``: people all of whose events named somebody
    who was erased.
    """

    changed: int
    largest: int
    other_status: int
    gone: int


def compare_runs(before: Run, after: Run, erased: Sequence[str]) -> ScoreDifference:
    """Return how the scores of all but the erased people differ between two runs."""
    old, new = (
        f"(select person_id, score from {run.source('score')} where scorecard_no = 1)"
        for run in (before, after)
    )
    with duckdb.connect(config={"threads": 1}) as con:
        ((changed, largest, other_status, gone),) = con.execute(
            f"""
            select
                count(*) filter (old.score <> new.score),
                coalesce(max(abs(old.score - new.score)), 0),
                count(*) filter (new.person_id is not null
                                 and (old.score is null) <> (new.score is null)),
                count(*) filter (new.person_id is null)
            from {old} as old
            left join {new} as new on old.person_id = new.person_id
            where not list_contains($erased, old.person_id)
            """,
            {"erased": list(erased)},
        ).fetchall()
    return ScoreDifference(changed, int(largest), other_status, gone)


@dataclass(frozen=True)
class ErasedSnapshot:
    """What became of one snapshot.

    ``difference``: what it did to others' scores; None where it was published again before, or
    not at all. ``unpublished``: why it is published no more; None where it is.
    """

    dates: SnapshotDates
    run: Run | None
    difference: ScoreDifference | None = None
    unpublished: str | None = None
    is_for_operator: bool = False


def erase_from_snapshots(
    data_dir: Path, names: ErasedIds, journal: Journal, settings: Settings
) -> list[ErasedSnapshot]:
    """Publish a further run of every snapshot concerned, and delete all its older runs at once.

    Retired runs that are concerned are deleted with them. A snapshot is concerned where a removed
    row had arrived for it, or a run of it holds an id. One that cannot be made again is published
    no more. Readers that hold an old catalog lose the deleted runs.
    """
    erased: list[ErasedSnapshot] = []
    doomed: list[Run] = []
    for _, group in groupby(published_runs(data_dir), key=lambda run: run.dates):
        runs = list(group)
        if not _is_concerned(runs, names, journal.since):
            continue
        outcome = _publish_again(data_dir, runs[-1], names, journal.erasure_no, settings)
        erased.append(outcome)
        doomed += [run for run in runs if run != outcome.run]
        if outcome.run is None:
            entry_file(data_dir, outcome.dates).unlink(missing_ok=True)
    retired = [run for run in all_runs(data_dir) if run.is_retired]
    doomed += [run for run in retired if _is_concerned([run], names, journal.since)]
    remove_sets(data_dir, doomed)
    rebuild_catalog(data_dir)
    return erased


def _is_concerned(runs: Sequence[Run], names: ErasedIds, since: str | None) -> bool:
    """Return whether removed rows had arrived for a snapshot, or a run of it holds an id."""
    if since is not None and since <= str(runs[-1].dates.known_on):
        return True
    return any(people_of(run, names.ids) or _has_examples_of(run, names) for run in runs)


def people_of(run: Run, ids: Collection[str]) -> set[str]:
    """Return those of some ids that a published run holds in a column of ids."""
    cells = [
        f"select cast({identifier(column['name'])} as varchar) as id from {run.source(table)}"
        for table, contract in read_contracts(run).items()
        for column in contract["columns"]
        if column["name"].endswith("_id")
    ]
    query = f"select distinct id from ({' union all '.join(cells)}) where list_contains($ids, id)"
    with duckdb.connect(config={"threads": 1}) as con:
        return {one for (one,) in con.execute(query, {"ids": [*ids]}).fetchall()}


def _has_examples_of(run: Run, names: ErasedIds) -> bool:
    """Return whether a check's examples hold an id."""
    query = f"select examples from {run.source(CHECK_RESULT_TABLE)} where examples is not null"
    with duckdb.connect(config={"threads": 1}) as con:
        examples = [text for (text,) in con.execute(query).fetchall()]
    texts = (text for one in examples for text in json_texts(one, with_numbers=False))
    return any(map(names.matches, texts))


def _publish_again(
    data_dir: Path, live: Run, names: ErasedIds, erasure_no: int, settings: Settings
) -> ErasedSnapshot:
    manifest = read_manifest(live)
    if manifest.get("erasures", 0) >= erasure_no:
        return ErasedSnapshot(live.dates, live)
    try:
        cards = cards_by_hash([card["hash"] for card in manifest["scorecards"]], settings)
        request = SnapshotRequest(
            data_dir,
            live.dates,
            settings.model_copy(update={"scorecards": cards}),
            skip_refused=True,
            allow_stopped_feeds=True,
            force=True,
        )
        skipped = [
            RefusedFile("", file, None, "", "") for file in manifest["skipped_refused_files"]
        ]
        run = score_ingested(request, IngestReport(refused=skipped)).run
    except (ChecksRefused, ContractError, InputRefused, UsageError) as error:
        is_empty = isinstance(error, InputRefused) and str(error).startswith("no event is known")
        why = "it held no one else" if is_empty else str(error)
        return ErasedSnapshot(live.dates, None, None, why, is_for_operator=not is_empty)
    return ErasedSnapshot(live.dates, run, compare_runs(live, run, names.ids))


# All steps


@dataclass
class Erasure:
    """What one erasure did; see the parts."""

    people: int
    files: dict[str, int] = field(default_factory=dict)
    by_hand: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    snapshots: list[ErasedSnapshot] = field(default_factory=list)
    search: SearchResult = field(default_factory=SearchResult)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left for the operator to do."""
        return not (
            self.by_hand or self.search.found or any(s.is_for_operator for s in self.snapshots)
        )


def erase(
    data_dir: Path, ids: Sequence[str], settings: Settings, *, inside_texts: bool = False
) -> Erasure:
    """Erase people, and whoever an interrupted erasure was to erase, and search for them.

    The caller holds the writer lock as ``plainscore.common.lock.ERASING``. Killed at any moment,
    the next call finishes it; until then nothing else may write. ``inside_texts``: also mask the
    ids where they stand inside other texts, of people who were erased before, too.

    Raises
    ------
    UsageError
        No one was named and no erasure was interrupted.
    InputRefused
        A person is not known here, and nothing was changed; or a published run cannot be read.
    """
    journal = read_journal(data_dir)
    wanted = list(dict.fromkeys([*journal.ids, *ids]))
    if not wanted:
        journal.end()  # it was cut short before anything was done
        raise UsageError("name at least one person to be erased")
    for run in published_runs(data_dir):
        read_manifest(run)
    strangers = [one for one in ids if one not in journal.ids]
    _refuse_strangers(data_dir, strangers, inside_texts)
    erasure = Erasure(len(wanted))
    names = _erase_from_events(data_dir, wanted, journal, settings, erasure, inside_texts)
    erasure.snapshots = erase_from_snapshots(data_dir, names, journal, settings)
    _remove_what_can_be_made_again(data_dir, names)
    erasure.search = search(data_dir, names)
    journal.end()
    return erasure


def _erase_from_events(
    data_dir: Path,
    ids: Sequence[str],
    journal: Journal,
    settings: Settings,
    erasure: Erasure,
    inside_texts: bool,
) -> ErasedIds:
    """Erase people from landing files and event store; what was cut short before begins again."""
    inputs = read_inputs(read_project(data_dir))
    folder, events = data_dir / "landing", data_dir / "events"
    with ExitStack() as opened:
        lake, done = None, 0
        if store_folder(data_dir).is_dir():
            limits = settings.threads, settings.memory_limit
            lake = opened.enter_context(Lake(events, inputs.stored, *limits))
            done = lake.head.erasures
        is_stored = 0 < journal.erasure_no <= done
        settle(folder, is_stored=is_stored)
        number = done if is_stored and set(ids) == set(journal.ids) else done + 1
        masks = inside_texts or journal.inside_texts
        journal.note(ids=list(ids), erasure_no=number, inside_texts=masks)
        protected = _protected(open_store(data_dir), inputs, ids)
        names = ErasedIds(ids, protected, f"erased-{number}")
        rename_files(folder, names, journal, masks)
        landing = Landing(data_dir, names)
        cleaned = erase_from_landing(landing, names if masks else None)
        erasure.files = {one.shown: len(one.gone) for one in cleaned if one.is_rewritten}
        erasure.by_hand = {one.shown: one.problem for one in cleaned if one.problem}
        erasure.renamed = journal.renamed
        if lake is not None:
            store = StoreErasure(lake, landing, journal)
            erasure.rows = store.erase(cleaned, inside_texts=masks)
        settle(folder, is_stored=True)
    return names


def _protected(store: EventStore, inputs: Inputs, ids: Sequence[str]) -> set[str]:
    """Return what is never masked: ids of other people that hold one of these, and the words
    of the logs and sources themselves.
    """
    words = {word for log in inputs.logs.values() for word in (*log.names, *log.event_types)}
    words.update(name for source in inputs.sources.values() for name in source.columns)
    for log in inputs.logs.values():
        words.update(choice for own in log.fields for choice in own.choices)
    if files := store.files("person"):
        with duckdb.connect() as con:
            held = " or ".join(f"contains(person_id, {text_literal(one)})" for one in ids)
            found = con.execute(f"select person_id from {read_parquet(files)} where {held}")
            words.update(person for (person,) in found.fetchall() if person not in ids)
    return words


def _refuse_strangers(data_dir: Path, ids: Sequence[str], inside_texts: bool) -> None:
    """Raise InputRefused where an id is nowhere that of a person; nothing was changed then."""
    if "" in ids:
        raise UsageError("an empty text is no person's id")
    unknown = set(ids)
    with duckdb.connect() as con:
        if files := open_store(data_dir).files("person"):
            query = f"select person_id from {read_parquet(files)} where list_contains(?, person_id)"
            unknown -= {person for (person,) in con.execute(query, [list(ids)]).fetchall()}
    if unknown:
        unknown -= Landing(data_dir, ErasedIds(sorted(unknown))).people()
    for run in all_runs(data_dir) if unknown else ():
        unknown -= people_of(run, unknown)
    for one in (one for one in ids if one in unknown):
        is_distinctive = bool(ErasedIds([one]).distinctive_ids)
        if inside_texts and is_distinctive and search(data_dir, ErasedIds([one])).elsewhere:
            continue
        raise InputRefused(
            f"{one} is not known in {data_dir}: no row or snapshot names such a person, friend or "
            "counterparty; nothing was changed. --search-only shows where the text occurs"
        )


def _remove_what_can_be_made_again(data_dir: Path, names: ErasedIds) -> None:
    """Delete leftovers of dead runs, and whatever else mentions an erased person."""
    snapshots = data_dir / SNAPSHOTS
    shutil.rmtree(data_dir / TEMP_FOLDER, ignore_errors=True)
    shutil.rmtree(snapshots / STAGING, ignore_errors=True)
    remove_all_reports(data_dir)
    for beside in sorted(snapshots.glob("_*/*")):
        if beside.is_dir() and search(beside, names).found:
            shutil.rmtree(beside)
        elif beside.is_file() and names.matches(beside.read_text(errors="replace")):
            beside.unlink()
    refresh_catalog(data_dir)  # it must name nothing that is gone
