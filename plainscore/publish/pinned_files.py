"""The files that a catalog's views read: every run's folder is written once, in a macro.

A view that named its files itself would hold one path for every run, and there are two views of
every table: opening the catalog and publishing into it would grow with runs times views. So the
runs stand in one text for each kind of run, and a view reads ``pinned_files_1('score')``. Only
functions that DuckDB has had since 1.1 make the list, and it is folded when a query is planned,
so that files of other dates are still never opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plainscore.common.text import escape_glob, text_literal
from plainscore.publish.published_runs import PublishedRuns
from plainscore.publish.runs import SNAPSHOTS, Run
from plainscore.publish.view import FilesMacro

# No resolved path has two slashes in a row, so this parts paths whatever characters they have.
_SEPARATOR = "//\n"


@dataclass(frozen=True)
class PinnedFiles:
    """Scalar macros, each of which gives the files of a table in some of the runs.

    ``shown`` and ``others``: for each set of contracts, the macro of the runs that the plain
    views show, and of the rest; a set that has none of them is left out.
    """

    macros: tuple[FilesMacro, ...]
    shown: dict[str, str]
    others: dict[str, str]

    def of_table(self, table_name: str, contracts: Sequence[str], *, is_all: bool) -> str:
        """Return the SQL of a list of a table's files, or "" where there are none."""
        kinds = (self.shown, self.others) if is_all else (self.shown,)
        names = [kind[one] for one in contracts for kind in kinds if one in kind]
        lists = [f"{name}({text_literal(table_name)})" for name in names]
        if len(lists) < 2:
            return "".join(lists)
        return f"flatten([{', '.join(lists)}])"


def pin_files(home: Path, published: PublishedRuns, shown: Sequence[Run]) -> PinnedFiles:
    """Return the macros for the runs of a data directory; ``shown``: by the plain views."""
    is_shown = set(shown)
    macros: list[FilesMacro] = []
    pinned: tuple[dict[str, str], dict[str, str]] = {}, {}
    for number, (contracts, runs) in enumerate(published.by_contracts().items(), start=1):
        split = [r for r in runs if r in is_shown], [r for r in runs if r not in is_shown]
        kinds = ("pinned_files", "superseded_files")
        for name, some, of_kind in zip(kinds, split, pinned, strict=True):
            if some:
                of_kind[contracts] = f"{name}_{number}"
                macros.append(_macro(f"{name}_{number}", home, some))
    return PinnedFiles(tuple(macros), *pinned)


def _macro(name: str, home: Path, runs: Sequence[Run]) -> FilesMacro:
    comment = f"The files of a table in {len(runs)} runs. Example: select {name}('score')"
    return FilesMacro(name, _sql(name, home, runs), comment, _sql(name, home, runs[:1]))


def _sql(name: str, home: Path, runs: Sequence[Run]) -> str:
    folders = text_literal("\n".join(run.relative_folder for run in runs))
    start = text_literal(escape_glob(f"{home / SNAPSHOTS}/"))
    end = "('/' || of_table || '/' || of_table || '.parquet')"
    separator = text_literal(_SEPARATOR)
    return (
        f"create or replace macro {name}(of_table) as string_split("
        f"{start} || replace({folders}, chr(10), {end} || {separator} || {start}) || {end}, "
        f"{separator})"
    )
