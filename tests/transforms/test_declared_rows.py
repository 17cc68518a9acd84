"""Rows that a table of the schema ``reference`` declares in its own file."""

from pathlib import Path

import pytest

from plainscore.common.standard import STANDARD_METHOD
from plainscore.contracts.contract import ContractError, method_glossary, read_table

HEAD = """title = "Sizes"
grain = "one row per kind"
key   = ["what"]

[columns]
what  = { type = "VARCHAR", doc = "What is measured." }
least = { type = "BIGINT", min = 0, doc = "The least that counts." }
"""


def test_they_are_in_the_order_of_the_columns(tmp_path: Path) -> None:
    rows = '\n[[rows]]\nleast = 20_00\nwhat = "bill"\n\n[[rows]]\nwhat = "day"\nleast = 0\n'
    assert read_table(
        _file(tmp_path, "size.toml", HEAD + rows), method_glossary(STANDARD_METHOD)
    ).rows == (
        ("bill", 2000),
        ("day", 0),
    )


def test_what_may_be_empty_may_be_left_out(tmp_path: Path) -> None:
    head = HEAD.replace("min = 0", "null = true, min = 0")
    table = read_table(
        _file(tmp_path, "size.toml", f'{head}\n[[rows]]\nwhat = "bill"\n'),
        method_glossary(STANDARD_METHOD),
    )
    assert table.rows == (("bill", None),)


@pytest.mark.parametrize(
    ("row", "what_is_wrong"),
    [
        ('what = "bill"', r"reference\.size: a row lacks 'least'"),
        ('what = "bill"\nleast = 1\nmost = 2', r"reference\.size: a row.*'most'"),
        ('what = "bill"\nleast = "1"', r"reference\.size: a row has least = '1'.*no BIGINT"),
        ('what = "bill"\nleast = true', r"a row has least = True, which is no BIGINT"),
        ('what = "bill"\nleast = -1', r"a row has least = -1, beyond its min or max"),
    ],
)
def test_each_has_every_column_as_it_promises_and_no_other(
    tmp_path: Path, row: str, what_is_wrong: str
) -> None:
    path = _file(tmp_path, "size.toml", f"{HEAD}\n[[rows]]\n{row}\n")
    with pytest.raises(ContractError, match=what_is_wrong):
        read_table(path, method_glossary(STANDARD_METHOD))


def test_a_table_made_by_sql_declares_none(tmp_path: Path) -> None:
    text = f'/*\n{HEAD}\n[[rows]]\nwhat = "bill"\nleast = 1\n*/\nselect 1\n'
    with pytest.raises(ContractError, match=r"size\.sql: rows are declared in a \.toml file"):
        read_table(_file(tmp_path, "size.sql", text), method_glossary(STANDARD_METHOD))


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / "reference" / name
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path
