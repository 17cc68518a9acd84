"""plainscore: event logs in; dated, validated, fully explained score snapshots out.

>>> published = plainscore.open("data")
>>> published.query("select band, count(*) as people from score group by band")
"""

import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plainscore.project import Project

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Project", "Published", "__version__", "open"]


__version__ = version("plainscore")


def open(data: "str | os.PathLike[str]" = "data") -> "Published":
    """Return what is published in a data directory; raises PlainscoreError where nothing is."""
    from plainscore.show.reader import open_snapshots

    with open_snapshots(Path(data)):
        return Published(Path(data))


class Published:
    """The published snapshots of a data directory, read-only and as they are at each call.

    Every method raises PlainscoreError (``exit_code`` 5, or 2 for a wrong question) where the date,
    the person or a file is missing, or the SQL cannot be run.
    """

    def __init__(self, data: Path) -> None:
        """Use ``open``."""
        self.data = data

    def scores(self, as_of: str = "latest") -> "pl.DataFrame":
        """Return the view ``score`` of a published date, month or the latest: one row a person."""
        from plainscore.show.reader import open_snapshots

        with open_snapshots(self.data) as snapshots:
            day = snapshots.day(as_of)
        return self.query(f"from score where as_of_date = date '{day}' order by person_id")

    def explain(self, person: str, as_of: str = "latest") -> dict[str, Any]:
        """Return one person's score, point by point, as ``explain --format json`` prints it."""
        from plainscore.show.person import explain
        from plainscore.show.reader import open_snapshots

        with open_snapshots(self.data) as snapshots:
            return explain(snapshots, person, snapshots.day(as_of)).as_json()

    def report(self, as_of: str = "latest") -> str:
        """Return the report of a published date, month or the latest: a whole HTML page."""
        from plainscore.show.report import configured_catalog, make_report

        return make_report(self.data, as_of, configured_catalog(self.data))

    def query(self, sql: str) -> "pl.DataFrame":
        """Return the answer of one SQL statement over the published views."""
        import polars as pl

        from plainscore.show.reader import open_snapshots, query

        with open_snapshots(self.data) as snapshots:
            answer = query(snapshots.con, sql)
            rows, columns = list(answer.rows), list(answer.columns)
        return pl.DataFrame(rows, columns, orient="row", infer_schema_length=None)
