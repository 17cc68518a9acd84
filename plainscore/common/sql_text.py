"""Write values into SQL where SQL takes no parameters: in views, COPY and comments."""

from collections.abc import Iterable
from pathlib import Path

_GLOB_SIGNS = "[*?"


def text_literal(text: str) -> str:
    """Return a VARCHAR literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a quoted name of a table or column."""
    return '"' + name.replace('"', '""') + '"'


def file_literal(path: Path) -> str:
    """Return a literal that names exactly this file, to be written."""
    return text_literal(str(path))


def parquet_list(paths: Iterable[Path]) -> str:
    """Return the list of files that read_parquet reads; signs of a glob stand for themselves."""
    return f"[{', '.join(text_literal(unglobbed(str(path))) for path in paths)}]"


def unglobbed(path: str) -> str:
    """Return a path in which signs of a glob stand for themselves."""
    return "".join(f"[{sign}]" if sign in _GLOB_SIGNS else sign for sign in path)
