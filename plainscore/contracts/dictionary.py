"""The data dictionary: every table and column, as the contracts declare them, in Markdown."""

from collections.abc import Iterable

from plainscore.contracts.catalog import Catalog
from plainscore.contracts.contract import Column, Table

SCHEMA_TITLES = {
    "events": "the event store: what the logs said, as accepted",
    "reference": "small tables made once, from the scorecards",
    "raw": "events that count at (as_of_date, known_on), cut at events_until",
    "staging": "the things that the events are about",
    "features": "what is measured of a person",
    "scores": "points, factors, scores, reasons",
    "audits": "what is counted about a snapshot as a whole",
    "statistics": "what is said beside those counts; most of it is computed outside SQL",
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
    contents, sections = [], []
    for schema in catalog.schemas:
        tables = sorted(catalog.of_schema(schema), key=lambda table: table.name)
        if tables:
            links = [f"[{one.short_name}](#{one.name.replace('.', '')})" for one in tables]
            contents.append(f"- **{schema}**: {', '.join(links)}")
            title = SCHEMA_TITLES.get(schema, "tables of this project")
            sections += [f"## {schema}: {title}\n", *map(_table_section, tables)]
    return "\n".join([HEAD, *contents, "", *sections])


def _table_section(table: Table) -> str:
    lines = [f"### {table.name}\n", f"{table.title}: {table.grain}. Key: {_quoted(table.key)}."]
    if table.inputs:
        lines.append(f"Reads {_quoted(sorted(table.inputs))}.")
    lines += ["", "| column | type | unit | bounds | meaning |", "|---|---|---|---|---|"]
    for column in table.columns:
        cells = (f"`{column.name}`", column.type, column.unit, _bounds(column), column.doc)
        escaped = (cell.replace("|", "\\|") for cell in cells)
        lines.append(f"| {' | '.join(escaped)} |")
    levels = {"fail": "stops the run", "warn": "warns"}
    checks = [f"- {check.name} (a breach {levels[check.level]})" for check in table.checks]
    return "\n".join([*lines, *(["", *checks] if checks else []), ""])


def _bounds(column: Column) -> str:
    low, high = column.minimum, column.maximum
    said = {
        f"one of {', '.join(column.among)}": bool(column.among),
        f"{low} to {high}": low is not None and high is not None,
        f"from {low}": low is not None and high is None,
        f"up to {high}": low is None and high is not None,
        "may be empty": column.nullable,
    }
    return "; ".join(text for text, is_so in said.items() if is_so)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
