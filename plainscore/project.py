"""A project: a directory with ``plainscore.toml`` whose folders are laid over the standard method.

A file with the same relative path replaces the standard's, another adds, ``exclude`` takes away.
``extends = "none"`` starts from nothing. Without ``plainscore.toml`` the standard method runs.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from plainscore.common.errors import UsageError
from plainscore.common.standard import FOLDERS, STANDARD, STANDARD_METHOD, SUFFIXES, Method
from plainscore.common.toml import read_toml

FILE_NAME = "plainscore.toml"
Extends = Literal["standard", "none"]
Origin = Literal["standard", "replaced", "added", "excluded"]


@dataclass(frozen=True)
class Project:
    """``root``: the directory of ``plainscore.toml``, or None; the other two are its settings."""

    root: Path | None = None
    extends: Extends = "standard"
    exclude: tuple[str, ...] = ()

    @cached_property
    def method(self) -> Method:
        """The files that this project resolves to.

        Raises UsageError where ``exclude`` names a file that there is not, or an empty project
        extends nothing.
        """
        below = STANDARD_METHOD.layers if self.extends == "standard" else ()
        own = (self.root,) if self.root is not None else ()
        self._refuse_idle_patterns(Method((*below, *own)))
        return Method((*below, *own), self.exclude)

    @cached_property
    def origins(self) -> dict[str, Origin]:
        """Path -> where its file comes from, for every file that the project has or excludes."""
        kept = _paths(self.method)
        everything = _paths(Method(self.method.layers))
        return {name: self._origin(name, name in kept) for name in sorted(everything)}

    def _origin(self, name: str, is_kept: bool) -> Origin:
        if not is_kept:
            return "excluded"
        own, standard = (self.root or STANDARD) / name, STANDARD / name
        if not standard.is_file():
            return "added"
        # A copy of a standard file changes nothing, until it is edited.
        is_changed = own.is_file() and own.read_bytes() != standard.read_bytes()
        return "replaced" if is_changed else "standard"

    def as_json(self) -> dict[str, Any]:
        """Return what a manifest says of the project: no path of a machine, files by origin."""
        changed = {
            origin: [name for name, one in self.origins.items() if one == origin]
            for origin in ("replaced", "added", "excluded")
        }
        return {"extends": self.extends, "method_hash": self.method.hash(), **changed}

    def _refuse_idle_patterns(self, whole: Method) -> None:
        names = sorted(_paths(whole)) if self.exclude else []
        # Earlier versions had a file for the raw view of each log, which goes with the log.
        names += [
            one.replace("logs/", "raw/").replace(".toml", ".sql")
            for one in names
            if "/logs/" in one
        ]
        for pattern in self.exclude:
            if not any(Method((), (pattern,)).excludes(name) for name in names):
                near = get_close_matches(
                    pattern, [n.removeprefix("transforms/") for n in names], n=1
                )
                hint = f"; did you mean {near[0]}?" if near else ""
                raise UsageError(f"exclude: there is no {pattern} to leave out{hint}")


def settings_file(data_dir: Path) -> Path | None:
    """Return the settings file in force for ``data_dir``, or None."""
    for folder in (Path(), data_dir):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def read_project(data_dir: Path) -> Project:
    """Return the project that is in force for ``data_dir``.

    Raises UsageError where ``extends`` or ``exclude`` in its file is not as documented.
    """
    file = settings_file(data_dir)
    if file is None:
        return Project()
    content = read_toml(file).values
    extends, exclude = content.get("extends", "standard"), content.get("exclude", [])
    if extends not in ("standard", "none"):
        raise UsageError(f'{file}: extends: write "standard" or "none"')
    if not isinstance(exclude, list) or not all(isinstance(one, str) for one in exclude):
        raise UsageError(f"{file}: exclude: write a list of paths")
    return Project(file.parent.resolve(), extends, tuple(exclude))


def _paths(method: Method) -> frozenset[str]:
    return frozenset(
        f"{folder}/{name}" for folder in FOLDERS for name in method.files(folder, *SUFFIXES)
    )
