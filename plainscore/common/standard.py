"""The files of a method: SQL, scorecards, assertions, questions, pictures, laid over each other.

The standard method is in ``plainscore/standard/``: in the checkout links to the top-level folders,
in a wheel copies. A project lays its own folders over it; see plainscore.project.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from plainscore.common.errors import UsageError

STANDARD = Path(__file__).parents[1] / "standard"
STANDARD_CARDS = ("standard_3", "reported_b_3")
"""The scorecards of a run that names none, champion first."""
FOLDERS = ("transforms", "expectations", "queries", "dashboards")
# What decides a snapshot; the other folders are read by those who look.
_DECIDING = ("transforms", "expectations")
SUFFIXES = (".sql", ".toml", ".md", ".json", ".html", ".css", ".js", ".txt")


@dataclass(frozen=True)
class Method:
    """Folders with the same tree of files: of two files with one relative path the later wins.

    ``layers``: directories that hold any of FOLDERS, the standard method first. ``exclude``:
    patterns of paths that are left out, relative to a layer or to its transforms/. Pictures
    (dashboards/) are laid over the standard ones even where the rest starts from nothing.
    """

    layers: tuple[Path, ...] = (STANDARD,)
    exclude: tuple[str, ...] = ()

    def files(self, folder: str, *suffixes: str) -> dict[str, Path]:
        """Return path relative to ``folder`` -> file, in the order of these paths.

        ``suffixes``: such as ``.sql``; none: every file. Folders below are searched too.
        """
        found = {
            name: path
            for layer in self._layers_of(folder)
            for name, path in _files_below(layer / folder)
            if not suffixes or path.suffix in suffixes
            if not self.excludes(f"{folder}/{name}")
        }
        return {name: found[name] for name in sorted(found)}

    def file(self, name: str) -> Path:
        """Return one file by its path, such as ``transforms/glossary.toml``.

        Raises UsageError where no layer has it, or where it is excluded.
        """
        found = self.find(name)
        if found is None:
            raise UsageError(f"the project has no {name}: add it, or extend the standard method")
        return found

    def text(self, name: str) -> str:
        """Return the text of one file by its path; raises as `file` does."""
        return self.file(name).read_text(encoding="utf-8")

    def find(self, name: str) -> Path | None:
        """Return one file by its path, or None where no layer has it, or where it is excluded."""
        for layer in reversed(self._layers_of(name)):
            if (layer / name).is_file() and not self.excludes(name):
                return (layer / name).resolve()
        return None

    def _layers_of(self, name: str) -> tuple[Path, ...]:
        is_picture = name.partition("/")[0] == "dashboards"
        return (STANDARD, *self.layers) if is_picture else self.layers

    def excludes(self, name: str) -> bool:
        """Whether a path, such as ``transforms/features/shopping.sql``, is left out."""
        short = name.removeprefix("transforms/")
        return any(fnmatchcase(name, one) or fnmatchcase(short, one) for one in self.exclude)

    def hash(self) -> str:
        """Return SHA-256 (hex) over paths and bytes of everything that decides a snapshot."""
        digest = hashlib.sha256()
        for folder in _DECIDING:
            for name, path in self.files(folder, ".sql", ".toml").items():
                digest.update(f"{folder}/{name}\n".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield relative path and file of everything below a folder; hidden files are left out."""
    home = folder.resolve()
    for place, folders, names in os.walk(home):
        folders[:] = [one for one in folders if not one.startswith((".", "__"))]
        above = Path(place).relative_to(home).as_posix().removeprefix(".")
        for name in names:
            if not name.startswith("."):
                yield f"{above}/{name}".removeprefix("/"), Path(place, name)


STANDARD_METHOD = Method()


def standard_folder(name: str) -> Path:
    """Return a folder of the standard method, such as ``transforms`` or ``dashboards/report``."""
    return (STANDARD / name).resolve()
