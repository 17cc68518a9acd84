"""What the readers of DuckDB make of files, beside what those before them made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from plainscore.contracts.logs import read_logs
from plainscore.logs.judge import judge_sql
from plainscore.logs.landing import LandingFile
from plainscore.logs.mapping import log_rows
from plainscore.logs.readers import FileFacts, Reader
from plainscore.logs.sources import read_sources
from plainscore.logs.units import UnitReader, parse_unit

Place = tuple[int, int]


@dataclass
class Outcome:
    """What became of some files: rows by file number and line."""

    refused: dict[int, str] = field(default_factory=dict)
    reasons: dict[Place, str] = field(default_factory=dict)
    rows: dict[Place, dict[str, Any]] = field(default_factory=dict)
    facts: Mapping[int, FileFacts] = field(default_factory=dict)


def read_new(log: str, files: Mapping[int, LandingFile], scratch: Path) -> Outcome:
    """Read files by DuckDB."""
    logs = read_logs()
    source, found = read_sources(None, logs)[log], Outcome()
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("create temp table batch_file(file_no bigint, arrived date)")
        for file_no, file in files.items():
            con.execute("insert into batch_file values (?, ?)", [file_no, file.arrived])
        reader = Reader(con, source, logs, files, scratch)
        for cells in reader.parts():
            (event,) = source.events
            rows = log_rows(source, event, logs[log], cells, True)
            judged = con.execute(judge_sql(logs[log], rows.sql, rows.faulty))
            names = [column[0].removesuffix("_cents") for column in judged.description]
            for values in judged.fetchall():
                row = dict(zip(names, values, strict=True))
                place = (row.pop("file_no"), row.pop("line"))
                assert place not in found.rows.keys() | found.reasons.keys()
                if row["reason"] is not None:
                    found.reasons[place] = row["reason"]
                else:
                    kept = {*logs[log].names, "event_date", "arrived"}
                    found.rows[place] = {name: row[name] for name in row if name in kept}
        found.refused = {no: why.reason for no, why in reader.refused.items()}
        found.facts = reader.facts
    return found


def read_old(log: str, files: Mapping[int, LandingFile]) -> Outcome:
    """Read files by polars."""
    reader, found = UnitReader(log, list(files.items())), Outcome()
    for unit in reader.units():
        parsed = parse_unit(unit, {no: file.arrived for no, file in files.items()})
        reader.refused |= parsed.damaged
        for file_no, name in parsed.unknown:
            reader.facts[file_no].add_unknown([name])
        for row in parsed.rows.to_dicts():
            found.rows[row.pop("file_no"), row.pop("line")] = row
        for row in parsed.refused.to_dicts():
            found.reasons[row["file_no"], row["line"]] = row["reason"]
    found.refused = {no: why.reason for no, why in reader.refused.items()}
    found.facts = reader.facts
    return found


def differences(new: Outcome, old: Outcome) -> list[str]:
    """Return in what the two differ; what is said of a file that both refuse is left out."""
    told = [f"file {no}: {new.refused.get(no)}, not {old.refused.get(no)}"
            for no in sorted(new.refused.keys() ^ old.refused.keys())]  # fmt: skip
    gone = new.refused.keys() | old.refused.keys()
    for kind in ("reasons", "rows"):
        ours, theirs = getattr(new, kind), getattr(old, kind)
        for place in sorted(ours.keys() | theirs.keys()):
            if place[0] not in gone and ours.get(place) != theirs.get(place):
                told.append(f"{place}: {ours.get(place)}, not {theirs.get(place)}")
    for no, facts in old.facts.items():
        mine = new.facts[no]
        if no not in gone and (facts.sha256, facts.size) != (mine.sha256, mine.size):
            told.append(f"file {no}: another digest")
        if no not in gone and facts.unknown != mine.unknown and len(facts.unknown) < 1_000:
            told.append(f"file {no}: unknown {mine.unknown}, not {facts.unknown}")
    return told
