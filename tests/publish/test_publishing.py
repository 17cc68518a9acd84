"""All of a snapshot is published, or none of it, whatever happens and whoever reads."""

import errno
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from plainscore.common.errors import InputRefused, PlainscoreError
from plainscore.publish import publication
from plainscore.publish.catalog import rebuild_catalog, refresh_catalog
from plainscore.publish.proof import verify
from plainscore.publish.runs import find_latest_run, latest_runs, published_runs
from plainscore.publish.sets import read_manifest
from tests.publish.invented import OCTOBER, OCTOBER_LATER, SEPTEMBER, published
from tests.publish.power_cuts import PowerCutError, cuts, publish_small

pytestmark = pytest.mark.usefixtures("small_catalogs")


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _scores(data_dir: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data_dir / "plainscore.duckdb"), read_only=True) as con:
        sql = "select as_of_date::text, sum(score) from score group by all order by all"
        return con.execute(sql).fetchall()


def test_a_snapshot_is_the_same_bytes_in_another_place_and_says_from_what(tmp_path: Path) -> None:
    one, other = published(tmp_path / "one"), published(tmp_path / "other")
    assert _files(one.folder) == _files(other.folder)
    for name in ("manifest.json", "contracts.json"):
        text = (one.folder / name).read_text()
        again = json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, indent=1)
        assert text == again + "\n"
    manifest = read_manifest(one)
    assert (manifest["as_of_date"], manifest["known_on"]) == ("2026-10-31", "2026-10-31")
    assert manifest["run"] == "0001"
    assert (manifest["people"], manifest["scored"]) == (40, 39)
    assert [card["name"] for card in manifest["scorecards"]] == ["standard", "reported_b"]
    assert manifest["checks"] == {"passed": 1, "warned": 1}
    assert manifest["input"] == {"fingerprint": "f" * 64, "files": 3}
    assert manifest["tables"]["score"]["rows"] == 80
    assert set(manifest["tables"]["score"]) == {"rows", "bytes", "content_hash", "file_sha256"}


def test_the_newest_run_of_a_date_is_live_and_nothing_of_another_is_written_again(
    tmp_path: Path,
) -> None:
    first = published(tmp_path)
    before = _files(first.folder)
    second = published(tmp_path, seed=2)
    later = published(tmp_path, OCTOBER_LATER)
    assert latest_runs(tmp_path.resolve()) == [second, later]
    assert find_latest_run(tmp_path.resolve(), OCTOBER) == second
    assert find_latest_run(tmp_path, SEPTEMBER) is None
    assert _files(first.folder) == before


def test_a_manifest_that_is_gone_is_named(tmp_path: Path) -> None:
    run = published(tmp_path, SEPTEMBER)
    (run.folder / "manifest.json").unlink()
    with pytest.raises(InputRefused, match=r"known_on=2026-09-30/run=0001/manifest\.json"):
        published(tmp_path, OCTOBER)


def test_a_full_disk_is_told_in_a_line_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(tmp_path, SEPTEMBER, seed=1)
    before = _scores(tmp_path)

    def write_nothing(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(publication, "fsync_tree", write_nothing)
        with pytest.raises(PlainscoreError, match="No space left on device.*stays as it was"):
            published(tmp_path, OCTOBER, seed=2)
    assert _scores(tmp_path) == before


def test_a_power_cut_before_any_change_of_a_file_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, home = tmp_path / "whole", tmp_path / "home"
    for place in (whole, home):
        publish_small(place, SEPTEMBER, 1)
    old = _scores(home)
    publish_small(whole, OCTOBER, 2)
    new = _scores(whole)

    def act(home: Path) -> object:
        return publish_small(home, OCTOBER, 2)

    seen = []
    for cut in cuts(monkeypatch, home, act):
        seen.append(_scores(cut))
        _as_the_flow_does(cut, act)
        assert _files(home / "snapshots") == _files(whole / "snapshots")
        assert _scores(home) == new
        assert {path.name for path in home.iterdir()} == {"plainscore.duckdb", "snapshots"}
    assert len(seen) > 10
    assert all(scores == old for scores in seen), "half a catalog is seen"


def test_a_power_cut_between_a_snapshot_and_its_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise PowerCutError

    published(tmp_path, SEPTEMBER, seed=1)
    old = _scores(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(publication, "rebuild_catalog", cut)
        with pytest.raises(PowerCutError):
            published(tmp_path, OCTOBER, seed=2)
    assert (_scores(tmp_path), len(published_runs(tmp_path))) == (old, 2)
    assert refresh_catalog(tmp_path)
    assert len(_scores(tmp_path)) == 2


def _as_the_flow_does(home: Path, act: Callable[[Path], object]) -> None:
    """Publish October where it is not published yet; let the catalog catch up."""
    if find_latest_run(home, OCTOBER) is None:
        act(home)
    refresh_catalog(home)


def test_who_has_the_catalog_open_goes_on_and_who_opens_it_sees_the_new(tmp_path: Path) -> None:
    published(tmp_path, SEPTEMBER, seed=1)
    old = _scores(tmp_path)
    catalog = str(tmp_path / "plainscore.duckdb")
    counted = "select count(distinct as_of_date) from score"
    with duckdb.connect(catalog, read_only=True) as con:
        published(tmp_path, OCTOBER, seed=2)
        assert con.execute(counted).fetchall() == [(1,)]
        asked = (
            "import duckdb, sys; "
            f"print(duckdb.connect(sys.argv[1], read_only=True).execute('{counted}').fetchone())"
        )
        other = subprocess.run(
            [sys.executable, "-c", asked, catalog], capture_output=True, text=True, check=True
        )
        assert other.stdout == "(2,)\n"
        # One process has one engine for a file: a second connection joins the first one's.
        assert _scores(tmp_path) == old
    assert len(_scores(tmp_path)) == 2


def test_a_published_file_that_is_gone_is_named_when_the_catalog_cannot_be_made(
    tmp_path: Path,
) -> None:
    run = published(tmp_path)
    gone = run.folder / "reason" / "reason.parquet"
    gone.unlink()
    with pytest.raises(InputRefused, match="reason.parquet is gone.*remove the run's directory"):
        rebuild_catalog(tmp_path)
    shutil.rmtree(run.folder)
    published(tmp_path)
    assert verify(tmp_path) == []
