"""What mapped cells and SQL expressions share: texts of numbers and times, and literals."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
ISO_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
ISO_TIME = ISO_DAY + r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?"


# The same mark as other programs write it: spaces that do not break a line, a curved apostrophe.
_GAPS = {" ": "[ \u00a0\u2007\u2009\u202f]", "'": "['\u2019]"}


class ExpressionRefused(ValueError):
    """The expression is no SQL over the cells of one row; the message says what is wrong."""


@dataclass(frozen=True)
class Marks:
    """The marks in the numbers of a text file."""

    decimal: str = "."
    thousands: str = ""

    def plain(self, text: str) -> str:
        """Return SQL: the number as the world writes it, or null where the text is none."""
        if self == Marks():
            return f"case when regexp_full_match(trim({text}), '{NUMBER}') then trim({text}) end"
        gap = _GAPS.get(self.thousands, re.escape(self.thousands))
        whole = f"([0-9]+|[0-9]{{1,3}}({gap}[0-9]{{3}})+)" if self.thousands else "[0-9]+"
        pattern = quoted(f"[+-]?{whole}({re.escape(self.decimal)}[0-9]*)?")
        bare = f"regexp_replace({text}, {quoted(gap)}, '', 'g')" if self.thousands else text
        number = f"replace({bare}, {quoted(self.decimal)}, '.')"
        return f"case when regexp_full_match(trim({text}), {pattern}) then trim({number}) end"


AS_THE_WORLD = Marks()


@lru_cache(maxsize=1)
def _scratch() -> "DuckDBPyConnection":
    import duckdb

    return duckdb.connect(config={"threads": 1})


def require_bound(sql: str) -> None:
    """Raise ExpressionRefused where DuckDB refuses an expression for what is written in it."""
    import duckdb

    try:
        with _scratch().cursor() as scratch:
            scratch.execute(f"select {sql}")
    except duckdb.Error as error:
        raise ExpressionRefused(str(error).partition("\n")[0].partition(": ")[2]) from None


def time_zones() -> list[str]:
    """Return the names of all time zones that DuckDB knows."""
    rows = _scratch().cursor().execute("select name from pg_timezone_names() order by name")
    return [name for (name,) in rows.fetchall()]


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    if "\0" in text:
        raise ExpressionRefused("holds a NUL character")
    return "'" + text.replace("'", "''") + "'"


def time_text(sql: str) -> str:
    """Return SQL for a time as a text in ISO 8601, a date where it is midnight."""
    return f"regexp_replace(cast({sql} as varchar), ' 00:00:00$', '')"
