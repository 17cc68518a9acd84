"""Ask a catalog everything that it can be asked, and print the answers as JSON.

Run with a catalog, by itself, with whatever engine stands first on the path: what it imports from
outside of Python is duckdb. Every view and table is selected from, every macro is called with the
newest two dates and a scored person. Doubles are printed to nine digits: sums differ in the last.
"""

import json
import sys
from typing import Any

import duckdb

VIEWS = "select distinct table_name from duckdb_columns() where not internal order by 1"
MACROS = (
    "select function_name, parameters from duckdb_functions() "
    "where function_type = 'table_macro' and not internal order by 1"
)
COMMENTS = (
    "select view_name, comment from duckdb_views() where not internal union all "
    "select table_name || '.' || column_name, comment from duckdb_columns() where not internal"
)
WITH_FRIENDS = (
    "select person_id from friend where as_of_date = (select max(as_of_date) from run) "
    "group by person_id order by count(*) desc, person_id limit 1"
)


def main(catalog: str) -> None:
    with duckdb.connect(catalog, read_only=True, config={"threads": 1}) as con:
        told = {
            question: sorted(
                json.dumps([_cell(cell) for cell in row]) for row in _rows(con, *asked)
            )
            for question, asked in _questions(con).items()
        }
    json.dump({"engine": duckdb.__version__, "answers": told}, sys.stdout)


def _questions(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, list[Any]]]:
    questions: dict[str, tuple[str, list[Any]]] = {"comments": (COMMENTS, [])}
    for (view,) in _rows(con, VIEWS):
        questions[view] = (f"select * from {view}", [])
    values = _values(con)
    for macro, parameters in _rows(con, MACROS):
        places = ", ".join("?" for _ in parameters)
        asked = [values[parameter] for parameter in parameters]
        questions[f"{macro}({', '.join(parameters)})"] = (f"from {macro}({places})", asked)
    return questions


def _values(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what to call macros with, by the name of the parameter."""
    before, day = [row[0] for row in _rows(con, "select as_of_date from dim_date order by 1")[-2:]]
    person = _rows(con, WITH_FRIENDS)[0][0]
    return {
        "person": person, "d": day, "d1": before, "d2": day,
        "which": "utilisation", "new_value": 0.1,
    }  # fmt: skip


def _rows(con: duckdb.DuckDBPyConnection, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()


def _cell(cell: Any) -> Any:
    if isinstance(cell, float):
        return f"{cell:.9g}"
    return cell if isinstance(cell, int | str | None) else str(cell)


if __name__ == "__main__":
    main(sys.argv[1])
