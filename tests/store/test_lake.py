"""The lake: whole transactions, plain sorted files, and what is left of what was removed."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
import pytest

from plainscore.common.errors import InputRefused
from plainscore.common.files import read_format
from plainscore.common.lock import writer_lock
from plainscore.common.standard import Method
from plainscore.contracts.logs import LogError, read_logs
from plainscore.store import lake as lake_module
from plainscore.store.event_store import MONTH, OWN_TABLES, read_store_head
from plainscore.store.lake import REPEATS, CompactedTable, Lake, table_name

LOGS = {
    "payment": {
        "person_key": "BIGINT",
        "event_id": "VARCHAR",
        "arrived": "DATE",
        MONTH: "VARCHAR",
    },
    "ride": {"person_key": "BIGINT", "event_id": "VARCHAR", "km": "DOUBLE"},
}
NASTY = ("\x00", "a\nb", "';--", '"', "\U0010ffff", "\ufeff", "arrived_month=2020-01", "\u202e")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without a row; no test may write into it."""
    with Lake(tmp_path_factory.mktemp("empty") / "events", LOGS, threads=1) as opened:
        return opened.events


@pytest.fixture
def lake(empty: Path, tmp_path: Path) -> Iterator[Lake]:
    """A copy of it, open."""
    with Lake(shutil.copytree(empty, tmp_path / "events"), LOGS, threads=1) as opened:
        yield opened


def events_of(month: int, people: range, prefix: str = "e") -> str:
    """Return a SELECT of one event for each person, in no order."""
    return (
        f"select i as person_key, '{prefix}{month}-' || i as event_id, "
        f"date '2026-{month:02}-05' as arrived, '2026-{month:02}' as {MONTH}, "
        f"md5_number_lower('{prefix}{month}-' || i) as event_hash "
        f"from range({people.start}, {people.stop}) as t(i) order by hash(i)"
    )


def put(lake: Lake, month: int, people: range, prefix: str = "e") -> None:
    with lake.transaction():
        lake.insert("payment", events_of(month, people, prefix))
        lake.insert("file", f"select count(*) as file_no, '{prefix}' as file from lake.file")


def read(lake: Lake, table: str = "payment") -> pl.DataFrame:
    """Return the rows that readers see: those in the files of the head on the disk."""
    head = read_store_head(lake.events)
    return pl.concat(
        pl.read_parquet(lake.events / file, glob=False, hive_partitioning=False)
        for file in head.files[table]
    )


def test_readers_see_what_was_committed_in_the_declared_columns(lake: Lake) -> None:
    put(lake, 3, range(100))
    with pytest.raises(duckdb.ParserException):
        put(lake, 4, range(5), "it's no SQL")
    rows = read(lake)
    assert rows.columns == [*LOGS["payment"], "event_hash"]
    assert rows["person_key"].is_sorted()
    assert len(rows) == 100
    assert {Path(file).parent.name for file in lake.files("payment")} == {f"{MONTH}=2026-03"}
    assert all(file.is_file() for file in lake.files("payment"))


def test_files_are_sorted_but_for_few_joints(lake: Lake) -> None:
    put(lake, 3, range(400_000))
    (rows,) = (pl.read_parquet(file) for file in lake.files("payment"))
    assert (rows["person_key"].diff() < 0).sum() < 10


def test_removed_rows_leave_no_delete_files_and_spare_other_files(lake: Lake) -> None:
    put(lake, 3, range(100))
    put(lake, 4, range(100))
    april = [file for file in lake.files("payment") if "2026-04" in str(file)]
    with lake.transaction():
        lake.insert("payment", events_of(5, range(10)))
        lake.remove("payment", "event_id in ('e3-7', 'e5-7')")
    assert "e3-7" not in read(lake)["event_id"]
    assert len(read(lake)) == 208
    assert set(april) < set(lake.files("payment"))


def test_a_file_can_be_rewritten_with_other_values(lake: Lake) -> None:
    put(lake, 3, range(10))
    changed = "select * replace (event_id || '!' as event_id) from old_rows where person_key > 4"
    with lake.transaction():
        assert lake.rewrite("payment", "person_key = 3", changed) == 5
    assert read(lake)["event_id"].to_list() == [f"e3-{n}!" for n in range(5, 10)]


def test_any_text_can_be_stored_and_removed(lake: Lake) -> None:
    for text in NASTY:
        with lake.transaction():
            lake.con.execute("create or replace temp table one as select ? as event_id", [text])
            lake.insert(
                "payment", f"select 1 as person_key, event_id, '2026-03' as {MONTH} from one"
            )
    assert sorted(read(lake)["event_id"]) == sorted(NASTY)
    with lake.transaction():
        lake.con.execute("create or replace temp table one as select ? as event_id", [NASTY[0]])
        lake.remove("payment", "event_id in (select one.event_id from one)")
    assert sorted(read(lake)["event_id"]) == sorted(NASTY[1:])


def test_keys_are_not_given_twice(lake: Lake) -> None:
    assert lake.next_key() == 0
    with lake.transaction():
        lake.insert("person", "select 6 as person_key, 'ann' as person_id")
    assert lake.head.next_key == 7
    with lake.transaction():
        lake.insert("erasure", "select 1 as number, 7 as next_key")
        lake.remove("person", "true")
    assert (lake.head.next_key, lake.head.erasures) == (7, 1)


def test_a_column_may_be_added_and_a_log(lake: Lake) -> None:
    put(lake, 3, range(3))
    lake.close()
    payment = LOGS["payment"] | {"amount_cents": "BIGINT"}
    with Lake(lake.events, LOGS | {"payment": payment, "visit": payment}) as wider:
        assert read(wider)["amount_cents"].to_list() == [None] * 3
        for file in wider.files("payment"):
            assert "amount_cents" in pl.read_parquet_schema(file)
        assert "visit" in wider.tables
    other = LOGS | {"payment": LOGS["payment"] | {"arrived": "TIMESTAMP"}}
    with pytest.raises(InputRefused, match="arrived of payment is stored as DATE and declared as"):
        Lake(lake.events, other)


def compact(lake: Lake, grace: timedelta = timedelta(days=7)) -> CompactedTable:
    """Compact a lake; return what became of the payments."""
    return next(one for one in lake.compact(grace) if one.table == "payment")


def test_compaction_puts_a_finished_month_into_one_sorted_file(lake: Lake) -> None:
    for prefix in "abc":
        put(lake, 3, range(50), prefix)
        put(lake, 4, range(50), prefix)
    before, rows = lake.files("payment"), read(lake).sort("event_id")
    compacted = compact(lake)
    assert (compacted.months, compacted.files_before, compacted.files_after) == (1, 6, 4)
    assert compacted.deleted == 0
    assert all(file.is_file() for file in before)
    (march,) = [file for file in lake.files("payment") if "2026-03" in str(file)]
    assert pl.read_parquet(march)["person_key"].is_sorted()
    assert read(lake).sort("event_id").equals(rows)
    assert compact(lake, timedelta(0)).deleted == 3
    on_disk = set(lake.events.rglob("*.parquet"))
    assert on_disk == {file for table in lake.head.files for file in lake.files(table)}
    assert compact(lake, timedelta(0)).months == 0


def test_a_file_out_of_use_for_less_than_the_grace_stays(lake: Lake) -> None:
    """However old the snapshot is that it was made for."""
    put(lake, 3, range(5), "a")
    ago = "interval 30 days"
    lake.con.execute(
        "update __ducklake_metadata_lake.ducklake_snapshot "
        f"set snapshot_time = snapshot_time - {ago}"
    )
    old = lake.files("payment")
    with lake.transaction():
        lake.remove("payment", "person_key = 3")
    lake.compact(timedelta(days=7))
    assert all(file.is_file() for file in old)
    lake.compact(timedelta(0))
    assert not any(file.is_file() for file in old)


@pytest.mark.parametrize("place", ["first", "last", "middle"])
def test_no_byte_of_a_forgotten_row_is_left(lake: Lake, place: str) -> None:
    name = {"first": "0-ann", "last": "z-ann", "middle": "m-ann"}[place]
    for month in (3, 4):
        put(lake, month, range(5))
        with lake.transaction():
            lake.insert(
                "payment",
                f"select 9 as person_key, '{name}-{month}' as event_id, '2026-03' as {MONTH}",
            )
            lake.insert("person", f"select {month} as person_key, '{name}' as person_id")
    orphan = lake.events / "files/main/payment/orphan.parquet"
    orphan.write_bytes(name.encode())
    with lake.transaction():
        lake.remove("payment", f"starts_with(event_id, '{name}')")
        lake.remove("person", f"person_id = '{name}'")
    lake.forget_history()
    put(lake, 5, range(5))
    lake.close()
    kept = [file for file in lake.events.rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if name.encode() in file.read_bytes()]
    with Lake(lake.events, LOGS) as again:
        found = again.con.execute("select count(*) from lake.payment where event_id = 'e3-2'")
        assert found.fetchone() == (1,)
        assert len(read(again)) == 15


def test_a_store_of_version_1_is_refused_with_what_rebuilds_it(tmp_path: Path) -> None:
    events = tmp_path / "events"
    events.mkdir()
    (events / "head.json").write_text('{"format": 1, "versions": {}}')
    with pytest.raises(InputRefused, match=rf"rm -r {events}; plainscore ingest --data {tmp_path}"):
        Lake(events, LOGS)
    assert [path.name for path in events.iterdir()] == ["head.json"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda events: (events / "head.json").write_text("{"), "not readable by this version"),
        (lambda events: (events / "head.json").write_text('{"format": 9}'), "of format 9"),
        (lambda events: (events / "lake.duckdb").unlink(), "is gone: restore it"),
        (lambda events: (events / "lake.duckdb").write_bytes(b"x" * 9999), "cannot be opened"),
    ],
)
def test_a_damaged_store_is_refused(lake: Lake, damage: object, message: str) -> None:
    put(lake, 3, range(3))
    lake.close()
    assert callable(damage)
    damage(lake.events)
    with pytest.raises(InputRefused, match=message):
        Lake(lake.events, LOGS)


def test_a_catalog_older_than_the_head_is_refused(lake: Lake) -> None:
    put(lake, 3, range(3))
    lake.close()
    backup = (lake.events / "lake.duckdb").read_bytes()
    with Lake(lake.events, LOGS) as again:
        put(again, 4, range(3))
    (lake.events / "lake.duckdb").write_bytes(backup)
    with pytest.raises(InputRefused, match="is older than"):
        Lake(lake.events, LOGS)


def test_a_store_may_move_and_its_path_be_odd(lake: Lake, tmp_path: Path) -> None:
    put(lake, 3, range(3))
    lake.close()
    moved = lake.events.rename(tmp_path / "it's [a]*%41;=\u00e9\n")
    with Lake(moved, LOGS) as again:
        put(again, 4, range(3))
        with again.transaction():
            again.remove("payment", "person_key = 1")
        again.compact(timedelta(0))
        again.forget_history()
        assert len(read(again)) == 4
    with pytest.raises(InputRefused, match=r"holds a \?"):
        Lake(tmp_path / "what?", LOGS)


class Dying:
    """A connection in a process that dies after some calls."""

    def __init__(self, con: duckdb.DuckDBPyConnection, calls: int) -> None:
        self.con = con
        self.calls = calls

    def __getattr__(self, name: str) -> Any:
        self.use_up()
        return getattr(self.con, name)

    def use_up(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            os._exit(9)


def write_until_killed(events: Path, calls: int) -> int:
    """Change a store in another process; return its exit code."""
    if (child := os.fork()) > 0:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        write_head = lake_module.write_store_head
        lake = Lake(events, LOGS)
        lake.con = dying = cast("Any", Dying(lake.con, calls))
        killed = lambda *given: (dying.use_up(), write_head(*given), dying.use_up())  # noqa: E731
        lake_module.__dict__["write_store_head"] = killed
        for month in (3, 4):
            put(lake, month, range(20), "more")
        with lake.transaction():
            lake.remove("payment", "person_key % 7 = 3")
        lake.compact()
        lake.forget_history()
        os._exit(0)
    except BaseException as error:
        os.write(2, repr(error).encode())
        os._exit(1)


def test_a_writer_killed_at_any_statement_leaves_the_last_commit_whole(
    lake: Lake, tmp_path: Path
) -> None:
    put(lake, 3, range(20))
    lake.close()
    states = set()
    for calls in range(0, 75, 5):
        events = tmp_path / str(calls)
        shutil.copytree(lake.events, events)
        assert write_until_killed(events, calls) in (0, 9)
        head = read_store_head(events)
        assert all((events / file).is_file() for one in head.files.values() for file in one)
        with Lake(events, LOGS) as again:
            rows, ledger = len(read(again)), len(read(again, "file"))
            assert (rows, ledger) in ((20, 1), (40, 2), (60, 3), (51, 3))
            states.add(rows)
            count = again.con.execute(f"select count(*) from {table_name('payment')}").fetchone()
            assert count == (rows,)
    assert states == {20, 40, 60, 51}


@pytest.mark.parametrize("size", [0, 100, 4096, 8192, 12288])
def test_a_first_catalog_that_was_never_finished_is_begun_again(
    lake: Lake, tmp_path: Path, size: int
) -> None:
    lake.close()
    events = tmp_path / "killed"
    events.mkdir()
    content = (lake.events / "lake.duckdb").read_bytes()
    (events / "lake.duckdb").write_bytes(content[:size])
    with Lake(events, LOGS) as again:
        assert again.head.snapshot >= 0
    assert read_store_head(events).snapshot >= 0


def test_what_a_killed_writer_left_half_written_goes_with_the_next(lake: Lake) -> None:
    put(lake, 3, range(3))
    lake.close()
    halves = [lake.events / f"{name}.new" for name in ("head.json", "lake.duckdb")]
    for half in halves:
        half.write_text("{")
    with Lake(lake.events, LOGS) as again:
        assert read(again).height == 3
    assert not any(half.exists() for half in halves)


def test_a_batch_that_cannot_be_written_changes_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, 3, range(3))

    def full(_path: Path) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(lake_module, "fsync_path", full)
        with pytest.raises(OSError, match="No space left"):
            put(lake, 4, range(3))
    assert len(read(lake)) == 3
    put(lake, 4, range(3))
    assert len(read(lake)) == 6


def test_another_client_of_ducklake_reads_the_store(lake: Lake) -> None:
    put(lake, 3, range(3))
    lake.close()
    with duckdb.connect() as con:
        con.execute(f"load '{lake_module._extension()}'")
        con.execute(f"attach 'ducklake:{lake.events}/lake.duckdb' as events (read_only)")
        assert con.execute("select count(*) from events.payment").fetchone() == (3,)


def test_a_directory_with_a_store_of_version_1_is_left_to_version_1(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    head = tmp_path / "events/head.json"
    head.write_text('{"format": 1, "versions": {}}')
    with writer_lock(tmp_path, "ingest"), pytest.raises(InputRefused, match="plainscore 1"):
        Lake(tmp_path / "events", LOGS)
    assert read_format(tmp_path)[0] == 1
    head.unlink()
    with writer_lock(tmp_path, "ingest"):
        pass
    assert read_format(tmp_path)[0] == 2


@pytest.mark.parametrize("name", [*OWN_TABLES, REPEATS])
def test_no_log_can_have_the_name_of_a_table_of_the_store(tmp_path: Path, name: str) -> None:
    logs = tmp_path / "transforms" / "logs"
    logs.mkdir(parents=True)
    (logs / f"{name}.toml").write_text('title = "Rides"\n[event_types.ride]\n')
    with pytest.raises(LogError, match="cannot be the name of a log"):
        read_logs(Method((tmp_path,)))
