"""The views and macros that have a file of their own, and the view of the quarantine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from plainscore.common.standard import standard_folder
from plainscore.common.text import identifier, parquet_list, text_literal
from plainscore.contracts.contract import Column, read_glossary, read_table
from plainscore.publish.view import Macro, View

HERE = standard_folder("transforms/catalog")
CELLS = "{cells}"
COUNTS = "{counts}"

_QUARANTINE_COLUMNS = (
    Column("log", "VARCHAR", "Log that the row was delivered in."),
    Column("file", "VARCHAR", "File of the row, as a path under landing/."),
    Column("line", "BIGINT", "Physical line (parquet: row) in that file, from 1.", "line"),
    Column("reason", "VARCHAR", "Why the row was refused."),
    Column("raw", "VARCHAR", "The row as delivered, value_hash masked."),
    Column("arrived", "DATE", "The day on which it arrived."),
)


def written_views() -> list[View]:
    """Return the views of ``views/*.sql``: a contract, then a SELECT over published views."""
    glossary = read_glossary(standard_folder("transforms") / "glossary.toml")
    tables = [read_table(path, glossary) for path in sorted((HERE / "views").glob("*.sql"))]
    return [
        View(table.short_name, table.sql, f"{table.title}: {table.grain}.", table.columns)
        for table in tables
    ]


def quarantine_view(files: Sequence[Path]) -> View:
    """Return the view of all quarantined rows; without files, an empty one of the same types."""
    source = f"read_parquet({parquet_list(files)}, hive_partitioning = false)"
    if files:
        cells = [f"cast({_column(c)} as {c.type}) as {_column(c)}" for c in _QUARANTINE_COLUMNS]
        sql = f"select {', '.join(cells)} from {source}"
    else:
        cells = [f"cast(null as {c.type}) as {_column(c)}" for c in _QUARANTINE_COLUMNS]
        sql = f"select {', '.join(cells)} where false"
    comment = "Rows that were refused: one row per refused row of the landing files."
    return View("quarantine", sql, comment, _QUARANTINE_COLUMNS)


def macros(feature_names: Sequence[str]) -> list[Macro]:
    """Return the macros of ``macros/*.sql``: a comment, then a CREATE MACRO statement.

    In a file, ``{cells}`` stands for one struct (feature, value, points) per feature, made of the
    columns of ``features`` and ``points``; ``{counts}`` for one struct (feature, bins) over grouped
    rows of ``points``, bins being the rows (key, value) of how many people earned which points.
    """
    written = {
        CELLS: _each(
            feature_names,
            "{{'feature': {text}, 'value': cast(features.{name} as double),"
            " 'points': points.{name}}}",
        ),
        COUNTS: _each(
            feature_names, "{{'feature': {text}, 'bins': map_entries(histogram(points.{name}))}}"
        ),
    }
    return [_macro(path, written) for path in sorted((HERE / "macros").glob("*.sql"))]


def _each(feature_names: Sequence[str], struct: str) -> str:
    return ",\n        ".join(
        struct.format(text=text_literal(name), name=identifier(name)) for name in feature_names
    )


def _macro(path: Path, written: Mapping[str, str]) -> Macro:
    opening, _, statement = path.read_text().partition("*/\n")
    comment = " ".join(opening.removeprefix("/*").split())
    for placeholder, sql in written.items():
        statement = statement.replace(placeholder, sql)
    return Macro(path.stem, statement, comment)


def _column(column: Column) -> str:
    return identifier(column.name)
