"""docs/how-to/project.md is carried out on the sample, in its order: what it says is published."""

import json
import re
import shutil
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.standard import STANDARD_METHOD
from plainscore.contracts.catalog import load_catalog
from plainscore.contracts.contract import ContractError
from plainscore.project import Project
from plainscore.scorecards.reading import read_scorecards
from tests.docs.pages import CHECKOUT, page_text
from tests.made_once import copy_ingested_sample
from tests.quick_runs import quick_runs

GUIDE = "docs/how-to/project.md"
PERSON = "p0000015"
_FILE = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Guide:
    """A project that follows the guide section by section."""

    def __init__(self, folder: Path, *, is_delivered: bool = True) -> None:
        self.folder = folder
        parts = re.split(r"^## (.*)$", page_text(GUIDE), flags=re.MULTILINE)
        titles = ["", *parts[1::2]]
        self._sections = dict(zip(titles, parts[::2], strict=True))
        if is_delivered:
            shutil.copytree(CHECKOUT / "data" / "sample" / "landing", folder / "data" / "landing")

    def follow(self, *titles: str) -> None:
        """Write the files of some sections."""
        for title in titles:
            files = _FILE.findall(self._sections[title])
            assert files, title
            for name, text in files:
                file = self.folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask what is published."""
        with duckdb.connect(str(self.folder / "data" / "plainscore.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()


@pytest.fixture
def guide(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Guide:
    """It, with the sample ingested."""
    monkeypatch.chdir(tmp_path)
    copy_ingested_sample(tmp_path_factory, tmp_path / "data")
    return Guide(tmp_path, is_delivered=False)


def command(*words: str) -> str:
    with StringIO() as printed, redirect_stdout(printed):
        assert run_command_line(words) == 0, words
        return printed.getvalue()


def publish(day: str) -> None:
    command("run", "--as-of", day, "--no-prefect")
    assert "0 problems" in command("verify")


def explained(day: str = "2026-10-31") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        command("explain", PERSON, "--as-of", day, "--format", "json")
    )
    return found


def assert_it_adds_up(person: dict[str, Any], factors: Sequence[str]) -> None:
    assert list(dict.fromkeys(row["factor"] for row in person["points"])) == list(factors)
    assert person["score"] == person["base"] + sum(row["points"] for row in person["points"])


def test_a_feature_a_factor_and_an_assertion_of_ones_own_which_stops_a_run(guide: Guide) -> None:
    guide.follow("", "Add a feature", "Add a factor", "Assert something of your own")
    command("scorecard", "shop", "--check")
    publish("2026-10-31")
    person = explained()
    assert_it_adds_up(
        person,
        (
            "credit_history", "purchase_behaviour", "performance_reliability",
            "personal_information", "social_connections", "habits",
        ),
    )  # fmt: skip
    [days] = [row for row in person["points"] if row["factor"] == "habits"]
    assert (days["feature"], days["value"], days["points"]) == ("purchase_days", 2, 0)
    [checked] = guide.query(
        "select outcome, level from check_result where table_name like '%habits_need_a_purchase'"
    )
    assert checked == ("passed", "fail")
    manifest = json.loads(next(guide.folder.glob("data/**/manifest.json")).read_text())
    assert manifest["project"]["added"] == [
        "expectations/assertions/habits_need_a_purchase.sql",
        "transforms/features/habits.sql",
        "transforms/scorecards/shop.toml",
    ]
    file = guide.folder / "expectations" / "assertions" / "habits_need_a_purchase.sql"
    broken = file.read_text().replace("purchase.person_key is null", "habits.purchase_days > 20")
    file.write_text(broken)
    assert run_command_line(["run", "--as-of", "2026-10-31", "--no-prefect", "--force"]) == 3
    assert guide.query("select run, is_live from run") == [("0001", True)]


def test_a_replaced_table_a_factor_left_out_and_an_outcome_of_ones_own(guide: Guide) -> None:
    guide.follow("Add a feature", "Replace a table", "Leave out a factor", "Replace the outcome")
    publish("2026-10-31")
    assert_it_adds_up(explained(), ("habits", "payment"))
    assert guide.query("select min(score) >= 0 and max(score) <= 100 from score") == [(True,)]
    not_scored = guide.query("select distinct not_scored_code from score where score is null")
    assert not_scored == [("S1",)]
    views = {name for (name,) in guide.query("select view_name from duckdb_views()")}
    assert {"score", "reason"} <= views
    assert not {"friend", "gaming"} & views
    with quick_runs():
        publish("2026-06-30")
    command("evaluate")
    [(people, bad)] = guide.query("select count(*), count(*) filter (where is_bad) from outcome")
    assert people > bad > 0
    assert guide.query("select count(*) from quality where scorecard = 'small'") == [(5,)]


def test_a_card_that_a_run_would_refuse_is_refused_by_the_check(
    guide: Guide, capsys: pytest.CaptureFixture[str]
) -> None:
    guide.follow("", "Add a factor")  # without the feature
    assert run_command_line(["scorecard", "shop", "--check"]) == 2
    checked = capsys.readouterr().err
    assert "shop.toml" in checked
    assert "purchase_days" in checked
    assert run_command_line(["run", "--as-of", "2026-10-31", "--no-prefect"]) == 2
    assert capsys.readouterr().err == checked


def test_an_assertion_that_cannot_run_is_refused_by_the_check(
    guide: Guide, capsys: pytest.CaptureFixture[str]
) -> None:
    guide.follow("", "Add a feature", "Add a factor", "Assert something of your own")
    command("scorecard", "--check")
    [file] = (guide.folder / "expectations" / "assertions").iterdir()
    text = file.read_text()
    for old, new, why in [
        ('"fail"', '"fatal"', "level must be one of fail, warn"),
        (
            "habits.purchase_days is",
            "habits.purchased is",
            'does not have a column named "purchased"',
        ),
    ]:
        file.write_text(text.replace(old, new))
        assert run_command_line(["scorecard", "--check"]) == 2
        message = capsys.readouterr().err
        assert file.name in message
        assert why in message


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ('scorecard = ["shop"]', "scorecard: is not known; did you mean scorecards?"),
        ("daily.catch_up = 3", "daily.catch_up: is not known"),
        ('scorecards = "shop"', "scorecards: should be a list, not 'shop'"),
        ("threads = 0.5", "threads: should be a valid integer"),
    ],
)
def test_a_mistake_in_the_settings_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plainscore.toml").write_text(setting)
    assert run_command_line(["config"]) == 2
    assert why in capsys.readouterr().err


def test_a_project_that_extends_nothing_runs_as_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command("init", str(tmp_path / "own"), "--extends", "none")
    monkeypatch.chdir(tmp_path / "own")
    shutil.copytree(CHECKOUT / "data" / "sample" / "landing", Path("data", "landing"))
    with quick_runs():
        publish("2026-09-30")
    publish("2026-10-31")
    assert_it_adds_up(explained(), ("habits",))
    assert json.loads(command("why", PERSON, "--format", "json"))
    assert json.loads(command("project", "--format", "json"))["extends"] == "none"
    capsys.readouterr()
    assert run_command_line(["evaluate"]) == ContractError.exit_code
    assert "the project has no transforms/outcomes/outcome.sql" in capsys.readouterr().err


def test_what_is_excluded_must_be_there(guide: Guide, capsys: pytest.CaptureFixture[str]) -> None:
    (guide.folder / "plainscore.toml").write_text('exclude = ["features/sopping.sql"]\n')
    assert run_command_line(["project"]) == 2
    assert "did you mean features/shopping.sql" in capsys.readouterr().err
    (guide.folder / "plainscore.toml").write_text('exclude = "features/shopping.sql"\n')
    assert run_command_line(["project"]) == 2
    assert "a list of paths" in capsys.readouterr().err


def test_a_table_in_another_encoding_is_refused(
    guide: Guide, capsys: pytest.CaptureFixture[str]
) -> None:
    own = guide.folder / "transforms" / "features" / "umlaut.sql"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("select 'für'", encoding="latin-1")
    (guide.folder / "plainscore.toml").touch()
    assert run_command_line(["scorecard", "standard", "--check"]) == 2
    assert "umlaut.sql has another encoding than UTF-8" in capsys.readouterr().err


def test_what_reads_an_excluded_table_is_listed(
    guide: Guide, capsys: pytest.CaptureFixture[str]
) -> None:
    (guide.folder / "plainscore.toml").write_text('exclude = ["audits/attacker.sql"]\n')
    assert run_command_line(["run", "--as-of", "2026-10-31", "--no-prefect"]) == 2
    message = capsys.readouterr().err
    assert "audits.attacker, which nothing makes" in message
    assert "audits.gaming" in message
    assert "published.gaming" in message


def test_the_repository_is_a_project_that_extends_nothing() -> None:
    """It has no plainscore.toml: that would hide the one of any data directory, from here."""
    project = Project(CHECKOUT, "none")
    assert project.method.hash() == STANDARD_METHOD.hash()
    assert set(project.origins.values()) == {"standard"}
    assert load_catalog(read_scorecards(("standard",), project.method), method=project.method)
