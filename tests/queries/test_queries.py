"""The worked questions are answered as their page shows, on the sample published twice."""

import shutil
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.show.reader import open_snapshots
from tests.docs.pages import CHECKOUT, Shown, sessions, words
from tests.made_once import published_sample
from tests.quick_runs import quick_runs

QUERIES = CHECKOUT / "queries"
PAGE = "queries/README.md"
DAYS = ("2026-09-30", "2026-10-31")
SHOWN_SAMPLE = "/tmp/sample"


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample as it is published on two month ends."""
    data = tmp_path_factory.mktemp("months") / "sample"
    shutil.copytree(published_sample(tmp_path_factory)[0], data)
    with quick_runs():
        assert (
            run_command_line(["run", "--plain", "--as-of", "2026-09-30", "--data", str(data)]) == 0
        )
    return data


def _name(shown: Shown) -> str:
    return Path(words(shown.command)[2]).stem


def test_every_question_is_on_the_page_once() -> None:
    asked = [_name(shown) for shown in sessions(PAGE)]
    assert len(asked) == 15
    assert sorted(asked) == sorted(file.stem for file in QUERIES.glob("*.sql"))


def test_every_file_begins_with_its_question() -> None:
    page = (QUERIES / "README.md").read_text(encoding="utf-8")
    for file in QUERIES.glob("*.sql"):
        first = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("-- ")
        question = first[: first.index("?") + 1]
        assert f"**{question}** [{file.name}]({file.name})" in page


@pytest.mark.parametrize("shown", sessions(PAGE), ids=_name)
def test_the_answer_is_the_one_shown(
    shown: Shown, months: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CHECKOUT)
    arguments = [word.replace(SHOWN_SAMPLE, str(months)) for word in words(shown.command)]
    assert run_command_line(arguments) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.strip("\n").splitlines()]
    assert printed == shown.output.strip("\n").splitlines()


def test_answers_agree_with_the_rows_they_are_made_of(months: Path) -> None:
    """Three of the answers, counted again in Python from the plain rows."""
    with open_snapshots(months) as snapshots:
        scores = snapshots.rows("select as_of_date::text, person_id, score, band from score")
        answers = {
            name: snapshots.rows((QUERIES / f"{name}.sql").read_text(encoding="utf-8"))
            for name in ("bands", "moved", "mobility")
        }
    by_day = {day: {who: (s, b) for d, who, s, b in scores if d == day} for day in DAYS}
    counted = {
        (day, band): sum(1 for _, b in by_day[day].values() if (b or "not scored") == band)
        for day in DAYS
        for band in ("not scored", "poor", "fair", "good", "excellent", "outstanding")
    }
    printed = {(str(day), band): people for day, band, people, _ in answers["bands"]}
    assert printed == {key: people for key, people in counted.items() if people}

    before, after = (by_day[day] for day in DAYS)
    moves = {
        who: after[who][0] - before[who][0]
        for who in before.keys() & after.keys()
        if before[who][0] is not None and after[who][0] is not None
    }
    most = sorted(moves.items(), key=lambda move: (-abs(move[1]), move[0]))[:5]
    assert [(who, change) for who, _, _, change in answers["moved"]] == most
    assert sum(people for _, _, people, _ in answers["mobility"]) == len(before | after)


def test_a_statement_may_begin_with_a_comment(
    months: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["query", "-- how many?\nselect count(*) as n from dim_date", "--data", str(months)]
    assert run_command_line([*arguments, "--format", "csv"]) == 0
    assert capsys.readouterr().out == "n\n2\n"


def test_an_answer_can_go_into_a_parquet_file(
    months: Path, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    sql = "select as_of_date, score from score order by all -- with a comment"
    assert run_command_line(["query", sql, "--format", "parquet", "--data", str(months)]) == 0
    file = tmp_path / "answer.parquet"
    file.write_bytes(capfdbinary.readouterr().out)
    with open_snapshots(months) as snapshots:
        assert snapshots.rows(f"from '{file}'") == snapshots.rows(sql)


def test_what_writes_is_not_run_for_parquet_either(
    months: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sql = f"copy (from score) to '{tmp_path / 'out.csv'}'"
    assert run_command_line(["query", sql, "--format", "parquet", "--data", str(months)]) == 2
    assert "only reading is possible" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
