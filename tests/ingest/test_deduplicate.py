"""Rows that share an event_id, in any order of ingestion, against a model in plain Python."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plainscore.contracts.logs import read_logs
from plainscore.logs import deduplicate
from plainscore.store.lake import Lake

LOG = read_logs()["payment"]


class Row(NamedTuple):
    """A delivered row: its event, content and place."""

    event_id: str
    amount: int
    day: int
    file: str
    line: int


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for lakes."""
    return tmp_path_factory.mktemp("lakes")


def open_lake(folder: Path) -> Lake:
    lake = Lake(folder, {LOG.name: LOG.stored_columns}, threads=1)
    deduplicate.prepare(lake)
    return lake


def add_file(lake: Lake, file_no: int, rows: Sequence[Row]) -> None:
    """Ingest the rows of one file."""
    judged = ", ".join(
        f"({one.line}, '{one.event_id}', {one.amount}, date '2026-03-{one.day:02}')" for one in rows
    )
    with lake.transaction():
        lake.con.execute(
            f"""
            insert into ledger by name
            select 'payment' as log, {file_no} as file_no, '{rows[0].file}' as file,
                0 as "rows", 0 as accepted, 0 as duplicates, 0 as quarantined;
            create or replace temp table judged as
            select {file_no} as file_no, line, arrived,
                case when amount_cents < 0 then 'negative' end as reason,
                event_id, md5_number_lower(event_id) as event_hash, timestamp '2026-03-01' as
                event_time, date '2026-03-01' as event_date, 'transfer' as event_type,
                'p' || event_id as person_id, 'q' as counterparty_id, null as bill_id,
                null as bill_type, null as due_date, null as balance_cents,
                null as credit_limit_cents, null as account_balance_cents, null as income_source,
                amount_cents
            from (values {judged}) as v (line, event_id, amount_cents, arrived)
            """
        )
        deduplicate.add_rows(lake, LOG, "judged")
        quarantined = "select *, 'f' as file, '2026-03' as arrived_month from aside"
        lake.insert("quarantine", quarantined)
        lake.con.execute("delete from aside")
        deduplicate.apply_changes(lake)


def state_of(lake: Lake) -> tuple[object, ...]:
    """Return accepted rows, repeats, refused rows and the counts by file."""
    place = "(select any_value(l.file) from lake.file as l where l.file_no = t.file_no), line"
    return tuple(
        sorted(lake.con.execute(sql).fetchall())
        for sql in (
            f"select {place}, event_id, amount_cents from lake.payment as t",
            f"select {place}, event_id, amount_cents, verdict from lake.repeats.payment as t",
            f"select {place}, reason from lake.quarantine as t",
            'select file, "rows", accepted, duplicates, quarantined from lake.file',
        )
    )


def modelled(rows: Sequence[Row]) -> tuple[object, ...]:
    """Return what ``state_of`` must be, however the rows were ingested."""
    counts = {row.file: [0, 0, 0, 0] for row in rows}
    accepted, repeats, refused = [], [], []
    first: dict[str, Row] = {}
    for row in sorted(rows, key=lambda one: (one.day, one.file, one.line)):
        counts[row.file][0] += 1
        if row.amount < 0:
            refused.append((row.file, row.line, "negative"))
            counts[row.file][3] += 1
        elif first.setdefault(row.event_id, row) is row:
            accepted.append((row.file, row.line, row.event_id, row.amount))
            counts[row.file][1] += 1
        else:
            is_same = row.amount == first[row.event_id].amount
            verdict = "duplicate" if is_same else "conflict"
            repeats.append((row.file, row.line, row.event_id, row.amount, verdict))
            counts[row.file][2 if is_same else 3] += 1
            if not is_same:
                refused.append((row.file, row.line, deduplicate.CONFLICT_REASON))
    numbers = [(file, *four) for file, four in counts.items()]
    return tuple(map(sorted, (accepted, repeats, refused, numbers)))


DELIVERED = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([-1, 1, 2])), min_size=1, max_size=6
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(delivered=DELIVERED, days=st.permutations([3, 5, 5, 7]))
def test_rows_end_as_if_they_had_come_in_order(
    lakes: Path, delivered: list[list[tuple[str, int]]], days: list[int]
) -> None:
    files = [
        [
            Row(event_id, amount, days[place], f"{days[place]}-{place}", line)
            for line, (event_id, amount) in enumerate(rows, 1)
        ]
        for place, rows in enumerate(delivered)
    ]
    with open_lake(Path(mkdtemp(dir=lakes))) as lake:
        for file_no, rows in enumerate(files):
            add_file(lake, file_no, rows)
        assert state_of(lake) == modelled([row for rows in files for row in rows])


def test_ids_of_equal_hash_are_compared_whole(lakes: Path) -> None:
    rows = [Row(f"e{line}", line, 5, "a", line) for line in range(1, 20)]
    with open_lake(lakes / "hash") as lake:
        lake.con.execute("create macro md5_number_lower(x) as 7::ubigint")
        add_file(lake, 0, rows)
        add_file(lake, 1, [Row("e3", 3, 6, "b", 1), Row("new", 1, 6, "b", 2)])
        assert state_of(lake)[3] == [("a", 19, 19, 0, 0), ("b", 2, 1, 1, 0)]


def test_the_first_repeat_takes_the_place_of_a_row_that_is_gone(lakes: Path) -> None:
    rows = [Row("e", amount, 5, "a", line) for line, amount in enumerate([1, 2, 2, 1], 1)]
    with open_lake(lakes / "gone") as lake:
        add_file(lake, 0, rows)
        with lake.transaction():
            lake.remove("payment", "line = 1")
            lake.con.execute(
                "insert into change by name select 'payment' as log, 0 as file_no, "
                '-1 as "rows", -1 as accepted'
            )
            deduplicate.resolve_again(
                lake,
                LOG,
                "select md5_number_lower(v.event_id) as event_hash from "
                "(values ('e')) as v (event_id)",
            )
            deduplicate.apply_changes(lake)
            lake.insert("quarantine", "select *, 'f' as file from aside")
        accepted, repeats, refused, counts = state_of(lake)
        assert accepted == [("a", 2, "e", 2)]
        assert repeats == [("a", 3, "e", 2, "duplicate"), ("a", 4, "e", 1, "conflict")]
        assert [line for _, line, _ in refused] == [4]  # type: ignore[attr-defined]
        assert counts == [("a", 3, 1, 1, 1)]
