"""Run the whole house on empty tables before any event is touched.

Costs a fraction of a second and catches a dropped cast, swapped columns, a misspelt name.
"""

from datetime import date

import duckdb

from plainscore.contracts.catalog import SCHEMAS, Catalog
from plainscore.contracts.contract import Table

ANY_DAY = date(2026, 1, 31)


def rehearse(catalog: Catalog) -> list[str]:
    """Return one sentence for every place where SQL and contract disagree; empty is good."""
    faults: list[str] = []
    with duckdb.connect() as con:
        for schema in SCHEMAS:
            con.execute(f"create schema {schema}")
        for table in catalog.tables.values():
            if not table.is_source:
                faults += _disagreements(con, table)
            con.execute(table.ddl)
    return faults


def _disagreements(con: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    describe = f"describe {table.sql}"
    try:
        parameters = con.extract_statements(describe)[0].named_parameters
        rows = con.execute(describe, dict.fromkeys(parameters, ANY_DAY)).fetchall()
    except duckdb.Error as error:
        return [f"{table.name}: {error}"]
    declared = [(column.name, column.type) for column in table.columns]
    made = [(row[0], row[1]) for row in rows]
    if len(declared) != len(made):
        return [f"{table.name}: contract has {len(declared)} columns, SQL makes {len(made)}"]
    return [
        f"{table.name}: contract says {' '.join(said)}, SQL makes {' '.join(got)}"
        for said, got in zip(declared, made, strict=True)
        if said != got
    ]
