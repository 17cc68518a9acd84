"""The wheel has one top-level package, and holds every file that the code reads."""

import ast
import re
import subprocess
import sys
import zipfile

import pytest

from tests.style.files import ROOT, name_of

METHOD = ("transforms", "expectations", "queries", "dashboards")
NOT_SHIPPED = ("__pycache__", "README.md", ".sqlfluffignore")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Paths in a wheel that is built of tracked and fetched files alone, without a network."""
    home = tmp_path_factory.mktemp("wheel")
    source, wheels = home / "source", home / "wheels"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    fetched = [name_of(path) for path in (ROOT / "dashboards/packages").glob("*.js")]
    for name in filter(None, [*listed.stdout.split("\0"), *fetched]):
        if not name.startswith(("tests/", "data/sample/")) and (ROOT / name).exists():
            copy = source / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_symlink():
                copy.symlink_to((ROOT / name).readlink())
            else:
                copy.write_bytes((ROOT / name).read_bytes())
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    wheels.mkdir()
    subprocess.run(
        [sys.executable, "-c", build, str(wheels)], cwd=source, check=True, capture_output=True
    )
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_the_wheel_has_one_top_level_package(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"plainscore"}


@pytest.mark.parametrize("folder", METHOD)
def test_every_file_of_the_method_is_in_the_wheel(folder: str, names: set[str]) -> None:
    expected = {
        f"plainscore/standard/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not set(path.parts) & set(NOT_SHIPPED)
    }
    assert expected
    assert expected - names == set()


@pytest.mark.parametrize("module", ["plainscore", "flows", "data/synthetic"])
def test_every_file_of_a_package_is_in_the_wheel(module: str, names: set[str]) -> None:
    home = {"flows": "plainscore/flows", "data/synthetic": "plainscore/synthetic"}.get(
        module, module
    )
    expected = {
        f"{home}/{path.relative_to(ROOT / module).as_posix()}"
        for path in (ROOT / module).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected
    assert expected - names == set()


def test_no_code_climbs_out_of_the_package() -> None:
    """Of an installed wheel there is nothing there."""
    climbing = re.compile(r"parents\[|\.parent\.parent")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in [*(ROOT / "plainscore").rglob("*.py"), *(ROOT / "flows").rglob("*.py")]
        if "__file__" in (text := path.read_text(encoding="utf-8")) and climbing.search(text)
    }
    assert found == {"plainscore/common/standard.py"}


def test_nothing_imports_by_the_name_of_a_top_level_folder() -> None:
    """The environment of a user may have packages of these names."""
    folders = {"data", "transforms", "expectations", "flows", "dashboards", "queries"}
    roots = ("plainscore", "flows", "data/synthetic", "tests", "benchmarks", "examples")
    found = {
        path.relative_to(ROOT).as_posix()
        for root in roots
        for path in (ROOT / root).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
        if name.partition(".")[0] in folders
    }
    assert found == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
