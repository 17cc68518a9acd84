"""`plainscore init`: what a new project holds, and what it never does."""

import tomllib
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.init import settings_text
from plainscore.scorecards.card_text import ScorecardError, find_scorecard
from plainscore.scorecards.reading import read_scorecard, read_scorecards
from plainscore.settings import Settings, read_settings
from tests.docs.pages import CHECKOUT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop" / "scores"
    assert run_command_line(["init", str(folder)]) == 0
    monkeypatch.chdir(folder)
    return folder


def test_a_project_scores_as_the_packaged_card_does_until_it_is_edited(project: Path) -> None:
    settings = read_settings(Path("data"))
    champion, challenger = read_scorecards(settings.scorecards)
    assert champion.hash == read_scorecard(find_scorecard("standard_3")).hash
    assert challenger.name == "reported_b_3"
    others = {"scorecards"}
    assert settings.model_dump(exclude=others) == Settings().model_dump(exclude=others)
    text = (project / "scorecard.toml").read_text(encoding="utf-8")
    edited = text.replace("prior_weight = 12", "prior_weight = 20")
    (project / "scorecard.toml").write_text(edited, encoding="utf-8")
    with pytest.raises(ScorecardError, match="give this card another name or version"):
        read_scorecards(settings.scorecards)
    own = edited.replace('version = "3.0.0"', 'version = "3.0.0-mine"', 1)
    (project / "scorecard.toml").write_text(own, encoding="utf-8")
    assert read_scorecards(settings.scorecards)[0].friends.prior_weight == 20


def test_a_project_has_every_worked_question(project: Path) -> None:
    for file in (CHECKOUT / "queries").glob("*.sql"):
        assert (project / "queries" / file.name).read_bytes() == file.read_bytes()


def test_a_project_has_the_schedules_of_the_checkout(project: Path) -> None:
    assert (project / "prefect.yaml").read_bytes() == (CHECKOUT / "prefect.yaml").read_bytes()


@pytest.mark.parametrize("name", ["plainscore.toml", "queries/bands.sql"])
def test_nothing_is_written_over(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    assert run_command_line(["init", str(tmp_path)]) == 2
    assert f"{mine} is there already" in capsys.readouterr().err
    assert mine.read_text() == "mine"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


def test_a_folder_may_be_there_already(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert run_command_line(["init", str(tmp_path)]) == 0


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run_command_line(["init", str(tmp_path / "file" / "shop")]) == 2
    assert "Not a directory" in capsys.readouterr().err


def test_every_setting_stands_in_the_file_with_what_it_is_without() -> None:
    text = settings_text({})
    uncommented = "\n".join(_setting_lines(text))
    assert set(tomllib.loads(uncommented)) == set(Settings.model_fields)
    defaults = [line for line in _setting_lines(text) if "# an example" not in line]
    assert Settings(**tomllib.loads("\n".join(defaults))) == Settings()
    Settings(**tomllib.loads(uncommented))


def _setting_lines(text: str) -> list[str]:
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    return [line for line in lines if " = [" in line or line.startswith("[") or _is_plain(line)]


def _is_plain(line: str) -> bool:
    name, _, value = line.partition(" = ")
    return name.isidentifier() and bool(value)
