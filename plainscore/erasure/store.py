"""Take people out of the event store, so that it ends as if their rows had never been delivered.

All of it is one transaction of the lake. Rows are named by their place (file_no, line) before the
landing files were rewritten; those behind a row that went from a parquet file move up.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from plainscore.common.text import identifier, text_literal
from plainscore.erasure.erased_ids import ErasedIds
from plainscore.erasure.journal import Journal, Rewritten
from plainscore.erasure.landing import Landing
from plainscore.logs import deduplicate
from plainscore.logs.changes import STATES
from plainscore.logs.deduplicate import CONFLICT_REASON
from plainscore.logs.ingest import shown_names
from plainscore.logs.quarantine import SetAside
from plainscore.logs.readers import FileFacts
from plainscore.store.head import MONTH, OWN_TABLES
from plainscore.store.lake import REPEATS, Lake, table_name

_AT_GONE = "(file_no, line) in (select (g.file_no, g.line) from gone as g)"
_MOVES = "file_no in (select m.file_no from moved as m)"
_MOVED = """old_rows.line - (
    select count(*) from moved as m where m.file_no = old_rows.file_no and m.line < old_rows.line
) as line"""
_RENAMED = """coalesce(
    (select any_value(r.now) from renamed as r where r.file = old_rows.file), file
) as file"""
_COUNTED_AS = {"duplicate": "duplicates", "conflict": "quarantined"}
_NO_TEXTS = {MONTH, "log", "file", "reason", "sha256", "verdict"}


class StoreErasure:
    """One erasure of an open lake; its folder's landing files are already without the people."""

    def __init__(self, lake: Lake, landing: Landing, names: ErasedIds, journal: Journal) -> None:
        self._lake, self._con, self._landing = lake, lake.con, landing
        self._names, self._journal = names, journal
        stored = {*lake.tables, *lake.head.files}
        self._repeats = sorted(table for table in stored if table.startswith(f"{REPEATS}."))
        self._logs = sorted(stored - OWN_TABLES.keys() - {*self._repeats})
        self._arrivals: list[date] = []

    def erase(self, *, inside_texts: bool = False) -> int:
        """Remove the people's rows, keys and history; return how many rows went.

        What the landing files lost is read from the journal, and noted there is when the first of
        the rows arrived that went or, ``inside_texts``, changed.
        """
        number = self._journal.erasure_no or 0
        with self._lake.transaction():
            deduplicate.prepare(self._lake)
            self._follow_landing()
            rows = self._take_out()
            self._mark_absent_files()
            SetAside(self._lake, self._landing.folder, self._landing.inputs).store()
            if inside_texts:
                self._mask()
            deduplicate.apply_changes(self._lake)
            if self._lake.head.erasures < number:
                key = self._lake.next_key()
                self._lake.insert("erasure", f"select {number} as number, {key} as next_key")
            self._lake.remove("person", "person_key in (select g.person_key from gone_key as g)")
            if self._arrivals:
                self._journal.note_since(min(self._arrivals))
        self._lake.forget_history()
        (self._lake.events / STATES).unlink(missing_ok=True)  # a cache, which knows old names
        return rows

    def _follow_landing(self) -> None:
        """Let the ledger know files by their present path and digest; note who goes, and where."""
        ledger = self._rows("select distinct file_no, file, sha256 from ledger")
        followed = dict(pending_files(ledger, self._journal.rewritten))
        places = [(no, line) for no, file in followed.items() for line in file.spans]
        moved = [(no, line) for no, line in places if followed[no].is_renumbered]
        paths = {file: self._names.taken_out_of(file) for _, file, _ in ledger}
        paths = {file: now for file, now in paths.items() if now != file} | self._journal.renamed
        self._temp("gone", "file_no bigint, line bigint", places)
        self._temp("moved", "file_no bigint, line bigint", moved)
        self._temp("renamed", "file varchar, now varchar", list(paths.items()))
        self._con.execute(
            "create or replace temp table gone_key as select person_key from lake.person "
            "where list_contains($ids, person_id)",
            {"ids": list(self._names.ids)},
        )
        self._con.execute(
            "update ledger set file = r.now from renamed as r where ledger.file = r.file"
        )
        for file_no, file in followed.items():
            changed = {"sha256": file.after, "bytes": file.size}
            if file.unknown is not None:
                count, names = shown_names(FileFacts(unknown=set(file.unknown)))
                changed |= {"unknown_column_count": count, "unknown_columns": names}
            updates = ", ".join(f"{name} = ?" for name in changed)
            self._con.execute(
                f"update ledger set {updates} where file_no = ?", [*changed.values(), file_no]
            )

    def _temp(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        self._con.execute(f"create or replace temp table {table} ({columns})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._con.executemany(f"insert into {table} values ({marks})", rows)

    def _take_out(self) -> int:
        """Remove all rows of the people; accept the first repeats of what went, and so on."""
        self._find_refused()
        for table in self._repeats:
            name, leaves = table_name(table), self._leaves(table)
            # A conflict stands in quarantine too.
            self._con.execute(f"insert into gone select file_no, line from {name} where {leaves}")
            for verdict, count in _COUNTED_AS.items():
                log = text_literal(table.partition(".")[2])
                where = f"{leaves} and verdict = {text_literal(verdict)}"
                self._count(name, where, count, log)
            self._remove(table, leaves)
        where = f"{_AT_GONE} and reason <> {text_literal(CONFLICT_REASON)}"
        self._count("lake.quarantine", where, "quarantined", "log")
        self._remove("quarantine", _AT_GONE)
        for log in self._logs:
            name, leaves = table_name(log), self._leaves(log)
            self._con.execute(
                f"create or replace temp table lost as select event_hash from {name} where {leaves}"
            )
            self._count(name, leaves, "accepted", text_literal(log))
            self._remove(log, leaves)
            if log in self._landing.logs:
                deduplicate.resolve_again(
                    self._lake, self._landing.logs[log], "select distinct event_hash from lost"
                )
        return int(self._value('select -coalesce(sum("rows"), 0) from change'))

    def _find_refused(self) -> None:
        """Note the refused rows of the people whose files are gone from landing/ or unreadable."""
        read = [file.file for file in self._landing.files.values()]
        rows = self._con.execute(
            "select file_no, line, file, raw from lake.quarantine where raw is not null and "
            f"reason <> {text_literal(CONFLICT_REASON)} and not list_contains($read, file) "
            f"and {self._names.may_hold('raw')}",
            {"read": read},
        ).fetchall()
        for file_no, line, file, raw in rows:
            if self._landing.quarantined_row(file, raw).names_one_of(self._names):
                self._con.execute("insert into gone values (?, ?)", [file_no, line])

    def _leaves(self, table: str) -> str:
        """Return the SQL condition under which a row of a log or its repeats goes."""
        keys = [identifier(name) for name in self._columns(table) if name.endswith("_key")]
        of_people = [f"{key} in (select g.person_key from gone_key as g)" for key in keys]
        return f"(({' or '.join([*of_people, _AT_GONE])}) is true)"

    def _count(self, table: str, where: str, count: str, log: str) -> None:
        """Count rows that go, and note when the first of them arrived."""
        self._con.execute(
            f"""
            insert into change by name
            select {log} as log, file_no, -count(*) as "rows", -count(*) as {count}
            from {table} where {where} group by all
            """
        )
        if first := self._value(f"select min(arrived) from {table} where {where}"):
            self._arrivals.append(first)

    def _remove(self, table: str, leaves: str) -> None:
        """Remove rows of a table, and let others move up."""
        replaced = [_MOVED, *([_RENAMED] if table == "quarantine" else [])]
        touched = [
            leaves,
            _MOVES,
            *(["file in (select r.file from renamed as r)"] if len(replaced) > 1 else []),
        ]
        self._lake.rewrite(
            table,
            " or ".join(touched),
            f"select * replace ({', '.join(replaced)}) from old_rows where not {leaves}",
        )

    def _mark_absent_files(self) -> None:
        """Give files that lost rows and are gone from landing/ another digest.

        Put back, such a file would hold the people again: it must not pass for the one ingested.
        """
        lost = self._rows(
            "select distinct file_no, file from change inner join ledger using (file_no) "
            'where change."rows" < 0'
        )
        absent = [no for no, file in lost if not (self._landing.folder / file).exists()]
        self._con.execute(
            "update ledger set sha256 = sha256(sha256) where list_contains(?::bigint[], file_no)",
            [absent],
        )

    def _mask(self) -> None:
        """Replace the ids inside the texts of all tables, as in landing/."""
        self._con.create_function("masked", self._names.masked, ["VARCHAR"], "VARCHAR")
        for table in (*self._logs, *self._repeats, "quarantine", "ledger"):
            columns = self._columns(table)
            texts = {name for name, kind in columns.items() if kind == "VARCHAR"} - _NO_TEXTS
            changed = {
                name: f"case when {self._names.may_hold(identifier(name))} "
                f"then masked({identifier(name)}) else {identifier(name)} end"
                for name in sorted(texts)
            }
            is_changed = " or ".join(
                f"({sql}) <> {identifier(one)}" for one, sql in changed.items()
            )
            if table == "ledger":
                for name, sql in changed.items():
                    self._con.execute(f"update ledger set {identifier(name)} = {sql}")
                continue
            if "event_hash" in columns:
                changed["event_hash"] = f"md5_number_lower({changed['event_id']})"
            first = self._value(f"select min(arrived) from {table_name(table)} where {is_changed}")
            if first:
                self._arrivals.append(first)
                replaced = ", ".join(f"{sql} as {identifier(one)}" for one, sql in changed.items())
                self._lake.rewrite(
                    table, is_changed, f"select * replace ({replaced}) from old_rows"
                )

    def _columns(self, table: str) -> dict[str, str]:
        name = table if table == "ledger" else table_name(table)
        return {column: kind for column, kind, *_ in self._rows(f"describe {name}")}

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._con.execute(sql).fetchall()

    def _value(self, sql: str) -> Any:
        return self._rows(sql)[0][0]


def pending_files(
    ledger: Sequence[tuple[Any, ...]], rewritten: Sequence[Rewritten]
) -> Iterator[tuple[int, Rewritten]]:
    """Yield the rewritten files that the ledger does not follow yet, by number.

    A file that an interrupted erasure rewrote twice is given once: its rows that went together.
    """
    steps = {(step.file, step.before): step for step in rewritten}
    for file_no, file, digest in ledger:
        merged = steps.get((file, digest))
        while merged is not None and (later := steps.get((file, merged.after))):
            merged = merged.then(later)
        if merged is not None:
            yield file_no, merged
