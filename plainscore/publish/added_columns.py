"""Columns that every view of the catalog gets that has what they are made of.

They are expressions over a view's own columns, and stand in no file. A condition on a date is one
on constants, so that ``where is_latest`` opens the files of one date, as the date itself would.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from plainscore.common.text import identifier
from plainscore.contracts.contract import Column

LABELLED = ("feature", "factor", "benefit", "attack")


class AddedColumns:
    """The columns to add; ``dates``: the published ones, oldest first."""

    def __init__(self, dates: Iterable[date]) -> None:
        published = sorted(set(dates))
        self._month_ends = [day for day in published if (day + timedelta(days=1)).day == 1]
        self._newest = published[-1]

    def of(self, columns: Sequence[Column]) -> list[tuple[Column, str]]:
        """Return (column, expression) of what is added beside ``columns``."""
        present = {(column.name, column.type) for column in columns}
        names = {column.name for column in columns}
        return [
            (column, sql)
            for needed, column, sql in self._rules()
            if needed <= present and column.name not in names
        ]

    def _rules(self) -> Iterator[tuple[set[tuple[str, str]], Column, str]]:
        """Yield (columns that must be there, column, expression)."""
        dated = {("as_of_date", "DATE")}
        month_ends = ", ".join(map(_day, self._month_ends))
        is_month_end = f"as_of_date in ({month_ends})" if month_ends else "false"
        newest = "Whether as_of_date is the newest published date."
        last = "Whether as_of_date is the last day of its month."
        first = "Whether the row is of the first scorecard."
        short = "The feature of the reason, and whether it is missing."
        yield dated, _flag("is_latest", newest), f"as_of_date = {_day(self._newest)}"
        yield dated, _flag("is_month_end", last), is_month_end
        yield {("scorecard_no", "INTEGER")}, _flag("is_champion", first), "scorecard_no = 1"
        for name in LABELLED:
            said = Column(f"{name}_label", "VARCHAR", f"The {name} as a chart shows it.")
            yield {(name, "VARCHAR")}, said, _label(name)
        yield (
            {("code", "VARCHAR"), ("reason", "VARCHAR"), ("is_missing", "BOOLEAN")},
            Column("reason_short", "VARCHAR", short),
            f"{_label('code')} || if(is_missing, ', not on record', '')",
        )


def _flag(name: str, doc: str) -> Column:
    return Column(name, "BOOLEAN", doc)


def _day(day: date) -> str:
    return f"date '{day}'"


def _label(name: str) -> str:
    quoted = identifier(name)
    return f"upper(left({quoted}, 1)) || replace(substr({quoted}, 2), '_', ' ')"
