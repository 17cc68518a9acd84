"""One pattern proves a JSON line plain: it lets no other line pass, and changes no reading."""

from typing import Any

import polars as pl

from plainscore.logs.json_rows import _read_others, keys_in_order, match_shape, read_json_rows
from plainscore.logs.tables import LOGS
from plainscore.logs.text_lines import TextChunk, number_lines

SHAPED = [
    '{"event_id":"e1","amount":12.50,"is_own_name":true,"colour":1.5}',
    '{"event_id": 17, "amount": null, "is_own_name": null, "colour": false}',
    '{ "event_id":"","amount":"x" }',
    '{"is_own_name":"yes"}',
]
UNSHAPED = [
    "",
    "{}",
    "{",
    '{"event_id":"e1",}',
    '{"event_id":"e1"} ',
    '{"event_id":"e1"}}',
    '{"event_id":"e1"',
    '{"event_id":"e1",',
    '{"event_id":"e1" "amount":1}',
    '{"event_id":"e1","event_id":"e1"}',
    '{"amount":1,"event_id":"e1"}',
    '{"event_id":1.5}',
    '{"event_id":true}',
    '{"event_id":["e1"]}',
    '{"event_id":"\\u0041"}',
    '{"event_id":"a\tb"}',
    '{"amount":01}',
    '{"amount":1e2}',
    '{"amount":-1.5}',
    '{"is_own_name":1.5}',
    '{"event_id":"e1","size":"L"}',
    'x{"event_id":"e1"}',
]


def test_a_shape_holds_flat_lines_of_plain_values_in_one_order_and_no_others() -> None:
    keys = keys_in_order(pl.Series(SHAPED))
    assert keys == ["event_id", "amount", "is_own_name", "colour"]
    matched = match_shape(LOGS["purchase"], keys, pl.Series(SHAPED + UNSHAPED))
    assert matched.to_list() == [True] * len(SHAPED) + [False] * len(UNSHAPED)


def test_keys_left_out_by_some_lines_find_their_place_in_the_order() -> None:
    lines = pl.Series(['{"a":1,"d":1}', '{"b":1,"c":1,"d":1}'])
    assert keys_in_order(lines) == ["b", "c", "a", "d"]


def test_lines_of_a_shape_read_as_they_do_one_by_one() -> None:
    log = LOGS["purchase"]
    text = "".join(line + "\n" for line in SHAPED + UNSHAPED).encode()
    lines = number_lines([TextChunk(0, 1, text)])
    rows, unknown = read_json_rows(log, lines, text)
    slow_rows, slow_unknown = _read_others(log, lines)
    assert as_meant(rows) == as_meant(slow_rows)
    assert sorted(unknown.rows()) == sorted(slow_unknown.rows()) == [(0, "colour"), (0, "size")]


def as_meant(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Return rows in order: an amount's last zeros mean nothing, nor does a refused line's rest."""
    amount = pl.col("amount").str.replace("12.50", "12.5")
    place = ["file_no", "line", "reason"]
    refused = rows.filter(pl.col("reason").is_not_null()).select(place).sort("line")
    read = rows.filter(pl.col("reason").is_null()).with_columns(amount).sort("line")
    return [*read.rows(), *refused.rows()]
