"""Drift between two published dates is what their own published rows say."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from math import log
from pathlib import Path

import pytest

from plainscore.cli.app import run_command_line
from plainscore.show.reader import Snapshots
from tests.evaluation.conftest import DAYS, PAIRS


def _score_bins(snapshots: Snapshots, day: date) -> Counter[int]:
    rows = snapshots.rows(
        f"select score from score where score is not null and as_of_date = '{day}'"
    )
    return Counter(score - score % 20 for (score,) in rows)


def test_every_date_stands_beside_the_one_before_and_beside_the_oldest(
    snapshots: Snapshots,
) -> None:
    for table in ("drift", "drift_bin", "band_mobility", "mobility_index"):
        sql = f"select distinct as_of_date_before, as_of_date from {table} order by all"
        assert snapshots.rows(sql) == PAIRS


def test_psi_of_the_score_is_that_of_the_published_scores(snapshots: Snapshots) -> None:
    before, after = (_score_bins(snapshots, day) for day in DAYS[1:])
    bins = before.keys() | after.keys()
    wholes = [side.total() + len(bins) / 2 for side in (before, after)]
    shares = [((before[b] + 0.5) / wholes[0], (after[b] + 0.5) / wholes[1]) for b in bins]
    psi = sum((q - p) * log(q / p) for p, q in shares)
    answered = snapshots.rows(
        "select people_before, people_after, bin_count, psi from drift where subject = 'score' "
        f"and scorecard_no = 1 and as_of_date_before = '{DAYS[1]}'"
    )
    assert answered == [(before.total(), after.total(), len(bins), pytest.approx(psi))]


def test_every_scored_person_is_in_one_bin_of_everything(snapshots: Snapshots) -> None:
    scored = dict(
        snapshots.rows(
            "select as_of_date, count(*) from score where score is not null group by all"
        )
    )
    answered = snapshots.rows(
        "select distinct as_of_date_before, as_of_date, people_before, people_after from ("
        "select as_of_date_before, as_of_date, cast(sum(people_before) as bigint) as people_before,"
        " cast(sum(people_after) as bigint) as people_after from drift_bin "
        "group by as_of_date_before, as_of_date, scorecard, subject) order by all"
    )
    assert answered == [(one, other, scored[one], scored[other]) for one, other in PAIRS]


def test_missing_values_are_a_bin_of_their_own(snapshots: Snapshots) -> None:
    for column, day in (("people_before", DAYS[1]), ("people_after", DAYS[2])):
        missing = snapshots.rows(
            "select count(*) from features inner join points using (person_id, as_of_date) "
            f"where as_of_date = '{day}' and features.utilisation_peak is null"
        )
        assert missing[0][0] > 0
        answered = snapshots.rows(
            f"select {column} from drift_bin where subject = 'utilisation_peak' and bin_no = 0 "
            f"and scorecard_no = 1 and as_of_date_before = '{DAYS[1]}'"
        )
        assert answered == missing


def test_band_mobility_is_what_the_macro_counts_and_its_index_adds_it_up(
    snapshots: Snapshots,
) -> None:
    wanted = snapshots.rows(f"from mobility('{DAYS[1]}', '{DAYS[2]}')")
    where = f"where scorecard_no = 1 and as_of_date_before = '{DAYS[1]}'"
    answered = snapshots.rows(
        "select band_no_before, band_before, band_no_after, band_after, people, share "
        f"from band_mobility {where} order by band_no_before, band_no_after"
    )
    assert answered == wanted
    both = [(one, other, n) for one, _, other, _, n, _ in wanted if -1 not in (one, other)]
    moved = sum(n for one, other, n in both if one != other)
    up = sum(n for one, other, n in both if 0 < one < other)
    counted = f"select people_in_both, moved, up, shorrocks from mobility_index {where}"
    ((people, told_moved, told_up, shorrocks),) = snapshots.rows(counted)
    assert (people, told_moved, told_up) == (sum(n for *_, n in both), moved, up)
    left = Counter[int]()
    for one, _, n in both:
        left[one] += n
    stayed = sum(n / left[one] for one, other, n in both if one == other)
    assert shorrocks == pytest.approx((len(left) - stayed) / (len(left) - 1))


def test_the_command_tells_one_date_and_computes_nothing_twice(
    evaluated: Path, times: Callable[[], dict[Path, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    before = times()
    words = ["drift", "--as-of", "2026-08", "--data", str(evaluated), "--format", "json"]
    assert run_command_line(words) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["as_of_date"] for row in rows} == {str(DAYS[1])}
    assert "score" in {row["subject"] for row in rows}
    assert times() == before


def test_the_oldest_date_has_nothing_to_be_held_against(
    evaluated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, answered in (
        (["--as-of", str(DAYS[0])], f"no snapshot is published of a date before {DAYS[0]}"),
        (["--baseline", str(DAYS[2])], f"the baseline, {DAYS[2]}, is not before {DAYS[2]}"),
    ):
        assert run_command_line(["drift", *words, "--data", str(evaluated)]) == 5
        assert answered in capsys.readouterr().err
