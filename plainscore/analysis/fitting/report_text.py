"""The report of a fit as Markdown."""

from collections.abc import Iterator

from plainscore.analysis.fitting.study import Study, Table


def markdown(study: Study) -> str:
    """Return the report, table by table."""
    parts = [f"# {study.card.name}", study.summary]
    parts += ["\n".join(_table(table)) for table in study.tables]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> Iterator[str]:
    yield from (f"## {table.title}", "")
    yield _line(table.columns)
    yield _line(["---"] * len(table.columns))
    for row in table.rows:
        yield _line(["" if cell is None else str(cell) for cell in row])


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
