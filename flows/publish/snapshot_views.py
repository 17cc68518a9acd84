"""The views over published files: each reads a pinned list of files of one table.

``<table>`` shows the newest known_on of every date and, where a scorecard decides the rows, the
champion's; ``<table>_all`` shows every scorecard, known_on and run.
"""

from collections.abc import Sequence, Set

from flows.publish.check_results import CHECK_RESULT
from flows.publish.published_runs import PublishedRuns
from flows.publish.run_view import RUN_COLUMN, run_view
from flows.publish.runs import Run, shown_runs
from flows.publish.sql_text import identifier, parquet_list, text_literal
from flows.publish.staging import table_file
from flows.publish.view import View
from transforms.contract import Column

_PARTITIONS = {"as_of_date": "date", "known_on": "date", "run": "varchar"}


def views_of_runs(published: PublishedRuns) -> list[View]:
    """Return the views of every published table, and ``run``."""
    shown = shown_runs(list(published.runs))
    views = [run_view(published, shown)]
    for table_name in published.contracts:
        if table_name == CHECK_RESULT.short_name:
            views.append(_view_of_all(table_name, table_name, published))
            continue
        views.append(_view_of_shown(table_name, published, shown))
        if _is_of_people(published, table_name):
            views.append(_view_of_all(f"{table_name}_all", table_name, published))
    return views


def _view_of_shown(table_name: str, published: PublishedRuns, shown: Sequence[Run]) -> View:
    columns = published.columns(table_name, shown)
    scope = "newest known_on of every date"
    condition = ""
    if _is_of_people(published, table_name) and any(c.name == "scorecard_no" for c in columns):
        scope += ", champion scorecard"
        condition = " where scorecard_no = 1"
    sql = _select(columns, table_name, published, shown, condition)
    return View(table_name, sql, _comment(published, table_name, scope), tuple(columns))


def _view_of_all(view_name: str, table_name: str, published: PublishedRuns) -> View:
    columns = [*published.columns(table_name, published.runs), RUN_COLUMN]
    sql = _select(columns, table_name, published, published.runs)
    comment = _comment(published, table_name, "every scorecard, known_on and run")
    return View(view_name, sql, comment, tuple(columns))


def _is_of_people(published: PublishedRuns, table_name: str) -> bool:
    contract = published.contracts[table_name]
    return any(column["name"] == "person_id" for column in contract["columns"])


def _comment(published: PublishedRuns, table_name: str, scope: str) -> str:
    contract = published.contracts[table_name]
    return f"{contract['title']}: {contract['grain']}; {scope}."


def _select(
    columns: Sequence[Column],
    table_name: str,
    published: PublishedRuns,
    runs: Sequence[Run],
    condition: str = "",
) -> str:
    """Return the SELECT over the files of a table, one part per set of columns that they have."""
    return " union all ".join(
        _select_alike(columns, {*names, RUN_COLUMN.name}, table_name, alike) + condition
        for names, alike in published.groups_alike(table_name, runs).items()
    )


def _select_alike(
    columns: Sequence[Column], present: Set[str], table_name: str, runs: Sequence[Run]
) -> str:
    """Return the SELECT over files with the same columns; a column that they lack is empty."""
    cells = ", ".join(
        f"cast({identifier(c.name) if c.name in present else 'null'} as {c.type})"
        f" as {identifier(c.name)}"
        for c in columns
    )
    files = parquet_list(table_file(run.folder, table_name) for run in runs)
    types = ", ".join(f"{text_literal(name)}: {kind}" for name, kind in _PARTITIONS.items())
    # The folder names tell dates and run, so that files of other dates are never opened.
    return (
        f"select {cells} from read_parquet({files}, "
        f"hive_partitioning = true, hive_types = {{{types}}})"
    )
