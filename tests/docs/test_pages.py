"""What the pages show is so: commands, answers, paths, links, names."""

import re
import subprocess
from pathlib import Path

import duckdb
import pytest

from plainscore.cli.app import COMMANDS, app
from tests.docs.conftest import run
from tests.docs.pages import (
    CHECKOUT,
    COMMAND,
    Shown,
    anchors,
    blocks,
    commands,
    inline_code,
    links,
    sessions,
    table_rows,
    words,
)

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "examples/README.md",
    "queries/README.md",
    *sorted(page.relative_to(CHECKOUT).as_posix() for page in CHECKOUT.glob("docs/**/*.md")),
)
# A changelog names what is gone, the dictionary no files of the checkout.
OF_TODAY = tuple(page for page in PAGES if page not in ("CHANGELOG.md", "docs/reference/tables.md"))
# Documents of a snapshot: their queries go over several lines, and other tests run them.
FILLED = ("docs/explanation/datasheet.md", "docs/explanation/model_card.md")
WITH_ANSWERS = ("README.md", "docs/tutorial/first-score.md", "docs/explanation/audits/gaps.md")
VIEWS_PAGE = "docs/reference/views.md"
README_LINES = 150
SHOWN_SAMPLE = "/tmp/sample"
MADE_LATER = (
    ".venv", "data/landing", "data/events", "data/snapshots", "landing", "events", "snapshots",
    "mine", "dashboards/packages",
)  # fmt: skip
PATH = re.compile(r"\.?[A-Za-z_][\w.\-]*(/[\w.\-]+)*(/|\.(py|md|sql|toml|csv|txt))")
FLAG = re.compile(r"--[a-z][a-z-]*")


@pytest.mark.parametrize("page", [page for page in OF_TODAY if page not in FILLED])
def test_every_command_line_can_be_run_as_it_stands(page: str) -> None:
    for shown in commands(page):
        _, _, left = app.parse_args(words(shown.command), exit_on_error=False, print_error=False)
        assert not left, shown.command


@pytest.mark.parametrize("page", OF_TODAY)
def test_every_command_and_flag_that_is_named_exists(page: str) -> None:
    for code in inline_code(page):
        if code == COMMAND or not code.startswith((f"{COMMAND} ", "--")):
            continue
        named = COMMANDS if code.startswith("--") else {code.split()[1]}
        known = {"--version"} | {flag for name in named for flag in _flags(name)}
        assert set(FLAG.findall(code)) <= known, code


def _flags(name: str) -> set[str]:
    arguments = app[name].assemble_argument_collection()
    return {"--help"} | {flag for argument in arguments for flag in argument.names}


def test_readme_names_every_command() -> None:
    rows = table_rows("README.md", "to")
    named = {word for cells in rows for word in re.findall(rf"`{COMMAND} ([\w-]+)", cells[1])}
    assert named == set(COMMANDS)


@pytest.mark.parametrize("page", OF_TODAY)
def test_every_file_that_is_named_exists(page: str) -> None:
    folder = (CHECKOUT / page).parent
    named = [code for code in inline_code(page) if PATH.fullmatch(code)]
    missing = [code for code in named if not _exists(code, folder)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in links(page):
        file, _, anchor = target.partition("#")
        path = CHECKOUT / page if not file else (CHECKOUT / page).parent / file
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


def _exists(code: str, folder: Path) -> bool:
    if code.rstrip("/") in MADE_LATER or code.startswith(tuple(f"{m}/" for m in MADE_LATER)):
        return True
    if code == "plainscore.toml":  # a user's own
        return True
    return any((root / code).exists() for root in (CHECKOUT, folder))


@pytest.mark.parametrize("page", OF_TODAY)
def test_every_make_target_exists(page: str) -> None:
    targets = re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    shown = [line for block in blocks(page, "sh") for line in block.splitlines()]
    named = [code for code in (*shown, *inline_code(page)) if code.startswith("make ")]
    assert {code.split()[1] for code in named} <= set(targets)


def test_readme_is_for_a_newcomer() -> None:
    assert len((CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES
    assert sessions("README.md")


@pytest.mark.parametrize(
    "shown",
    [shown for page in WITH_ANSWERS for shown in sessions(page)],
    ids=lambda shown: " ".join(shown.command.split()[:4]),
)
def test_the_answers_are_those_of_the_sample(shown: Shown, sample: Path) -> None:
    first = shown.command.partition(" | head -n ")[2]
    arguments = [word.replace(SHOWN_SAMPLE, str(sample)) for word in words(shown.command)]
    printed = _lines(run(*arguments))
    assert printed[: int(first) if first else None] == _lines(shown.output)


def _lines(text: str) -> list[str]:
    """Return lines without the blanks at their ends."""
    return [line.rstrip() for line in text.strip("\n").splitlines()]


@pytest.mark.parametrize("kind", ["view", "macro"])
def test_the_page_of_views_names_all_that_can_be_queried(kind: str, sample: Path) -> None:
    rows = table_rows(VIEWS_PAGE, kind)
    named = {name for cells in rows for name in re.findall(r"`(\w+)", cells[0])}
    with duckdb.connect(str(sample / "plainscore.duckdb"), read_only=True) as con:
        there = con.sql(
            "select view_name from duckdb_views() where not internal"
            if kind == "view"
            else "select distinct function_name from duckdb_functions()"
            " where function_type = 'table_macro' and not internal"
        ).fetchall()
    published = {name for (name,) in there if not name.endswith("_all")} - {"catalog_origin"}
    assert named == published
    code = set(inline_code(VIEWS_PAGE))
    assert {name for (name,) in there if name.endswith("_all")} <= code


def test_your_own_logs_take_ten_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = next(block for block in blocks("README.md", "sh") if "mkdir" in block)
    assert len(block.splitlines()) <= 10
    (tmp_path / "examples").symlink_to(CHECKOUT / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    deliver, *lines = re.split(rf"^(?={COMMAND} )", block, flags=re.MULTILINE)
    subprocess.run(["bash", "-ec", deliver], check=True)
    # What the flow does is the same under Prefect, only slower to start.
    typed = (line.replace("plainscore run", "plainscore run --plain") for line in lines)
    printed = "".join(run(*words(line)) for line in typed)
    fault = "amount has more than two decimals: payment/arrived=2026-10-31/bills.csv:4"
    assert fault in printed
    assert "anna: " in printed
