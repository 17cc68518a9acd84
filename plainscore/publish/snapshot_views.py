"""The views over published files: each reads the pinned files of one table.

``<table>`` shows the newest known_on of every date and, where a scorecard decides the rows, the
champion's; ``<table>_all`` shows every scorecard, known_on and run.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from plainscore.common.text import identifier, text_literal
from plainscore.contracts.contract import Column
from plainscore.publish.check_results import CHECK_RESULT
from plainscore.publish.pinned_files import PinnedFiles
from plainscore.publish.published_runs import PublishedRuns
from plainscore.publish.run_view import RUN_COLUMN, run_view
from plainscore.publish.runs import Run
from plainscore.publish.view import View

_PARTITIONS = {"as_of_date": "date", "known_on": "date", "run": "varchar"}


def views_of_runs(
    published: PublishedRuns, shown: Sequence[Run], pinned: PinnedFiles
) -> list[View]:
    """Return the views of every published table, and ``run``."""
    made = _Views(
        published, published.contracts_of(shown), published.contracts_of(published.runs), pinned
    )
    views = [run_view(published, shown)]
    for table_name in published.contracts:
        if table_name == CHECK_RESULT.short_name:
            views.append(made.of_all(table_name, table_name))
            continue
        views.append(made.of_shown(table_name))
        if made.has_all(table_name):
            views.append(made.of_all(f"{table_name}_all", table_name))
    return views


@dataclass(frozen=True)
class _Views:
    """What the views are made of; the contracts are those of the shown and of all runs."""

    published: PublishedRuns
    shown_contracts: Sequence[str]
    all_contracts: Sequence[str]
    pinned: PinnedFiles

    def of_shown(self, table_name: str) -> View:
        columns = self.published.columns(table_name, self.shown_contracts)
        scope = "newest known_on of every date"
        condition = ""
        if self.has_all(table_name) and any(c.name == "scorecard_no" for c in columns):
            scope += ", champion scorecard"
            condition = " where scorecard_no = 1"
        sources = self._sources(table_name, self.shown_contracts, is_all=False)
        sql = " union all ".join(_select(columns, *source) + condition for source in sources)
        return View(table_name, sql, self._comment(table_name, scope), tuple(columns))

    def of_all(self, view_name: str, table_name: str) -> View:
        columns = [*self.published.columns(table_name, self.all_contracts), RUN_COLUMN]
        sources = self._sources(table_name, self.all_contracts, is_all=True)
        sql = " union all ".join(_select(columns, *source) for source in sources)
        comment = self._comment(table_name, "every scorecard, known_on and run")
        return View(view_name, sql, comment, tuple(columns))

    def has_all(self, table_name: str) -> bool:
        """Whether there is a second view: of what is said of people, one by one or together."""
        contract = self.published.contracts[table_name]
        return contract.get("is_audit", False) or any(
            column["name"] == "person_id" for column in contract["columns"]
        )

    def _sources(
        self, table_name: str, contracts: Sequence[str], *, is_all: bool
    ) -> list[tuple[Set[str], str]]:
        """Return (names of columns, list of the files that have them), one for each set."""
        return [
            (names, self.pinned.of_table(table_name, alike, is_all=is_all))
            for names, alike in self.published.groups_alike(table_name, contracts).items()
        ]

    def _comment(self, table_name: str, scope: str) -> str:
        contract = self.published.contracts[table_name]
        return f"{contract['title']}: {contract['grain']}; {scope}."


def _select(columns: Sequence[Column], present: Set[str], files: str) -> str:
    """Return the SELECT over files with the same columns; a column that they lack is empty."""
    names = {*present, RUN_COLUMN.name}
    cells = ", ".join(
        f"cast({identifier(c.name) if c.name in names else 'null'} as {c.type})"
        f" as {identifier(c.name)}"
        for c in columns
    )
    types = ", ".join(f"{text_literal(name)}: {kind}" for name, kind in _PARTITIONS.items())
    # The folder names tell dates and run, so that files of other dates are never opened.
    return (
        f"select {cells} from read_parquet({files}, "
        f"hive_partitioning = true, hive_types = {{{types}}})"
    )
