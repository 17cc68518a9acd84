"""OpenLineage events of a run: what was read, what was made of it, and which columns of which."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plainscore.cli.app import run_command_line
from plainscore.common.errors import ChecksRefused
from plainscore.contracts import SnapshotDates
from plainscore.engines import build
from plainscore.publish.runs import Run
from plainscore.publish.sets import read_manifest
from plainscore.runs import openlineage
from plainscore.runs.ledger import read_entry
from plainscore.runs.run import SnapshotOutcome
from tests.flows.conftest import LAST_DAY, ForcedRun

Published = tuple[Path, SnapshotOutcome]
Event = dict[str, Any]
DATES = SnapshotDates(LAST_DAY, LAST_DAY)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAINSCORE__LINEAGE_DIRECTORY", str(tmp_path / "lineage"))
    return tmp_path / "lineage"


def run(data_dir: Path) -> int:
    words = ["run", "--plain", "--force", "--as-of", str(LAST_DAY), "--data", str(data_dir)]
    return run_command_line(words)


def events_of(folder: Path) -> list[Event]:
    (file,) = folder.iterdir()
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_run_tells_which_columns_its_tables_are_made_of(forced: ForcedRun) -> None:
    start, complete = events_of(forced.lineage)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    entry = read_entry(forced.data_dir, forced.run.dates)
    assert entry.published is not None
    assert start["run"]["runId"] == complete["run"]["runId"] == entry.published.run_id

    read = {one["name"]: _columns(one) for one in complete["inputs"]}
    assert {Path(name).name for name in read} >= {"payment", "purchase", "profile", "friendship"}
    tables = read_manifest(forced.run)["tables"]
    made = {Path(one["name"]).stem: one for one in complete["outputs"]}
    for one in made.values():
        assert Path(one["name"]).is_file()
        fields = one["facets"]["columnLineage"]["fields"]
        assert set(fields) <= _columns(one)
        for field in fields.values():
            assert all(source["field"] in read[source["name"]] for source in field["inputFields"])
    assert made["score"]["outputFacets"]["outputStatistics"]["rowCount"] == tables["score"]["rows"]
    behind = made["features"]["facets"]["columnLineage"]["fields"]["refund_share"]["inputFields"]
    assert {Path(source["name"]).name for source in behind} == {"purchase"}


def _columns(dataset: Event) -> set[str]:
    return {field["name"] for field in dataset["facets"]["schema"]["fields"]}


@pytest.mark.usefixtures("quick")
def test_a_run_that_is_refused_tells_so_and_made_nothing(
    published: Published, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any, **_limits: Any) -> None:
        raise ChecksRefused("a check failed")

    monkeypatch.setattr(build, "DuckDBEngine", refuse)
    assert run(published[0]) == 3
    _, fail = events_of(folder)
    assert (fail["eventType"], fail["outputs"]) == ("FAIL", [])
    assert fail["run"]["facets"]["errorMessage"]["message"]


@pytest.mark.usefixtures("quick", "folder")
def test_without_the_package_the_setting_is_refused_before_anything_runs(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "openlineage.client", None)
    assert run(published[0]) == 2
    assert "install plainscore[lineage]" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_and_stops_no_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_text("a file is in the way")
    monkeypatch.setattr(openlineage, "_events", lambda *_: iter(()))
    warned: list[str] = []
    request, attempt = SimpleNamespace(dates=DATES), SimpleNamespace(run_id="1")
    run: Any = SimpleNamespace(request=request, attempt=attempt, warn=warned.append)
    openlineage.OpenLineage(folder).published(run, Run(DATES, 1, folder))
    [said] = warned
    assert said.startswith(f"{folder} cannot be written")
