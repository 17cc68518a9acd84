"""Work done side by side comes out in order, and ends however its caller ends."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from plainscore.logs.delta_table import TableFiles
from plainscore.logs.parquet_rows import ParquetSlice
from plainscore.logs.seen_ids import hash_ids, number_ids, sort_numbers
from plainscore.logs.tables import LOGS, stored_tables
from plainscore.logs.text_lines import TextChunk
from plainscore.logs.units import Unit, in_bundles
from plainscore.logs.writer import BackgroundWriter, WriteBuffer, ordered_map


def test_results_come_in_the_order_of_the_items() -> None:
    def slower_for_the_first(item: int) -> int:
        time.sleep(0.01 * (item == 0))
        return item * item

    assert list(ordered_map(range(50), slower_for_the_first, 3)) == [n * n for n in range(50)]


def test_what_an_item_or_its_work_raises_is_raised_in_its_place() -> None:
    def failing() -> Iterator[int]:
        yield 4
        yield 2
        raise LookupError

    results = ordered_map(failing(), lambda item: 8 // item, 2)
    assert [next(results), next(results)] == [2, 4]
    with pytest.raises(LookupError):
        next(results)
    results = ordered_map([2, 0, 1], lambda item: 8 // item, 2)
    assert next(results) == 4
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_caller_who_stops_leaves_no_thread_and_few_items_drawn() -> None:
    before, drawn = threading.active_count(), []

    def endless() -> Iterator[int]:
        while True:
            drawn.append(len(drawn))
            yield drawn[-1]

    results = ordered_map(endless(), lambda item: item, 2)
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before
    assert len(drawn) < 10


def test_accepted_rows_are_found_until_they_stand_in_files(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    table = TableFiles(tmp_path_factory.mktemp("store"), stored_tables()["service"], None)
    pending = WriteBuffer(table, BackgroundWriter(), piece_rows=2)
    for number in range(5):
        rows = stored_tables()["service"].empty().drop("arrived_month")
        rows = pl.concat([rows, pl.DataFrame([_event(f"e{number}")], schema=rows.schema)])
        pending.add(rows, sort_numbers(number_ids(rows)))
    wanted = pl.DataFrame({"event_id": ["e4", "e9"]})
    found = pending.find(wanted, sort_numbers(hash_ids(wanted["event_id"])))
    assert pl.concat(found)["event_id"].to_list() == ["e4"]
    pending.begin_to_write()
    pending.wait()
    stored = pl.concat(pl.read_parquet(file, hive_partitioning=False) for file in table.files())
    assert sorted(stored["event_id"]) == ["e0", "e1", "e2", "e3", "e4"]


def test_units_are_bundled_in_their_order_up_to_one_full_unit() -> None:
    log = LOGS["service"]
    text = TextChunk(1, 1, b"{}\n")
    small = Unit(log, chunks=[text], size=len(text.text))
    large = Unit(log, parts=[ParquetSlice(2, Path("a.parquet"), 0, 300_000, True)], size=300_000)
    bundles = list(in_bundles([small, large, small, large, large, small]))
    assert [[unit.size for unit in bundle] for bundle in bundles] == [
        [3, 300_000, 3],
        [300_000],
        [300_000, 3],
    ]


def test_what_is_done_behind_fails_where_it_is_waited_for() -> None:
    behind = BackgroundWriter()
    behind.begin(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        behind.wait()
    behind.wait()
    behind.begin(lambda: 1 // 0)
    behind.abandon()
    behind.wait()


def _event(event_id: str) -> dict[str, object]:
    return {"person_key": 1, "event_id": event_id, "arrived": date(2026, 3, 5)}
