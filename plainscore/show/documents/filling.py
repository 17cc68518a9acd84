"""Fill a document: every query in it becomes its answer, with the command that asks it again."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from plainscore.common.standard import standard_folder
from plainscore.show.markdown import escaped
from plainscore.show.questions import ask
from plainscore.show.snapshots import Snapshots

QUERY = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = standard_folder("dashboards/documents")
NOTHING = "*No rows: this snapshot has nothing to show here.*"


def read_document(name: Literal["model-card", "datasheet"]) -> str:
    """Return a document as it is before its queries are asked."""
    return (HERE / f"{name.replace('-', '_')}.md").read_text(encoding="utf-8")


def fill(document: str, snapshots: Snapshots) -> str:
    """Return a document in which each block of SQL is replaced by its rows as a Markdown table.

    Beneath each table stands the command that asks for it again. Raises QuestionError where a
    query is wrong, or asks for what is not published.
    """
    return QUERY.sub(lambda found: _answered(found[1].strip(), snapshots), document)


def _answered(sql: str, snapshots: Snapshots) -> str:
    answer = ask(snapshots.con, sql)
    return f'{_table(answer.columns, list(answer.rows))}\n\n```sh\nplainscore query "{sql}"\n```'


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return NOTHING
    numeric = [
        all(isinstance(row[place], int | float | Decimal | None) for row in rows)
        for place in range(len(columns))
    ]
    lines = [
        [escaped(name.replace("_", " ")) for name in columns],
        ["---:" if is_number else "---" for is_number in numeric],
        *([_cell(value) for value in row] for row in rows),
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
