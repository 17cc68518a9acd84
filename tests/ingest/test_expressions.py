"""SQL of a mapping sees the cells of one row, and nothing else."""

from collections.abc import Mapping

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainscore.common.text import text_literal
from plainscore.logs.expressions import MAX_LENGTH, columns_of, compile_expression
from plainscore.logs.literals import ExpressionRefused, Marks

COMMA = Marks(",", ".")
VALUES: list[tuple[str, dict[str, str | None], str | None]] = [
    ("Quantity * UnitPrice", {"Quantity": "3", "UnitPrice": "2.55"}, "7.65"),
    ("-Quantity", {"Quantity": "-3"}, "3"),
    ("0.1 * 3", {}, "0.3"),
    ("a / 3", {"a": "1"}, "0.3333333333"),
    ("round(a / 3, 2)", {"a": "10"}, "3.33"),
    ("a / 0", {"a": "10"}, None),
    ("a // 4", {"a": "10"}, "2"),
    ("a::integer % 4", {"a": "9.6"}, "2"),
    ("99999999999999999999 * a * a", {"a": "99999999999999999"}, None),
    ("Quantity > 0 and Status = 'paid'", {"Quantity": "10", "Status": "paid"}, "true"),
    ("Quantity > 9", {"Quantity": "10"}, "true"),
    ("Quantity > 0", {"Quantity": "ten"}, None),
    ("a between 1 and 10", {"a": "9"}, "true"),
    ("a in (1, 2)", {"a": "2.0"}, "true"),
    ("a not in ('x', 'y') and b is null", {"a": "z", "b": None}, "true"),
    ("a not like 'x%'", {"a": "yx"}, "true"),
    ("InvoiceNo || '/' || \"Stock Code\"", {"InvoiceNo": "1", "Stock Code": "x'y"}, "1/x'y"),
    ("Date || ' ' || Time", {"Date": "2026-10-31", "Time": "10:00"}, "2026-10-31 10:00"),
    ("a || null", {"a": "x"}, None),
    ("case when a > 0 then a else -a end", {"a": "-12.50"}, "12.5"),
    ("case a when 'x' then 'one' else b end", {"a": "y", "b": "two"}, "two"),
    ("if(a = 'x', 1, 2)", {"a": "x"}, "1"),
    ("coalesce(a, 0) * 2", {"a": None}, "0"),
    ("left(a, length(a) - 3)", {"a": "abcdef"}, "abc"),
    ("lpad(a, 8, '0')", {"a": "123"}, "00000123"),
    ("regexp_extract(a, '([0-9]+)', 1)", {"a": "ab12"}, "12"),
    ("cast(d as date) + interval 30 day", {"d": "2026-10-31"}, "2026-11-30"),
    ("d::date - interval (n) day", {"d": "2026-10-31", "n": "3"}, "2026-10-28"),
    ("last_day(strptime(d, '%Y-%m'))", {"d": "2026-02"}, "2026-02-28"),
    ("strftime(d, '%Y-%m')", {"d": "2026-10-31"}, "2026-10"),
    ("d::timestamp", {"d": "infinity"}, None),
    ("year(d) >= 2026", {"d": "2026-10-31"}, "true"),
]
REFUSED = [
    "(select 1)", "exists (select 1)", "a in (select 1)", "a = any(select 1)", "a; b", "a, b",
    "a as b", "a from b", "*", "x.y", "columns('x')", "read_csv('/etc/passwd')",
    "read_text('/etc/passwd')", "glob('*')", "getenv('HOME')", "current_setting('x')",
    "getvariable('x')", "query('select 1')", "query_table('x')", "now()", "random()", "uuid()",
    "count(*)", "sum(a) over ()", "unnest(a)", "list_transform(a, x -> x)", "x -> x", "a[1]",
    "{'a': 1}", "[1]", "$1", "?", "#1", "a::json", "a::decimal(3, 1)",
    "a collate nocase", "a at time zone 'UTC'", "a ** 2", "a glob 'x'", "a like 'x' escape 'y'",
    "main.lower(a)", "lower(distinct a)", "lower(a order by b)", "e'\\x41'", "$$a$$",
    "repeat(a, 9)", "lpad(a, 100000, 'x')", "rpad(a, -1, 'x')", "sql(a)", "try(a)", "", "-- x",
    "a'", "interval 1 day", "a > b", "case when a then 1 end", "strptime(a, '%Q')",
    "strptime(a, '%z')", "date_trunc('x', a)", "regexp_matches(a, '(')", "regexp_matches(a, b)",
    "lower()", "lower(a, b)", "'\0'",
    "(" * 900 + "a" + ")" * 900, "a ||" * MAX_LENGTH, "number(lower(" * 40 + "a" + "))" * 40,
]  # fmt: skip


def _value(text: str, cells: Mapping[str, str | None], marks: Marks = Marks()) -> str | None:  # noqa: B008
    texts = {
        name: "cast(null as varchar)" if one is None else text_literal(one)
        for name, one in cells.items()
    }
    found = duckdb.sql(f"select {compile_expression(text, texts, marks).text}").fetchone()
    assert found is not None
    value: str | None = found[0]
    return value


@pytest.mark.parametrize(("text", "cells", "value"), VALUES)
def test_an_expression_over_texts_reads_numbers_and_times_where_it_needs_them(
    text: str, cells: dict[str, str | None], value: str | None
) -> None:
    assert _value(text, cells) == value
    assert set(columns_of(text)) == set(cells)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_over_the_cells_of_one_row_is_refused(text: str) -> None:
    with pytest.raises(ExpressionRefused):
        columns_of(text)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.002,50", "1002.5"), ("2,5", "2.5"), ("-7", "-7"), ("2.55", None), ("1.0025", None),
     ("1,002.50", None), ("", None), (" 3,10 ", "3.1")],
)  # fmt: skip
def test_the_marks_of_a_file_are_the_only_ones(cell: str, value: str | None) -> None:
    assert _value("number(a)", {"a": cell}, COMMA) == value


def test_a_text_of_an_expression_is_no_sql() -> None:
    text = "'; drop table delivered; --'' || a"
    with pytest.raises(ExpressionRefused):
        columns_of(text)
    assert _value("a || '''; select 1 --'", {"a": "x"}) == "x'; select 1 --"


WORDS = st.sampled_from(
    ["a", "b", "'x'", "1", "(", ")", ",", "+", "*", "||", "select", "from", "read_csv", "lower",
     "coalesce", "case", "when", "then", "end", "and", "not", "in", "is", "null", "cast", "as",
     "date", "interval", "::", ".", ";", "->", "[", "]", "{", "}", "@", "$", "exists", "pragma"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_whatever_is_written_is_refused_or_runs_over_texts_alone(text: str) -> None:
    try:
        columns = columns_of(text)
    except ExpressionRefused:
        return
    sql = compile_expression(text, {name: f"cells.{name}_" for name in columns}).sql
    listed = ", ".join(f"'1' as {name}_" for name in columns) or "1 as nothing"
    with duckdb.connect(config={"enable_external_access": False}) as scratch:
        scratch.execute(f"select {sql} from (select {listed}) as cells")
