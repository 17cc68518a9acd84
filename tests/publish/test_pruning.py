"""A pruned run leaves the catalog first and the disk later, and no reader is broken by it."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.lock import writer_lock
from plainscore.publish import catalog, publication
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.proof import published_roots, verify
from plainscore.publish.publication import PruneOutcome, prune, publish_report, report_file
from plainscore.publish.runs import LEDGER, all_runs, published_runs
from plainscore.publish.sets import STAGING, read_manifest
from plainscore.runs.ledger import Entry, entry_file, write_entry
from plainscore.settings import Retention
from tests.publish.invented import OCTOBER, SEPTEMBER, published
from tests.publish.power_cuts import PowerCutError, cuts, publish_small

READER = Path(__file__).with_name("looping_reader.py")
NEWEST_ONLY = Retention(keep_daily_days=0, keep=(), grace_hours=24)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def two_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September and October, published; no test may write into it."""
    home = tmp_path_factory.mktemp("two")
    published(home, SEPTEMBER, seed=1)
    published(home, OCTOBER, seed=2)
    return home


@pytest.fixture
def home(two_months: Path, tmp_path: Path, small_catalogs: None) -> Path:
    copy = tmp_path / "home"
    shutil.copytree(two_months, copy)
    rebuild_catalog(copy)
    return copy


def _prune(home: Path, at: datetime = NOON, **how: Any) -> PruneOutcome:
    return prune(home, NEWEST_ONLY, now=at, **how)


def _shown(home: Path) -> list[str]:
    with duckdb.connect(str(home / "plainscore.duckdb"), read_only=True) as con:
        found = con.execute("select distinct as_of_date::text from score order by 1").fetchall()
    return [day for (day,) in found]


def _paths(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def _in_snapshots(home: Path) -> set[str]:
    """Return the folders in snapshots/ that hold files, but for the ledger."""
    assert not list((home / "snapshots" / STAGING).glob("*"))
    snapshots = home / "snapshots"
    files = (path.relative_to(snapshots) for path in snapshots.rglob("*") if path.is_file())
    return {file.parts[0] for file in files} - {LEDGER}


def test_a_run_is_retired_first_and_deleted_after_the_grace_period(home: Path) -> None:
    september, october = published_runs(home)
    size = sum(file.stat().st_size for file in september.folder.rglob("*") if file.is_file())
    for dates in (SEPTEMBER, OCTOBER):
        publish_report("page", report_file(home, dates.as_of_date))
    assert [run.folder for run in _prune(home).retired] == [september.folder.resolve()]
    assert (_shown(home), published_runs(home)) == (["2026-10-31"], [october])
    assert september.folder.is_dir()
    assert [path.name for path in (home / "reports").iterdir()] == ["2026-10-31.html"]
    early = _prune(home, NOON + DAY / 2)
    assert (early.retired, early.deleted, list(early.waiting.values())) == ([], [], [NOON + DAY])
    late = _prune(home, NOON + DAY)
    assert [late.sizes[run] for run in late.deleted] == [
        size + len('{\n "retired": "2026-11-01T12:00:00+00:00"\n}\n')
    ]
    assert all_runs(home) == [october]
    assert _in_snapshots(home) == {"as_of_date=2026-10-31", "_pruned.json"}
    assert verify(home) == []
    assert _prune(home, NOON + 9 * DAY) == PruneOutcome()


def test_who_has_the_old_catalog_open_goes_on_reading(home: Path) -> None:
    with duckdb.connect(str(home / "plainscore.duckdb"), read_only=True) as old:
        _prune(home)
        counted = old.execute("select count(*) from points_all where as_of_date = '2026-09-30'")
        assert counted.fetchall() == [(78,)]


def test_a_number_and_a_root_outlive_their_run(home: Path) -> None:
    root = read_manifest(published_runs(home)[0])["people_root"]
    _prune(home)
    _prune(home, NOON + DAY)
    assert list(published_roots(home, "2026-09-30", "2026-09-30").values()) == [root]
    assert published(home, SEPTEMBER, seed=1).name == "0002"


def test_a_rehearsal_changes_nothing(home: Path) -> None:
    before = _paths(home)
    assert len(_prune(home, is_rehearsal=True).retired) == 1
    assert _paths(home) == before
    _prune(home)
    before = _paths(home)
    assert len(_prune(home, NOON + DAY, is_rehearsal=True).deleted) == 1
    assert _paths(home) == before


@pytest.mark.parametrize("marker", ["{}", "", '{"retired": "soon"}', '{"retired": "2026-01-01"}'])
def test_a_marker_that_does_not_say_when_counts_from_now(home: Path, marker: str) -> None:
    run = published_runs(home)[0]
    (run.folder / "retired.json").write_text(marker)
    rebuild_catalog(home)
    assert _prune(home, NOON + 9 * DAY).deleted == []
    assert json.loads((run.folder / "retired.json").read_text())["retired"].startswith("2026-11-10")


def test_grace_counts_from_when_the_catalog_stopped_showing_the_run(home: Path) -> None:
    catalog = (home / "plainscore.duckdb").read_bytes()
    _prune(home)
    (home / "plainscore.duckdb").write_bytes(catalog)  # as after a power cut before its rename
    assert _prune(home, NOON + 9 * DAY).deleted == []
    assert _shown(home) == ["2026-10-31"]
    assert len(_prune(home, NOON + 10 * DAY).deleted) == 1


def test_a_clock_set_back_deletes_nothing(home: Path) -> None:
    _prune(home)
    assert _prune(home, NOON - 9 * DAY).deleted == []


def test_a_power_cut_before_any_change_of_a_file_is_made_good_by_the_next_prune(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_catalogs: None
) -> None:
    for first in (NOON, NOON + DAY):
        home = tmp_path / str(first.day)
        for seed, dates in enumerate((SEPTEMBER, OCTOBER)):
            publish_small(home, dates, seed)
        if first > NOON:
            _prune(home)
        for _ in cuts(monkeypatch, home, lambda home, at=first: _prune(home, at)):
            assert _shown(home) in (["2026-10-31"], ["2026-09-30", "2026-10-31"])
            _prune(home, first)
            assert _shown(home) == ["2026-10-31"]
            _prune(home, NOON + 9 * DAY)
            assert verify(home) == []
            assert _in_snapshots(home) == {"as_of_date=2026-10-31", "_pruned.json"}
            assert len(json.loads((home / "snapshots/_pruned.json").read_text())["runs"]) == 1


def test_a_power_cut_before_a_run_is_deleted_is_made_good(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise PowerCutError

    _prune(home)
    with monkeypatch.context() as patched:
        patched.setattr(publication, "remove_sets", cut)
        with pytest.raises(PowerCutError):
            _prune(home, NOON + DAY)
    assert len(all_runs(home)) == 2
    assert len(_prune(home, NOON + DAY).deleted) == 1
    assert (_shown(home), verify(home)) == (["2026-10-31"], [])


def test_a_reader_in_a_loop_sees_whole_snapshots_only_and_never_an_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(catalog, "comments_of", lambda _view: iter(()))
    rebuild_catalog(home)  # with the macros that the reader asks
    reader = subprocess.Popen(
        [sys.executable, str(READER), str(home), "2026-10-31"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert reader.stdout.readline() == "reading\n"
        for seed in (3, 1):
            published(home, OCTOBER, seed=seed)
        whole = _totals(home)
        _prune(home)
        reader.stdin.write("open again\n")  # within the grace period, whatever the machine
        reader.stdin.flush()
        assert reader.stdout.readline() == "reading\n"
        _prune(home, NOON + DAY)
        published(home, SEPTEMBER, seed=1)
        _prune(home, NOON + DAY)
    finally:
        said, _ = reader.communicate(input="stop\n")
    assert reader.returncode == 0, said
    reads, *seen = said.splitlines()
    assert int(reads) > 0
    assert set(seen) <= whole


def _totals(home: Path) -> set[str]:
    """Return date and sum of the scores of every run that is not pruned."""
    with duckdb.connect(str(home / "plainscore.duckdb"), read_only=True) as con:
        runs = con.execute(
            "select as_of_date::text, sum(score)::bigint from score_all "
            "where scorecard_no = 1 group by as_of_date, run"
        ).fetchall()
    return {f"{day} {total}" for day, total in runs}


def test_the_command_says_what_it_does(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["prune", "--data", str(home), "--keep-daily-days", "0"]
    assert run_command_line([*words, "--keep", "year-ends", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 runs would be retired, 0 retired before wait, 0 would be deleted: 0")
    assert run_command_line([*words, "--keep", "month-ends"]) == 0
    assert capsys.readouterr().out.startswith("0 runs retired, 0 retired before wait, 0 deleted")
    (home / "plainscore.toml").write_text('[retention]\nkeep = ["year-ends"]\ngrace_hours = 0\n')
    write_entry(home, Entry(SEPTEMBER))
    assert run_command_line([*words, "--format", "json"]) == 0
    assert [row["action"] for row in json.loads(capsys.readouterr().out)] == ["retired"]
    assert run_command_line([*words, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["action"], row["as_of_date"]) for row in rows] == [("deleted", "2026-09-30")]
    assert not entry_file(home, SEPTEMBER).exists()


def test_the_command_knows_its_limits(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["prune", "--data", str(home), "--grace-hours", "-1"]) == 2
    assert run_command_line(["prune", "--data", str(home / "nowhere")]) == 5
    with writer_lock(home, "test"):
        assert run_command_line(["prune", "--data", str(home)]) == 4
    assert capsys.readouterr().out == ""
