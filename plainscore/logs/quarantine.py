"""The texts of rows as quarantine keeps them: delivered, masked, and of bounded length."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import duckdb

from plainscore.common.files import file_sha256
from plainscore.contracts.logs import Log
from plainscore.logs.landing import FileRefused, LandingFile, file_at
from plainscore.logs.masking import MASK, csv_shape, mask_csv, mask_json, shorten
from plainscore.logs.readers import hidden_columns, raw_texts
from plainscore.logs.sources import Inputs, Source
from plainscore.logs.text_files import column_names
from plainscore.store.lake import REPEATS, Lake, table_name

_ROWS = 10_000


def quarantined_texts(
    file: LandingFile, source: Source, logs: Mapping[str, Log], lines: Sequence[int]
) -> dict[int, str]:
    """Return the masked texts of some rows of a file by line."""
    is_shy = any(logs[log].hidden for log in source.logs)
    hidden = hidden_columns(source, logs)
    texts = raw_texts(file, source, lines)
    if file.format != "csv":
        return {no: mask_json(text, hidden, has_identity=is_shy) for no, text in texts.items()}
    shape = csv_shape(column_names(file, source.format), hidden, source.format)
    return {no: mask_csv(text, shape, has_identity=is_shy) for no, text in texts.items()}


def row_as_json(log: Log, row: Mapping[str, object], ids: Mapping[str, str]) -> str:
    """Return a stored row as JSON: its content, with ``ids`` in the place of keys."""
    kept = {name: row[name] for name in ("event_id", *log.content_columns)}
    kept = {name: value for name, value in kept.items() if value is not None}
    kept |= {name: MASK for name in log.hidden if name in kept} | dict(ids)
    for name in log.person_fields:
        kept.pop(log.stored_name(name), None)
    return shorten(json.dumps(kept, ensure_ascii=False, default=str))


class SetAside:
    """The rows that ``deduplicate`` put aside, on their way to quarantine."""

    def __init__(self, lake: Lake, landing: Path, inputs: Inputs) -> None:
        self._lake, self._landing, self._inputs = lake, landing, inputs

    def store(self) -> None:
        """Quarantine what was put aside, each row with its delivered text."""
        con = self._lake.con
        places = con.execute(
            "select file_no, line from aside where raw is null order by file_no, line"
        ).fetchall()
        con.execute("create or replace temp table text_of (file_no bigint, line bigint, raw text)")
        for file_no, rows in groupby(places, key=lambda place: place[0]):
            texts = self._texts(file_no, [line for _, line in rows])
            for at in range(0, len(texts), _ROWS):
                some = list(texts.items())[at : at + _ROWS]
                lines, raws = [line for line, _ in some], [raw for _, raw in some]
                con.execute(
                    "insert into text_of select ?, unnest(?), unnest(?)", [file_no, lines, raws]
                )
        self._lake.insert(
            "quarantine",
            """
            select a.* replace (coalesce(a.raw, t.raw) as raw),
                (select any_value(l.file) from ledger as l where l.file_no = a.file_no) as file,
                strftime(a.arrived, '%Y-%m') as arrived_month
            from aside as a left join text_of as t using (file_no, line)
            """,
        )
        con.execute("delete from aside")

    def _texts(self, file_no: int, lines: Sequence[int]) -> dict[int, str]:
        """Return the texts of rows of a file; none where it is gone or no longer the same."""
        (name, arrived, sha256) = self._lake.con.execute(
            "select any_value(file), any_value(arrived), any_value(sha256) from ledger "
            "where file_no = ?",
            [file_no],
        ).fetchall()[0]
        file = file_at(self._landing, name, arrived)
        source = self._inputs.sources.get(file.log)
        found: dict[int, str] = {}
        with suppress(OSError, FileRefused, duckdb.Error):
            if source is not None and file_sha256(file.path) == sha256:
                found = quarantined_texts(file, source, self._inputs.logs, lines)
        if lacking := [line for line in lines if line not in found]:
            found |= self._rebuilt(file_no, lacking)
        return found

    def _rebuilt(self, file_no: int, lines: Sequence[int]) -> dict[int, str]:
        """Return rows as JSON of their stored content, where their file is gone."""
        con, found = self._lake.con, dict[int, str]()
        for log in self._inputs.logs.values():
            cursor = con.execute(
                f"select * from {table_name(f'{REPEATS}.{log.name}')} "
                "where file_no = ? and list_contains(?, line)",
                [file_no, lines],
            )
            names = [column[0] for column in cursor.description]
            for values in cursor.fetchall():
                row = dict(zip(names, values, strict=True))
                found[row["line"]] = row_as_json(log, row, self._ids_of(log, row))
        return found

    def _ids_of(self, log: Log, row: Mapping[str, object]) -> dict[str, str]:
        keys = [(name, row[log.stored_name(name)]) for name in log.person_fields]
        person = "select person_id from known_person where person_key = ?"
        return {
            name: self._lake.con.execute(person, [key]).fetchall()[0][0]
            for name, key in keys
            if key is not None
        }
