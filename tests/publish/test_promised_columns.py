"""What people query stays: no published column goes, or changes its name or type, unnoticed.

`promised_columns.txt` is kept by hand. Adding to it is free; whoever has to take something away, or
change a type, breaks queries and dashboards, and says so in CHANGELOG.md under Removed or Changed.
"""

from pathlib import Path

import duckdb

PROMISED = Path(__file__).parent / "promised_columns.txt"
_COLUMNS = (
    "select table_name, column_name, data_type from duckdb_columns() "
    "where not internal and table_name <> 'catalog_origin' order by table_name, column_index"
)


def _promised() -> dict[tuple[str, str], str]:
    """Return (view, column) -> type; a line is ``view: column TYPE, column TYPE, ...``."""
    promised = {}
    for line in PROMISED.read_text(encoding="utf-8").splitlines():
        view, _, columns = line.partition(": ")
        for told in columns.split(", "):
            name, kind = told.split(" ")
            promised[view, name] = kind
    return promised


def test_every_promised_column_is_published_with_its_type(con: duckdb.DuckDBPyConnection) -> None:
    published = {(view, name): kind for view, name, kind in con.execute(_COLUMNS).fetchall()}
    broken = {
        f"{view}.{name}": (kind, published.get((view, name), "gone"))
        for (view, name), kind in _promised().items()
        if published.get((view, name)) != kind
    }
    assert broken == {}, "this breaks what people query: see the head of this file"


def test_every_published_column_is_promised(con: duckdb.DuckDBPyConnection) -> None:
    published = {(view, name) for view, name, _ in con.execute(_COLUMNS).fetchall()}
    assert published - _promised().keys() == set(), f"add it to {PROMISED.name}"
