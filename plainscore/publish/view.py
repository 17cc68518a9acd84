"""What the catalog is made of."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from plainscore.common.text import text_literal
from plainscore.contracts.contract import Column

_ORIGIN_COLUMNS = (
    Column("data_directory", "VARCHAR", "The directory whose files the views read."),
    Column("fingerprint", "VARCHAR", "Hash of all views and macros: equal means nothing changed."),
)


@dataclass(frozen=True)
class View:
    """A view: its SELECT, what it is, and what its columns are, in the SELECT's order."""

    name: str
    sql: str
    comment: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Macro:
    """A table macro: its CREATE statement, and what it answers."""

    name: str
    sql: str
    comment: str


@dataclass(frozen=True)
class FilesMacro(Macro):
    """A scalar macro that gives files: ``sql`` gives them all, ``first_sql`` only the first.

    What is made over it reads one file, for its columns, but looks at every path that it is given.
    """

    first_sql: str


@dataclass(frozen=True)
class CatalogContents:
    """Everything that is in the catalog of one data directory.

    ``pinned``: the macros that give the views their files, made before them.
    """

    data_dir: Path
    pinned: tuple[FilesMacro, ...]
    views: tuple[View, ...]
    macros: tuple[Macro, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of all views and macros."""
        text = repr((self.pinned, self.views, self.macros))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def origin(self) -> View:
        """The view that tells what the catalog was made from."""
        sql = (
            f"select {text_literal(str(self.data_dir))} as data_directory, "
            f"{text_literal(self.fingerprint)} as fingerprint"
        )
        return View("catalog_origin", sql, "What this catalog was made from.", _ORIGIN_COLUMNS)
