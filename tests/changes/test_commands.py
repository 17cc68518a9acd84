"""`why` and `compare`: they add up, name who cannot be compared, and keep their limits."""

import html
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.cli.app import main, run_command_line
from plainscore.common.lock import writer_lock
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.runs import CHANGES, derived_folder
from plainscore.runs.upkeep import find_drift
from plainscore.settings import read_settings
from plainscore.show.changes import End, Pair, is_computed
from plainscore.show.reader import Snapshots, open_snapshots
from plainscore.show.report import change_of_card, report_page
from tests.changes.conftest import Published
from tests.changes.expected import CAUSES
from tests.dashboards.test_commands import HEAVY, Ran

FEATURE_SUMS = """
select sum(points_change), sum(rules_change), sum(late_data_change), sum(time_change),
    sum(new_events_change)
from why_changed(?, ?, ?)
"""


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], computed: Published) -> Any:
    """Run a command on the published world, all its changes computed."""

    def run(*words: str, data: Path = computed.data_dir) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--data", str(data)])
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run


def rows_of(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def restated(published: Published) -> Sequence[str]:
    day = str(published.world.as_of_date)
    return ("--from", day, "--to", day)


def test_what_compare_says_of_someone_is_what_why_says(ask: Any, published: Published) -> None:
    rows = rows_of(ask("compare", "--format", "json"))
    both = [row for row in rows if row["score_change"] is not None]
    for row in [*both[:3], *(r for r in rows if r["score_change"] is None)][:5]:
        said = json.loads(ask("why", row["person_id"], "--format", "json").out)
        assert said["before"]["as_of_date"] == str(published.month_ago.dates.as_of_date)
        for name in ("score_before", "score_after", "score_change", "status_cause", "is_carried"):
            assert said[name] == row[name]
        if row["score_change"] is None:
            assert (said["causes"], said["features"]) == ({}, [])
            continue
        assert sum(part["points"] for part in said["causes"].values()) == row["score_change"]
        for cause in CAUSES:
            part = said["causes"][cause]
            assert part == {
                "points": row[f"{cause}_change"],
                "friends": row[f"{cause}_friends"],
            }
            moved = sum(feature["causes"][cause] for feature in said["features"])
            assert moved == part["points"]


def test_the_macros_carry_the_causes(ask: Any, published: Published) -> None:
    days = [str(published.month_ago.dates.as_of_date), str(published.world.as_of_date)]
    rows = rows_of(ask("compare", *days, "--format", "json"))
    with open_snapshots(published.data_dir) as snapshots:
        compared = snapshots.records("from compare(?, ?) order by person_id", days)
        shared = set(compared[0]) & set(rows[0])
        assert len(compared) == len(rows)
        assert {f"{cause}_change" for cause in CAUSES} <= shared
        by_person = {row["person_id"]: row for row in rows}
        for row in compared:
            same = by_person[row["person_id"]]
            assert {n: row[n] for n in shared} == {n: same[n] for n in shared}
        for row in [row for row in rows if row["score_change"]][:4]:
            sums = snapshots.rows(FEATURE_SUMS, [row["person_id"], *days])
            causes = [row[f"{cause}_change"] for cause in CAUSES]
            assert list(sums[0]) == [row["score_change"], *causes]


def test_one_date_twice_is_the_restatement(ask: Any, published: Published) -> None:
    rows = rows_of(ask("compare", *restated(published), "--format", "json"))
    assert {row["known_on_before"] for row in rows} == {str(published.now.dates.known_on)}
    assert {row["known_on"] for row in rows} == {str(published.world.known_on)}
    assert {row["new_events_change"] for row in rows} == {0, None}


def test_a_person_is_shown_in_a_table_and_a_sentence_per_cause(ask: Any) -> None:
    rows = rows_of(ask("compare", "--format", "json"))
    moved = max(rows, key=lambda row: abs(row["score_change"] or 0))
    ran = ask("why", moved["person_id"])
    assert ran.out.startswith(f"{moved['person_id']}: {moved['score_before']} to ")
    for title in ("rules: ", "late data: ", "time: ", "new events: "):
        assert f"\n  {title}" in ran.out
    lost = next(row for row in rows if row["status_cause"] == "time")
    assert "after: by time" in ask("why", lost["person_id"]).out
    carried = next(row for row in rows if row["is_carried"])
    assert "not scored somewhere on the way" in ask("why", carried["person_id"]).out


def test_everyone_is_shown_in_sum(ask: Any) -> None:
    rows = rows_of(ask("compare", "--format", "json"))
    both = [row["score_change"] for row in rows if row["score_change"] is not None]
    ran = ask("compare")
    assert f"{len(rows)} people: {sum(map(bool, both))} of the {len(both)} scored" in ran.out
    assert f"{sum(both) / len(both):+.2f}" in ran.out
    for heading in ("from band", "status before", "largest changes"):
        assert heading in ran.out


@pytest.mark.parametrize(
    ("limit", "code"), [("0", 7), ("950", 0), ("0%", 7), ("100%", 0), ("five", 2), ("-1", 2)]
)
def test_a_limit_that_is_passed_ends_with_7(ask: Any, limit: str, code: int) -> None:
    ran = ask("compare", f"--fail-over={limit}")
    assert ran.code == code
    assert bool(ran.out) == (code != 2)


def test_the_mean_itself_does_not_pass_its_limit(ask: Any) -> None:
    rows = rows_of(ask("compare", "--format", "json"))
    moved = sum(bool(r["score_change"]) or r["status_cause"] is not None for r in rows)
    assert 0 < moved < len(rows)
    percent = 100 * moved / len(rows)
    assert ask("compare", f"--fail-over={percent + 0.01:.2f}%").code == 0
    assert ask("compare", f"--fail-over={percent - 0.01:.2f}%").code == 7


def test_what_cannot_be_compared_says_so(ask: Any, published: Published) -> None:
    first, last = (str(run.dates.as_of_date) for run in (published.month_ago, published.now))
    for words, code, said in (
        (("compare", last, first), 2, "exchange"),
        (("compare", first, first), 2, "one snapshot"),
        (("compare", "--to", first), 5, "nothing is published before"),
        (("why", "noone"), 5, "knows a person 'noone'"),
        (("compare", "--known-on", "2020-01-01"), 5, "not published as known on"),
    ):
        ran = ask(*words)
        assert (ran.code, ran.out) == (code, ""), words
        assert said in ran.err


def test_who_looks_needs_no_lock_and_who_computes_does(
    ask: Any, published: Published, tmp_path: Path
) -> None:
    data_dir = tmp_path / "copy"
    shutil.copytree(published.data_dir, data_dir)
    shutil.rmtree(derived_folder(data_dir, CHANGES, published.restatement))
    rebuild_catalog(data_dir)
    there, missing = ("compare",), ("compare", *restated(published))
    with writer_lock(data_dir, "a test"):
        assert ask(*there, data=data_dir).code == 0
        assert ask(*missing, data=data_dir).code == 4
    (data_dir / ".lock").unlink()
    (data_dir / ".lock").mkdir()  # keeps even root from writing
    assert ask(*there, data=data_dir).code == 0
    refused = ask(*missing, data=data_dir)
    assert refused.code == 5
    assert "not computed yet" in refused.err
    (data_dir / ".lock").rmdir()
    assert ask(*missing, data=data_dir).code == 0


def test_a_catalog_of_an_older_version_has_nothing_computed(published: Published) -> None:
    end = End(published.world.as_of_date, published.world.known_on, "0001")
    assert not is_computed(Snapshots(duckdb.connect()), Pair(end, end))


def test_who_looks_imports_nothing_heavy(ask: Any, published: Published) -> None:
    program = (
        "import sys\nfrom plainscore.cli.app import main\n"
        "for words in (['compare'], ['why', sys.argv[2]]):\n"
        "    try:\n        main([*words, '--data', sys.argv[1]])\n"
        "    except SystemExit as ended:\n        assert not ended.code, words\n"
        "print('\\n'.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    person = rows_of(ask("compare", "--format", "json"))[0]["person_id"]
    ran = subprocess.run(
        [sys.executable, "-c", program, str(published.data_dir), person],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not HEAVY & set(ran.stdout.split())


def test_a_change_of_the_card_is_said_by_report_and_drift_and_is_no_drift_to_watch(
    computed: Published, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    shutil.copytree(computed.data_dir, data)
    rebuild_catalog(data)
    earlier, later = (run.dates.as_of_date for run in computed.by_all_causes)
    with open_snapshots(data) as snapshots:
        said = change_of_card(snapshots, later)
        assert said.startswith(
            f"Dates up to {earlier} were scored by reported_b 1.0.0, {later} by standard 1.0.0:"
        )
        assert change_of_card(snapshots, earlier) == ""
        assert said in html.unescape(report_page(snapshots, later, [], False))
    assert run_command_line(["drift", "--data", str(data)]) == 0
    assert f"{earlier} was not scored by the first scorecard of {later}" in capsys.readouterr().err
    assert find_drift(data, 1, 0.1, read_settings(data)) is None
