"""The texts of rows as quarantine keeps them: delivered, masked, and of bounded length."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from plainscore.contracts.logs import Log
from plainscore.logs.changes import FileStates
from plainscore.logs.json_lines import rows_of
from plainscore.logs.landing import LandingFile, file_at
from plainscore.logs.masking import MASK, csv_shape, mask_csv, mask_json, shorten
from plainscore.logs.readers import hidden_columns, raw_texts
from plainscore.logs.sources import Inputs, Source
from plainscore.logs.text_files import column_names
from plainscore.store.lake import REPEATS, Lake, table_name


def quarantined_texts(
    files: Mapping[LandingFile, Collection[int]], source: Source, logs: Mapping[str, Log]
) -> dict[LandingFile, dict[int, str]]:
    """Return the masked texts of some rows of a source's files; see ``raw_texts``."""
    is_shy = any(logs[log].hidden for log in source.logs)
    hidden = hidden_columns(source, logs)
    found = raw_texts(files, source)
    for file, texts in found.items():
        mask = partial(mask_json, hidden=hidden, has_identity=is_shy)
        if file.format == "csv":
            shape = csv_shape(column_names(file, source.format), hidden, source.format)
            mask = partial(mask_csv, shape=shape, has_identity=is_shy)
        found[file] = {line: mask(text) for line, text in texts.items()}
    return found


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

    def __init__(self, lake: Lake, landing: Path, inputs: Inputs, states: FileStates) -> None:
        self._lake, self._landing, self._inputs = lake, landing, inputs
        self._states = states

    def store(self) -> None:
        """Quarantine what was put aside, each row with its delivered text."""
        con = self._lake.con
        kinds = {"file_no": "bigint", "line": "bigint", "raw": "varchar"}
        scratch = self._lake.scratch
        scratch.mkdir(exist_ok=True)
        texts = rows_of(scratch / "texts.json", kinds, self._texts())
        con.execute(f"create or replace temp table text_of as {texts}")
        shutil.rmtree(scratch)
        self._lake.insert(
            "quarantine",
            """
            select a.*, t.raw,
                (select any_value(l.file) from ledger as l where l.file_no = a.file_no) as file,
                strftime(a.arrived, '%Y-%m') as arrived_month
            from aside as a left join text_of as t using (file_no, line)
            """,
        )
        con.execute("delete from aside")

    def _texts(self) -> list[tuple[int, int, str]]:
        """Return file_no, line and text of all rows that were put aside."""
        wanted: dict[str, dict[LandingFile, list[int]]] = {}
        numbers: dict[LandingFile, int] = {}
        found: list[tuple[int, int, str]] = []
        for file_no, name, arrived, sha256, lines in self._lake.con.execute(
            """
            select file_no, any_value(l.file), any_value(l.arrived), any_value(l.sha256), a.lines
            from (
                select file_no, list(distinct line order by line) as lines
                from aside group by file_no
            ) as a
            inner join ledger as l using (file_no)
            group by file_no, a.lines order by file_no
            """
        ).fetchall():
            file = file_at(self._landing, name, arrived)
            numbers[file] = file_no
            # What is gone, or no longer the same, is not read again.
            with suppress(OSError):
                if file.log in self._inputs.sources and self._states.is_same(file, sha256):
                    wanted.setdefault(file.log, {})[file] = lines
                    continue
            found += self._rebuilt(file_no, lines)
        for folder, files in wanted.items():
            texts = quarantined_texts(files, self._inputs.sources[folder], self._inputs.logs)
            for file, lines in files.items():
                read = texts.get(file, {})
                found += [(numbers[file], line, raw) for line, raw in read.items()]
                if lacking := [line for line in lines if line not in read]:
                    found += self._rebuilt(numbers[file], lacking)
        return found

    def _rebuilt(self, file_no: int, lines: Sequence[int]) -> Iterator[tuple[int, int, str]]:
        """Yield rows as JSON of their stored content, where their file is gone."""
        con = self._lake.con
        for log in self._inputs.logs.values():
            cursor = con.execute(
                f"select * from {table_name(f'{REPEATS}.{log.name}')} "
                "where file_no = ? and list_contains(?, line)",
                [file_no, lines],
            )
            names = [column[0] for column in cursor.description]
            for values in cursor.fetchall():
                row = dict(zip(names, values, strict=True))
                yield file_no, row["line"], row_as_json(log, row, self._ids_of(log, row))

    def _ids_of(self, log: Log, row: Mapping[str, object]) -> dict[str, str]:
        keys = [(name, row[log.stored_name(name)]) for name in log.person_fields]
        person = "select person_id from known_person where person_key = ?"
        return {
            name: self._lake.con.execute(person, [key]).fetchall()[0][0]
            for name, key in keys
            if key is not None
        }
