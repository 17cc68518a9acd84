"""People for a fit, from arrays: rows of a table in memory."""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from plainscore.analysis.fit_people import People


def people_with(columns: Mapping[str, Any]) -> People:
    """Return people of these features and ``is_bad``, an array each, NaN where missing."""
    con = duckdb.connect()
    fill(con, "person", columns)
    return People(con, "select * from person")


def fill(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Any]) -> None:
    """Make a table of some arrays; NaN becomes null."""
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    con.register("arrays", arrays)
    cells = [
        f"if(isnan({name}), null, {name}) as {name}" if array.dtype.kind == "f" else name
        for name, array in arrays.items()
    ]
    con.execute(f"create table {table} as select {', '.join(cells)} from arrays")
    con.unregister("arrays")
