"""What is computed is kept whole, holds while its runs do, and refuses what would mislead."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.analysis import changes
from plainscore.analysis.changes import compute_changes, plan_changes
from plainscore.common.errors import InputRefused, UsageError
from plainscore.publish.catalog import rebuild_catalog
from plainscore.publish.proof import verify
from plainscore.publish.runs import (
    CHANGES,
    DERIVED,
    Run,
    RunPair,
    current_sets,
    derived_folder,
    latest_runs,
    published_runs,
)
from plainscore.publish.sets import MANIFEST, SNAPSHOTS, read_manifest
from plainscore.settings import read_settings
from tests.changes.conftest import Published

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def copied(computed: Published, tmp_path: Path) -> tuple[Path, RunPair]:
    """A data directory to write into, and its restatement, whose changes are computed."""
    data_dir = tmp_path / "copy"
    shutil.copytree(computed.data_dir, data_dir)
    shutil.rmtree(derived_folder(data_dir, CHANGES, computed.by_all_causes))
    _, now, now_later = latest_runs(data_dir)
    return data_dir, RunPair(now, now_later)


def edit_manifest(run: Run, edit: Edit) -> None:
    manifest = read_manifest(run)
    edit(manifest)
    (run.folder / MANIFEST).write_text(json.dumps(manifest))


def test_what_is_computed_is_not_computed_again(copied: tuple[Path, RunPair]) -> None:
    data_dir, pair = copied
    made = derived_folder(data_dir, CHANGES, pair).stat().st_mtime_ns
    compute_changes(data_dir, pair, read_settings(data_dir))
    assert derived_folder(data_dir, CHANGES, pair).stat().st_mtime_ns == made


def test_the_same_pair_makes_the_same_bytes(copied: tuple[Path, RunPair]) -> None:
    data_dir, pair = copied
    folder = derived_folder(data_dir, CHANGES, pair)
    first = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    shutil.rmtree(folder)
    compute_changes(data_dir, pair, read_settings(data_dir, threads=1))
    again = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert again == first


def test_what_a_kill_left_unshown_is_shown_when_asked(copied: tuple[Path, RunPair]) -> None:
    data_dir, pair = copied
    folder = derived_folder(data_dir, CHANGES, pair)
    folder.rename(data_dir / "aside")
    rebuild_catalog(data_dir)
    assert shown_pairs(data_dir) == 0
    (data_dir / "aside").rename(folder)
    compute_changes(data_dir, pair, read_settings(data_dir))
    assert shown_pairs(data_dir) == 1


def shown_pairs(data_dir: Path) -> int:
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        counts = [
            con.execute(f"select count(*) > 0 from {view}").fetchone()
            for view in ("change", "change_feature", "change_pair")
        ]
        found = con.execute("select count(*) from change_pair").fetchone()
    assert len(set(counts)) == 1
    assert found is not None
    return int(found[0])


def test_a_killed_computation_leaves_nothing_and_a_rerun_does_it(
    copied: tuple[Path, RunPair], monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, pair = copied
    shutil.rmtree(derived_folder(data_dir, CHANGES, pair))

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(changes, "publish_derived", stop)
        with pytest.raises(KeyboardInterrupt):
            compute_changes(data_dir, pair, read_settings(data_dir))
    assert not derived_folder(data_dir, CHANGES, pair).exists()
    compute_changes(data_dir, pair, read_settings(data_dir))
    assert derived_folder(data_dir, CHANGES, pair).is_dir()
    assert not list((data_dir / SNAPSHOTS / "_staging").glob("*"))


def test_changes_of_a_replaced_run_are_shown_no_more(copied: tuple[Path, RunPair]) -> None:
    data_dir, pair = copied
    further = pair.after.folder.parent / "run=0002"
    shutil.copytree(pair.after.folder, further)
    edit_manifest(Run(pair.after.dates, 2, further), lambda manifest: manifest.update(run="0002"))
    rebuild_catalog(data_dir)
    assert shown_pairs(data_dir) == 0
    assert derived_folder(data_dir, CHANGES, pair).is_dir()


def test_changes_of_a_run_that_says_something_else_now_hold_no_more(
    copied: tuple[Path, RunPair],
) -> None:
    data_dir, pair = copied
    manifests = {run: read_manifest(run) for run in published_runs(data_dir)}
    assert len(current_sets(data_dir, manifests)["changes"]) == 1
    manifests[pair.before]["content_hash"] = "0" * 64
    assert current_sets(data_dir, manifests)["changes"] == []


def test_changes_of_a_deleted_run_are_deleted_with_it(copied: tuple[Path, RunPair]) -> None:
    data_dir, pair = copied
    shutil.rmtree(pair.before.folder)
    rebuild_catalog(data_dir)
    assert not derived_folder(data_dir, CHANGES, pair).exists()
    assert not list((data_dir / SNAPSHOTS / "_staging").glob("*"))
    assert shown_pairs(data_dir) == 0


def test_verify_finds_what_is_not_as_it_was_computed(copied: tuple[Path, RunPair]) -> None:
    data_dir, pair = copied
    rebuild_catalog(data_dir)
    assert verify(data_dir) == []
    folder = derived_folder(data_dir, CHANGES, pair)
    table = folder / "change" / "change.parquet"
    with duckdb.connect() as con:
        con.execute(
            f"copy (select * replace (score_after + 1 as score_after) from '{table}') to '{table}'"
        )
    (folder / "more.txt").touch()
    problems = [problem for problem in verify(data_dir) if DERIVED in problem]
    assert [problem.partition(": ")[2].partition(":")[0] for problem in problems] == [
        "its bytes are not those that were published",
        "its rows are not those that were published",
        "more.txt does not belong there",
    ]
    for manifest, said in (("{}", "lacks what every manifest has"), ("{", "cannot be read")):
        (folder / MANIFEST).write_text(manifest)
        assert said in " ".join(verify(data_dir))
    rebuild_catalog(data_dir)
    assert shown_pairs(data_dir) == 0


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (lambda m: m["scorecards"][0].update(hash="0" * 64), InputRefused, "--scorecard"),
        (lambda m: m["code"].update(hash="0" * 64), InputRefused, "by other code"),
        (lambda m: m["input"].update(sha256="0" * 64), InputRefused, "store has changed"),
    ],
)
def test_a_later_snapshot_that_cannot_be_made_again_is_refused(
    copied: tuple[Path, RunPair], edit: Edit, error: type[Exception], message: str
) -> None:
    data_dir, pair = copied
    edit_manifest(pair.after, edit)
    with pytest.raises(error, match=message):
        plan_changes(data_dir, pair, read_settings(data_dir))


def test_a_later_snapshot_comes_later(copied: tuple[Path, RunPair]) -> None:
    data_dir, pair = copied
    month_ago = latest_runs(data_dir)[0]
    with pytest.raises(UsageError, match="exchange"):
        plan_changes(data_dir, RunPair(pair.before, month_ago), read_settings(data_dir))


def test_other_code_of_the_earlier_snapshot_counts_as_rules_and_is_noted(
    copied: tuple[Path, RunPair],
) -> None:
    data_dir, pair = copied
    settings = read_settings(data_dir)
    edit_manifest(pair.before, lambda manifest: manifest["code"].update(hash="0" * 64))
    comparison = plan_changes(data_dir, pair, settings)
    assert comparison.chain.to_compute == {"rules": pair.before.dates}
    assert "made by other code" in comparison.notes[0]
    edit_manifest(pair.before, lambda manifest: manifest["input"].update(sha256="0" * 64))
    assert "delivered into arrival days" in plan_changes(data_dir, pair, settings).notes[1]
