"""Labels that an owner delivers are the outcomes, as docs/how-to/project.md says."""

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plainscore.analysis import fit_report
from plainscore.cli.app import run_command_line
from plainscore.publish.catalog import rebuild_catalog
from plainscore.show.reader import open_snapshots
from tests.made_once import made_once
from tests.project.test_own_method import Guide
from tests.quick_runs import quick_runs

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
OF_MAY, OF_JUNE = date(2026, 9, 28), date(2026, 10, 28)
"""When labels of these dates are decided at the latest."""
Labels = dict[tuple[str, date], bool]


def deliver(folder: Path, arrived: str, labels: Labels, decided: date) -> None:
    file = folder / "data" / "landing" / "labels" / f"arrived={arrived}" / "labels.csv"
    file.parent.mkdir(parents=True)
    with file.open("w", newline="") as written:
        writer = csv.writer(written)
        writer.writerow(["customer", "snapshot", "decided", "defaulted"])
        for (person, day), is_bad in labels.items():
            writer.writerow([person, day, decided, "NY"[is_bad]])


def rows(sql: str) -> list[tuple[Any, ...]]:
    with open_snapshots(Path("data")) as snapshots:
        return snapshots.rows(sql)


def outcome_of(day: date) -> Labels:
    found = rows(f"select person_id, as_of_date, is_bad from outcome where as_of_date = '{day}'")
    return {(person, of): is_bad for person, of, is_bad in found}


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with labels declared; two dates are published. No test may write into it."""

    def publish(made: Path) -> None:
        with pytest.MonkeyPatch.context() as patched, quick_runs():
            made.mkdir()
            patched.chdir(made)
            Guide(made).follow("Labels of your own")
            for day in (MAY, JUNE):
                assert run_command_line(["run", "--as-of", str(day), "--plain"]) == 0

    return made_once(tmp_path_factory, "labels", publish)


@pytest.fixture
def project(
    published_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A copy of it, in which the test runs."""
    copy = Path(shutil.copytree(published_once, tmp_path / "project"))
    monkeypatch.chdir(copy)
    with quick_runs():
        rebuild_catalog(copy / "data")
        yield copy


def scored(day: date) -> list[str]:
    sql = "select person_id from score where score is not null and as_of_date = "
    return [person for (person,) in rows(f"{sql} '{day}' order by 1")]


def test_evaluation_and_fit_see_exactly_the_labels(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of every third no label came; every fifth of the others is bad.
    of_may = {(p, MAY): n % 5 == 0 for n, p in enumerate(scored(MAY)) if n % 3}
    of_june = {(p, JUNE): n % 5 == 0 for n, p in enumerate(scored(JUNE)) if n % 3}
    deliver(project, "2026-09-30", of_may | {("stranger", MAY): True}, OF_MAY)
    assert run_command_line(["ingest"]) == 0
    assert run_command_line(["evaluate"]) == 0
    said = capsys.readouterr()
    assert "Bad: who defaulted within 120 days of the snapshot" in said.out
    assert f"known from {OF_JUNE}, once labels/ brings outcome events up to" in said.err
    assert "the snapshot does not score the person" in said.err
    assert outcome_of(MAY) == of_may
    [(people, bad)] = rows(
        "select people, bad from quality where subject_kind = 'score' and scorecard_no = 1"
    )
    assert (people, bad) == (len(of_may), sum(of_may.values()))

    # A label of May that arrives after its outcome is known changes nothing; June's are others.
    changed = {key: not is_bad for key, is_bad in of_may.items()}
    deliver(project, "2026-10-31", changed | of_june, OF_JUNE)
    assert run_command_line(["run", "--as-of", str(JUNE), "--plain"]) == 0
    assert run_command_line(["evaluate"]) == 0
    assert outcome_of(MAY) == of_may
    assert outcome_of(JUNE) == of_june
    assert rows("select count(*) from score_all where person_id = 'stranger'") == [(0,)]
    monkeypatch.setattr(fit_report, "FEWEST", 1)
    capsys.readouterr()
    assert run_command_line(["fit", "--scorecard", "standard", "--format", "json"]) == 0
    assert "120 days" in json.loads(capsys.readouterr().out)["bad"]


def test_the_later_of_two_labels_counts_and_is_said_aloud(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = scored(MAY)[:10]
    first = {(person, MAY): False for person in people}
    later = {(people[0], MAY): True}
    deliver(project, "2026-08-31", first, date(2026, 8, 30))
    deliver(project, "2026-09-30", later, OF_MAY)
    assert run_command_line(["ingest"]) == 0
    assert run_command_line(["evaluate"]) == 0
    assert outcome_of(MAY) == first | later
    said = capsys.readouterr().err
    assert "not so in 1 rows" in said
    assert "a label that arrived later says otherwise" in said


def test_labels_of_one_delivery_that_disagree_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = scored(MAY)[0]
    deliver(project, "2026-09-30", {(person, MAY): True}, OF_MAY)
    file = next(project.glob("data/landing/labels/*/labels.csv"))
    file.write_text(file.read_text() + f"{person},{MAY},{OF_MAY},N\n")
    assert run_command_line(["ingest"]) == 0
    assert run_command_line(["evaluate"]) == 3
    assert "labels_of_a_delivery_agree" in capsys.readouterr().err


def test_labels_of_near_dates_count_for_no_one(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    near = date(2026, 5, 30)
    deliver(project, "2026-09-30", {(p, near): True for p in scored(MAY)}, OF_MAY)
    assert run_command_line(["ingest"]) == 0
    assert run_command_line(["evaluate"]) == 0
    assert outcome_of(MAY) == {}
    assert "no one of the scored has an outcome" in capsys.readouterr().err


def test_without_days_labels_count_from_the_delivery_that_brings_them(project: Path) -> None:
    outcome = project / "transforms" / "outcomes" / "outcome.sql"
    outcome.write_text(outcome.read_text().replace("horizon_days = 120", "horizon_days = 0"))
    labels = {(p, MAY): n % 2 == 0 for n, p in enumerate(scored(MAY))}
    deliver(project, "2026-07-15", labels, MAY)
    assert run_command_line(["ingest"]) == 0
    assert run_command_line(["evaluate"]) == 0
    assert outcome_of(MAY) == labels
    assert outcome_of(JUNE) == {}
    known = rows("select distinct outcome_date, outcome_known_on from outcome")
    assert known == [(MAY, date(2026, 7, 15))]
