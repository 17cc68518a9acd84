"""Take people out of the event store, so that it ends as if their rows had never been delivered.

All of it is one transaction of the lake. The landing files are already without the people; rows
are named by the place (file_no, line) that they had before. Files are read again in which rows
moved up (parquet), and those of a mapping, which can make anything of a text that was masked.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from plainscore.common.text import identifier, text_literal
from plainscore.erasure.journal import Journal
from plainscore.erasure.landing import CleanedFile
from plainscore.erasure.rows import Landing
from plainscore.logs import deduplicate
from plainscore.logs.changes import STATES, FileStates
from plainscore.logs.deduplicate import CONFLICT_REASON, COUNTS
from plainscore.logs.ingest import Reading, shown_names
from plainscore.logs.quarantine import SetAside
from plainscore.store.head import MONTH, OWN_TABLES
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
            self._journal.note_since(arrived)

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
