"""DuckDB and the standard library give the same cells of every line of JSON."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from plainscore.contracts.logs import read_logs
from plainscore.logs.json_lines import read_line
from plainscore.logs.landing import file_at
from plainscore.logs.readers import Reader, text_columns
from plainscore.logs.sources import read_sources

LOGS = read_logs()
SOURCE = read_sources(None, LOGS)["payment"]
KEYS = ("event_id", "event_time", "person_id", "amount", "bill_id", "line", "zz")
VALUES = (
    '"a"', '"é b"', '""', '"a\\"b"', '"\\u00e9"', '"a\\\\"', '"x\\",\\"zz\\":\\"y"', "12", "-0",
    "1.50", "2.5", "-0.0", "1e2", "1E17", "12345678901234567890", "0.1000000000000000055", "true",
    "null", "NaN", "-Infinity", '{"a":1}', '{"zz": "x"}', "[1]", "01", '"torn',
)  # fmt: skip
MEMBERS = st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES))
LINES = st.builds(
    lambda members, colon, comma, end: (
        "{" + comma.join(f'"{key}"{colon}{value}' for key, value in members) + end
    ),
    st.lists(MEMBERS, max_size=8) | st.just([(key, '"a"') for key in KEYS]),
    st.sampled_from((":", ":", ": ")),
    st.sampled_from((",", ",", ", ")),
    st.sampled_from(("}", "}", "}", "} ", ",}", "", "}}")),
)


@settings(max_examples=40)
@given(st.lists(LINES, min_size=1, max_size=40), st.sampled_from(KEYS[:4]))
def test_every_line_has_the_cells_that_it_has_when_read_alone(lines: list[str], key: str) -> None:
    # Most lines of a file are alike: those make the shape.
    usual = [f'{{"event_id":"e{at}","{key}s":1,"amount":12}}' for at in range(20)]
    texts = text_columns(SOURCE, LOGS)
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as con:
        path = Path(folder, "payment", "arrived=2026-03-05", "a.ndjson")
        path.parent.mkdir(parents=True)
        path.write_text("".join(f"{line}\n" for line in [*usual, *lines]))
        file = file_at(Path(folder), path.relative_to(folder).as_posix(), date(2026, 3, 5))
        reader = Reader(con, SOURCE, LOGS, {0: file}, Path(folder))
        (cells,) = reader.parts()
        chosen = [cells.texts[name] for name in SOURCE.columns]
        chosen += [cells.faults.get(name, "null") for name in SOURCE.columns]
        rows = con.execute(f"select line, reason, {', '.join(chosen)} from delivered").fetchall()
    found = {line: (reason, *values) for line, reason, *values in rows}
    unknown: set[str] = set()
    for number, line in enumerate([*usual, *lines], 1):
        values, faults, reason, others = read_line(line, SOURCE.columns, texts)
        of_texts = [
            why if name in texts else None for name, why in zip(SOURCE.columns, faults, strict=True)
        ]
        assert found.pop(number) == (reason, *values, *of_texts), line
        unknown |= others
    assert found == {}
    assert reader.facts[0].unknown == unknown
