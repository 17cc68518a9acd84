"""Text for SQL and for terminals: literals, identifiers, paths, and only printable characters."""

from collections.abc import Iterable
from pathlib import Path

_GLOB_CHARACTERS = "[*?"


def text_literal(text: str) -> str:
    """Return a VARCHAR literal, for SQL that takes no parameters: views, COPY, comments."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the quoted name of a table or column."""
    return '"' + name.replace('"', '""') + '"'


def file_literal(path: Path) -> str:
    """Return a literal for a file that DuckDB writes or attaches: no globbing there."""
    return text_literal(str(path))


def parquet_list(paths: Iterable[Path | str]) -> str:
    """Return the list of files for read_parquet; every path names exactly one file."""
    return f"[{', '.join(text_literal(escape_glob(str(path))) for path in paths)}]"


def read_parquet(paths: Iterable[Path | str]) -> str:
    """Return the SQL that reads exactly these files, without columns from folder names."""
    return f"read_parquet({parquet_list(paths)}, hive_partitioning = false)"


def escape_glob(path: str) -> str:
    """Return a path for DuckDB's readers, in which ``[``, ``*`` and ``?`` are ordinary."""
    return "".join(f"[{sign}]" if sign in _GLOB_CHARACTERS else sign for sign in path)


def printable(text: str, keep: str = "") -> str:
    """Replace control, direction and other invisible characters, except those in ``keep``.

    Logs hold any text; none of it may move the cursor of a terminal.
    """
    return "".join(
        one if one.isprintable() or one in keep else "\N{REPLACEMENT CHARACTER}" for one in text
    )
