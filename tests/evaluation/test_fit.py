"""`plainscore fit` reads what is published, and writes a card that a run takes as it is."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from plainscore.analysis import fit_report
from plainscore.analysis.fit_people import read_past
from plainscore.cli.app import run_command_line
from plainscore.scorecards.card_text import find_scorecard
from plainscore.scorecards.reading import read_scorecard
from plainscore.show.reader import Snapshots
from tests.evaluation.conftest import DAY, NOT_YET


@pytest.fixture
def content(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample has fewer bad people than anyone should fit to."""
    monkeypatch.setattr(fit_report, "FEWEST", 1)


@pytest.mark.parametrize("name", ["standard_3", "reported_b_3"])
def test_a_study_gives_everyone_the_points_that_a_run_publishes(
    snapshots: Snapshots, name: str
) -> None:
    card = read_scorecard(find_scorecard(name))
    (past,) = read_past(snapshots, [DAY])
    points = past.points([card])[0]
    columns = ", ".join(feature.name for feature in card.features)
    everyone = "where scorecard = ? and as_of_date = ? order by person_id"
    published = snapshots.rows(f"select {columns} from points_all {everyone}", [name, DAY])
    assert [tuple(row) for row in points.by_feature.tolist()] == published
    scores = snapshots.rows(f"select person_id, score from score_all {everyone}", [name, DAY])
    scored = [(person_id, score) for person_id, score in scores if score is not None]
    assert points.scores.tolist() == [score for _, score in scored]
    hashes = [sha256(f"held out of a fit\n{person_id}".encode()) for person_id, _ in scored]
    held_out = [int.from_bytes(one.digest()[:8], "big") % 10 < 3 for one in hashes]
    assert past.is_held_out.tolist() == held_out


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "too few people to fit to"), (["--from", str(NOT_YET)], "known outcome")],
)
def test_outcomes_that_are_too_few_or_unknown_are_refused(
    evaluated: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run_command_line(["fit", "--data", str(evaluated), *words]) == 5
    assert said in capsys.readouterr().err


def test_the_written_card_is_read_and_the_same_every_time(
    evaluated: Path, content: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "one.toml", tmp_path / "other.toml"]
    report = tmp_path / "report.md"
    for file in files:
        words = ["fit", "--data", str(evaluated), "--out", str(file), "--report", str(report)]
        bounds = ["--threads", "1", "--memory-limit", "500MB"]
        choices = ["--name", "mine", "--gates", "share"]  # too few people for bands by risk
        assert run_command_line([*words, *bounds, *choices, "--format", "json"]) == 0
        said = json.loads(capsys.readouterr().out)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert run_command_line(["scorecard", str(files[0]), "--check"]) == 0
    assert report.read_text().startswith("# mine\n\nmine: fitted to ")
    assert [row["feature"] for row in said["tables"]["features"]] == [
        feature.name for feature in read_scorecard(files[0]).features
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "card.txt"], "ends in .toml"),
        (["--name", "standard_3"], "give the new one another"),
        (["--name", "reported_b"], "give the new one another"),
        (["--name", "It's mine"], "small letters"),
        (["--out", "nowhere/card.toml"], "there is no folder nowhere"),
        (["--report", "nowhere/report.md"], "there is no folder nowhere"),
        (["--from", str(NOT_YET), "--to", str(DAY)], f"{NOT_YET} is after --to {DAY}"),
        (["--scorecard", "nowhere"], "no scorecard 'nowhere'"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_fitted(
    evaluated: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run_command_line(["fit", "--data", str(evaluated), *words]) == 2
    assert said in capsys.readouterr().err
