"""An evaluation says of every published date what its own rows say, once their outcome is known."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.publish.proof import verify
from plainscore.publish.runs import CHANGES, DRIFT, EVALUATION, derived_folders, latest_runs
from plainscore.show.reader import Snapshots
from tests.evaluation.conftest import DAY, NOT_YET, PAIRS


def test_auc_is_what_the_pairs_of_published_scores_and_outcomes_say(snapshots: Snapshots) -> None:
    rows = snapshots.rows(
        "select score, is_bad from score inner join outcome using (person_id, as_of_date)"
    )
    good = [score for score, is_bad in rows if not is_bad]
    bad = [score for score, is_bad in rows if is_bad]
    wins = sum((one > other) + (one == other) / 2 for one, other in product(good, bad))
    answered = snapshots.rows(
        "select people, bad, auc, accuracy_ratio from quality "
        "where scorecard_no = 1 and subject_kind = 'score'"
    )
    auc = wins / (len(good) * len(bad))
    assert answered == [(len(rows), len(bad), pytest.approx(auc), pytest.approx(2 * auc - 1))]


def test_everyone_with_an_outcome_stands_once_in_bands_and_in_the_bins_of_every_feature(
    snapshots: Snapshots,
) -> None:
    everyone = snapshots.rows("select count(*), count(*) filter (where is_bad) from outcome")
    of_bands = "select sum(people), sum(bad) from calibration group by scorecard"
    assert snapshots.rows(of_bands) == everyone * 2
    of_bins = "select sum(people), sum(bad) from feature_risk group by scorecard, feature"
    assert snapshots.rows(of_bins) == everyone * 34 * 2


def test_a_bin_earns_what_its_people_got(snapshots: Snapshots) -> None:
    earned = snapshots.rows(
        "select utilisation_peak, count(*) from points "
        "inner join outcome using (person_id, as_of_date) group by 1 order by 1"
    )
    answered = snapshots.rows(
        "select points, cast(sum(people) as bigint) from feature_risk "
        "where feature = 'utilisation_peak' and scorecard_no = 1 group by 1 order by 1"
    )
    assert answered == earned


def test_only_dates_whose_outcome_is_known_are_evaluated_and_once(
    evaluated: Path,
    snapshots: Snapshots,
    times: Callable[[], dict[Path, int]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert snapshots.rows("select distinct as_of_date from quality") == [(DAY,)]
    before = times()
    assert len(before) == 1 + len(PAIRS)
    assert run_command_line(["evaluate", "--data", str(evaluated), "--format", "json"]) == 0
    answered = capsys.readouterr()
    assert f"not known yet: known from {NOT_YET + timedelta(120)}" in answered.err
    assert {row["subject"] for row in json.loads(answered.out)} >= {"score", "credit_history"}
    assert times() == before


def test_what_is_derived_is_verified_and_goes_with_its_run(evaluated: Path, tmp_path: Path) -> None:
    assert verify(evaluated) == []
    copy = tmp_path / "copy"
    shutil.copytree(evaluated, copy, symlinks=True)
    assert run_command_line(["verify", "--rebuild-catalog", "--data", str(copy)]) == 0
    for table in ("quality", "drift"):
        (changed, *_) = sorted(copy.glob(f"snapshots/_changes/*/{table}/{table}.parquet"))
        changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    found = " ".join(verify(copy))
    assert "quality.parquet" in found
    assert "drift.parquet" in found
    for day, left in ((DAY, 1), (NOT_YET, 0)):
        run = next(run for run in latest_runs(copy) if run.dates.as_of_date == day)
        shutil.rmtree(run.folder)
        assert run_command_line(["verify", "--rebuild-catalog", "--data", str(copy)]) == 0
        assert len(derived_folders(copy)) == left


def test_an_own_query_is_other_code(tmp_path: Path) -> None:
    (tmp_path / "plainscore.toml").write_text("")
    own = tmp_path / "transforms" / "analysis" / "risk.sql"
    own.parent.mkdir(parents=True)
    own.write_text("select 1")
    codes = [(kind.of(tmp_path).code, kind.code) for kind in (EVALUATION, DRIFT, CHANGES)]
    assert [one == other for one, other in codes] == [False, False, True]


def test_auc_in_context_is_what_the_pairs_of_scores_in_context_say(snapshots: Snapshots) -> None:
    answered = snapshots.rows(
        "select subject_no, subject, people, bad, auc from quality "
        "where scorecard_no = 1 and subject_kind = 'context' order by subject_no"
    )
    sets = snapshots.rows(
        "select accepts from benefit_card where scorecard_no = 1 and as_of_date = ? "
        "group by accepts order by min(benefit_no)",
        (DAY,),
    )
    assert [(number, name) for number, name, *_ in answered] == [
        (number, name) for number, (name,) in enumerate(sets, start=1 + 5 + 35)
    ]
    for _, name, people, bad_people, auc in answered:
        rows = snapshots.rows(
            "select score_in_context, is_bad from context_score "
            "inner join outcome using (person_id, as_of_date) where accepts = ?",
            (name,),
        )
        good = [score for score, is_bad in rows if not is_bad]
        bad = [score for score, is_bad in rows if is_bad]
        wins = sum((one > other) + (one == other) / 2 for one, other in product(good, bad))
        assert (people, bad_people) == (len(rows), len(bad))
        assert auc == pytest.approx(wins / (len(good) * len(bad)))
