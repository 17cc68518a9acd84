"""The engine that browsers run: files out of npm packages of exact versions and known digests.

`python -m plainscore.show.site.engine FOLDER` brings them into a folder, for sites made offline.
"""

import argparse
import hashlib
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from plainscore.common.standard import standard_folder
from plainscore.show.errors import EngineMissingError

NPM = "npm"
_LONGEST_WORD = 300


@dataclass(frozen=True)
class Package:
    """One package: ``files`` are paths within it and their SHA-256 digests."""

    name: str
    version: str
    licence: str
    files: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@cache
def packages() -> tuple[Package, ...]:
    """Return the packages that the engine is taken from."""
    declared = tomllib.loads(
        (standard_folder("dashboards/site") / "engine.toml").read_text(encoding="utf-8")
    )
    return tuple(Package(**one) for one in declared["package"])


def is_engine(folder: Path) -> bool:
    """Return whether a folder holds every file of the engine, each as it was published."""
    return not _wrong_files(folder)


def bring_engine(folder: Path) -> None:
    """Fetch the engine's files into a folder, with npm, where they are not there already.

    Nothing of a package is run. Raises EngineMissingError, saying what to install or to do, where
    there is no npm, it cannot fetch, or what came is not what was expected.
    """
    if is_engine(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages():
        _bring(package, folder)
    if wrong := _wrong_files(folder):
        raise EngineMissingError(
            f"{folder / wrong[0]} is not the file that this version of plainscore knows: "
            "remove it and run again"
        )


def copy_engine(source: Path, target: Path) -> None:
    """Copy the engine's files, and nothing else of their folder, into a new folder."""
    target.mkdir(parents=True)
    for package in packages():
        for path in package.files:
            shutil.copyfile(source / _name(path), target / _name(path))


def _wrong_files(folder: Path) -> list[str]:
    return [
        _name(path)
        for package in packages()
        for path, digest in package.files.items()
        if _sha256(folder / _name(path)) != digest
    ]


def _name(path: str) -> str:
    return PurePosixPath(path).name


def _sha256(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _bring(package: Package, folder: Path) -> None:
    with TemporaryDirectory() as away:
        _run_npm(package, away)
        [archive] = Path(away).glob("*.tgz")
        with tarfile.open(archive) as opened:
            for path in package.files:
                source = opened.extractfile(f"package/{path}")
                assert source is not None, f"{package} holds {path}"
                with source, (folder / _name(path)).open("wb") as target:
                    shutil.copyfileobj(source, target)


def _run_npm(package: Package, away: str) -> None:
    told = (
        f"the site's engine is {', '.join(map(str, packages()))}, fetched with npm when a site is "
        "made: "
    )
    if shutil.which(NPM) is None:
        raise EngineMissingError(
            f"{told}install npm (Debian: apt-get install npm), or give --engine FOLDER with its "
            "files"
        )
    command = [NPM, "pack", "--ignore-scripts", "--silent", str(package)]
    done = subprocess.run(command, cwd=away, capture_output=True, text=True, check=False)
    if done.returncode:
        why = " ".join(done.stderr.split())[:_LONGEST_WORD] or f"exit code {done.returncode}"
        raise EngineMissingError(
            f"{told}`{' '.join(command)}` failed ({why}): reach npm's registry, or give "
            "--engine FOLDER with its files"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    bring_engine(folder)
    print(folder)


if __name__ == "__main__":
    main()
