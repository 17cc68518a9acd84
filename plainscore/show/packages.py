"""Files that browsers run, taken out of npm packages of exact versions and known digests.

``python -m plainscore.show.packages`` fetches those that draw charts to where pages look for them;
with two arguments, those of a declaration into a folder.
"""

import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plainscore.common.errors import PackageMissingError
from plainscore.common.files import file_sha256
from plainscore.common.standard import STANDARD_METHOD, standard_folder

NPM = "npm"
CHARTS = "report/charts.toml"
_LONGEST_REASON = 300


@cache
def packages(declaration: Path) -> list[dict[str, Any]]:
    """Return the packages that a TOML file declares: name, version, licence, files.

    ``files``: path within the package -> SHA-256 digest.
    """
    return list(tomllib.loads(declaration.read_text(encoding="utf-8"))["package"])


def wrong_files(declaration: Path, folder: Path) -> list[Path]:
    """Return the declared files that a folder lacks, or that are not as published."""
    declared = [one["files"] for one in packages(declaration)]
    files = {folder / Path(path).name: digest for one in declared for path, digest in one.items()}
    return [one for one, d in files.items() if not one.is_file() or file_sha256(one) != d]


def fetch(declaration: Path, folder: Path, instead: str = "") -> None:
    """Fetch the declared files into a folder, with npm, unless they are there already.

    Nothing of a package is run. ``instead``: what else the reader can do. Raises
    PackageMissingError, which says what to install or to do, where npm is missing or fails, or a
    file is not the expected one.
    """
    declared = packages(declaration)
    for package in declared if wrong_files(declaration, folder) else ():
        with TemporaryDirectory() as away:
            _run_npm(package, declared, away, instead)
            [archive] = Path(away).glob("*.tgz")
            with tarfile.open(archive) as opened:
                for path in package["files"]:
                    source = opened.extractfile(f"package/{path}")
                    assert source is not None, f"{package['name']} holds {path}"
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / Path(path).name).write_bytes(source.read())
    if wrong := wrong_files(declaration, folder):
        raise PackageMissingError(
            f"{wrong[0]} is not the file that this version of plainscore knows: "
            "remove it and run again"
        )


def _run_npm(package: Any, declared: Sequence[Any], away: str, instead: str) -> None:
    names = ["{name}@{version}".format(**one) for one in (package, *declared)]
    needed = f"browsers need {', '.join(names[1:])}, fetched with npm: "
    if shutil.which(NPM) is None:
        raise PackageMissingError(f"{needed}install npm (Debian: apt-get install npm){instead}")
    command = [NPM, "pack", "--ignore-scripts", "--silent", names[0]]
    done = subprocess.run(command, cwd=away, capture_output=True, text=True, check=False)
    if done.returncode:
        why = " ".join(done.stderr.split())[:_LONGEST_REASON] or f"exit code {done.returncode}"
        raise PackageMissingError(
            f"{needed}`{' '.join(command)}` failed ({why}): reach npm's registry{instead}"
        )


def chart_scripts() -> str | None:
    """Return what pages draw charts with, as one script; None where it was not fetched."""
    declaration, folder = STANDARD_METHOD.file(f"dashboards/{CHARTS}"), charts_folder()
    if wrong_files(declaration, folder):
        return None
    files = [folder / Path(path).name for one in packages(declaration) for path in one["files"]]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def charts_folder() -> Path:
    """Return where the packages that draw charts are kept: next to the standard figures."""
    return standard_folder("dashboards") / "packages"


def main(words: Sequence[str]) -> int:
    """Fetch packages, and print where they are; return the exit code."""
    charts = STANDARD_METHOD.file(f"dashboards/{CHARTS}"), charts_folder()
    declaration, folder = map(Path, words or charts)
    try:
        fetch(declaration, folder)
    except PackageMissingError as error:
        print(f"plainscore: {error}", file=sys.stderr)
        return PackageMissingError.exit_code
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
