"""Read delivered files as an ingest does, without any store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from plainscore.contracts.logs import read_logs
from plainscore.logs.judge import judge_sql
from plainscore.logs.landing import FileRefused, LandingFile
from plainscore.logs.mapping import log_rows
from plainscore.logs.quarantine import quarantined_texts
from plainscore.logs.readers import FileFacts, Reader
from plainscore.logs.sources import read_sources

Place = tuple[int, int]


@dataclass
class Outcome:
    """What became of some files: rows by file number and line."""

    refused: dict[int, FileRefused] = field(default_factory=dict)
    reasons: dict[Place, str] = field(default_factory=dict)
    rows: dict[Place, dict[str, Any]] = field(default_factory=dict)
    facts: Mapping[int, FileFacts] = field(default_factory=dict)


def read_files(log: str, files: Mapping[int, LandingFile]) -> Outcome:
    """Read and judge files of one log under its own names."""
    logs = read_logs()
    source, found = read_sources(None, logs)[log], Outcome()
    with TemporaryDirectory() as scratch, duckdb.connect(config={"threads": 1}) as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create temp table batch_file(file_no bigint, arrived date)")
        for file_no, file in files.items():
            con.execute("insert into batch_file values (?, ?)", [file_no, file.arrived])
        reader = Reader(con, source, logs, files, Path(scratch))
        for cells in reader.parts():
            (event,) = source.events
            rows = log_rows(source, event, logs[log], cells, True)
            judged = con.execute(judge_sql(logs[log], rows.sql, rows.faulty, rows.typed))
            names = [column[0] for column in judged.description]
            for values in judged.fetchall():
                row = dict(zip(names, values, strict=True))
                place = (row.pop("file_no"), row.pop("line"))
                assert place not in found.rows.keys() | found.reasons.keys()
                if row["reason"] is not None:
                    found.reasons[place] = row["reason"]
                else:
                    found.rows[place] = row
        found.refused, found.facts = reader.refused, reader.facts
    return found


def texts_of(log: str, file: LandingFile, lines: list[int]) -> dict[int, str]:
    """Return the texts with which rows of a file go to quarantine."""
    logs = read_logs()
    return quarantined_texts({file: lines}, read_sources(None, logs)[log], logs)[file]
