"""The files that the house rules are about."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    "plainscore", "data", "transforms", "expectations", "flows", "dashboards", "queries",
    "benchmarks", "tests",
)  # fmt: skip
LANDED = frozenset({"landing", "events", "snapshots", "reports"})
TEXT_SUFFIXES = frozenset(
    {".py", ".sql", ".toml", ".md", ".json", ".csv", ".html", ".css", ".js", ".yaml", ".yml"}
)


def modules() -> list[Path]:
    """Return every Python file of the rooms and tests."""
    return _files((".py",))


def sql_files() -> list[Path]:
    """Return every SQL file of the rooms."""
    return _files((".sql",))


def texts() -> list[Path]:
    """Return every text file of the project, those at its root and in docs/ included."""
    at_root = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT_SUFFIXES]
    other = [ROOT / name for name in ("Makefile", ".gitignore", ".ci/run", ".ci/spark")]
    beside = [
        path
        for folder in ("docs", "examples")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in TEXT_SUFFIXES and not _is_landed(path)
    ]
    return [*_files(tuple(TEXT_SUFFIXES)), *at_root, *other, *beside]


def name_of(path: Path) -> str:
    """Return a path as the project knows it."""
    return path.relative_to(ROOT).as_posix()


def _files(suffixes: tuple[str, ...]) -> list[Path]:
    return sorted(
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.suffix in suffixes and not _is_landed(path)
    )


def _is_landed(path: Path) -> bool:
    """Whether a file was fetched, or left in data/ by a run: no file of the project."""
    parts = path.relative_to(ROOT).parts
    if parts[:2] == ("dashboards", "packages"):
        return True
    if parts[0] == "examples":
        return "data" in parts
    return parts[0] == "data" and parts[1] in LANDED
