"""The data dictionary: every table and column, as the contracts declare them, in Markdown."""

from collections.abc import Iterator

from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Check, Column, Table

SCHEMA_TITLES = {
    "events": "the event store: what the logs said, as accepted",
    "reference": "small tables made once, from the scorecards",
    "raw": "events that count at (as_of_date, known_on), cut at events_until",
    "staging": "the things that the events are about",
    "features": "what is measured of a person",
    "scores": "points, factors, scores, reasons",
    "audits": "what is counted about a snapshot as a whole",
    "statistics": "what is computed from those counts outside SQL",
    "published": "what a snapshot holds, and the views read",
    "changes": "why scores changed between two snapshots",
    "outcomes": "what became of the people of a snapshot, and what that says of the scorecards",
    "drift": "how far two snapshots have drifted",
}
HEAD = """# Tables

Every table and every column, from the contracts at the head of the SQL. This file is written by
`plainscore dictionary --write docs/reference/tables.md`: change the contracts, not this.

Columns are never empty unless the bounds say so. Data flows down this page: a table reads only from
tables above it.
"""


def dictionary(catalog: Catalog) -> str:
    """Return the whole dictionary as Markdown, schemas and tables in build order."""
    sections = [HEAD, *_contents(catalog)]
    for schema in catalog.schemas:
        tables = sorted(catalog.of_schema(schema), key=lambda table: table.name)
        if tables:
            sections.append(f"## {schema}: {SCHEMA_TITLES.get(schema, 'tables of this project')}\n")
            sections += [_table_section(table) for table in tables]
    return "\n".join(sections)


def _contents(catalog: Catalog) -> Iterator[str]:
    for schema in catalog.schemas:
        names = sorted(table.name for table in catalog.of_schema(schema))
        if names:
            links = ", ".join(f"[{n.partition('.')[2]}](#{n.replace('.', '')})" for n in names)
            yield f"- **{schema}**: {links}"
    yield ""


def _table_section(table: Table) -> str:
    lines = [
        f"### {table.name}\n",
        f"{table.title}: {table.grain}. Key: {', '.join(f'`{name}`' for name in table.key)}.",
    ]
    if table.inputs:
        lines.append(f"Reads {', '.join(f'`{name}`' for name in sorted(table.inputs))}.")
    lines += ["", "| column | type | unit | bounds | meaning |", "|---|---|---|---|---|"]
    lines += [_column_row(column) for column in table.columns]
    if table.checks:
        lines += ["", *(_check_line(check) for check in table.checks)]
    return "\n".join([*lines, ""])


def _column_row(column: Column) -> str:
    cells = (f"`{column.name}`", column.type, column.unit, _bounds(column), column.doc)
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _bounds(column: Column) -> str:
    said = []
    if column.among:
        said.append(f"one of {', '.join(column.among)}")
    if column.minimum is not None and column.maximum is not None:
        said.append(f"{column.minimum} to {column.maximum}")
    elif column.minimum is not None:
        said.append(f"from {column.minimum}")
    elif column.maximum is not None:
        said.append(f"up to {column.maximum}")
    if column.nullable:
        said.append("may be empty")
    return "; ".join(said)


def _check_line(check: Check) -> str:
    level = "stops the run" if check.level == "fail" else "warns"
    return f"- {check.name} (a breach {level})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
