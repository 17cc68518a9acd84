"""Documents about a snapshot, filled with its own figures: a model card and a datasheet.

Every query in a document becomes its rows, with the command that runs it again.
"""

import html
import re
from decimal import Decimal
from typing import Any, Literal

from plainscore.common.standard import STANDARD_METHOD
from plainscore.common.text import printable
from plainscore.show.figures import words_of_bad
from plainscore.show.reader import ResultTable, Snapshots, query

QUERY = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOTHING = "*No rows: this snapshot has nothing to show here.*"
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~])")


def escaped(text: str) -> str:
    """Return ``text`` as Markdown that shows it and has no other effect."""
    return _MARKS.sub(r"\\\1", html.escape(printable(text)))


def read_document(name: Literal["model-card", "datasheet"]) -> str:
    """Return a document with its queries."""
    return STANDARD_METHOD.text(f"dashboards/documents/{name.replace('-', '_')}.md")


def fill(document: str, snapshots: Snapshots) -> str:
    """Return a document in which each block of SQL is replaced by its rows as a Markdown table.

    Below each table is the command that runs its query; ``{bad}`` becomes the words of the outcome.
    Raises QuestionError where a query is wrong, or reads what is not published.
    """
    document = document.replace("{bad}", escaped(words_of_bad(snapshots.method)))
    return QUERY.sub(lambda found: _answered(found[1].strip(), snapshots), document)


def _answered(sql: str, snapshots: Snapshots) -> str:
    result = query(snapshots.con, sql)
    answered = markdown_table(ResultTable(result.columns, list(result.rows)))
    return f'{answered}\n\n```sh\nplainscore query "{sql}"\n```'


def markdown_table(table: ResultTable) -> str:
    """Return rows as a table of Markdown."""
    rows = list(table.rows)
    if not rows:
        return NOTHING
    lines = [
        [escaped(name.replace("_", " ")) for name in table.columns],
        [
            "---:" if all(isinstance(one, int | float | Decimal | None) for one in cells) else "---"
            for cells in zip(*rows, strict=True)
        ],
        *(map(_cell, row) for row in rows),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{float(value):.4g}"
    return escaped(str(value))
