"""The ready parts of dashboards/ fit what an export holds; their own tools are tried by hand."""

import re
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from plainscore.cli.app import run_command_line

DASHBOARDS = Path(__file__).parents[2] / "dashboards"


@pytest.fixture(scope="module")
def scores(autumn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of both dates."""
    out = tmp_path_factory.mktemp("export") / "out"
    assert run_command_line(["export", str(out), "--all", "--data", str(autumn)]) == 0
    return out / "scores.duckdb"


@pytest.fixture
def con(scores: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(scores), read_only=True) as opened:
        yield opened


def _documents(scores: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    spec = spec_from_file_location("bundle", DASHBOARDS / "superset" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    monkeypatch.setattr(sys, "argv", ["bundle.py", str(scores), str(file)])
    made.main()
    with zipfile.ZipFile(file) as archive:
        return {name: yaml.safe_load(archive.read(name)) for name in archive.namelist()}


def test_every_chart_of_superset_asks_what_an_export_answers(
    scores: Path,
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents = _documents(scores, tmp_path / "bundle.zip", monkeypatch)
    views = {one["uuid"]: one["table_name"] for one in documents.values() if "table_name" in one}
    charts = [one for one in documents.values() if "slice_name" in one]
    placed = documents["plainscore/dashboards/plainscore.yaml"]["position"].values()
    assert {one["uuid"] for one in charts} == {
        one["meta"]["uuid"] for one in placed if isinstance(one, dict) and one["type"] == "CHART"
    }
    assert len(charts) == 10
    for chart in charts:
        asked = chart["params"]
        by = [asked[name] for name in ("x_axis",) if name in asked] + asked.get("groupby", [])
        cells = [one if isinstance(one, str) else one["sqlExpression"] for one in by]
        metrics = [*asked.get("metrics", []), *([asked["metric"]] if "metric" in asked else [])]
        cells += [one["sqlExpression"] for one in metrics] + asked.get("all_columns", [])
        where = " and ".join(one["sqlExpression"] for one in asked["adhoc_filters"])
        grouped = "group by all" if metrics else ""
        sql = f"select {', '.join(cells)} from {views[chart['dataset_uuid']]} where {where}"
        assert con.execute(f"{sql} {grouped}").fetchall(), chart["slice_name"]


def test_the_models_of_dbt_have_one_row_a_person_and_date(con: duckdb.DuckDBPyConnection) -> None:
    for name in ("person_month", "band_by_month"):
        sql = (DASHBOARDS / "dbt" / "models" / f"{name}.sql").read_text(encoding="utf-8")
        sql = re.sub(r"\{\{ \w+\((?:'plainscore', )?'(\w+)'\) \}\}", r"\1", sql)
        con.execute(f"create temp table {name} as {sql}")
    counted = "select count(*), count(distinct person_month) from person_month"
    assert con.execute(counted).fetchone() == (80, 80)
    shares = con.execute("select sum(share) from band_by_month group by as_of_date").fetchall()
    assert shares == [(pytest.approx(1),)] * 2


def test_the_notebook_asks_what_an_export_answers(con: duckdb.DuckDBPyConnection) -> None:
    text = (DASHBOARDS / "notebook.py").read_text(encoding="utf-8")
    asked = re.findall(r"con\.(?:sql|execute)\(\s*((?:\"[^\"]*\"\s*)+)", text)
    assert len(asked) == 5
    for one in asked:
        sql = "".join(re.findall(r'"([^"]*)"', one))
        values = {"person": "p5"} if "$person" in sql else {}
        assert con.execute(sql, values).fetchall(), sql
