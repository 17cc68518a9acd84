"""The head of outcome.sql says once who is bad and when; faults are named by file, line and key."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.contracts.contract import read_outcome
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.runs import EVALUATION
from plainscore.show.reader import open_snapshots
from tests.docs.pages import CHECKOUT
from tests.project.test_own_method import Guide
from tests.quick_runs import quick_runs

STANDARD = (CHECKOUT / "transforms" / "outcomes" / "outcome.sql").read_text()
JUNE = date(2026, 6, 30)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a project's own outcome."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plainscore.toml").touch()
    file = tmp_path / "transforms" / "outcomes" / "outcome.sql"
    file.parent.mkdir(parents=True)
    return file


def test_the_standard_outcome_says_its_days_in_words() -> None:
    outcome = read_outcome()
    assert (outcome.horizon_days, outcome.grace_days) == (90, 30)
    assert "in the 90 days after the snapshot become 30 or more days late" in outcome.bad
    assert outcome.column("is_bad").doc == f"Whether the person is bad: {outcome.bad}."


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("horizon_days = 90\n", "", ":1: horizon_days: is missing"),
        ("grace_days   = 30\n", "", ":1: grace_days: is missing"),
        ("bad   = ", "worse = ", ":1: bad: is missing"),
        ("horizon_days = 90", "horizon_days = -1", ":6: horizon_days: should be greater"),
        ("grace_days   = 30", "grace_days = 1.5", ":7: grace_days: should be a valid integer"),
        ("grace_days   = 30", 'grace_days = "30"', ":7: grace_days: should be a valid integer"),
        ("person_id        = {}\n", "", ":9: columns.person_id: is missing"),
        ("is_bad           = {}\n", "", ":9: columns.is_bad: is missing"),
        ("is_bad           = {}", 'is_bad = { doc = "x" }', "columns.is_bad: is {}"),
        ("grain = ", "grains = ", "unknown ['grains']"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "fit"])
def test_a_malformed_head_is_refused(
    own: Path, evaluated: Path, capsys: pytest.CaptureFixture[str], command: str, old: str,
    new: str, said: str,
) -> None:  # fmt: skip
    assert old in STANDARD
    own.write_text(STANDARD.replace(old, new))
    assert run_command_line([command, "--data", str(evaluated)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "outcome" in error


def test_no_other_table_declares_days(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own.write_text(STANDARD)
    other = own.with_name("other.sql")
    other.write_text(STANDARD)
    assert run_command_line(["evaluate", "--data", str(own.parent)]) != 0
    assert run_command_line(["dictionary"]) == 2
    assert "outcomes.other: unknown" in capsys.readouterr().err


def test_other_days_are_judged_by_and_an_empty_is_bad_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide, other = Guide(tmp_path / "guide"), tmp_path / "other"
    guide.follow("Replace the outcome")
    (guide.folder / "plainscore.toml").touch()
    monkeypatch.chdir(guide.folder)
    with quick_runs():
        assert run_command_line(["run", "--as-of", str(JUNE), "--plain"]) == 0
    shutil.copytree(guide.folder, other)
    assert EVALUATION.of(Path("data")).code != EVALUATION.code
    capsys.readouterr()
    assert run_command_line(["evaluate"]) == 0
    words = "who paid a bill of the 60 days after the snapshot 10 or more days late."
    assert f"Bad: {words}" in capsys.readouterr().out
    assert run_command_line(["document", "model-card"]) == 0
    assert f"Bad is {words}" in capsys.readouterr().out
    assert run_command_line(["report", "--out", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert f"Bad: {words}" in page
    assert "90 days after the snapshot become" not in page
    with open_snapshots(Path("data")) as snapshots:
        found = snapshots.rows(
            "select distinct as_of_date, outcome_date, outcome_known_on from outcome"
        )
        [(judged, bad)] = snapshots.rows("select count(*), count_if(is_bad) from outcome")
    # 70 days later; the delivery of that month's end is the first with events up to then.
    assert found == [(JUNE, date(2026, 9, 8), date(2026, 9, 30))]
    assert judged > bad > 10

    monkeypatch.chdir(other)
    own = other / "transforms" / "outcomes" / "outcome.sql"
    own.write_text(
        own.read_text().replace("person_bill.is_bad\n", "nullif(is_bad, true) as is_bad\n")
    )
    rebuild_catalog(other / "data")
    assert run_command_line(["evaluate"]) == 3
